"""Figures as papers print them in one cell: ``0.62 (0.41 to 0.94)``, ``[0.41; 0.94]``, ``14/60``, ``4.1 ± 2.0``."""

import re

import polars as pl

from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.names import folded, group_of, meaning

# what follows no number goes on with it: in "0.70 to 1.73" there is no effect of 0.7
_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\d.])"
_BETWEEN = r"\s*(?:to|,|;|\u2013|\u2014|-|:)\s*"
_INTERVAL = rf"[\[(]?\s*{_NUMBER}{_BETWEEN}{_NUMBER}\s*[\])]?"
_WITH_EFFECT = re.compile(
    rf"{_NUMBER}(?:\s*[\[(,;]\s*|\s+)(?:9\d(?:\.\d)?\s*%\s*CI:?\s*)?{_INTERVAL}", re.IGNORECASE
)
_ALONE = re.compile(_INTERVAL, re.IGNORECASE)
_RAISED_POINT = re.compile(r"(?<=\d)[\u00b7\u2027\u2219](?=\d)")
_FRACTION = re.compile(r"(\d+)\s*/\s*(\d+)(?:\s*\(\d+(?:\.\d+)?\s*%?\))?")
_MEAN_SD = re.compile(rf"{_NUMBER}\s*(?:±|\+/-|\(SD:?)\s*{_NUMBER}\)?", re.IGNORECASE)
_OF_AN_ARM = ("events/n", "r/n", "n/n", "events/total", "mean_±_sd", "mean_sd", "mean_(sd)")


def taken_apart(table: pl.DataFrame) -> pl.DataFrame:
    """The table with an effect, a lower and an upper limit in columns of their own.

    Example:
        >>> taken_apart(pl.DataFrame({"study": ["A"], "HR (95% CI)": ["0.62 (0.41 to 0.94)"]})).rows()
        [('A', '0.62', '0.41', '0.94')]
    """
    table = _arms(table)
    taken = {folded(name) for name in table.columns}
    for name in table.columns:
        what = meaning(name)
        if what.role not in ("effect", "ci") and folded(name) not in ("effect", "yi", "te"):
            continue
        about = f"{'log ' if what.log else ''}{what.measure}".strip()
        level = "" if what.level == 0.95 else f" {100 * what.level:g}% CI"
        parts = (
            about or "effect",
            f"{about} lower{level}".strip(),
            f"{about} upper{level}".strip(),
        )
        for pattern, new in ((_WITH_EFFECT, parts), (_ALONE, parts[1:])):
            found = _matches(table[name], pattern)
            clash = any(folded(one) in taken and one != name for one in new)
            if found and not clash and (pattern is _WITH_EFFECT or what.role == "ci"):
                table = _split(table, name, new, found)
                break
    return table


def _arms(table: pl.DataFrame) -> pl.DataFrame:
    """Events of people, and means with standard deviations, of each group or arm in columns of their own."""
    taken = {folded(name) for name in table.columns}
    for name in table.columns:
        group = group_of(name)
        if not group and folded(name) not in _OF_AN_ARM:
            continue
        end = f"_{group}" if group else ""
        for pattern, new in ((_FRACTION, ("events", "n")), (_MEAN_SD, ("mean", "sd"))):
            found = _matches(table[name], pattern)
            parts = tuple(f"{one}{end}" for one in new)
            if found and not any(one in taken for one in parts):
                table = _split(table, name, parts, found)
                break
    return table


def _matches(cells: pl.Series, pattern: re.Pattern[str]) -> list[re.Match[str] | None]:
    """The match of each cell, None where it is empty; nothing where some cell does not match."""
    texts = ["" if cell is None else _plain(str(cell)) for cell in cells]
    found = [pattern.fullmatch(text) for text in texts]
    whole = all(f or t.casefold() in MISSING for f, t in zip(found, texts, strict=True))
    return found if whole and any(found) else []


def _plain(cell: str) -> str:
    """A cell with hyphens for signs of minus and points for raised ones."""
    return _RAISED_POINT.sub(".", cell.strip().replace("\u2212", "-"))


def _split(
    table: pl.DataFrame, name: str, new: tuple[str, ...], found: list[re.Match[str] | None]
) -> pl.DataFrame:
    """The table with the groups of each match in columns of their own, in the place of the old one."""
    place, rest = table.columns.index(name), table.drop(name)
    for number, one in reversed(list(enumerate(new, 1))):
        cells = [match.group(number) if match else None for match in found]
        rest = rest.insert_column(place, pl.Series(one, cells, pl.String))
    return rest
