"""What studies are called: a column of names goes before a column of numbers."""

import polars as pl

from speciosa.evidence.table.columns import MISSING, resolve
from speciosa.evidence.table.names import SYNONYMS, folded

_NUMBERED = (
    *("studyn", "study_number", "study_no", "studyid", "study_id", "study"),
    *("trial", "trial_id", "id"),
)
_NAMED = (
    *SYNONYMS["study"],
    "studyname",
    "study_name",
    "name",
    "studies",
    "studyc",
    "study_identifier",
)


def with_labels(table: pl.DataFrame, by_study: bool) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The table with the studies' names under ``study``.

    Where one column numbers the studies and another names them, the name is taken, with the year or else the number
    where studies share a name.

    Args:
        table: the rows.
        by_study: whether a row is a study, so that a mere number of the row tells nothing.

    Example:
        >>> table = pl.DataFrame({"study": [1, 2, 3], "author": ["Lee", "Kim", "Kim"], "year": [2001, 2003, 2007]})
        >>> with_labels(table, True)[0]["study"].to_list()
        ['Lee', 'Kim 2003', 'Kim 2007']
    """
    known = {folded(name): name for name in table.columns}
    words, numbers = name_columns(table)
    if not words or not numbers or folded(words[0]) == "study":
        if words and not numbers and folded(words[0]) != "study" and "study" not in known:
            table = pl.DataFrame(
                [c.alias("study") if c.name == words[0] else c for c in table.get_columns()]
            )
        return table, ()
    ids = next(
        (n for n in numbers if folded(n) in _NUMBERED and (not by_study or folded(n) != "id")), None
    )
    names = [_text(cell) for cell in table[words[0]].to_list()]
    keys = [_text(cell) for cell in table[ids].to_list()] if ids else names
    year = next((known[name] for name in SYNONYMS["year"] if name in known), None)
    years = [_text(cell) for cell in table[year].to_list()] if year else [""] * len(names)
    labels = _labels(names, keys, years)
    moved = {name: f"{name} (number)" for name in ("study",) if known.get("study") in numbers}
    notes = (f"Studies are called by column {words[0]}.",) if moved else ()
    kept = [
        column.alias(moved["study"]) if moved and column.name == known["study"] else column
        for column in table.get_columns()
    ]
    # Put together by hand: a query of polars costs a millisecond, a third of reading a small table.
    kept = [column for column in kept if column.name != "study"]
    return pl.DataFrame([*kept, pl.Series("study", labels, pl.String)]), notes


def name_columns(table: pl.DataFrame) -> tuple[list[str], list[str]]:
    """Columns that name studies, and those that number them, the likeliest first.

    Example:
        >>> name_columns(pl.DataFrame({"id": [1, 2], "Study name": ["Lee", "Kim"]}))
        (['Study name'], ['id'])
    """
    known = {folded(name): name for name in table.columns}
    present = [known[name] for name in dict.fromkeys((*_NAMED, *_NUMBERED)) if name in known]
    numbers = [name for name in present if _numeric(table, name)]
    return [name for name in present if name not in numbers], numbers


def study_columns(table: pl.DataFrame) -> list[str]:
    """Columns that may say which study a row is of, names before numbers."""
    words, numbers = name_columns(table)
    known = resolve(table, "study")
    return list(dict.fromkeys((*words, *numbers, *((known,) if known else ()))))


def _labels(names: list[str], keys: list[str], years: list[str]) -> list[str]:
    """Each row's name, with the year or the number of the study where the name alone is shared."""
    of_name: dict[str, set[str]] = {}
    for name, key in zip(names, keys, strict=True):
        of_name.setdefault(name, set()).add(key)
    dated: dict[str, set[str]] = {}
    for name, key, year in zip(names, keys, years, strict=True):
        dated.setdefault(f"{name} {year}".strip(), set()).add(key)
    labels = []
    for name, key, year in zip(names, keys, years, strict=True):
        with_year = f"{name} {year}".strip()
        if len(of_name[name]) == 1 or not name:
            labels.append(name)
        elif year and len(dated[with_year]) == 1:
            labels.append(with_year)
        else:
            labels.append(f"{with_year} ({key})")
    return labels


def _numeric(table: pl.DataFrame, name: str) -> bool:
    some = False
    for cell in table[name].to_list():
        if isinstance(cell, str) and cell.isdigit():
            some = True
        elif text := _text(cell):
            if not text.replace(".", "", 1).isdigit():
                return False
            some = True
    return some


def _text(cell: object) -> str:
    text = "" if cell is None else " ".join(str(cell).split())
    return "" if text.casefold() in MISSING else text
