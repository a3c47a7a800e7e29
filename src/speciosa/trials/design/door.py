"""The door of every design: numbers within bounds, all faults told at once."""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from speciosa.errors import Fault, InputError


class Door:
    """Collects what is wrong with the inputs of a design, then refuses all of it at once.

    Example:
        >>> door = Door()
        >>> door.between("alpha", 0.7, 0, 0.5)
        >>> door.close()
        Traceback (most recent call last):
        ...
        speciosa.errors.InputError: alpha: expected a number between 0 and 0.5, found 0.7.
    """

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, where: str, expected: str, found: object, fix: str = "") -> None:
        """Notes one fault."""
        self.faults.append(Fault(where, expected, str(found), fix))

    def between(
        self, where: str, value: float, low: float, high: float, *, closed: bool = False
    ) -> None:
        """A finite number between two bounds; the bounds themselves only where `closed`."""
        inside = low <= value <= high if closed else low < value < high
        if not (isfinite(value) and inside):
            if high == float("inf"):
                expected = f"a number of at least {low:g}" if closed else f"a number above {low:g}"
            else:
                words = "from {:g} to {:g}" if closed else "between {:g} and {:g}"
                expected = f"a number {words.format(low, high)}"
            self.fault(where, expected, f"{value:g}")

    def whole(self, where: str, value: Any, low: int, high: int) -> None:
        """A whole number from `low` to `high`."""
        if isinstance(value, bool) or not low <= value <= high or value != int(value):
            self.fault(where, f"a whole number from {low} to {high}", value)

    def one_of(self, where: str, value: object, known: Iterable[object]) -> None:
        """One of the names that are known."""
        names = list(known)
        if value not in names:
            self.fault(where, f"one of {', '.join(map(str, names))}", value)

    def close(self) -> None:
        """Raises what was noted.

        Raises:
            InputError: with every fault.
        """
        if self.faults:
            raise InputError(self.faults)
