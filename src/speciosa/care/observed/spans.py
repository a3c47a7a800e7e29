"""Spans of time as tables of trials write them: "d 29-56", "weeks 1-4", "1 to 3 months"."""

import re
from dataclasses import dataclass

LONGEST_D = 3654
"""Days after which nothing is predicted."""
DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25}
"""Units of time in days."""
_SHORT = {
    "d": "day", "w": "week", "wk": "week", "m": "month", "mo": "month", "mth": "month", "y": "year", "yr": "year",
    "annum": "year",
}  # fmt: skip
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_NUMBER = r"(\d+(?:\.\d+)?)"
_SPAN = re.compile(
    rf"(?:\b([a-z]+)\.?\s*)?{_NUMBER}\s*([a-z]+\s*)??\s*(?:-|to|until|through)\s*(?:([a-z]+)\.?\s*)?{_NUMBER}(?:[\s-]*([a-z]+))?"
)


class SpanError(ValueError):
    """A span that cannot be read; its text is what was expected."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a first to a last time.

    Attributes:
        first: number of the first unit, or units passed at the begin.
        last: number of the last unit, or units passed at the end.
        unit_d: size of the unit, days.
        numbered: whether units are numbered ("weeks 1-4") rather than passed ("1-4 weeks").
    """

    first: float
    last: float
    unit_d: float
    numbered: bool

    @property
    def before_d(self) -> float:
        """Days passed before it begins, where the first numbered unit counts in full."""
        return max(0.0, self.first - self.numbered) * self.unit_d

    @property
    def end_d(self) -> float:
        """Days passed at its end."""
        return self.last * self.unit_d


def plain(text: str) -> str:
    """A text in small letters with one kind of dash and of space."""
    return " ".join(text.casefold().translate(_DASHES).split())


def unit_days(word: str | None) -> float | None:
    """Days of a unit of time; None of a word that is none.

    Example:
        >>> unit_days("wks"), unit_days("month"), unit_days("visit")
        (7.0, 30.4375, None)
    """
    word = (word or "").strip()
    word = word.removesuffix("s") or word
    return DAYS.get(_SHORT.get(word, word))


def span(text: str) -> Span | None:
    """The span that a text gives; None where it has none.

    Raises:
        SpanError: more than one span, no unit or one that is not known, units that differ, or a time that is too long.

    Example:
        >>> span("months 1-3").before_d, span("1-3 months").before_d, span("d 29-56").end_d
        (0.0, 30.4375, 56.0)
        >>> span("week 24") is None
        True
    """
    found = list(_SPAN.finditer(plain(text)))
    if not found:
        return None
    before, first, *between, last, after = found[0].groups()
    sizes = [size for word in (before, *between, after) if (size := unit_days(word)) is not None]
    if len(found) > 1 or len(set(sizes)) != 1:
        raise SpanError("one span with its unit (days, weeks, months, years), such as d 29-56")
    told = Span(float(first), float(last), sizes[0], unit_days(before) is not None)
    if told.last <= told.first - told.numbered or told.end_d > LONGEST_D:
        raise SpanError(f"a span that ends after it begins, within {LONGEST_D} days")
    return told
