"""Rules of the audit for model sheets: every key that a model needs, and no other."""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from speciosa.complaints import complaints
from speciosa.delimited import text_of
from speciosa.errors import FactError, Fault
from speciosa.facts.effects import ligand_names
from speciosa.facts.sheets.sheet import Sheet
from speciosa.toml_lines import line_numbers, line_of
from speciosa.toml_text import read_toml

_Lines = dict[tuple[str | int, ...], int]


def sheet_faults(path: Path) -> Iterator[Fault]:
    """What a model sheet lacks or has wrong, by file and line."""
    name = f"sheets/{path.name}"
    try:
        text = text_of(path, FactError)
        data = read_toml(text, name, FactError, fix="")
    except FactError as error:
        yield from error.faults
        return
    lines = line_numbers(text)
    yield from _structure(data, name, lines)
    if path.stem != data.get("substance"):
        line = lines.get(("substance",), 1)
        yield Fault(
            f"{name}, line {line}, substance",
            f"the name of the file, {path.stem!r}",
            repr(data.get("substance")),
        )
    yield from _unknown_effects(data, name, lines)


def _structure(data: dict[str, Any], name: str, lines: _Lines) -> Iterator[Fault]:
    try:
        Sheet.model_validate(data)
    except ValidationError as error:
        for each in complaints(error):
            line = line_of(list(each.path), lines)
            place = f"{name}, line {line}" if line else name
            yield Fault(f"{place}, {each.place('the sheet')}", each.expected, each.found)


def _unknown_effects(data: dict[str, Any], name: str, lines: _Lines) -> Iterator[Fault]:
    known = ligand_names()
    for key in data.get("effects", {}):
        if key not in known:
            near = get_close_matches(key, known, 1)
            fix = f"Did you mean {near[0]}?" if near else ""
            line = lines.get(("effects", key), 1)
            yield Fault(
                f"{name}, line {line}, effects.{key}",
                f"one of {', '.join(sorted(known))}",
                repr(key),
                fix,
            )
