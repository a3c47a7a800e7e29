"""Denominators of rates as tables of trials write them: "per 1,000 person-years", "per 100 people per year", "% per year"."""

import re

from speciosa.care.observed.spans import plain, unit_days

_TIME = r"(?P<time>days?|d|weeks?|wks?|months?|mo|years?|yrs?|y|annum)"
_MANY = r"(?P<many>\d{1,3}(?:[, ]\d{3})+|\d+)"
_PERSON = r"(?:(?:person|patient|pt|participant|subject|individual|client|adult|inhabitant)s?|people|population)"
_YEARS = r"(?:p-?y|pyr|pyo|pyar|pyfu)s?"
_EACH = r"\s*,?\s*(?:/|\bper\b|\ban?\b|\beach\b|\bevery\b)\s*"
_COUNTED = r"(?:(?!log|per ?cent)[a-z][a-z ,:-]*?)?\s*"
_AFTER = r"(?: at risk| observed| (?:of|in|on|off|out of|during) [a-z -]+)?"
_FORMS = (
    rf"{_COUNTED}(?:\bper|1?\s*/|(?=\d))\s*{_MANY}?\s*(?:{_PERSON}[\s-]*{_TIME}|{_YEARS}){_AFTER}",
    rf"{_COUNTED}(?:\bper|/)\s*{_MANY}\s*{_PERSON}?{_EACH}{_TIME}",
    rf"{_COUNTED}(?:\bper|/)\s*{_PERSON}{_EACH}{_TIME}",
    rf"(?:rate|hazard)?{_EACH}{_TIME}",
)
_PERCENT = rf"(?:%|per ?cent(?:age)?)\s*(?:of {_PERSON})?{_EACH}(?:{_PERSON}[\s-]*)?{_TIME}"


def denominator(unit: str) -> tuple[float, float] | None:
    """How many people for how many days a rate is told of; None where the unit does not say both.

    Example:
        >>> denominator("per 1,000 person-years"), denominator("per 100 people per year"), denominator("% per year")
        ((1000.0, 365.25), (100.0, 365.25), (100.0, 365.25))
        >>> denominator("per 100,000 population") is None
        True
    """
    text = re.sub(r"\([^)]*\)", "", plain(unit)).strip(" .")
    if found := re.fullmatch(_PERCENT, text):
        return 100.0, unit_days(found["time"]) or 0.0
    for form in _FORMS:
        if found := re.fullmatch(form, text):
            named = found.groupdict()
            many = float(re.sub(r"[, ]", "", named.get("many") or "1"))
            days = unit_days(named["time"] or "year")
            return (many, days) if days and 0.0 < many <= 1e9 else None
    return None
