"""Reading TOML that a stranger may have written: bounded in size, in depth and in digits, each fault with its line."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speciosa.delimited import text_of
from speciosa.errors import Fault, InputError

LARGEST, LONGEST, DEEPEST, PARTS, DIGITS = 4_000_000, 100_000, 12, 12, 18
"""Characters of a text and of a line, tables in one another, parts of a dotted key, digits of a whole number, which
TOML holds in 64 bits."""

_NAME = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = re.compile(rf"(?:^|[\[{{,])[ \t]*(?:{_NAME}[ \t]*\.[ \t]*){{{PARTS}}}")
_PLACE = re.compile(r" \(at (line \d+, column \d+)\)")
_FIX = 'Texts stand in quotes, as title = "Tea"; docs/study.md has an example.'


def read_toml(
    text: str, name: str, error: type[InputError] = InputError, fix: str = _FIX
) -> dict[str, Any]:
    r"""The table of a TOML text.

    Args:
        text: as written.
        name: of the file, for messages.
        error: what is raised, so that a reader learns which kind of file is wrong.
        fix: the way out where the text is no TOML.

    Raises:
        InputError: or the kind asked for. No TOML; larger, deeper or with longer numbers than any file of the program has.

    Example:
        >>> read_toml("arms = [1, 2]", "a.toml")
        {'arms': [1, 2]}
        >>> read_toml("a = " + "9" * 5000, "a.toml")
        Traceback (most recent call last):
        speciosa.errors.InputError: a.toml: expected whole numbers of at most 18 digits, found a longer one.
    """
    for where, expected, found in _oversized(text):
        raise error(Fault(f"{name}{where}", expected, found))
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        at = _PLACE.search(str(wrong))
        where = f"{name}, {at[1]}" if at else name
        found = str(wrong).replace(at[0], "") if at else str(wrong)
        raise error(Fault(where, "TOML", found, fix)) from None
    except RecursionError:
        raise error(_deep(name)) from None
    except ValueError:  # Python turns no more than 4,300 digits into a number
        raise error(_long(name)) from None
    fault = _unfit(table, name)
    if fault is not None:
        raise error(fault)
    return table


def read_toml_file(path: Path, error: type[InputError] = InputError) -> dict[str, Any]:
    """The table of a TOML file in UTF-8.

    Raises:
        InputError: or the kind asked for; as `read_toml`, and bytes that are no text.
    """
    return read_toml(text_of(path, error), path.name, error, "")


def _oversized(text: str) -> Iterator[tuple[str, str, str]]:
    """What is refused before TOML is read, since reading it would take long."""
    if len(text) > LARGEST:
        yield "", f"at most {LARGEST} characters", str(len(text))
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > LONGEST:
            yield f", line {number}", f"at most {LONGEST} characters", str(len(line))
        elif line.count(".") >= PARTS and _DOTTED.search(line):
            yield f", line {number}", f"keys of at most {PARTS} parts", "more"


def _unfit(table: dict[str, Any], name: str) -> Fault | None:
    """The first fault of depth or digits in a table."""
    level: list[Any] = [table]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for entry in level:
            inner += entry.values() if isinstance(entry, dict) else entry
        for value in inner:
            if isinstance(value, int) and abs(value) >= 2**63:
                return _long(name)
        level = [value for value in inner if isinstance(value, dict | list)]
        if not level:
            return None
    return _deep(name)


def _deep(name: str) -> Fault:
    return Fault(name, f"at most {DEEPEST} tables or lists in one another", "more")


def _long(name: str) -> Fault:
    return Fault(name, f"whole numbers of at most {DIGITS} digits", "a longer one")
