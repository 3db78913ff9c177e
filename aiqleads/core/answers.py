"""What happens to an answer once it is written: its ETag, the 304 of who has it already, and gzip.

The tag is weak, since compression changes bytes. It is made of the answer, so it is one caller's own where that
is. Compressed are answers to GET, but those of views that hold secrets (``is_compressed``). Guessing secrets by the
length of compressed answers (BREACH) needs a browser that sends its user's proof along with another site's request:
ours stands in a header that no other site can send, and Django adds chance to the length.
"""

import hashlib
from typing import Any, Final, cast

from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.text import compress_string

SHORTEST_COMPRESSED_BYTES: Final = 1_000
MOST_RANDOM_BYTES: Final = 100


def finish(request: Any, answer: Any, *, may_compress: bool) -> HttpResponseBase:
    """``answer`` with its tag and as short as may be; or 304 without a body, where the caller has it."""
    answer.headers["ETag"] = f'W/"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
    known = get_conditional_response(request, etag=answer.headers["ETag"], response=answer)
    if known is not None and known.status_code == 304:
        return cast(HttpResponseBase, known)
    if may_compress and len(answer.content) >= SHORTEST_COMPRESSED_BYTES:
        patch_vary_headers(answer, ["Accept-Encoding"])
        if _takes_gzip(request.headers.get("Accept-Encoding", "")):
            answer.content = compress_string(answer.content, max_random_bytes=MOST_RANDOM_BYTES)
            answer.headers["Content-Encoding"] = "gzip"
    return cast(HttpResponseBase, answer)


def _takes_gzip(accepted: str) -> bool:
    for one in accepted.lower().split(","):
        coding, _, quality = one.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return quality not in {"0", "0.0", "0.00", "0.000"}
    return False
