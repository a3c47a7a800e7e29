"""Figures with what reviewers write around them: marks of footnotes, shares behind counts, separators of thousands.

A column becomes one of numbers where every cell of it is a number after that; what is ambiguous, as ``1.234`` people, is
asked about, and what is no number stays as it is, to be refused by the reader.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.table.columns import MISSING, resolve
from speciosa.evidence.table.names import SYNONYMS, folded, meaning

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_MARKS = re.compile(
    "(?<=[\\d)%])\\s*([*†‡§¶#∗⁰¹²³⁴-⁹]+|\\^?[a-dᵃᵇᶜᵈ](,[a-d])*)$"  # noqa: RUF001
)
_SHARE = re.compile(r"(\d+)\s*[(\[]\s*(\d+(?:\.\d+)?)\s*%?\s*[)\]]")
_COMMAS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_SPACES = re.compile("(?<=\\d)[ \u00a0\u2009\u202f'\u2019](?=\\d{3}(?!\\d))")  # noqa: RUF001
_THREE = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_DASH = re.compile("^[\u2013\u2212](?=\\s?[\\d.,])")  # noqa: RUF001
_COUNTED = ("events", "nonevents", "n")
# Where a letter behind a figure belongs to a name, as in Kim 2003a.
_NAMES = {
    *SYNONYMS["study"],
    *SYNONYMS["year"],
    "treatment",
    "treat",
    "trt",
    "arm",
    "intervention",
    "class",
}
_DIGITS = set("0123456789")
_WHOLE = {*_DIGITS, "-"}
# What a share given as a count may be off, in points of a percent, beside its rounding.
_OFF = 0.51


def plain_numbers(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The table with marks and separators taken off its figures, and notes on what was taken off.

    Raises:
        EvidenceError: a count such as ``1.234`` that may be a thousand; a share that is not that of its count.

    Example:
        >>> plain_numbers(pl.DataFrame({"study": ["A"], "events": ["12*"], "n": ["1 204"]}))[0].row(0)
        ('A', '12', '1204')
    """
    notes: list[str] = []
    faults: list[Fault] = []
    broken: dict[str, list[str]] = {}
    commas, changed, kept = _decimal_commas(table), False, []
    for column in table.get_columns():
        if column.dtype != pl.String or folded(column.name) in _NAMES:
            kept.append(column)
            continue
        texts = ["" if cell is None else cell.strip() for cell in column.to_list()]
        written = set("".join(texts))
        if written <= _WHOLE or not written & _DIGITS:
            kept.append(column)
            continue
        counted = _is_count(column.name)
        broken |= {column.name: _broken(texts, commas)} if counted else {}
        clean = [_clean(text, counted, commas) for text in texts]
        numeric = all(_NUMBER.fullmatch(t) or t.casefold() in MISSING for t in clean)
        if clean == texts or not numeric:
            kept.append(column)
            continue
        changed = True
        notes += _told(column.name, texts, clean)
        kept.append(pl.Series(column.name, [text or None for text in clean], pl.String))
    faults += _ambiguous(broken)
    if not (changed or commas or any(broken.values())):
        return table, ()
    faults += _shares(table, pl.DataFrame(kept))
    notes += ["Commas are read as decimal marks."] if commas else []
    if faults:
        raise EvidenceError(faults)
    return pl.DataFrame(kept), tuple(notes)


def minus_signs(text: str) -> str:
    r"""A printed text in which dashes that stand for a minus sign are hyphens.

    Example:
        >>> minus_signs("\u20131.2 (\u20132.0 to \u22120.4)")
        '-1.2 (-2.0 to -0.4)'
    """
    text = text.strip().replace("\u2212", "-")
    return re.sub(r"(^|[\[(,;:]\s*|\bto\s+|[-\u2013\u2014]\s*)\u2013(?=[\d.])", r"\1-", text)


@cache
def _is_count(name: str) -> bool:
    """Whether a column holds people or events, of a group or an arm."""
    plain = re.sub(r"_?\d$", "", re.sub(r"[\[\],]", "", folded(name)))
    role = meaning(name).role.removesuffix("_t").removesuffix("_c")
    listed = {one for ours in SYNONYMS if ours.split("_")[0] in _COUNTED for one in SYNONYMS[ours]}
    return role in _COUNTED or folded(name) in listed or plain in ("event", "events", "r", "n")


def _clean(text: str, counted: bool, commas: bool) -> str:
    """One cell without marks, separators of thousands and, behind a count, its share."""
    if not text or _NUMBER.fullmatch(text):
        return text
    clean = _SPACES.sub("", _MARKS.sub("", _DASH.sub("-", text)).strip())
    if commas and _DECIMAL_COMMA.fullmatch(clean):
        clean = clean.replace(",", ".")
    if counted and (share := _SHARE.fullmatch(clean)):
        clean = share[1]
    if _COMMAS.fullmatch(clean) and ("." in clean or clean.count(",") > 1):
        clean = clean.replace(",", "")
    return clean if _NUMBER.fullmatch(clean) else text


def _decimal_commas(table: pl.DataFrame) -> bool:
    """Whether the table writes decimals with commas: some cell can be nothing else, and none has a decimal point."""
    cells = [
        cell.strip()
        for column in table.get_columns()
        if column.dtype == pl.String
        for cell in column.to_list()
        if cell and ("," in cell or "." in cell)
    ]
    written = [cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell)]
    surely = any(not _COMMAS.fullmatch(cell) or cell.startswith("0") for cell in written)
    return surely and not any(re.search(r"\d\.\d", cell) for cell in cells)


def _broken(texts: Sequence[str], commas: bool) -> list[str]:
    """Counts that are no whole numbers, or are written with decimals."""
    texts = [text.replace(",", ".") for text in texts] if commas else texts
    numbers = [text for text in texts if "." in text and _NUMBER.fullmatch(text)]
    return [text for text in numbers if float(text) % 1 or _THREE.fullmatch(text)]


def _ambiguous(broken: Mapping[str, Sequence[str]]) -> list[Fault]:
    """A question where every broken count has three decimals, as thousands are written in much of Europe."""
    if not all(_THREE.fullmatch(text) for texts in broken.values() for text in texts):
        return []
    return [
        Fault(
            f"column {name!r}",
            "whole numbers of people or events",
            texts[0],
            f"Write {texts[0].replace('.', '')} if it is a thousand and more, {texts[0]}0 if it is a fraction.",
        )
        for name, texts in broken.items()
        if texts
    ]


def _shares(before: pl.DataFrame, after: pl.DataFrame) -> list[Fault]:
    """Counts with a share behind them that is not their share of the people."""
    faults = []
    for events in (f"events{group}" for group in ("_t", "_c", "")):
        counts, people = resolve(after, events), resolve(after, events.replace("events", "n"))
        if counts is None or people is None or before[counts].dtype != pl.String:
            continue
        for cell, n in zip(before[counts].to_list(), after[people].to_list(), strict=True):
            share = _SHARE.fullmatch(_MARKS.sub("", cell.strip())) if cell else None
            faults += share_fault(counts, share, n) if share else []
    return faults


def share_fault(where: str, share: re.Match[str], people: object) -> list[Fault]:
    """A fault where a printed share, the last group of the match, is not that of the count in the first."""
    try:
        percent = 100 * float(share[1]) / float(str(people))
    except (ValueError, ZeroDivisionError):
        return []
    last = share[share.lastindex or 1]
    decimals = len(last.partition(".")[2])
    if abs(percent - float(last)) <= _OFF * 10.0**-decimals + 1e-9:
        return []
    fix = "A misprint in one of the three figures, or another number of people."
    return [
        Fault(
            f"column {where!r}",
            f"{percent:.{decimals}f}% as {share[1]}/{people} is",
            f"{last}%",
            fix,
        )
    ]


def _told(name: str, before: Sequence[str], after: Sequence[str]) -> list[str]:
    """What was made of the cells of a column, where it is more than a sign or a decimal comma."""
    pairs = [
        f"{b} as {a}"
        for b, a in zip(before, after, strict=True)
        if _DASH.sub("-", b).replace(",", ".") != a
    ]
    shown = ", ".join(dict.fromkeys(pairs[:3]))
    return [f"Read in column {name}: {shown}{', ...' if len(pairs) > 3 else '.'}"] if pairs else []
