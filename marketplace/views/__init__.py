"""The marketplace's pages. Each reads typed input, calls one service or selector and chooses what to show.

A page answers with a part of itself when htmx asks for that part by its id; every answer varies by that.
"""
