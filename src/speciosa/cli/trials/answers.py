"""Numbers in the words of an option, and results as lines or as JSON."""

import json
from collections.abc import Mapping
from typing import Any


def number(text: str) -> float | None:
    """A finite number; none where the text is no such."""
    from math import isfinite

    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def numbers(where: str, text: str) -> list[float]:
    """Numbers parted by commas."""
    from speciosa.errors import Fault, InputError

    words = [word.strip() for word in text.split(",")]
    faults = [
        Fault(f"--{where}, number {place}", "a number", word or "nothing")
        for place, word in enumerate(words, 1)
        if number(word) is None
    ]
    if faults:
        raise InputError(faults)
    return [float(word) for word in words]


def told(found: Mapping[str, Any], as_json: bool) -> None:
    """Prints a result, as one JSON object or a line a quantity."""
    if as_json:
        print(json.dumps(found, allow_nan=False))
        return
    for name, value in found.items():
        _lines(name, value)


def _lines(name: str, value: Any, indent: str = "") -> None:
    """What was found, one name a line; nothing for what is not there."""
    label = f"{indent}{name.replace('_', ' ')}"
    if isinstance(value, Mapping):
        print(label)
        for key, part in value.items():
            _lines(str(key), part, indent + "  ")
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        print(label)
        for row in value:
            words = (f"{key.replace('_', ' ')} {_shown(part)}" for key, part in row.items())
            print(f"{indent}  {', '.join(words)}")
    elif value is not None and value not in ([], ()):
        print(f"{label:<28} {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_shown(part) for part in value)
    if isinstance(value, float):
        return f"{value:.5g}"
    return "-" if value is None else str(value)
