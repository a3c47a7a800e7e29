"""On which line of a TOML text a value stands, so that a fault can be found."""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[{1,2})([^\[\]]+)\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([\w\-]+|\"[^\"]+\")\s*=")


def line_numbers(text: str) -> dict[tuple[str | int, ...], int]:
    """The line of every table and key, by path; array tables are numbered from 0.

    Example:
        >>> line_numbers('title = "x"' + chr(10) + '[[arms]]' + chr(10) + 'name = "tea"')
        {('title',): 1, ('arms',): 2, ('arms', 0): 2, ('arms', 0, 'name'): 3}
    """
    found: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            path: tuple[str | int, ...] = ()
            parts = [part.strip().strip('"') for part in header[2].split(".")]
            for place, part in enumerate(parts):
                path = (*path, part)
                if header[1] == "[[" and place == len(parts) - 1:
                    counts[path] = counts.get(path, -1) + 1
                if path in counts:
                    found.setdefault(path, number)
                    path = (*path, counts[path])
            table = path
            found[table] = number
        elif key := _KEY.match(line):
            found[(*table, key[1].strip('"'))] = number
    return found


def line_of(path: Sequence[str | int], lines: dict[tuple[str | int, ...], int]) -> int | None:
    """The line of the longest beginning of `path` that stands in the text."""
    for length in range(len(path), 0, -1):
        if tuple(path[:length]) in lines:
            return lines[tuple(path[:length])]
    return None
