"""What must be the same for two processes to compute the same numbers: libraries, the program and its data, the processor."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

_COMPUTE = ("speciosa", "numpy", "scipy", "sympy", "llvmlite", "polars")


@lru_cache(maxsize=1)
def versions() -> Mapping[str, str]:
    """Versions of Python and of the libraries that compute, and a name of the processor with a hash of what it can do.

    Between unlike processors numbers differ in the last digits.

    Example:
        >>> {"numpy", "processor"} <= set(versions())
        True
    """
    import llvmlite.binding as llvm  # slow to load, and reading facts does without

    abilities = llvm.get_host_cpu_features().flatten().encode()
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _COMPUTE},
        "processor": f"{llvm.get_host_cpu_name()} {hashlib.sha256(abilities).hexdigest()[:8]}",
    }


@lru_cache(maxsize=1)
def program() -> Mapping[str, str]:
    """The versions, and a hash of every file of the program that is code or data."""
    endings = (".py", ".toml", ".csv", ".bib", ".json")
    return {**versions(), "program": hash_of([files("speciosa")], endings)}


def hash_of(
    places: Sequence[Traversable], endings: tuple[str, ...] = ("",), without: str = ""
) -> str:
    """Hash of the names and contents of files, and of all below folders.

    Args:
        places: files and folders, in an order that counts.
        endings: only files whose names end so.
        without: a folder of this name is left out.
    """
    digest = hashlib.sha256()

    def add(place: Traversable) -> None:
        if place.is_dir():
            for child in sorted(place.iterdir(), key=lambda item: item.name):
                if child.name not in ("__pycache__", without):
                    add(child)
        elif place.name.endswith(endings):
            digest.update(place.name.encode())
            digest.update(place.read_bytes())

    for place in places:
        add(place)
    return digest.hexdigest()[:16]
