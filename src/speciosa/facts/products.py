"""Products: leaf, tea, extract, tablets and the forms of each medicine; what they hold, and by which routes they are taken.

A product is a table of the files ``products*.toml``. What every product has is read here; its numbers stay as written in
`entry`, each beside the rows, the reference or the guess that it rests on, and ``speciosa.facts.sourced.numbers`` walks
them. A substance that has a sheet but no product of its own, such as a metabolite, is taken as itself, as base.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from speciosa.complaints import complaints
from speciosa.errors import FactError, Fault, InputError, UnknownNameError, nearest
from speciosa.facts.folders import folders
from speciosa.facts.registry import fold
from speciosa.facts.registry import substance as substance_of
from speciosa.facts.sheets.sheet import SheetParameter, names, sheet
from speciosa.facts.tables import DATA
from speciosa.toml_text import read_toml_file

_ROUTES_IN_NAMES = {
    "iv": ("iv",),
    "infusion": ("iv",),
    "injection": ("iv", "im", "sc", "depot"),
    "autoinjector": ("im",),
    "spray": ("intranasal",),
    "nasal": ("intranasal",),
    "buccal": ("buccal",),
    "film": ("buccal", "sublingual"),
    "sublingual": ("sublingual",),
    "sl": ("sublingual",),
    "lozenge": ("transmucosal",),
    "oral": ("oral",),
}
"""Words of a name that say how it is taken: the first of these routes that the product has."""
_SWALLOWED = ("tablet", "tab", "capsule", "syrup", "suspension", "drops", "solution")
_LONG_OR_SHORT = (("_hydrochloride", "_hcl"), ("_hydrobromide", "_hbr"), ("_sulfate", "_sulphate"))


@dataclass(frozen=True)
class Product:
    """Something that is taken: its substances, routes and everything the file says of it."""

    id: str
    name: str
    substances: tuple[str, ...]
    routes: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    entry: Mapping[str, Any] = field(default_factory=dict)


def products(root: Path = DATA) -> dict[str, Product]:
    """All products by id, in the order of the files."""
    return _read(root)


@lru_cache(maxsize=8)
def _read(root: Path) -> dict[str, Product]:
    known: dict[str, Product] = {}
    for path in [
        each for folder in folders(root) for each in sorted(folder.glob("products*.toml"))
    ]:
        for name, entry in read_toml_file(path, FactError).items():
            if isinstance(entry, dict):
                known.setdefault(name, _product(name, entry))
    return known


def _product(name: str, entry: Mapping[str, Any]) -> Product:
    contents = entry.get("contents", {})
    named = _several(entry, "substance", "substances") or tuple(contents)
    return Product(
        id=name,
        name=str(entry.get("name", name)),
        substances=named,
        routes=_several(entry, "route", "routes"),
        aliases=_several(entry, "aliases"),
        entry=entry,
    )


def _several(entry: Mapping[str, Any], *keys: str) -> tuple[str, ...]:
    for key in keys:
        if key in entry:
            value = entry[key]
            return (value,) if isinstance(value, str) else tuple(map(str, value))
    return ()


def product(name: str) -> Product:
    """The product of an id or an alias.

    Raises:
        UnknownNameError: no such product, with those that are like it.
    """
    found = _by_name().get(fold(name))
    if found is None:
        every = [each for entry in products().values() for each in (entry.id, *entry.aliases)]
        raise UnknownNameError("product", name, every)
    return found


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Product]:
    names: dict[str, Product] = {}
    for entry in products().values():
        for each in (entry.id, entry.name, *entry.aliases):
            names.setdefault(fold(each), entry)
    return names


@lru_cache(maxsize=512)
def contents(name: str) -> dict[str, SheetParameter]:
    """The substances of a product, each with its content; `omega` is the spread between lots and brands.

    Args:
        name: a product's id or any of its aliases.

    Raises:
        UnknownNameError: no such product.
        FactError: contents that cannot be read, every fault named.

    Example:
        >>> round(contents("kratom_tea")["mitragynine"].to("mg/g"), 2), contents("Suboxone")["buprenorphine"].value
        (19.48, 1.0)
    """
    return contents_of(product(name))


def contents_of(found: Product) -> dict[str, SheetParameter]:
    """The contents of one product, as `contents` gives them by name."""
    read, faults = {}, []
    for substance, entry in found.entry.get("contents", {}).items():
        try:
            read[substance] = SheetParameter.model_validate(entry)
        except ValidationError as error:
            place = f"products, {found.id}, {substance}"
            faults += [Fault(place, each.expected, each.found) for each in complaints(error)]
    if not read and not faults:
        faults.append(Fault(f"products, {found.id}", "contents", "none"))
    if faults:
        raise FactError(faults)
    return read


def piece(name: str, word: str) -> tuple[float, str] | None:
    """How much one tablet, capsule, glass or spray of a product holds, where the product says it; None elsewhere.

    Example:
        >>> piece("kratom_capsule", "capsules"), piece("oxycodone", "tablet")
        ((0.5, 'g'), None)
    """
    found = _by_name().get(fold(name))
    for kind, entry in found.entry.get("pieces", {}).items() if found else ():
        called = (kind, *entry.get("also", ()))
        if word.casefold() in {f"{each}{ending}" for each in called for ending in ("", "s", "es")}:
            return float(entry["value"]), str(entry["unit"])
    return None


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

    A name may say the route (``morphine_injection``, ``actiq``); of the others the first of the product is the usual one.

    Raises:
        InputError: an unknown product, or a route by which it is not taken, with those that are known.

    Example:
        >>> form_of("morphine", "oral").contents[0].substance
        'morphine'
        >>> [form_of(name, None).route for name in ("fentanyl", "Actiq", "morphine_injection", "naloxone_nasal")]
        ['iv', 'transmucosal', 'iv', 'intranasal']
    """
    called, name = name.casefold(), known().get(name.casefold(), name)
    try:
        found = product(name)
    except UnknownNameError as error:
        if name.casefold() not in names():
            near = nearest(name.casefold(), known())
            hint = f"Did you mean {' or '.join(near)}?" if near else ""
            listed = ", ".join((*products(), "or one of their other names"))
            raise InputError(Fault(where, f"one of {listed}", repr(name), hint)) from error
        return _substance(name.casefold(), route, where)
    return _form(found, route or _named_route(called, found), where)


def _named_route(called: str, found: Product) -> str | None:
    """The route that a name of a product says, if it does and the product does not say otherwise."""
    if called == found.id:
        return None
    routes = _routes(found)
    told = found.entry.get("route_of_name", {}).get(called)
    if told is not None:
        return str(told)
    words = called.split("_")[1:]
    for word in words:
        if word in _ROUTES_IN_NAMES:
            ways = _ROUTES_IN_NAMES[word]
            return next((way for way in ways if way in routes), ways[0])
    swallowed = any(word in _SWALLOWED for word in words) and routes[:1] == ("iv",)
    return "oral" if swallowed and "oral" in routes else None


@lru_cache(maxsize=1)
def known() -> Mapping[str, str]:
    """Every name that a regimen may use for a product, in lower case, and the product it stands for."""
    by_name = {name: name for name in names() if sheet(name).absorption}
    for name in tuple(by_name):
        for other in substance_of(name).names:
            by_name.setdefault(other.casefold().replace(" ", "_"), name)
    for entry in products().values():
        for other in (entry.id, entry.name, *entry.aliases):
            by_name[other.casefold().replace(" ", "_")] = entry.id
    for entry in products().values():
        for other in _several(entry.entry, "not_meant"):
            by_name.pop(other, None)
    for name, meant in tuple(by_name.items()):
        by_name.setdefault(name.replace("-", "_"), meant)
        by_name.setdefault(name.replace("_", "-"), meant)
    for name, meant in tuple(by_name.items()):
        for one, other in _LONG_OR_SHORT:
            if name.endswith((one, other)):
                by_name.setdefault(name.replace(one, other), meant)
                by_name.setdefault(name.replace(other, one), meant)
    return by_name


def _substance(name: str, route: str | None, where: str) -> Form:
    entries = sheet(name).absorption
    routes = sorted(
        dict.fromkeys(entry.route for entry in entries), key=lambda each: each != "oral"
    )
    chosen = _route(name, route, tuple(routes), where)
    return Form(name, chosen, "any", (Content(name, 1.0),))


def _form(found: Product, route: str | None, where: str) -> Form:
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
            _instead(name, route, routes),
        )
    )


def _instead(name: str, route: str | None, routes: tuple[str, ...]) -> str:
    """What can be given in place of a product by a route that it has not: other forms of the same, then another route."""
    known_products = products()
    held = known_products[name].substances[:1] if name in known_products else ()
    others = [
        f"'{entry.id} {route}'"
        for entry in known_products.values()
        if held and entry.substances[:1] == held and route in _routes(entry)
    ]
    if others:
        return f"Taken so is {' or '.join(others)}."
    return f"The nearest that can be simulated is '{name} {routes[0]}'." if routes else ""
