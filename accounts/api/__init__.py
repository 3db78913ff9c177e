"""The API's doors to accounts. Each reads typed input, calls one service or selector, and answers."""
