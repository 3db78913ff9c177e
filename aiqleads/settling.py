"""What a web server does once, before its first request: what lasts as long as the process is set aside.

Python looks through everything that lives whenever enough was made since: 270,000 objects of the product and its
libraries, 150 ms in the middle of somebody's request. What stands at the start is no garbage, and is left alone.
"""

import gc
from importlib import import_module

from django.conf import settings


def settle() -> None:
    """Load every address, drop what loading left behind, and keep the rest out of later collections."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
