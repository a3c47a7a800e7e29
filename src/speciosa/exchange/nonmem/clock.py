"""When records happen: numbers, times of the clock and dates as hours from an individual's first record."""

import re
from collections.abc import Sequence
from datetime import date

from speciosa.errors import Fault

DATES = ("DATE", "DAT1", "DAT2", "DAT3")
_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?")
_DATE = re.compile(r"(\d{1,4})[-/](\d{1,4})(?:[-/](\d{1,4}))?")
# Where month, day and year stand in DATE, DAT1, DAT2 and DAT3 (the guide of NM-TRAN, under $INPUT).
_ORDER = {"DATE": "mdy", "DAT1": "dmy", "DAT2": "ymd", "DAT3": "ydm"}


def hours_of(text: str, unit_h: float) -> float | None:
    """A time as hours: a number in a unit of so many hours, or hours and minutes of the clock; None where it is neither.

    Example:
        >>> hours_of("90", 1 / 60), hours_of("13:30", 1.0), hours_of("noon", 1.0)
        (1.5, 13.5, None)
    """
    match = _CLOCK.fullmatch(text)
    if match is not None:
        hours, minutes, seconds = match.groups()
        if int(minutes) > 59 or (seconds and float(seconds) >= 60):
            return None
        return int(hours) + int(minutes) / 60 + (float(seconds) / 3600 if seconds else 0.0)
    try:
        return float(text) * unit_h
    except ValueError:
        return None


def days_of(text: str, column: str) -> float | None:
    """A date as days from a fixed one, or a number of days as written; None where it is neither.

    Two figures of a year are 1951 to 2050. A date without a year is one of 2001, which has no 29 February.

    Example:
        >>> days_of("3/1/2001", "DATE") - days_of("2/28/2001", "DATE"), days_of("12", "DATE")
        (1.0, 12.0)
    """
    match = _DATE.fullmatch(text)
    if match is None:
        try:
            return float(text)
        except ValueError:
            return None
    parts = [int(part) for part in match.groups() if part is not None]
    order = _ORDER[column] if len(parts) == 3 else _ORDER[column].replace("y", "")
    found = dict(zip(order, parts, strict=True))
    year = found.get("y", 2001)
    if year < 100:
        year += 1900 if year > 50 else 2000
    try:
        return float(date(year, found["m"], found["d"]).toordinal())
    except ValueError:
        return None


def record_hours(
    file: str,
    lines: Sequence[int],
    times: Sequence[str],
    dates: Sequence[str] | None,
    column: str,
    unit_h: float,
    faults: list[Fault],
) -> list[float]:
    """Hours of every record, from midnight of the first date or from 0; NaN where it cannot be read."""
    hours = []
    for i, text in enumerate(times):
        hour = hours_of(text, unit_h)
        if hour is None:
            faults.append(
                Fault(f"{file}, line {lines[i]}, TIME", "a time or hh:mm", repr(text[:40]))
            )
            hour = float("nan")
        if dates is not None:
            day = days_of(dates[i], column)
            if day is None:
                wanted = f"a date ({_ORDER[column]}) or a day"
                faults.append(
                    Fault(f"{file}, line {lines[i]}, {column}", wanted, repr(dates[i][:40]))
                )
                day = float("nan")
            hour += 24 * day
        hours.append(hour)
    return hours
