"""Which substances a product holds, in what form, by which route: the bridge from product names to model sheets.

Products are those of the facts. A substance that has a sheet but no product of its own, such as a metabolite, is taken
as itself, as base.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa import facts
from speciosa.errors import Fault, InputError, UnknownNameError, nearest
from speciosa.facts.contents import contents
from speciosa.facts.products import Product, product, products
from speciosa.facts.sheets.sheet import names, sheet


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
    name = known().get(name.casefold(), name)
    try:
        found = product(name)
    except UnknownNameError as error:
        if name.casefold() not in names():
            near = nearest(name.casefold(), known())
            hint = f"Did you mean {' or '.join(near)}?" if near else ""
            listed = ", ".join((*products(), "or one of their other names"))
            raise InputError(Fault(where, f"one of {listed}", repr(name), hint)) from error
        return _substance(name.casefold(), route, where)
    return _product(found, route, where)


@lru_cache(maxsize=1)
def known() -> Mapping[str, str]:
    """Every name that a regimen may use for a product, in lower case, and the product it stands for."""
    by_name = {name: name for name in names() if sheet(name).absorption}
    for name in tuple(by_name):
        for other in facts.substance(name).names:
            by_name.setdefault(other.casefold().replace(" ", "_"), name)
    for entry in products().values():
        for other in (entry.id, entry.name, *entry.aliases):
            by_name[other.casefold().replace(" ", "_")] = entry.id
    return by_name


def _substance(name: str, route: str | None, where: str) -> Form:
    entries = sheet(name).absorption
    chosen = _route(name, route, tuple(dict.fromkeys(entry.route for entry in entries)), where)
    return Form(name, chosen, "any", (Content(name, 1.0),))


def _product(found: Product, route: str | None, where: str) -> Form:
    chosen = _route(found.id, route, _routes(found), where)
    held = tuple(
        Content(
            substance, number.to("mg/mg"), 0.0 if number.fixed else _lots(number.omega, number.cv)
        )
        for substance, number in contents(found.id).items()
        if substance in names()
    )
    return Form(found.id, chosen, str(found.entry.get("form", "any")), held)


def _lots(omega: float, cv: float | None) -> float:
    """Coefficient of variation of the content of the lot that a study happened to use."""
    return math.hypot(math.sqrt(math.expm1(omega**2)), cv or 0.0)


def _routes(found: Product) -> tuple[str, ...]:
    """The routes of a product that the sheet of its first substance knows for its form."""
    held = [name for name in contents(found.id) if name in names()]
    if not held:
        return ()
    form = str(found.entry.get("form", "any"))
    by_sheet = [entry.route for entry in sheet(held[0]).absorption if entry.form in {form, "any"}]
    listed = found.routes or tuple(dict.fromkeys(by_sheet))
    return tuple(route for route in listed if route in by_sheet)


def _route(name: str, route: str | None, routes: tuple[str, ...], where: str) -> str:
    if route is None and routes:
        return routes[0]
    if route is not None and route in routes:
        return route
    listed = ", ".join(routes) or "none: it is only formed in the body"
    raise InputError(
        Fault(
            f"{where}, route of {name}",
            f"one of {listed}",
            repr(route) if route else "no route",
            f"The nearest that can be simulated is '{name} {routes[0]}'." if routes else "",
        )
    )
