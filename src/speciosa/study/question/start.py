"""A study file to start from."""

from importlib.resources import files
from pathlib import Path

from speciosa.errors import Fault, StudyError, UnknownNameError
from speciosa.saving import save_whole, writable_file
from speciosa.study.question.read import SHIPPED

START = "start"


def start_study(path: str | Path, like: str = START) -> Path:
    """Writes a study file to start from: a small commented one, or a copy of one that ships with Speciosa.

    Args:
        path: of the file to write, ending in ``.toml``; its folder is made.
        like: ``start``, or ``default``, ``withdrawal``, ``interactions``.

    Returns:
        The path.

    Raises:
        StudyError: there is a file or a folder of this name (nothing is overwritten), or the name does not end in ``.toml``.
        UnknownNameError: no study that ships is named `like`.

    Example:
        >>> from tempfile import mkdtemp
        >>> from speciosa.study import read_study
        >>> read_study(start_study(Path(mkdtemp()) / "tea.toml")).arms[0].name
        'Kratom tea'
    """
    path = Path(path)
    if like not in (START, *SHIPPED):
        raise UnknownNameError("study to start from", like, (START, *SHIPPED))
    if path.suffix.casefold() != ".toml":
        raise StudyError(Fault(str(path), "a name that ends in .toml", path.name))
    if path.exists() or path.is_symlink():
        fix = "Choose another name, or move the file away first."
        found = "a folder of this name" if path.is_dir() else "a file of this name"
        raise StudyError(Fault(str(path), "a new file", found, fix))
    text = (files("speciosa.study") / "shipped" / f"{like}.toml").read_text(encoding="utf-8")
    # the schema lies beside a report, not beside a new file
    text = text.removeprefix("#:schema ./study.schema.json\n")
    return save_whole(writable_file(path), text)
