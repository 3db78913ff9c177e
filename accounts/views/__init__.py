"""The account's pages. Each reads typed input, calls one service or selector and chooses what to show."""
