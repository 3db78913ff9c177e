"""What members fill in about money. Nothing here saves."""
