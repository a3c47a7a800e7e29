"""Regimens in words: how study files, observation files, the command line and the app write doses.

Grammar, several doses joined by ``;``::

    AMOUNT UNIT [PRODUCT] [ROUTE] [every DURATION x COUNT] [at TIME] [over DURATION]

The product is left out where a model has only one thing to give. ``none`` is the regimen without a dose.

What prescribers write is read too; see ``speciosa.prescribing``.
"""

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from speciosa.errors import Fault, InputError, RegimenError, nearest
from speciosa.prescribing import (
    NUMBER,
    SPAN,
    given_in,
    meant_by,
    parted,
    ranged,
    unending,
    written_out,
)
from speciosa.units import hours

ROUTES = (
    "oral",
    "iv",
    "im",
    "sc",
    "intranasal",
    "sublingual",
    "buccal",
    "transmucosal",
    "transdermal",
    "depot",
)

_HEAD = re.compile(rf"\s*({NUMBER})\s*([A-Za-zµ%][\w/%µ]*)((?:\s+[\w.+-]+)*)\s*")
_EVERY = re.compile(rf"\bevery\s+({SPAN})\s*[x×*]\s*({NUMBER})(?!\S)", re.IGNORECASE)
_AT = re.compile(rf"\bat\s+({SPAN})(?!\S)", re.IGNORECASE)
_OVER = re.compile(rf"\bover\s+({SPAN})(?!\S)", re.IGNORECASE)
_MAX_DOSES = 100_000
_LONGEST, _LONGEST_DOSE = 20_000, 400
_SOONEST_H = 1 / 3600
_MICRO = str.maketrans("μ", "µ")  # Greek letter to micro sign
_FORMS = frozenset({"er", "xr", "sr", "cr", "pr", "la", "ir", "xl"})
"""Words of a name that say how fast a tablet gives its drug."""
_EXAMPLE = "Example: '5 g kratom_leaf oral every 8 h x 42'."


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose, or one that is repeated; times in hours from the start of the study."""

    amount: float
    unit: str
    product: str | None = None
    route: str | None = None
    at_h: float = 0.0
    every_h: float | None = None
    count: int = 1
    over_h: float | None = None

    @property
    def times_h(self) -> tuple[float, ...]:
        """When each dose begins.

        Example:
            >>> Dose(5, "g", every_h=8, count=3).times_h
            (0.0, 8.0, 16.0)
        """
        return tuple(self.at_h + i * (self.every_h or 0.0) for i in range(self.count))

    def __str__(self) -> str:
        words = [f"{self.amount:.12g} {self.unit}", self.product or "", self.route or ""]
        if self.every_h is not None:
            words.append(f"every {self.every_h:.12g} h x {self.count}")
        if self.at_h:
            words.append(f"at {self.at_h:.12g} h")
        if self.over_h is not None:
            words.append(f"over {self.over_h:.12g} h")
        return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Regimen:
    """All doses of one patient, in the order written; `str()` gives text that reads back the same."""

    doses: tuple[Dose, ...] = ()

    @property
    def last_h(self) -> float:
        """When the last dose begins; 0 for the regimen without a dose."""
        return max((dose.times_h[-1] for dose in self.doses), default=0.0)

    @property
    def products(self) -> tuple[str, ...]:
        """The products given, each once, in order of first mention."""
        return tuple(dict.fromkeys(dose.product for dose in self.doses if dose.product))

    def __str__(self) -> str:
        return "; ".join(str(dose) for dose in self.doses) or "none"


def parse_regimen(text: str) -> Regimen:
    """Reads a regimen text.

    Args:
        text: one or more doses joined by ``;``, or ``none``.

    Raises:
        RegimenError: names every fault of every dose.

    Example:
        >>> print(parse_regimen("16 mg buprenorphine sublingual every 24 h x 14 at 0.5 d"))
        16 mg buprenorphine sublingual every 24 h x 14 at 12 h
        >>> parse_regimen("2 mg midazolam oral; 2 g kratom_tea oral").products
        ('midazolam', 'kratom_tea')
    """
    if text.strip().casefold() in {"", "none", "nothing"}:
        return Regimen()
    if len(text) > _LONGEST:
        found = f"{len(text)} characters"
        raise RegimenError(Fault("regimen", f"at most {_LONGEST} characters", found))
    doses: list[Dose] = []
    faults: list[Fault] = []
    for where, part in _parts(text):
        dose, wrong = _read_dose(part, where)
        faults += wrong
        if dose is not None:
            doses.append(dose)
    count = sum(dose.count for dose in doses)
    if count > _MAX_DOSES:
        faults.append(
            Fault(
                "regimen", f"at most {_MAX_DOSES} doses, repeated ones counted singly", str(count)
            )
        )
    if faults:
        raise RegimenError(faults)
    return Regimen(tuple(doses))


def products_named(text: str) -> Iterator[tuple[str, str]]:
    """Each dose whose product can be read, and the product, whatever else of the text cannot.

    Example:
        >>> list(products_named("5 spoons kratm_leaf oral; 2 mg; what"))
        [("dose 1 ('5 spoons kratm_leaf oral')", 'kratm_leaf')]
    """
    for where, part in _parts(text[:_LONGEST]):
        if len(part) > _LONGEST_DOSE:
            continue
        with suppress(InputError):
            part = written_out(part)
        head = _HEAD.fullmatch(_taken_apart(part)[0])
        product = _product_and_route(head[3].split(), where, [])[0] if head else None
        if product is not None:
            yield where, product


def _parts(text: str) -> Iterator[tuple[str, str]]:
    for number, part in enumerate(text.split(";"), start=1):
        words = part.strip()
        where = f"dose {number} ({words if len(words) <= 100 else words[:97] + '...'!r})"
        yield from (
            (where, each) for each in (parted(part) if len(part) <= _LONGEST_DOSE else (part,))
        )


def _taken_apart(text: str) -> tuple[str, list[re.Match[str] | None]]:
    """Amount, unit, product and route; and what stands after "every", "at" and "over"."""
    rest, found = text.translate(_MICRO), []
    for pattern in (_EVERY, _AT, _OVER):
        match = pattern.search(rest)
        if match is not None:
            rest = rest[: match.start()] + " " + rest[match.end() :]
        found.append(match)
    return rest, found


def _read_dose(text: str, where: str) -> tuple[Dose | None, list[Fault]]:
    faults: list[Fault] = []
    if len(text) > _LONGEST_DOSE:
        expected = f"at most {_LONGEST_DOSE} characters a dose"
        return None, [Fault(where, expected, f"{len(text)} characters", "Doses are parted by ';'.")]
    several = ranged(text)
    if several:
        fix = "Write its two ends as two treatments."
        return None, [Fault(where, "one amount, every so often", repr(several), fix)]
    with suppress(InputError):  # a time that cannot be read is told below
        text = written_out(text)
    rest, (every, at, over) = _taken_apart(text)
    every_h = _span(every[1], f"{where}, every", faults) if every else None
    if every and every_h is not None and 0 < every_h < _SOONEST_H:
        faults.append(Fault(f"{where}, every", "at least a second between doses", every[1]))
    at_h = _hours(at[1], f"{where}, at", faults) if at else 0.0
    over_h = _span(over[1], f"{where}, over", faults) if over else None
    count = _count(every[2], where, faults) if every else 1
    endless = "" if every else unending(rest)
    if endless:
        fix = f"Add a time ('{endless} for 14 d') or a count ('{endless} x 28')."
        before, _, after = rest.partition(endless)
        routed = after.split() and after.split()[0].casefold() in ROUTES
        found = endless if routed else f"{endless} {after.strip()}".strip()
        faults.append(Fault(where, "for how long, or how often", repr(found), fix))
        rest = f"{before} {after}" if routed else before
    head = _HEAD.fullmatch(rest)
    if head is None:
        expected = "AMOUNT UNIT PRODUCT [ROUTE] [every DURATION x COUNT] [at TIME] [over DURATION]"
        faults.append(Fault(where, expected, " ".join(rest.split()) or "nothing", _EXAMPLE))
        return None, faults
    amount, unit = float(head[1]), head[2].replace("µ", "u")
    if not 0 <= amount < float("inf"):
        faults.append(Fault(f"{where}, amount", "an amount of 0 or more", f"{head[1]} {unit}"))
    if not given_in(unit):
        expected = "a unit of mass, amount or rate"
        faults.append(Fault(f"{where}, unit", expected, unit, meant_by(unit)))
    product, route = _product_and_route(head[3].split(), where, faults)
    if faults or at_h is None:
        return None, faults
    return Dose(amount, unit, product, route, at_h, every_h, count, over_h), faults


def _hours(written: str, where: str, faults: list[Fault]) -> float | None:
    try:
        found = hours(written.casefold())
    except InputError:
        found = math.inf
    if math.isfinite(found):
        return found
    faults.append(Fault(where, "a time with a unit (min, h, d, week)", written))
    return None


def _span(written: str, where: str, faults: list[Fault]) -> float | None:
    value = _hours(written, where, faults)
    if value is not None and value <= 0:
        faults.append(Fault(where, "a time above 0", written))
    return value


def _count(written: str, where: str, faults: list[Fault]) -> int:
    value = float(written)
    if not 1 <= value <= _MAX_DOSES or value != int(value):
        faults.append(Fault(f"{where}, count", f"a whole number from 1 to {_MAX_DOSES}", written))
        return 1
    return int(value)


def _joined(words: list[str]) -> list[str]:
    """Words of a name with spaces as one; what looks like a route with a slip stays apart.

    Example:
        >>> _joined(["kratom", "leaf", "oral"]), _joined(["kratom_leaf", "orl"])
        (['kratom_leaf', 'oral'], ['kratom_leaf', 'orl'])
        >>> _joined(["oxycodone", "ER", "oral"])
        ['oxycodone_ER', 'oral']
    """
    routes = [place for place, word in enumerate(words) if word.casefold() in ROUTES]
    end = routes[0] if routes else len(words)
    name = words[:end]
    plain = all(re.fullmatch(r"[A-Za-z][\w.+-]*|[A-Za-z0-9]+[A-Za-z][\w-]*", word) for word in name)
    slips = any(
        nearest(word.casefold(), (*ROUTES, "every", "over"))
        for word in name[1:]
        if word.casefold() not in _FORMS
    )
    if not 2 <= len(name) <= 3 or not plain or slips:
        return words
    return ["_".join(name), *words[end:]]


def _product_and_route(
    words: list[str], where: str, faults: list[Fault]
) -> tuple[str | None, str | None]:
    product = route = None
    words = _joined(words)
    spare = words[2:] if words[1:2] and words[1].casefold() in ROUTES else words[1:]
    if len(spare) > 1:
        expected = "'every DURATION x COUNT', 'at TIME' or 'over DURATION'"
        faults.append(Fault(where, expected, repr(" ".join(spare)), _EXAMPLE))
        words = words[: len(words) - len(spare)]
    for word in words:
        if word.casefold() in ROUTES and route is None:
            route = word.casefold()
        elif product is None and route is None:
            product = word
        else:
            near = nearest(word, ROUTES)
            fix = f"Did you mean {near[0]}?" if near else ""
            faults.append(Fault(where, "one of the routes " + ", ".join(ROUTES), word, fix))
    return product, route
