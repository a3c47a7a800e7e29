"""A fact folder to start from: one substance with its names, product, model sheet and a first row of facts."""

import re
from pathlib import Path

from speciosa.errors import Fault, InputError
from speciosa.facts.registry import substances
from speciosa.facts.tables import DATA
from speciosa.saving import save_whole

_ID = re.compile(r"[a-z0-9][a-z0-9_]*")
_SHARED = ("substances.toml", "products.toml")
_ABOUT = "# One table a substance, as in the built-in file of this name; docs/facts.md explains the fields.\n"


def new_substance(name: str, folder: Path) -> tuple[Path, ...]:
    """Writes the files of a new substance into a fact folder, which is made where it does not exist.

    Args:
        name: the id of the substance: small letters, digits and underscores.
        folder: the fact folder; what it holds already is kept.

    Returns:
        The files that were written.

    Raises:
        InputError: an id that cannot be used, or a substance that is known already.
    """
    if not _ID.fullmatch(name):
        way_out = "Such as 'cebranopadol' or 'codeine_n_oxide'."
        raise InputError(
            Fault("substance", "small letters, digits and underscores", repr(name), way_out)
        )
    sheet, rows = folder / "sheets" / f"{name}.toml", folder / "parameters" / f"{name}.csv"
    known = name in substances() or f"\n[{name}]" in _text(folder / "substances.toml")
    if known or sheet.exists() or rows.exists():
        way_out = (
            "Its model sheet can be copied from the one that speciosa show names, and changed."
        )
        raise InputError(Fault("substance", "one that is not known yet", repr(name), way_out))
    title = name.replace("_", " ").capitalize()
    written = [sheet, rows, *(folder / file for file in _SHARED)]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
    save_whole(sheet, _filled("sheet.toml", name, title))
    save_whole(rows, _filled("parameters.csv", name, title))
    for file in _SHARED:
        before = _text(folder / file) or _ABOUT
        save_whole(folder / file, before + _filled(file, name, title))
    return tuple(written)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _filled(file: str, name: str, title: str) -> str:
    text = (DATA / "template" / file).read_text(encoding="utf-8")
    return text.replace("SUBSTANCE", name).replace("TITLE", title)
