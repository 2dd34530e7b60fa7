"""The cases, one module each; a module that defines ``CASE`` is found without being listed."""

import importlib
import pkgutil


def all_cases():
    """Every case of this folder.

    Returns:
        Mapping of name to `case.Case`, in alphabetical order.
    """
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = (importlib.import_module(f"{__name__}.{name}").CASE for name in modules)
    return {case.name: case for case in found}
