"""Compiled kernels on disk, so that a model is compiled once.

They lie in the folder that `speciosa.saving.cache_folder` names. A file is written beside its place and
then renamed, so that two processes may write the same one at once.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from speciosa.saving import cache_folder

_MAGIC = b"speciosa kernel 1\n"


@dataclass(frozen=True)
class Entry:
    """Machine code, and the rows of its workspace."""

    code: bytes
    rows: int
    start: dict[str, int]


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
    engine = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for floor in (engine, engine.parent / "model"):
        for path in sorted(floor.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _path(key: str) -> Path:
    return cache_folder() / "kernels" / f"{key}.bin"
