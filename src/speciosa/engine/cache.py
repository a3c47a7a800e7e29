"""Compiled kernels on disk, so that a model is compiled once.

They lie in ``$SPECIOSA_CACHE``, or ``speciosa`` in the user's cache directory. A file is written beside its place and
then renamed, so that two processes may write the same one at once.
"""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_MAGIC = b"speciosa kernel 1\n"


@dataclass(frozen=True)
class Entry:
    """Machine code, and the rows of its workspace."""

    code: bytes
    rows: int
    start: dict[str, int]


def directory() -> Path:
    """Where kernels are kept."""
    chosen = os.environ.get("SPECIOSA_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "speciosa"


def read(key: str) -> Entry | None:
    """The kernel of a key; None where there is none or the file is damaged."""
    try:
        data = _path(key).read_bytes()
    except OSError:
        return None
    digest, body = data[: len(_MAGIC) + 65], data[len(_MAGIC) + 65 :]
    if digest != _MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n":
        return None
    head, _, code = body.partition(b"\n")
    layout = json.loads(head)
    return Entry(code, layout["rows"], layout["start"])


def write(key: str, entry: Entry) -> None:
    """Keeps a kernel. A directory that cannot be written is no error: the next process compiles again."""
    head = json.dumps({"rows": entry.rows, "start": entry.start}).encode()
    body = head + b"\n" + entry.code
    data = _MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    path = _path(key)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(beside, path)
        except OSError:
            os.unlink(beside)


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Hash of the files of the engine and of the models it reads: another version writes other code."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for folder in (here, here.parent / "model"):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _path(key: str) -> Path:
    return directory() / "kernels" / f"{key}.bin"
