"""The only list of protected terms and their proxies. No feature, prompt, facet or signal may use them.

Source: 42 U.S.C. § 3604 (race, color, religion, sex, familial status, national origin, disability), 15 U.S.C.
§ 1691 (marital status) and the words that stand for them in adverts.
"""

import re
from typing import Final

_TERMS: Final = (
    "adult adults african american arab asian bachelor black catholic child children christian church "
    "couple couples crippled deaf disabled disability divorce divorced divorcee divorcing ethnic families family "
    "female gay gender handicap "
    "handicapped hispanic immigrant immigrants indian integrated jewish kids latino latina lesbian male "
    "married men mentally mexican minority mosque muslim nationality native oriental parish pregnant race "
    "racial religion religious retired retiree retirees section8 senior seniors sex single singles "
    "synagogue temple traditional voucher vouchers white widow widowed widower women "
)
PROTECTED_TERMS: Final = frozenset(_TERMS.split())
_WORD: Final = re.compile(r"[a-z0-9]+")


def without_protected_terms(text: str) -> str:
    """``text`` lower-cased to words, protected ones left out, for anything that scores it."""
    return " ".join(word for word in _WORD.findall(text.lower()) if word not in PROTECTED_TERMS)
