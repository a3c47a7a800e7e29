"""Tables of a fit file, read key by key: what is wrong is noted with its line, and reading goes on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from speciosa.errors import Fault, nearest
from speciosa.toml_lines import line_of

Path = tuple[str | int, ...]
ABSENT: Any = object()
"""What stands for a key that must be there."""


@dataclass
class Form:
    """One table of a file.

    Attributes:
        name: of the file.
        path: of the table.
        table: its entries.
        lines: of the whole file.
        faults: of the whole file; added to.
    """

    name: str
    path: Path
    table: Mapping[str, Any]
    lines: dict[Path, int]
    faults: list[Fault]
    asked: set[str] = field(default_factory=set)

    def where(self, *path: str | int) -> str:
        """A place for messages."""
        whole = (*self.path, *path)
        number = line_of(whole, self.lines)
        words = [self.name if number is None else f"{self.name}, line {number}"]
        return ", ".join([*words, *map(str, whole)])

    def fault(self, key: str, expected: str, found: Any, fix: str = "") -> None:
        """Notes what is wrong with an entry."""
        shown = found if isinstance(found, str) and " " in found else repr(found)
        self.faults.append(Fault(self.where(key), expected, shown[:120], fix))

    def inner(self, key: str) -> "Form":
        """A table in this table; empty where there is none."""
        self.asked.add(key)
        value = self.table.get(key, {})
        if not isinstance(value, dict):
            self.fault(key, "a table", value)
            value = {}
        return Form(self.name, (*self.path, key), value, self.lines, self.faults)

    def number(
        self,
        key: str,
        default: Any = ABSENT,
        *,
        low: float = -math.inf,
        high: float = math.inf,
        above: bool = False,
        whole: bool = False,
    ) -> Any:
        """A number within limits; `above` leaves the lower one out."""
        value = self._get(key, default)
        if value is ABSENT or value is default:
            return default if value is default and default is not ABSENT else math.nan
        wanted = "a whole number" if whole else "a number"
        if low > -math.inf:
            wanted += f" above {low:g}" if above else f" of {low:g} or more"
        if high < math.inf:
            wanted += f" up to {high:g}"
        fits = isinstance(value, int) or (isinstance(value, float) and not whole)
        if not fits or isinstance(value, bool) or not math.isfinite(value):
            self.fault(key, wanted, value)
            return math.nan
        if value < low or value > high or (above and value <= low):
            self.fault(key, wanted, value)
            return math.nan
        return int(value) if whole else float(value)

    def text(self, key: str, default: Any = ABSENT, known: Sequence[str] = ()) -> Any:
        """A text, one of those that are known where any are."""
        value = self._get(key, default)
        if value is ABSENT or value is default:
            return default if value is default and default is not ABSENT else ""
        if not isinstance(value, str):
            self.fault(key, "a text in quotes", value)
            return ""
        if known and value not in known:
            close = nearest(value, known)
            self.fault(key, "one of " + ", ".join(known), value, _hint(close))
            return ""
        return value

    def truth(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.fault(key, "true or false", value)
            return default
        return value

    def texts(self, key: str) -> list[str]:
        """A text, or a list of texts."""
        value = self._get(key, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            self.fault(key, "a list of texts", value)
            return []
        return listed

    def numbers(self, key: str) -> list[float]:
        """A list of numbers."""
        value = self._get(key, [])
        good = isinstance(value, list) and all(
            isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
            for one in value
        )
        if not good:
            self.fault(key, "a list of numbers", value)
            return []
        return [float(one) for one in value]

    def end(self) -> None:
        """Notes every key that was not asked for."""
        for key in self.table:
            if key not in self.asked:
                close = nearest(key, self.asked)
                known = "one of " + ", ".join(sorted(self.asked))
                self.fault(key, known, key, _hint(close))

    def _get(self, key: str, default: Any) -> Any:
        self.asked.add(key)
        if key in self.table:
            return self.table[key]
        if default is ABSENT:
            self.faults.append(Fault(self.where(key), "a value", "none", f"Add `{key} = ...`."))
        return default


def _hint(close: Sequence[str]) -> str:
    return f"Did you mean {close[0]}?" if close else ""
