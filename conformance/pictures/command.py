"""The command line of ``python -m conformance pictures``."""

import io
import sys
import time
from pathlib import Path

import click
from rich.console import Console

import keras_edu_backend
from keras_edu_backend.extras import needed_for


def draw_all(folder, console, only=None):
    """Draws the gallery into a folder; a picture that fails costs only itself.

    Args:
        folder: where the PNG files go; made if it is not there.
        console: the `rich.console.Console` that is told what was drawn.
        only: names of the pictures wanted; all unless given.

    Returns:
        Pairs of caption and PNG file's bytes, of each picture that was drawn.

    Raises:
        ImportError, OSError: as `check` says, or a file cannot be written.
    """
    check(folder)
    activate()
    from conformance.pictures.gallery import GALLERY
    from conformance.pictures.style import DOTS_PER_INCH

    folder = Path(folder)
    wanted = [picture for picture in GALLERY if only is None or picture.name in only]
    drawn = []
    for number, picture in enumerate(wanted, start=1):
        began = time.monotonic()
        try:
            content = io.BytesIO()
            picture.draw().savefig(content, format="png", dpi=DOTS_PER_INCH)
        except Exception as error:
            told = f"not drawn: {type(error).__name__}: {error}"
        else:
            (folder / f"{picture.name}.png").write_bytes(content.getvalue())
            caption = f"{picture.name}, as in document {picture.document}: {picture.caption}"
            drawn.append((caption, content.getvalue()))
            told = f"{time.monotonic() - began:.1f} s"
        line = f"[{number}/{len(wanted)}] {picture.name}: {told}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return drawn


def check(folder):
    """Refuses, before a long run, what `draw_all` would refuse after it; makes the folder.

    Args:
        folder: where the PNG files are to go.

    Raises:
        ImportError: matplotlib is not installed; says how to get it.
        OSError: the folder cannot be made.
    """
    _check_matplotlib()
    Path(folder).mkdir(parents=True, exist_ok=True)


def _check_matplotlib():
    with needed_for("Drawing the documents' pictures"):
        import matplotlib.figure  # noqa: F401


def activate():
    """Puts this process on the edu backend, unless Keras is there already."""
    if "keras" not in sys.modules:
        keras_edu_backend.activate()


def _known_pictures(_context, _parameter, text):
    if text is None:
        return None
    try:
        _check_matplotlib()
    except ImportError as error:
        raise click.UsageError(str(error)) from None
    activate()
    from conformance.pictures.gallery import GALLERY

    known = [picture.name for picture in GALLERY]
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name!r} is unknown; there are: {', '.join(known)}.")
    return names


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--only",
    metavar="NAME[,NAME...]",
    callback=_known_pictures,
    help="Only these pictures; a wrong name lists them all.",
)
def pictures(folder, only):
    """Draw the documents' pictures into FOLDER, as PNG files, from networks trained on edu."""
    console = Console()
    began = time.monotonic()
    try:
        drawn = draw_all(folder, console, only)
    except (ImportError, OSError) as error:
        raise click.ClickException(str(error)) from None
    console.print(
        f"{len(drawn)} pictures in {folder}, {time.monotonic() - began:.0f} s.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    from conformance.pictures.gallery import GALLERY

    sys.exit(0 if len(drawn) == len(only or GALLERY) else 1)
