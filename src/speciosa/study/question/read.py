"""Reads a study file and names every fault: its line, what was expected, what was found, the way out."""

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from speciosa.errors import FactError, Fault, InputError, StudyError, UnknownNameError, nearest
from speciosa.facts import own_folder, use_folder
from speciosa.study.question import schema
from speciosa.study.question.agreement import contradictions
from speciosa.study.question.check import check
from speciosa.study.question.mend import mend
from speciosa.study.question.schema import Study
from speciosa.study.question.size import cut
from speciosa.toml_lines import line_numbers, line_of
from speciosa.toml_text import read_toml

_HOW_TO_ADD = {
    "arms": 'Add a part that begins with [[arms]] and has a name and a regimen, such as "none".'
}
SHIPPED = ("default", "acute", "withdrawal", "interactions")
_WEIGHT = "a number of 0 or more, or a low and a high one such as [0.1, 0.3]"
_EXPECTED = {
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_too_short": "some text",
    "string_too_long": "at most {max_length} characters",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "string_type": "text in quotes",
}


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
    elif path.is_dir():
        raise StudyError(Fault(str(source) or "study", "a study file", "a folder"))
    elif path.exists():
        found = path
    else:
        raise UnknownNameError("study file", str(source), SHIPPED)
    text = text_of(found, str(source))
    if isinstance(found, Path):
        _take_facts(text, found)
    return parse_study(text, Path(str(source)).name)


_BY_STUDY: set[str] = set()


def _take_facts(text: str, path: Path) -> None:
    """Takes the fact folder that a study names, so that its substances and products are known when it is checked.

    Raises:
        StudyError: every fault of the folder.
    """
    try:
        named = read_toml(text, path.name).get("facts")
    except InputError:
        return  # said when the study is parsed
    if not isinstance(named, str) or not named:
        if own_folder() is not None and _BY_STUDY:
            use_folder(None)  # what an earlier study named is not this one's
            _BY_STUDY.clear()
        return
    _BY_STUDY.add(named)
    try:
        use_folder(path.parent / named)
    except FactError as error:
        raise StudyError(
            Fault(f"{path.name}, facts, {fault.where}", fault.expected, fault.found, fault.fix)
            for fault in error.faults
        ) from error


def text_of(place: Path | Traversable, name: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 where its first bytes say so; `name` stands in messages.

    Raises:
        StudyError: the file cannot be read, or is no text.
    """
    try:
        content = place.read_bytes()
    except OSError as error:
        raise StudyError(Fault(name, "a readable file", error.strerror or str(error))) from error
    wide = content[:2] in (BOM_UTF16_LE, BOM_UTF16_BE)
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise StudyError(
            Fault(f"{name}, line {line}", "text in UTF-8", "other bytes", "Save the file as UTF-8.")
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_study(text: str, name: str = "study") -> Study:
    """Reads the text of a study file; `name` stands in messages.

    Raises:
        StudyError: lists every fault of the text.
    """
    return study_of(read_toml(text, name, StudyError), name, line_numbers(text))


def study_of(table: dict[str, Any], name: str, lines: dict[tuple[str | int, ...], int]) -> Study:
    """The study in a table; `name` and the `lines` of its entries stand in messages.

    Raises:
        StudyError: lists every fault of the table.
    """
    table, long = cut(table)
    faults: list[Fault] = []
    study: Study | None
    try:
        study = Study.model_validate(table)
    except ValidationError as error:
        study, further = mend(table, error)
        items = [item for item in (*error.errors(include_url=False), *further) if item["loc"]]
        faults = [
            fault
            for item in items
            if not _follows(item, items)
            for fault in _faults(dict(item), table, name, lines)
        ]
    faults += [
        Fault(_where(path, table, name, lines), fault.expected, fault.found, fault.fix)
        for path, fault in contradictions(table)
    ]
    if study is not None:
        faults += [
            Fault(_where(path, table, name, lines), fault.expected, fault.found, fault.fix)
            for path, fault in check(study)
        ]
    faults[:0] = [
        Fault(_where(path, table, name, lines), fault.expected, fault.found) for path, fault in long
    ]
    if faults or study is None:
        raise StudyError(dict.fromkeys(faults))
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


def _value(table: dict[str, Any], path: tuple[str | int, ...]) -> Any:
    node: Any = table
    for part in path:
        node = _step(node, part)
    return node


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
    path = item["loc"]
    if "weight" in path:  # a number or a pair: Pydantic tells what is wrong with it as either
        path = path[: path.index("weight") + 1]
        found = json.dumps(_value(table, path), default=str)[:120]
        return [Fault(_where(path, table, name, lines), _WEIGHT, found)]
    where = _where(path, table, name, lines)
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
        if isinstance(key, int):
            found = json.dumps(_value(table, path[:-1]), default=str)[:120]
            return [Fault(where, f"a list with an entry number {key + 1}", found)]
        return [Fault(where, "a value", "none", _HOW_TO_ADD.get(key, f"Add `{key} = ...`."))]
    if inner is not None:
        found = json.dumps(item["input"], default=str)[:120]
        return [_split(where, part, found) for part in str(inner).split("; ")]
    found = json.dumps(item["input"], default=str)[:120]
    if item["type"] in _EXPECTED:
        size = item.get("ctx", {}).get("actual_length")
        expected = _EXPECTED[item["type"]].format(**item.get("ctx", {}))
        return [Fault(where, expected, found if size is None else str(size))]
    expected = re.sub(r"^Input should be (a valid )?", "", item["msg"])
    expected = re.sub(r"^dictionary or instance of \w+", "a table of values", expected)
    return [Fault(where, expected, found)]


def _split(where: str, message: str, found: str) -> Fault:
    match = re.fullmatch(r"expected (.*?), found (.*)", message)
    if match:
        return Fault(where, match[1], match[2])
    return Fault(where, message.removeprefix("expected "), found)


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
