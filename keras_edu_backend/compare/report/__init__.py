"""How a comparison is shown: in the terminal, as one HTML file, as JUnit XML.

Each of them takes the JSON-shaped report of a run, so a report written with `--json` can be shown
again later, and elsewhere.
"""

import importlib
from types import ModuleType

from keras_edu_backend.extras import needed_for

__all__ = ["code", "html", "junit", "terminal"]


def __getattr__(name: str) -> ModuleType:
    """Load one way of showing when it is asked for: workers, which show nothing, load none."""
    if name in __all__:
        with needed_for(f"The {name} report"):
            return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
