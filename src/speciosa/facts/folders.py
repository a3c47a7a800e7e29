"""Where facts are read: the folder that ships with the program and, on top of it, one of the user's own.

The own folder has the same files as the built-in one, as many of them as are needed; what it holds is added, and
nothing of the built-in facts is replaced. It is named by the environment variable `VARIABLE`, so that processes that
this one starts read the same facts; `speciosa.facts.use_folder` checks a folder before it is taken.
"""

import os
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from speciosa.identity import hash_of, program

BUILT_IN = Path(str(files("speciosa.facts"))) / "data"
VARIABLE = "SPECIOSA_FACTS"
_WITHOUT_FACTS = {"units", "engine", "model", "decision", "workers", "saving", "regimen"}


def own_folder() -> Path | None:
    """The user's own folder of facts; None where there is none."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def folders(root: Path = BUILT_IN) -> tuple[Path, ...]:
    """The folders that hold the facts of a root, the built-in one first."""
    own = own_folder()
    return (root,) if own is None or root != BUILT_IN else (root, own)


def set_own_folder(folder: Path | None) -> None:
    """Takes a folder without looking at it, or lets go of the one in use; what was read before is forgotten."""
    if folder is None:
        os.environ.pop(VARIABLE, None)
    else:
        os.environ[VARIABLE] = str(folder.resolve())
    forget()


def forget() -> None:
    """Empties every memory of results that may rest on facts, so that the next question reads the files anew."""
    for name, module in list(sys.modules.items()):
        room = name.split(".")[1] if name.startswith("speciosa.") else ""
        if room and room not in _WITHOUT_FACTS and module is not None:
            for value in list(vars(module).values()):
                clear = getattr(value, "cache_clear", None)
                if callable(clear):
                    clear()


def identity() -> Mapping[str, str]:
    """What must be the same in another process for the same numbers, facts of one's own among it."""
    own = own_folder()
    held = "none" if own is None else hash_of([own]) if own.is_dir() else "not there"
    return {**program(), f"own facts (${VARIABLE})": held}
