"""Turns of heavy work: of all who want to work, the reader who has worked least goes on.

A run works in slices and gives way after each. A reader who comes while others work begins where the least served of them
stands, so each gets an equal share from then on, whatever anybody began before and however many runs one reader has.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable
from time import monotonic

_LOOK_S = 0.1


class Turns:
    """The turns of all readers.

    Args:
        at_once: how many work at the same time.
    """

    def __init__(self, at_once: int = 1) -> None:
        self._changed = threading.Condition()
        self._free = at_once
        self._worked_s: dict[Hashable, float] = {}
        self._runs: Counter[Hashable] = Counter()
        self._waiting: list[Turn] = []

    def join(self, reader: Hashable) -> "Turn":
        """A new run of a reader; it has no turn yet."""
        with self._changed:
            if not self._runs[reader]:
                self._worked_s[reader] = min(self._worked_s.values(), default=0.0)
            self._runs[reader] += 1
        return Turn(self, reader)

    def begin(self, turn: "Turn", wanted: Callable[[], object]) -> None:
        """Waits for a turn; what `wanted` raises meanwhile ends the waiting."""
        with self._changed:
            self._waiting.append(turn)
            try:
                while not (self._free and self._next() is turn):
                    self._changed.wait(_LOOK_S)
                    wanted()
                self._free -= 1
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()

    def end(self, turn: "Turn", worked_s: float) -> None:
        """Ends a turn."""
        with self._changed:
            self._worked_s[turn.reader] += worked_s
            self._free += 1
            self._changed.notify_all()

    def leave(self, turn: "Turn") -> None:
        """A run is over."""
        with self._changed:
            self._runs[turn.reader] -= 1
            if not self._runs[turn.reader]:
                del self._runs[turn.reader], self._worked_s[turn.reader]

    def _next(self) -> "Turn":
        # `min` takes the first of equals, which is who has waited longest
        return min(self._waiting, key=lambda turn: self._worked_s[turn.reader])


class Turn:
    """One run's place among all."""

    def __init__(self, turns: Turns, reader: Hashable) -> None:
        self._turns, self.reader = turns, reader
        self._since: float | None = None

    def give_way(self, wanted: Callable[[], object]) -> None:
        """Ends a slice of work and waits for the next turn; the first call waits for the first."""
        self._rest()
        self._turns.begin(self, wanted)
        self._since = monotonic()

    def leave(self) -> None:
        """Ends the run."""
        self._rest()
        self._turns.leave(self)

    def _rest(self) -> None:
        if self._since is not None:
            self._turns.end(self, monotonic() - self._since)
            self._since = None
