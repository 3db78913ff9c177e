"""What the product costs beside the least that could do the same: bare SQL, the library alone, the naive way."""
