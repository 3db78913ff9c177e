"""Which rows of a table are one home, or one person: batch entity resolution.

Pure: a table of text in, clusters out. No Django, no database, no network, and nothing learned is kept: each table
teaches its own weights. The order of a file's passage: ``table`` reads it, ``columns`` tells what each column is,
``values`` and ``features`` bring cells into comparable form, ``blocking`` proposes pairs, ``comparing`` grades
them, ``weights`` learns what each grade is worth, ``clustering`` decides. ``resolving`` runs the passage.
"""
