"""Reads a study file and names every fault: its line, what was expected, what was found, the way out."""

import json
import re
import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from speciosa.errors import Fault, InputError, StudyError, UnknownNameError, nearest
from speciosa.study import schema
from speciosa.study.check import check
from speciosa.study.lines import line_numbers, line_of
from speciosa.study.mend import mend
from speciosa.study.schema import Study

_HOW_TO_ADD = {
    "arms": 'Add a part that begins with [[arms]] and has a name and a regimen, such as "none".'
}
SHIPPED = ("default", "withdrawal", "interactions")


def read_study(source: str | Path) -> Study:
    """Reads a study file, or one that ships with Speciosa by its name.

    Args:
        source: path of a TOML file, or ``default``, ``withdrawal``, ``interactions``.

    Raises:
        StudyError: lists every fault of the file.
        UnknownNameError: there is no such file or study.

    Example:
        >>> read_study("default").arms[0].name
        'Kratom leaf, low'
    """
    path = Path(source)
    if str(source) in SHIPPED:
        found: Path | Traversable = files("speciosa.study") / "shipped" / f"{source}.toml"
    elif path.is_file():
        found = path
    else:
        raise UnknownNameError("study file", str(source), SHIPPED)
    try:
        text = found.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(Fault(str(source), "a readable text file (UTF-8)", str(error))) from error
    return parse_study(text, Path(str(source)).name)


def parse_study(text: str, name: str = "study") -> Study:
    """Reads the text of a study file; `name` stands in messages.

    Raises:
        StudyError: lists every fault of the text.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyError(Fault(name, "a TOML file", str(error), "See docs/study.md.")) from error
    lines = line_numbers(text)
    faults: list[Fault] = []
    study: Study | None
    try:
        study = Study.model_validate(table)
    except ValidationError as error:
        study, further = mend(table, error)
        items = [*error.errors(include_url=False), *further]
        faults = [
            fault
            for item in items
            if not _follows(item, items)
            for fault in _faults(dict(item), table, name, lines)
        ]
    if study is not None:
        faults += [
            Fault(_where(path, table, name, lines), fault.expected, fault.found, fault.fix)
            for path, fault in check(study)
        ]
    if faults or study is None:
        raise StudyError(faults)
    return study


def json_schema() -> dict[str, Any]:
    """The JSON schema of a study file, for editors that complete and check TOML.

    Example:
        >>> json_schema()["required"]
        ['title', 'question', 'arms']
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Study.model_json_schema()}


def _where(
    path: tuple[str | int, ...],
    table: dict[str, Any],
    name: str,
    lines: dict[tuple[str | int, ...], int],
) -> str:
    number = line_of(path, lines)
    words = [name if number is None else f"{name}, line {number}"]
    node: Any = table
    for part in path:
        node = _step(node, part)
        if isinstance(part, str):
            words.append(part)
        elif isinstance(node, dict):
            words.append(f"{part + 1} ({node.get('name') or node.get('outcome') or 'unnamed'!r})")
    return ", ".join(words)


def _step(node: Any, part: str | int) -> Any:
    try:
        return node[part]
    except (KeyError, IndexError, TypeError):
        return None


def _follows(item: ErrorDetails, items: list[ErrorDetails]) -> bool:
    """Whether a list is too short only because its entries have faults of their own."""
    size = len(item["loc"])
    return item["type"] == "too_short" and any(
        len(other["loc"]) > size and other["loc"][:size] == item["loc"] for other in items
    )


def _faults(
    item: dict[str, Any],
    table: dict[str, Any],
    name: str,
    lines: dict[tuple[str | int, ...], int],
) -> list[Fault]:
    where = _where(item["loc"], table, name, lines)
    inner = item.get("ctx", {}).get("error")
    if isinstance(inner, InputError):
        return [Fault(f"{where}: {f.where}", f.expected, f.found, f.fix) for f in inner.faults]
    if item["type"] == "extra_forbidden":
        known = _fields(item["loc"][:-1])
        near = nearest(str(item["loc"][-1]), known)
        fix = f"Did you mean {near[0]}?" if near else ""
        return [Fault(where, "one of " + ", ".join(known), repr(item["loc"][-1]), fix)]
    if item["type"] == "missing":
        key = item["loc"][-1]
        return [Fault(where, "a value", "none", _HOW_TO_ADD.get(key, f"Add `{key} = ...`."))]
    if inner is not None:
        given = json.dumps(item["input"], default=str)[:120]
        return [_split(where, part, given) for part in str(inner).split("; ")]
    expected = re.sub(r"^Input should be (a valid )?", "", item["msg"])
    expected = re.sub(r"^dictionary or instance of \w+", "a table of values", expected)
    expected = {"tuple": "a list", "string": "text in quotes"}.get(expected, expected)
    return [Fault(where, expected, json.dumps(item["input"], default=str)[:120])]


def _split(where: str, message: str, given: str) -> Fault:
    match = re.fullmatch(r"expected (.*?), found (.*)", message)
    if match:
        return Fault(where, match[1], match[2])
    return Fault(where, message.removeprefix("expected "), given)


def _fields(path: tuple[str | int, ...]) -> list[str]:
    """The keys that the table at `path` may have."""
    records: dict[str, type[BaseModel]] = {
        "population": schema.Population,
        "arms": schema.Arm,
        "follow_up": schema.FollowUp,
        "evidence": schema.Evidence,
        "benefit_risk": schema.BenefitRisk,
        "criteria": schema.Criterion,
    }
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    return list(records.get(last, Study).model_fields)
