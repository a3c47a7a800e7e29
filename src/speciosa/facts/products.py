"""Products: leaf, tea, extract, tablets and the forms of each medicine, from the files ``products*.toml``.

A product is a table of its file. What every product has is read here; its numbers stay as written in `entry`, each
beside the rows, the reference or the guess that it rests on, and ``speciosa.facts.sourced.numbers`` walks them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from speciosa.errors import UnknownNameError
from speciosa.facts.registry import fold
from speciosa.facts.tables import DATA


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
    known = {}
    for path in sorted(root.glob("products*.toml")):
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if isinstance(entry, dict):
                known[name] = _product(name, entry)
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
