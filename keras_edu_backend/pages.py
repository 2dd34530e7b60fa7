"""HTML pages: the templates that lie beside the code which fills them in."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["Markup", "templates"]


def templates(package: str) -> Environment:
    """The templates in a package's folder.

    Text that is filled in is escaped, and a name that a template asks for and is not given is an
    error, not an empty place.

    Args:
        package: its full name, such as ``"keras_edu_backend.trace"``.

    Returns:
        A `jinja2.Environment`; ``get_template("page.html")`` is one of the package's files.

    Raises:
        ValueError: there is no such package.
    """
    return Environment(
        loader=PackageLoader(package, "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
