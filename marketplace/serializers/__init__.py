"""What the API takes and tells about leads, carts and purchases."""
