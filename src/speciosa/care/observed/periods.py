"""Times in and out of treatment as cohorts name them: "weeks 1-2 after stopping against on treatment", "out to in"."""

import re

from speciosa.care.stepping.arrays import BINS

Period = tuple[int, int, int]
"""In treatment (0) or out (1), the first week and the one after the last since start or stop."""

_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "twelve": 12}
_WEEKS = {
    "week": 1.0,
    "wk": 1.0,
    "month": 52 / 12,
    "mo": 52 / 12,
    "day": 1 / 7,
    "d": 1 / 7,
    "year": 52.0,
}
_MOST_DIGITS = 4
_UNIT = r"(weeks?|wks?|months?|mo|days?|d|years?)"
_BETWEEN = re.compile(
    r"\s+(?:against|versus|vs\.?|to|over|compared (?:with|to)|relative to)\s+|\s*/\s*"
)
_OUT = re.compile(
    r"\b(out|off|after|post|stopping|stopped|leaving|left|cessation|discontinu\w*|untreated|none|no|not|without)\b"
)
_IN = re.compile(
    r"\b(in|on|during|treat\w*|start\w*|initiat\w*|induct\w*|stable|medic\w*|agonists?|maintenance|oat|ost|omt|mat|moud|moht|"
    r"methadone|buprenorphine|naltrexone|bup|xr-ntx)\b"
)
_BEGUN = re.compile(
    r"\b(?:after|post|since|from)[\s-]+(?:the\s+)?(?:start\w*|initiat\w*|begin\w*|induct\w*|entry|entering|enrol\w*)"
)
_FROM = re.compile(
    rf"(?:>|≥|beyond|more than|later than|longer than)\s*(\d+)\s*{_UNIT}"
    rf"|{_UNIT}\s*(\d+)\s*(?:\+|on\b|onwards?|and later|or later|or more)"
)


class PeriodError(ValueError):
    """A time that cannot be read; its text is what was expected."""


def contrast(text: str) -> tuple[Period, Period]:
    """Two periods, the first over the second; out of treatment over in treatment where the text says nothing.

    Example:
        >>> contrast("weeks 1-2 after stopping against on treatment")
        ((1, 0, 2), (0, 0, 53))
        >>> contrast("first 4 weeks out of treatment vs rest out of treatment")
        ((1, 0, 4), (1, 4, 53))
        >>> contrast("out to in"), contrast("methadone against none")
        (((1, 0, 53), (0, 0, 53)), ((0, 0, 53), (1, 0, 53)))
    """
    words = text.strip().casefold()
    if not words:
        return (1, 0, BINS), (0, 0, BINS)
    # A dash between numbers is no contrast, nor is "1 to 2".
    parts = _BETWEEN.split(re.sub(r"(\d)\s+to\s+(\d)", r"\1-\2", words))
    if len(parts) != 2:
        raise PeriodError(
            "two times, such as `out to in` or `weeks 1-2 after stopping against on treatment`"
        )
    one, other = (period(part) for part in parts)
    if "rest" in parts[1] or "remain" in parts[1]:
        other = (other[0], one[2] if one[0] == other[0] else other[1], BINS)
    elif "rest" in parts[0] or "remain" in parts[0]:
        one = (one[0], other[2] if one[0] == other[0] else one[1], BINS)
    return one, other


def period(text: str) -> Period:
    """One period.

    Example:
        >>> period("in treatment"), period("weeks 3-4 after stopping"), period("first two weeks on")
        ((0, 0, 53), (1, 2, 4), (0, 0, 2))
        >>> period("more than 4 weeks after stopping"), period("weeks 1-4 after initiation")
        ((1, 4, 53), (0, 0, 4))
    """
    words = text.strip().casefold()
    for name, number in _NUMBERS.items():
        words = re.sub(rf"\b{name}\b", str(number), words)
    words = _BEGUN.sub("on treatment start", words)
    if re.search(r"\b(?:after|since)\b.*\boverdose", words):
        raise PeriodError("a time in or out of treatment, not since an overdose")
    row = 1 if _OUT.search(words) else 0
    if row == 0 and not _IN.search(words):
        raise PeriodError("a time in or out of treatment, such as `out of treatment`")
    if found := _FROM.search(words):
        later = (
            round(_whole(found[1]) * _size(found[2])) if found[1] else _before(found[4], found[3])
        )
        return row, min(later, BINS - 1), BINS
    if found := re.search(rf"{_UNIT}\s*(\d+)\s*(?:-|to|and)\s*(\d+)", words):
        return row, _before(found[2], found[1]), _end(_whole(found[3]) * _size(found[1]))
    if found := re.search(rf"(\d+)\s*(?:-|to)\s*(\d+)\s*{_UNIT}", words):
        size = _size(found[3])
        return row, round(_whole(found[1]) * size), _end(_whole(found[2]) * size)
    if found := re.search(rf"(?:first|within|next|in the|for)\s+(\d+)?\s*{_UNIT}", words):
        return row, 0, _end(_whole(found[1] or "1") * _size(found[2]))
    if found := re.search(rf"{_UNIT}\s*(\d+)", words):
        return row, _before(found[2], found[1]), _end(_whole(found[2]) * _size(found[1]))
    if "rest" in words or "remain" in words:
        return row, 4, BINS
    if re.search(r"\d", re.sub(r"\d[\d.]*\s*(?:mg|mcg|g|ml)\b", "", words)):
        raise PeriodError(
            "times in days, weeks, months or years, such as `weeks 1-4 after stopping`"
        )
    return row, 0, BINS


def _whole(number: str) -> int:
    """A number of units; one of more digits than any time has is refused."""
    if len(number) > _MOST_DIGITS:
        raise PeriodError(f"times of at most {_MOST_DIGITS} digits")
    return int(number)


def _before(number: str, unit: str) -> int:
    """Weeks before the first of numbered units; the number 0 is the beginning."""
    return min(max(0, round((_whole(number) - 1) * _size(unit))), BINS - 1)


def _size(unit: str) -> float:
    return _WEEKS[unit.rstrip("s") if unit.rstrip("s") in _WEEKS else unit]


def _end(weeks: float) -> int:
    return min(BINS, max(1, round(weeks)))
