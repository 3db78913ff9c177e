"""Outlines of states and counties, and the names of towns: what a map shows where no tile server is configured.

``building`` makes the files in ``static/map/`` for browsers, and ``picture``'s own for pages without scripts.
"""
