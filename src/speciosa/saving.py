"""Files that are whole or not there, written beside their place and renamed; and where what can be made again is kept."""

import contextlib
import glob
import hashlib
import os
import stat
import sys
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from platformdirs import user_cache_path

from speciosa.errors import Fault, InputError


def save_whole(path: Path, content: str | bytes) -> Path:
    r"""Writes a file so that whoever finds it finds all of it, whenever the writing was interrupted.

    Args:
        path: of the file; its folder is made.
        content: text is encoded as UTF-8.

    Returns:
        `path`.

    Raises:
        OSError: with the path, where it cannot be written, as on a full disk; nothing half-written stays.

    Example:
        >>> from tempfile import mkdtemp
        >>> save_whole(Path(mkdtemp()) / "tables" / "a.csv", "x\n").read_text()
        'x\n'
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _written(path, data)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from None
    return path


_WRITERS = 100  # of one file at a time: each that ends makes the others write again


def _written(path: Path, data: bytes) -> None:
    """Writes beside the place under a name of its own, renames, and clears what others of the same file left unfinished.

    Whoever is still at it finds its own gone when it renames, and writes again: the last one stands, and nothing stays
    of one that was killed.
    """
    beside = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        for left in reversed(range(_WRITERS)):
            beside.write_bytes(data)
            try:
                beside.replace(path)
                break
            except FileNotFoundError:
                if not left:
                    raise
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    for unfinished in path.parent.glob(f"{glob.escape(path.name)}.*.part"):
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def cache_folder() -> Path | None:
    """Where kernels and other things that can be made again are kept; None where nothing can be kept safely.

    ``$SPECIOSA_CACHE`` where it is set, else ``speciosa`` in the cache folder that the platform gives a user. A folder that
    others can write to is not used, since machine code is read from it; nor is one where the user has no home.
    """
    chosen = os.environ.get("SPECIOSA_CACHE")
    try:
        return _usable(Path(chosen) if chosen else user_cache_path("speciosa", appauthor=False))
    except RuntimeError:  # a user without a home and without an entry in the list of users
        return None


@lru_cache(maxsize=16)
def _usable(folder: Path) -> Path | None:
    if not folder.is_absolute():
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = folder.stat()
    except OSError:
        return None
    if hasattr(os, "geteuid") and (
        about.st_uid not in (os.geteuid(), 0) or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    ):
        told = f"{folder}: others can write to this cache, so it is not used. Make it yours: chmod go-w."
        print(told, file=sys.stderr)
        return None
    return folder if os.access(folder, os.R_OK | os.X_OK) else None


def keep(room: str, name: str, content: bytes) -> None:
    """Keeps something in a room of the cache, with its name and a hash inside; not at all where that cannot be done."""
    folder = cache_folder()
    if folder is None:
        return
    path = folder / room / name
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _written(path, _head(room, name, content) + content)


def kept(room: str, name: str) -> bytes | None:
    """What was kept under a name; None where there is nothing, or something else than was kept.

    Example:
        >>> keep("doctest", "a", b"1"), kept("doctest", "a") in (b"1", None), kept("doctest", "b")
        (None, True, None)
    """
    folder = cache_folder()
    if folder is None:
        return None
    try:
        data = (folder / room / name).read_bytes()
    except OSError:
        return None
    head, _, content = data.partition(b"\n")
    return content if head + b"\n" == _head(room, name, content) else None


def _head(room: str, name: str, content: bytes) -> bytes:
    digest = hashlib.sha256(f"{room}/{name}\n".encode() + content).hexdigest()
    return f"speciosa cache 2 {digest}\n".encode()


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
