"""Legal status by place: what holds, since when, on which day that was true, and how old the answer is."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from speciosa.errors import UnknownPlaceError
from speciosa.facts.lookup import records
from speciosa.facts.record import split
from speciosa.facts.registry import fold, substance
from speciosa.facts.schema import LegalStatus
from speciosa.facts.tables import DATA, read_rows

FRESH_DAYS = 60
"""An answer that nobody looked up for longer than this is stale: state law on kratom changed several times in 2026."""

_TERRITORIES = ("AS", "GU", "MP", "PR", "VI")
"""Territories of the United States, each of which is a country of ISO 3166 too."""

_CAPITAL = fold("Washington DC")
_AROUND = re.compile(
    r"^\s*(?:the|state of|commonwealth of)\s+|\s+state\s*$|,\s*(?:u\.?s\.?a?\.?|united states)\s*$",
    re.IGNORECASE,
)
"""What may stand around the name of a place and says nothing more."""


def legal(place: str | None = None, of: str | None = None) -> tuple[LegalStatus, ...]:
    """Legal status of kratom and its alkaloids; nothing here is legal advice.

    Args:
        place: a code such as ``US-TN`` or ``DE``, or the name of a place; None for all. A code of a country gives its
            states too.
        of: a substance; None for all.

    Raises:
        UnknownPlaceError: a place of which the fact base holds no law.
        UnknownNameError: a substance that is not known.

    Example:
        >>> [(found.substance, found.status, found.since) for found in legal("US-TN", of="kratom")]
        [('kratom', 'banned', '2026-07-01')]
    """
    found = records("legal")
    if place is not None:
        code = place_code(place)
        found = tuple(row for row in found if row.code == code or row.code.startswith(f"{code}-"))
    if of is not None:
        wanted = substance(of).id
        found = tuple(row for row in found if row.substance == wanted)
    return found


def whole_country(place: str, of: str | None = None) -> tuple[LegalStatus, ...]:
    """What holds in the whole country of a part of it; of medicines only where a substance is asked for.

    Raises:
        UnknownPlaceError: a place of which the fact base holds no law.
        UnknownNameError: a substance that is not known.

    Example:
        >>> whole_country("Ohio", of="kratom")[0].place, whole_country("US")
        ('United States (federal)', ())
    """
    code = place_code(place)
    country = code.split("-")[0]
    if country == code:
        return ()
    return tuple(
        row
        for row in legal(country, of)
        if row.code == country and (of or not row.scope.startswith("medicine"))
    )


def place_code(name: str) -> str:
    """The ISO 3166 code of a place named by code or name; ``Tennessee``, ``tn`` and ``US-TN`` are the same.

    Raises:
        UnknownPlaceError: a place of which the fact base holds no law.

    Example:
        >>> place_code("Tennessee"), place_code("us-tn"), place_code("TN")
        ('US-TN', 'US-TN', 'US-TN')
        >>> place_code("Washington, D.C."), place_code("Washington State"), place_code("the Netherlands")
        ('US-DC', 'US-WA', 'NL')
    """
    names = _codes()
    if fold(name).removesuffix("usa") == _CAPITAL:
        return "US-DC"
    name = _AROUND.sub("", name)
    found = names.get(fold(name)) or names.get(fold(f"US-{name}"))
    if found is not None:
        return found
    code, country = _countries().get(fold(name), ("", ""))
    held = f"US-{code}" if code in _TERRITORIES else code
    if held in names.values():
        return held
    known = [row.place for row in records("legal")] + [row.code for row in records("legal")]
    raise UnknownPlaceError(name, dict.fromkeys(known), country)


def namesake(name: str) -> str:
    """What else the name of a place could have meant, in a sentence; nothing where it is plain.

    Example:
        >>> namesake("LA")
        'LA was read as Laos; for Louisiana ask US-LA.'
        >>> namesake("Georgia")
        'Georgia was read as the state of the United States; the country (GE) is not in the fact base.'
    """
    names = _codes()
    code = place_code(name)
    states = {row.code: row.place for row in records("legal")}
    state = names.get(fold(f"US-{name}"))
    if state and state != code:
        return f"{name} was read as {states[code]}; for {states[state]} ask {state}."
    country, _ = _countries().get(fold(name), ("", ""))
    if code.startswith("US-") and country and country not in (code, code.removeprefix("US-")):
        held = f"ask {country}" if country in states else "is not in the fact base"
        return f"{name} was read as the state of the United States; the country ({country}) {held}."
    return ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an answer on the law can be relied on at a day.

    Attributes:
        age_days: days since somebody looked; None if nobody has.
        stale: nobody looked within `FRESH_DAYS`, or a date of the row has passed since.
        remark: age and passed dates in words.
    """

    age_days: int | None
    stale: bool
    remark: str


def standing(row: LegalStatus, on: date) -> Standing:
    """How old the answer of a row is at a day, and whether a date that it names has passed.

    Example:
        >>> row = legal("US-KY", of="kratom")[0]
        >>> standing(row, date(2026, 12, 1)).remark, standing(row, date(2027, 8, 1)).stale
        ('looked up 2026-11-29, 2 days ago', True)
    """
    age = (on - _first_day(row.looked_up_on)).days if row.looked_up_on else None
    parts = [
        "not looked up again" if age is None else f"looked up {row.looked_up_on}, {_days(age)}"
    ]
    stale = age is None or age > FRESH_DAYS
    if row.expires and _first_day(row.expires) <= on:
        stale = True
        parts.append(f"was to end on {row.expires}")
    if row.pending_from and _first_day(row.pending_from) <= on:
        stale = True
        parts.append(f"was to become {row.pending_status} on {row.pending_from}")
    if stale:
        parts.append("stale, look it up")
    return Standing(age, stale, "; ".join(parts))


def _days(age: int) -> str:
    return "the same day" if age == 0 else f"{age} day{'' if age == 1 else 's'} ago"


def _first_day(text: str) -> date:
    parts = [int(part) for part in text.split("-")]
    return date(*(parts + [1, 1])[:3])


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in records("legal"):
        plain = re.sub(r"\s*\(.*\)", "", row.place)
        for name in (row.code, row.place, plain):
            found.setdefault(fold(name), row.code)
    return found


@lru_cache(maxsize=1)
def _countries() -> dict[str, tuple[str, str]]:
    """Code and name of every country and territory of ISO 3166 by its folded names, held in the fact base or not."""
    found: dict[str, tuple[str, str]] = {}
    for row in read_rows(DATA / "countries.csv"):
        code, name = row.cells["code"], row.cells["name"]
        for each in (code, name, *split(row.cells["aliases"])):
            found.setdefault(fold(each), (code, name))
    return found
