"""What the tools need beyond the backend, and which extra of this project installs it.

A program that only runs on this backend needs none of these packages; so what imports them says,
where one is missing, what to type.
"""

import contextlib

# pyproject.toml says the same, with versions.
EXTRAS = {
    "reference": ("jaxtyping", "sklearn"),
    "compare": ("click", "rich", "jinja2", "pygments"),
    "report": ("matplotlib",),
}


class MissingExtra(ModuleNotFoundError):
    """A package is missing that one of this project's extras installs."""


@contextlib.contextmanager
def needed_for(task):
    """Around imports: name the `pip install` that brings a package that is not installed.

    Args:
        task: what the packages are needed for, as the beginning of a sentence.
    Raises:
        MissingExtra: one of the packages in ``EXTRAS`` is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        for extra, packages in EXTRAS.items():
            if error.name in packages:
                raise MissingExtra(
                    f"{task} needs {error.name}, which is not installed: "
                    f'pip install "keras-edu-backend[{extra}]"',
                    name=error.name,
                ) from None
        raise
