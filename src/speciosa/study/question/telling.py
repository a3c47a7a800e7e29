"""Faults of a TOML file that is read into records: where they stand, what was expected, what was found, the way out."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from speciosa.errors import Fault, InputError, nearest
from speciosa.toml_lines import line_of

Path = tuple[str | int, ...]
_NAMED_BY = ("name", "outcome", "substance", "file")
"""The keys by which an entry of a list is called where one of its own is at fault."""
_HOW_TO_ADD = {
    "arms": 'Add a part that begins with [[arms]] and has a name and a regimen, such as "none".'
}
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


def where_of(path: Path, table: Mapping[str, Any], name: str, lines: dict[Path, int]) -> str:
    """The place of an entry in words: file, line, path; `name` is that of the file."""
    number = line_of(path, lines)
    words = [name if number is None else f"{name}, line {number}"]
    node: Any = table
    for part in path:
        node = _step(node, part)
        if isinstance(part, str):
            words.append(part)
        elif isinstance(node, dict):
            called = next((node[key] for key in _NAMED_BY if node.get(key)), None)
            words.append(f"{part + 1}" if called is None else f"{part + 1} ({called!r})")
    return ", ".join(words)


def _value(table: Mapping[str, Any], path: Path) -> Any:
    node: Any = table
    for part in path:
        node = _step(node, part)
    return node


def _step(node: Any, part: str | int) -> Any:
    try:
        return node[part]
    except (KeyError, IndexError, TypeError):
        return None


def _follows(item: ErrorDetails, items: Sequence[ErrorDetails]) -> bool:
    """Whether a list is too short only because its entries have faults of their own."""
    size = len(item["loc"])
    return item["type"] == "too_short" and any(
        len(other["loc"]) > size and other["loc"][:size] == item["loc"] for other in items
    )


def faults_of(
    items: Sequence[ErrorDetails],
    table: Mapping[str, Any],
    name: str,
    lines: dict[Path, int],
    keys: Callable[[Path], Sequence[str]],
) -> Iterator[Fault]:
    """What Pydantic found, in our words.

    Args:
        items: of a `pydantic.ValidationError`.
        table: as it was read.
        name: of the file.
        lines: of its entries.
        keys: the keys that the table at a path may have.
    """
    placed = [item for item in items if item["loc"]]
    for item in placed:
        if not _follows(item, placed):
            yield from _faults(dict(item), table, name, lines, keys)


def _faults(
    item: dict[str, Any],
    table: Mapping[str, Any],
    name: str,
    lines: dict[Path, int],
    keys: Callable[[Path], Sequence[str]],
) -> list[Fault]:
    path = item["loc"]
    if "weight" in path:  # a number or a pair: Pydantic tells what is wrong with it as either
        path = path[: path.index("weight") + 1]
        found = json.dumps(_value(table, path), default=str)[:120]
        return [Fault(where_of(path, table, name, lines), _WEIGHT, found)]
    where = where_of(path, table, name, lines)
    inner = item.get("ctx", {}).get("error")
    if isinstance(inner, InputError):
        return [Fault(f"{where}: {f.where}", f.expected, f.found, f.fix) for f in inner.faults]
    if item["type"] == "extra_forbidden":
        known = keys(item["loc"][:-1])
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
