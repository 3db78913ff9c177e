"""One module per source site: its addresses, and pages that look like no other site's."""
