"""The claims, one module for each theme; a module that defines ``CLAIMS`` is found by itself."""

import importlib
import pkgutil

from conformance.claims.claim import Claim


def all_claims() -> dict[str, Claim]:
    """Every claim of this folder, by name, ordered by document and then as its module has them."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").CLAIMS for name in modules]
    claims = sorted((claim for claims in found for claim in claims), key=lambda c: c.document)
    return {claim.name: claim for claim in claims}
