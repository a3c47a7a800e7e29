"""What is wrong with a file of products: names that are no text, routes that nobody takes, contents that are no numbers."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from speciosa.complaints import complaints
from speciosa.errors import FactError, Fault, nearest
from speciosa.facts.sheets.sheet import SheetParameter
from speciosa.regimen import ROUTES
from speciosa.toml_lines import line_numbers, line_of
from speciosa.toml_text import read_toml_file

Several = str | list[str]


class _Entry(BaseModel):
    """What the program reads of a product; more may stand there."""

    model_config = ConfigDict(extra="allow", strict=True)

    name: str = Field("", max_length=200)
    form: str = "any"
    substance: Several = ""
    substances: Several = ""
    route: Several = ""
    routes: Several = ""
    aliases: Several = ""
    route_of_name: dict[str, str] = {}
    not_meant: Several = ""
    contents: dict[str, Any] = {}


def product_faults(path: Path, known: Collection[str]) -> Iterator[Fault]:
    """Every fault of a file of products, with its line; `known` are the substances that it may name."""
    try:
        table = read_toml_file(path, FactError)
    except FactError as error:
        yield from error.faults
        return
    lines = line_numbers(path.read_text(encoding="utf-8-sig", errors="replace"))
    for product, entry in table.items():
        for steps, expected, found in _wrong(entry, known):
            place = (product, *steps)
            line = line_of(place, lines)
            file = f"{path.name}, line {line}" if line else path.name
            yield Fault(f"{file}, {' '.join(map(str, place))}", expected, found)


def _wrong(entry: Any, known: Collection[str]) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Path, what was expected and what was found, of each fault of one product."""
    if not isinstance(entry, Mapping):
        yield (), "a table of values", repr(entry)[:60]
        return
    try:
        _Entry.model_validate(entry)
    except ValidationError as error:
        for each in complaints(error):
            yield each.path[:1], each.expected, each.found
        return
    yield from _unknown(entry, known)
    for substance, number in entry.get("contents", {}).items():
        try:
            SheetParameter.model_validate(number)
        except ValidationError as error:
            for each in complaints(error):
                yield ("contents", substance, *each.path), each.expected, each.found


def _unknown(
    entry: Mapping[str, Any], known: Collection[str]
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Substances that no file describes, and routes that nobody takes."""
    for substance in entry.get("contents", {}):
        if substance not in known:
            near = nearest(substance, known)
            hint = f" (did you mean {near[0]}?)" if near else ""
            expected = "an id of substances.toml or of a sheet"
            yield ("contents", substance), expected, f"{substance!r}{hint}"
    routes = {key: entry[key] for key in ("route", "routes") if key in entry}
    told = {key: [each] if isinstance(each, str) else each for key, each in routes.items()}
    told["route_of_name"] = list(entry.get("route_of_name", {}).values())
    for key, each in told.items():
        for route in each:
            if route not in ROUTES:
                yield (key,), "one of " + ", ".join(ROUTES), repr(route)
