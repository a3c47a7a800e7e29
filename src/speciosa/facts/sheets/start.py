"""A fact folder to start from: one substance with its names, product, model sheet and a first row of facts."""

import re
from pathlib import Path

from speciosa.errors import Fault, InputError
from speciosa.facts.registry import Substance, substances
from speciosa.facts.sheets.sheet import names
from speciosa.facts.tables import DATA
from speciosa.saving import save_whole

_ID = re.compile(r"[a-z0-9][a-z0-9_]*")
_SHARED = ("substances.toml", "products.toml")
_ABOUT = "# One table a substance, as in the built-in file of this name; docs/facts.md explains the fields.\n"


def new_substance(name: str, folder: Path) -> tuple[Path, ...]:
    """Writes the files of a new substance into a fact folder, which is made where it does not exist.

    Of a substance that the facts know and that has no model sheet, its names and molar mass are taken over.

    Args:
        name: the id of the substance: small letters, digits and underscores.
        folder: the fact folder; what it holds already is kept.

    Returns:
        The files that were written.

    Raises:
        InputError: an id that cannot be used, or a substance that has a model sheet already.
    """
    if not _ID.fullmatch(name):
        way_out = "Such as 'cebranopadol' or 'codeine_n_oxide'."
        raise InputError(
            Fault("substance", "small letters, digits and underscores", repr(name), way_out)
        )
    sheet, rows = folder / "sheets" / f"{name}.toml", folder / "parameters" / f"{name}.csv"
    known = substances().get(name)
    if name in names() or sheet.exists() or rows.exists() or _has(folder / _SHARED[0], name):
        way_out = (
            "Its model sheet can be copied from the one that speciosa show names, and changed."
        )
        found = f"{name!r}, which has one"
        raise InputError(Fault("substance", "one without a model sheet", found, way_out))
    shared = [file for file in _SHARED if not _has(DATA / file, name)]
    written = [sheet, rows, *(folder / file for file in shared)]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
    save_whole(sheet, _filled("sheet.toml", name, known))
    save_whole(rows, _filled("parameters.csv", name, known))
    for file in shared:
        before = _text(folder / file) or _ABOUT
        save_whole(folder / file, before + _filled(file, name, known))
    return tuple(written)


def _has(path: Path, name: str) -> bool:
    """Whether a file has a table of this name."""
    return f"\n[{name}]" in _text(path)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _filled(file: str, name: str, known: Substance | None) -> str:
    """A file of the template for a substance; what the facts know of it stands in the place of the template's."""
    text = (DATA / "template" / file).read_text(encoding="utf-8")
    title = known.name if known else name.replace("_", " ").capitalize()
    if known is not None and known.molar_mass:
        text = re.sub(
            r"(?m)^molar_mass = \{.*$",
            f'molar_mass = {{ value = {known.molar_mass:g}, unit = "g/mol", '
            'guess = "the molar mass that speciosa show prints", fixed = true }',
            text,
        )
    return text.replace("SUBSTANCE", name).replace("TITLE", title)
