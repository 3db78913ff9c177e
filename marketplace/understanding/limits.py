"""The words that make a number a bound: at least, at most, strictly, about. Parts of patterns, and nothing else."""

from typing import Final

AT_MOST: Final = (
    r"(?:up ?to|at (?:the )?most|max(?:imum)?(?: of)?|no (?:more|higher|greater|bigger|larger) than|"
    r"not (?:more than|over|above|exceeding)|<=|capped at|limit(?: of)?|until|till?)"
)
BELOW: Final = r"(?:under|below|less th[ae]n|fewer th[ae]n|lower than|cheaper than|smaller than|beneath|<)"
AT_LEAST: Final = (
    r"(?:at (?:the )?least|min(?:imum)?(?: of)?|no (?:less|fewer|lower|smaller) than|not (?:less than|under|below)|"
    r">=|from|starting (?:at|from)|upwards? of)"
)
ABOVE: Final = r"(?:over|above|more th[ae]n|greater than|higher than|larger than|bigger than|north of|exceeding|>)"
OR_LESS: Final = (
    r"(?:max(?:imum)?(?!\s*\$?\d)|or (?:less|fewer|under|below|lower|cheaper|smaller)|and (?:under|below|less)|"
    r"tops|at most)"
)
OR_MORE: Final = (
    r"(?:\+|plus|or (?:more|better|above|over|higher|up|greater|larger|bigger)|and (?:up|above|over|more)|"
    r"min(?:imum)?(?!\s*\$?\d)|at least(?!\s*\$?\d)|& up)"
)
JOINT: Final = r"\s*(?:-|to|and|or|thru|through|&)\s*"
