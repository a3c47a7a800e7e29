"""The observations that ship with Speciosa, found by name wherever the program runs."""

from importlib.resources import files
from pathlib import Path

from speciosa.errors import Fault, InputError, nearest

OBSERVATIONS = Path(str(files("speciosa.validation"))) / "observations"
"""The folder of them: observations to fit and to check, textbook checks, and patients of a trial day by day."""


def shipped_observations() -> tuple[str, ...]:
    """Names of the files of observations and checks that ship with Speciosa.

    Example:
        >>> [name for name in shipped_observations() if "check" not in name]
        ['effects.csv', 'interactions.csv', 'plasma.csv', 'textbook.csv']
    """
    return tuple(sorted(path.name for path in OBSERVATIONS.glob("*.csv") if _has_doses(path)))


def observations_file(source: str | Path) -> Path:
    """The place of an observations file: as given, or one that ships with Speciosa by its name.

    A file that exists at `source` is meant; only where none does, a shipped one of that name is taken. The name may stand
    with or without the folder ``observations`` before it and ``.csv`` behind it.

    Raises:
        InputError: there is neither; it says which names are known.

    Example:
        >>> observations_file("observations/plasma.csv").name, observations_file("textbook").name
        ('plasma.csv', 'textbook.csv')
    """
    path = Path(source)
    if path.exists():
        return path
    known = shipped_observations()
    name = path.name if path.suffix else f"{path.name}.csv"
    if name in known and path.parent in (Path(), Path("observations")):
        return OBSERVATIONS / name
    near = nearest(name, known, 1)
    fix = f"Did you mean {near[0]}, which ships with Speciosa?" if near else ""
    raise InputError(Fault(str(source), "a CSV file", "nothing there", fix))


def _has_doses(path: Path) -> bool:
    """Whether the header of a file of ours names regimens of observations, which those of patients and records do not."""
    with path.open(encoding="utf-8") as file:
        return "doses" in file.readline().rstrip("\n").split(",")
