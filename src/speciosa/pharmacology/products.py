"""Which substances a product holds, in what form, by which route: the bridge from product names to model sheets.

Products are those of the facts. A name that is a substance's is that substance in its plain form; so are the names of
medicines with a suffix for the form (``morphine_er``), where the sheet of the substance has that form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from speciosa import facts
from speciosa.errors import Fault, InputError, UnknownNameError, nearest
from speciosa.facts.products import Product, product, products
from speciosa.facts.sheets import names, sheet
from speciosa.regimen import ROUTES

SUFFIXES = {
    "ir": "ir",
    "tablet": "any",
    "tab": "any",
    "capsule": "any",
    "solution": "solution",
    "drops": "solution",
    "oral": "any",
    "er": "er",
    "xr": "er",
    "cr": "er",
    "sr": "er",
    "pr": "er",
    "la": "er",
    "film": "film",
    "patch": "any",
    "spray": "any",
    "depot": "any",
    "injection": "any",
}
"""What the ending of a medicine's name says about its form."""


@dataclass(frozen=True, slots=True)
class Content:
    """One substance of a product: milligrams of base in one milligram of the product, and how sure that is."""

    substance: str
    per_unit: float
    cv: float = 0.0


@dataclass(frozen=True, slots=True)
class Form:
    """A product as it is taken: route, the name of the form in the sheets, what it holds."""

    product: str
    route: str
    name: str
    contents: tuple[Content, ...]


def form_of(name: str, route: str | None, where: str = "product") -> Form:
    """A product by a route, or by its own route where none is named.

    Raises:
        InputError: an unknown product, or a route by which it is not taken, with those that are known.

    Example:
        >>> form_of("morphine", "oral").contents[0].substance
        'morphine'
    """
    try:
        found = product(name)
    except UnknownNameError:
        return _medicine(name, route, where)
    return _product(found, route, where)


@lru_cache(maxsize=1)
def known() -> Mapping[str, str]:
    """Every name that a regimen may use for a product, in lower case, and the product it stands for."""
    by_name = {}
    for substance in names():
        if sheet(substance).absorption:
            by_name[substance] = substance
            for other in facts.substance(substance).names if _in_facts(substance) else ():
                by_name.setdefault(other.casefold().replace(" ", "_"), substance)
            for suffix in SUFFIXES:
                by_name[f"{substance}_{suffix}"] = substance
    for entry in products().values():
        for other in (entry.id, entry.name, *entry.aliases):
            by_name[other.casefold().replace(" ", "_")] = entry.id
    return by_name


def _in_facts(substance: str) -> bool:
    try:
        facts.substance(substance)
    except UnknownNameError:
        return False
    return True


def _medicine(name: str, route: str | None, where: str) -> Form:
    folded = name.casefold()
    substance, form = _plain(folded)
    if substance is None:
        every = sorted(known())
        near = nearest(folded, every)
        hint = f"Did you mean {' or '.join(near)}?" if near else ""
        raise InputError(Fault(where, "one of " + ", ".join(every), repr(name), hint))
    entries = sheet(substance).absorption
    routes = tuple(dict.fromkeys(entry.route for entry in entries))
    chosen = _route(name, route, routes, where)
    forms = [entry.form for entry in entries if entry.route == chosen]
    fitting = form if form in forms else "any" if "any" in forms else forms[0]
    base = facts.base_mass(substance, 1.0) if _in_facts(substance) else 1.0
    return Form(name, chosen, fitting, (Content(substance, base),))


def _plain(folded: str) -> tuple[str | None, str]:
    """The substance and the form that a medicine's name means."""
    have = set(names())
    if folded in have:
        return folded, "any"
    if folded in known() and known()[folded] in have:
        stem, _, suffix = folded.rpartition("_")
        return known()[folded], SUFFIXES.get(suffix, "any") if stem else "any"
    return None, "any"


def _product(found: Product, route: str | None, where: str) -> Form:
    entry: Mapping[str, Any] = found.entry
    chosen = _route(found.id, route, found.routes or ROUTES, where)
    contents = tuple(
        Content(substance, *_content(entry, substance)) for substance in found.substances
    )
    return Form(found.id, chosen, str(entry.get("form", "any")), contents)


def _content(entry: Mapping[str, Any], substance: str) -> tuple[float, float]:
    raise NotImplementedError


def _route(name: str, route: str | None, routes: tuple[str, ...], where: str) -> str:
    if route is None and len(routes) == 1:
        return routes[0]
    if route is None and "oral" in routes:
        return "oral"
    if route in routes:
        return str(route)
    listed = ", ".join(routes) or "none: it is only formed in the body"
    raise InputError(
        Fault(
            f"{where}, route of {name}",
            f"one of {listed}",
            repr(route) if route else "no route",
            f"The nearest that can be simulated is '{name} {routes[0]}'." if routes else "",
        )
    )
