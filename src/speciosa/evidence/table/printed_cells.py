"""Effects and intervals as papers print them in one cell: ``0.62 (0.41 to 0.94)``, ``0.41-0.94``, ``[0.41; 0.94]``."""

import re

import polars as pl

from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.names import folded, meaning

_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)"
_BETWEEN = r"\s*(?:to|,|;|\u2013|\u2014|-|:)\s*"
_INTERVAL = rf"[\[(]?\s*{_NUMBER}{_BETWEEN}{_NUMBER}\s*[\])]?"
_WITH_EFFECT = re.compile(
    rf"{_NUMBER}\s*[\[(,;]?\s*(?:9\d(?:\.\d)?\s*%\s*CI:?\s*)?{_INTERVAL}", re.IGNORECASE
)
_ALONE = re.compile(_INTERVAL, re.IGNORECASE)


def taken_apart(table: pl.DataFrame) -> pl.DataFrame:
    """The table with an effect, a lower and an upper limit in columns of their own.

    Example:
        >>> taken_apart(pl.DataFrame({"study": ["A"], "HR (95% CI)": ["0.62 (0.41 to 0.94)"]})).rows()
        [('A', '0.62', '0.41', '0.94')]
    """
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
        cells = [str(cell).strip() if cell is not None else "" for cell in table[name].to_list()]
        cells = [cell.replace("\u2212", "-") for cell in cells]
        for pattern, new in ((_WITH_EFFECT, parts), (_ALONE, parts[1:])):
            found = [pattern.fullmatch(cell) for cell in cells]
            blank = [cell.casefold() in MISSING for cell in cells]
            whole = all(f or b for f, b in zip(found, blank, strict=True)) and any(found)
            clash = any(folded(one) in taken and one != name for one in new)
            if not whole or clash or (pattern is _ALONE and what.role != "ci"):
                continue
            columns = [
                pl.Series(one, [f.group(place) if f else None for f in found], pl.String)
                for place, one in enumerate(new, 1)
            ]
            place = table.columns.index(name)
            rest = table.drop(name)
            for one in reversed(columns):
                rest = rest.insert_column(place, one)
            table = rest
            break
    return table
