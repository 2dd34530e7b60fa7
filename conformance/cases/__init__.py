"""The cases, one module for each network.

A module that defines ``CASES`` is found without being listed: the network, and its variants if it
has any.
"""

import importlib
import pkgutil


def all_cases():
    """Every case of this folder.

    Returns:
        Mapping of name to `case.Case`, in alphabetical order.
    """
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = (importlib.import_module(f"{__name__}.{name}").CASES for name in modules)
    return {case.name: case for cases in found for case in cases}
