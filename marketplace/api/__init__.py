"""The API's doors to the marketplace. Each reads typed input, calls one service or selector, and answers."""
