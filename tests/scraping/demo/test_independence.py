"""The source sites and the code that reads them know nothing of each other."""

import subprocess
import sys

import pytest
from django.conf import settings


def test_the_sites_need_no_django():
    program = "import sys, scraping.demo.server; sys.exit('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False, cwd=settings.BASE_DIR).returncode == 0


@pytest.mark.parametrize("package", ["scraping/readers", "scraping/spiders", "leads"])
def test_no_reader_imports_the_generator(package):
    modules = list((settings.BASE_DIR / package).rglob("*.py"))

    assert [path.name for path in modules if "scraping.demo" in path.read_text()] == []
