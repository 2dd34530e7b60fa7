"""The cases, one module for each network.

A module that defines ``CASES`` is found without being listed: the network, and its variants if it
has any.
"""

import importlib
import pkgutil


def all_cases():
    """Every case of this folder.

    Returns:
        Mapping of name to `case.Case`: document by document, in each the modules by alphabet.
    """
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").CASES for name in modules]
    cases = sorted((case for each in found for case in each), key=lambda case: case.document)
    return {case.name: case for case in cases}
