"""Compiled kernels on disk, so that a model is compiled once.

They lie in the folder that `speciosa.saving.cache_folder` names, and are kept by the code they were compiled from. Beside them
lie names of what is asked for (a model, a solver, the engine's own source) that lead there, so that what has been asked
before is found without writing that code. So a changed docstring compiles nothing, and a changed line of the engine only
what comes out differently. A file is written beside its place and then renamed; who compiles holds a lock, so that several
processes that ask for one model at once compile it once.
"""

import ast
import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from speciosa.saving import cache_folder, keep, kept

_ROOM, _DIGITS = "kernels-2", 64


@dataclass(frozen=True)
class Entry:
    """Machine code, and the rows of its workspace."""

    code: bytes
    rows: int
    start: dict[str, int]


def read(key: str) -> Entry | None:
    """The kernel of a key; None where there is none or the file is damaged or another's."""
    body = kept(_ROOM, f"{key}.bin")
    if body is None:
        return None
    head, _, code = body.partition(b"\n")
    layout = json.loads(head)
    return Entry(code, layout["rows"], layout["start"])


def write(key: str, entry: Entry) -> None:
    """Keeps a kernel. A directory that cannot be written is no error: the next process compiles again."""
    head = json.dumps({"rows": entry.rows, "start": entry.start}).encode()
    keep(_ROOM, f"{key}.bin", head + b"\n" + entry.code)


def find(name: str) -> Entry | None:
    """The kernel that a name of what is asked for leads to, if there is one."""
    key = kept(_ROOM, f"{name}.ref")
    return read(key.decode("ascii")) if key is not None and len(key) == _DIGITS else None


def obtain(name: str, write_code: Callable[[], tuple[str, Callable[[], Entry]]]) -> Entry:
    """The kernel of a name: from the cache, or compiled now, by one process at a time.

    Args:
        name: hash of what is asked for.
        write_code: writes the code; returns its hash, and what compiles it.
    """
    entry = find(name)
    if entry is not None:
        return entry
    with _alone(name):
        entry = find(name)
        if entry is None:
            key, compile_code = write_code()
            entry = read(key)
            if entry is None:
                entry = compile_code()
                write(key, entry)
            keep(_ROOM, f"{name}.ref", key.encode())
    return entry


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Lets one process at a time compile what has this name; all at once where files cannot be locked."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, ImportError):
            import fcntl

            own = cache_folder()
            if own is None:
                raise OSError
            folder = own / "locks"
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # a lock's file stays: so few that it does not matter
            file = stack.enter_context(open(folder / name[:2], "ab"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@lru_cache(maxsize=8)
def source_hash(more: Path | None = None) -> str:
    """Hash of what the engine and the models it reads do, and another folder: another version may write other code.

    Docstrings, comments and the way lines are broken do not count. Reading sources so closely takes a quarter of a
    second, so what came of it is kept for the files as they are.
    """
    engine = Path(__file__).parents[1]
    floors = (engine, engine.parent / "model", *([more] if more is not None else []))
    paths = [path for floor in floors for path in floor.rglob("*.py")]
    contents = [path.read_bytes() for path in sorted(paths)]
    digest = hashlib.sha256()
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    known = kept("sources", digest.hexdigest())
    if known is not None and len(known) == _DIGITS:
        return known.decode("ascii")
    found = hashlib.sha256("\n".join(map(meaning, contents)).encode()).hexdigest()
    keep("sources", digest.hexdigest(), found.encode())
    return found


def meaning(source: bytes | str) -> str:
    """What a source does, as text: its syntax without docstrings and without places.

    Example:
        >>> meaning("x = 1  # one") == meaning("x = (1)")
        True
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_text(line)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
