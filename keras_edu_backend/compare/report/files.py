"""Writing a report file: all of it or nothing."""

import contextlib
import os
import uuid
from pathlib import Path


def check_target(path: str | os.PathLike) -> Path:
    """Refuse a place where no report can be written, before the work of making one.

    Args:
        path: where the report is to lie.
    Returns:
        The same as a Path.
    Raises:
        FileNotFoundError: its folder does not exist.
        ValueError: something other than a regular file lies there already.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"Cannot write {path}: the folder {path.parent} does not exist. Create it first."
        )
    if path.exists() and not path.is_file():
        raise ValueError(f"Cannot write {path}: it exists and is not a file. Name a file.")
    return path


def write_whole(path: str | os.PathLike, content: str) -> None:
    """Put `content` at `path` in one move: a reader sees the old file or the new one, never half.

    Args:
        path: where the file is to lie; its folder must exist.
        content: the text, written as UTF-8.
    Raises:
        FileNotFoundError, ValueError: as `check_target` says.
        OSError: the file system refuses; what lay at `path` stays as it was.
    """
    path = check_target(path)
    # In the same folder, because a rename is only atomic within one file system.
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with open(unfinished, "x", encoding="utf-8", newline="\n") as file:
            file.write(content)
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()
        raise
