"""A browser for the tests of pages."""

import pytest
from browser import CHROMIUM, Browser


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here")
    with Browser() as opened:
        yield opened
