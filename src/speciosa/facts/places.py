"""Legal status by place: what holds, since when, and on which day that was true."""

import re
from functools import lru_cache

from speciosa.errors import UnknownNameError
from speciosa.facts.lookup import records
from speciosa.facts.registry import fold, substance
from speciosa.facts.schema import LegalStatus


def legal(place: str | None = None, of: str | None = None) -> tuple[LegalStatus, ...]:
    """Legal status of kratom and its alkaloids; nothing here is legal advice.

    Args:
        place: a code such as ``US-TN`` or ``DE``, or the name of a place; None for all. A code of a country gives its
            states too.
        of: a substance; None for all.

    Raises:
        UnknownNameError: a place or substance that is not known.

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


def place_code(name: str) -> str:
    """The ISO 3166 code of a place named by code or name; ``Tennessee``, ``tn`` and ``US-TN`` are the same.

    Raises:
        UnknownNameError: a place that is not known.

    Example:
        >>> place_code("Tennessee"), place_code("us-tn"), place_code("TN")
        ('US-TN', 'US-TN', 'US-TN')
    """
    names = _codes()
    found = names.get(fold(name)) or names.get(fold(f"US-{name}"))
    if found is None:
        known = [row.place for row in records("legal")] + [row.code for row in records("legal")]
        raise UnknownNameError("place", name, dict.fromkeys(known))
    return found


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in records("legal"):
        plain = re.sub(r"\s*\(.*\)", "", row.place)
        for name in (row.code, row.place, plain):
            found.setdefault(fold(name), row.code)
    return found
