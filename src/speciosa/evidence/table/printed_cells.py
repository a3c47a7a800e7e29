"""Figures as papers print them in one cell: ``0.62 (0.41 to 0.94)``, ``[0.41; 0.94]``, ``14/60 (23%)``, ``4.1 ± 2.0``."""

import re
from collections.abc import Sequence

import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.table.cells import minus_signs, share_fault
from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.names import folded, group_of, meaning, words_of

# what follows no number goes on with it: in "0.70 to 1.73" there is no effect of 0.7
_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\d.])"
_BETWEEN = r"\s*(?:to|,|;|\u2013|\u2014|-|:)\s*"
_INTERVAL = rf"[\[(]?\s*{_NUMBER}{_BETWEEN}{_NUMBER}\s*[\])]?"
_WITH_EFFECT = re.compile(
    rf"{_NUMBER}(?:\s*[\[(,;]\s*|\s+)(?:9\d(?:\.\d)?\s*%\s*CI:?\s*)?{_INTERVAL}", re.IGNORECASE
)
_ALONE = re.compile(_INTERVAL, re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_ONE_FIGURE = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_RAISED_POINT = re.compile(r"(?<=\d)[\u00b7\u2027\u2219](?=\d)")
_COUNT = r"(\d{1,3}(?:,\d{3})+|\d+)"
_FRACTION = re.compile(rf"{_COUNT}\s*/\s*{_COUNT}(?:\s*[(\[]\s*(\d+(?:\.\d+)?)\s*%?\s*[)\]])?")
_OF_COUNT = re.compile(rf"{_COUNT}\s*[(\[]\s*(\d+(?:\.\d+)?)\s*%?\s*[)\]]")
_PLUS_MINUS = rf"{_NUMBER}\s*(?:±|\+/-|\+-)\s*{_NUMBER}"
_MEAN_SD = re.compile(rf"(?:{_PLUS_MINUS}|{_NUMBER}\s*\(SD:?\s*{_NUMBER}\))", re.IGNORECASE)
_MEAN_AND_ONE = re.compile(rf"(?:{_PLUS_MINUS}|{_NUMBER}\s*[(\[]\s*{_NUMBER}\s*[)\]])")
_P_VALUE = re.compile(
    r"[;,]?\s*\bp(?:[\s-]*values?)?\s*[=<>\u2264\u2265]\s*(?:\d*\.\d+|\d+)", re.IGNORECASE
)
_IN_BRACKETS = re.compile(r"[\[(]\s*[+-]?[\d.]+,\s*[+-]?[\d.]+\s*[\])]")
_MARKS = re.compile(r"(?<=[\d)\]%])\s*[*\u2020\u2021\u00a7\u00b6#]+$")
_OF_AN_ARM = {
    **dict.fromkeys(("events/n", "r/n", "n/n", "events/total"), ""),
    **dict.fromkeys(("mean_±_sd", "mean_sd", "mean_(sd)", "mean±sd", "mean_[sd]"), "sd"),
    **dict.fromkeys(("mean_±_se", "mean_se", "mean_(se)", "mean±se", "mean_±_sem", "mean_(sem)"), "se"),
    **dict.fromkeys(("n_(%)", "events_(%)", "events_n_(%)", "no_(%)"), "percent"),
}  # fmt: skip
_ERRORS = {"se", "sem", "error"}


def taken_apart(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The table with an effect, a lower and an upper limit in columns of their own, and notes on what was taken for what.

    Raises:
        EvidenceError: a printed share that is not that of its count.

    Example:
        >>> taken_apart(pl.DataFrame({"study": ["A"], "HR (95% CI)": ["0.62 (0.41 to 0.94)"]}))[0].rows()
        [('A', '0.62', '0.41', '0.94')]
    """
    table, notes = _arms(table)
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
    return table, notes


def _arms(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Events of people, and means with their spread, of each group or arm in columns of their own."""
    taken = {folded(name) for name in table.columns}
    notes: list[str] = []
    faults: list[Fault] = []
    for name in table.columns:
        group = group_of(name)
        if not group and folded(name) not in _OF_AN_ARM:
            continue
        end = f"_{group}" if group else ""
        for pattern, new in _kinds(name):
            found = _matches(table[name], pattern)
            parts = tuple(f"{one}{end}" for one in new)
            if found and not any(one in taken and one != folded(name) for one in parts):
                faults += _wrong_shares(name, found) if pattern is _FRACTION else []
                notes += _unsaid(name, parts, found)
                table = _split(table, name, parts, found)
                break
    if faults:
        raise EvidenceError(faults)
    return table, tuple(notes)


def _kinds(name: str) -> list[tuple[re.Pattern[str], tuple[str, ...]]]:
    """What the cells of a column may hold, after the words of its name."""
    words = {_OF_AN_ARM.get(folded(name), ""), *words_of(name)}
    if words & _ERRORS:
        return [(_MEAN_AND_ONE, ("mean", "mean_se" if group_of(name) else "se"))]
    if words & {"sd", "deviation"}:
        return [(_MEAN_AND_ONE, ("mean", "sd")), (_MEAN_SD, ("mean", "sd"))]
    counted = [(_OF_COUNT, ("events",))] if "percent" in words else []
    return [(_FRACTION, ("events", "n")), *counted, (_MEAN_SD, ("mean", "sd"))]


def _unsaid(name: str, parts: Sequence[str], found: Sequence[re.Match[str] | None]) -> list[str]:
    """A note where nothing but a convention makes the figure behind ± a standard deviation."""
    spread = parts[-1].startswith("sd") and not {"sd", "deviation"} & set(words_of(name))
    if not spread or folded(name) in _OF_AN_ARM:
        return []
    if all(match is None or "SD" in match[0].upper() for match in found):
        return []
    end = parts[-1].removeprefix("sd")
    return [
        f"Column {name}: what follows ± is read as a standard deviation; if it is a standard error, name the column"
        f" {'Treatment' if end == '_t' else 'Control'} mean ± SE."
    ]


def _wrong_shares(name: str, found: Sequence[re.Match[str] | None]) -> list[Fault]:
    shares = [match for match in found if match is not None and match[3] is not None]
    return [fault for match in shares for fault in share_fault(name, match, match[2])]


def _matches(cells: pl.Series, pattern: re.Pattern[str]) -> list[re.Match[str] | None]:
    """The match of each cell, None where it is empty; nothing where some cell does not match."""
    told = (str(cell).strip() for cell in cells if cell is not None)
    first = next((text for text in told if text.casefold() not in MISSING), "")
    if not _DIGIT.search(first) or _ONE_FIGURE.fullmatch(first):
        return []  # every cell would have to match, and one word or figure does not
    texts = ["" if cell is None else _plain(str(cell)) for cell in cells]
    commas = [re.sub(r"(?<=\d),(?=\d)", ".", text) for text in texts]
    pointed = any(re.search(r"\d\.\d", text) for text in texts)
    for form in (texts, [] if pointed or commas == texts else commas):
        limits = pattern is _WITH_EFFECT or pattern is _ALONE
        found = [None if limits and _tight(t) else pattern.fullmatch(t) for t in form]
        whole = all(f or t.casefold() in MISSING for f, t in zip(found, form, strict=True))
        if whole and any(found):
            return found
    return []


def _tight(text: str) -> bool:
    """Whether a comma between digits is more likely a decimal mark than the end of a figure: ``0,94`` is no interval.

    It ends a figure behind decimals, and between the only two figures in brackets.
    """
    return bool(re.search(r"(?<![\d.])\d+,\d", _IN_BRACKETS.sub("", text)))


def _plain(cell: str) -> str:
    """A cell with hyphens for signs of minus and points for raised ones, without p-values and marks of footnotes."""
    text = _P_VALUE.sub("", _MARKS.sub("", minus_signs(cell)))
    return _RAISED_POINT.sub(".", text).strip()


def _split(
    table: pl.DataFrame, name: str, new: tuple[str, ...], found: list[re.Match[str] | None]
) -> pl.DataFrame:
    """The table with the groups of each match in columns of their own, in the place of the old one."""
    place, rest = table.columns.index(name), table.drop(name)
    figures = [
        [part for part in match.groups() if part is not None] if match else [] for match in found
    ]
    for number, one in reversed(list(enumerate(new))):
        cells = [parts[number].replace(",", "") if parts else None for parts in figures]
        rest = rest.insert_column(place, pl.Series(one, cells, pl.String))
    return rest
