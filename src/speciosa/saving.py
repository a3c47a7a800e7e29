"""Files that are whole or not there, written beside their place and renamed; and where what can be made again is kept."""

import os
from pathlib import Path

from platformdirs import user_cache_path

from speciosa.errors import Fault, InputError


def save_whole(path: Path, content: str | bytes) -> Path:
    r"""Writes a file so that whoever finds it finds all of it, whenever the writing was interrupted.

    Args:
        path: of the file; its folder is made.
        content: text is encoded as UTF-8.

    Returns:
        `path`.

    Example:
        >>> from tempfile import mkdtemp
        >>> save_whole(Path(mkdtemp()) / "tables" / "a.csv", "x\n").read_text()
        'x\n'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    beside.replace(path)
    return path


def cache_folder() -> Path:
    """Where kernels and other things that can be made again are kept.

    ``$SPECIOSA_CACHE`` where it is set, else ``speciosa`` in the cache folder that the platform gives a user.

    Example:
        >>> cache_folder().name != ""
        True
    """
    chosen = os.environ.get("SPECIOSA_CACHE")
    return Path(chosen) if chosen else user_cache_path("speciosa", appauthor=False)


def writable_folder(path: Path) -> Path:
    """Makes a folder, so that a place that cannot be written to is known before the work and not after it.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise InputError(Fault(str(path), "a folder to write to", "a file of this name")) from None
    except OSError as error:
        raise InputError(Fault(str(path), "a folder to write to", _reason(error))) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(Fault(str(path), "a folder to write to", "no permission to write"))
    return path


def writable_file(path: Path) -> Path:
    """Makes the folder of a file, and sees that the file can be written.

    Raises:
        InputError: there is a folder of this name, or the place cannot be written to.
    """
    if path.is_dir():
        raise InputError(Fault(str(path), "a file to write to", "a folder of this name"))
    writable_folder(path.parent)
    return path


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).casefold()
