"""The small grammars of a trial file: times, conditions, summaries."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import InputError
from speciosa.units import hours, read

_CONDITION = re.compile(r"(\w+)\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")
_RESPONDERS = re.compile(r"responders at (-?\d+(?:\.\d+)?)\s*%")
_LONGEST_H = 24.0 * 366


@dataclass(frozen=True, slots=True)
class Condition:
    """A value of an output against a level."""

    output: str
    sign: str
    level: float

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Where it holds."""
        compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}
        found: NDArray[np.bool_] = compare[self.sign](values, self.level)
        return found


@dataclass(frozen=True, slots=True)
class Summary:
    """What is compared between arms.

    Attributes:
        kind: a mean, a share of responders, a time to an event, a rate of events.
        change: of responders: the relative change from baseline that makes one.
    """

    kind: Literal["mean", "responders", "time", "rate"]
    change: float = 0.0


def read_condition(text: str) -> Condition:
    """A condition in words.

    Raises:
        ValueError: it is none.

    Example:
        >>> read_condition("pain_nrs > 7")
        Condition(output='pain_nrs', sign='>', level=7.0)
    """
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"expected an output, a sign and a number such as 'pain_nrs > 7', found {text!r}"
        )
    return Condition(found[1], found[2], float(found[3]))


def read_summary(text: str) -> Summary:
    """A summary in words.

    Raises:
        ValueError: it is not known.

    Example:
        >>> read_summary("responders at -30%")
        Summary(kind='responders', change=-0.3)
    """
    words = " ".join(text.split())
    if words == "mean difference":
        return Summary("mean")
    if words == "time to event":
        return Summary("time")
    if words == "rate ratio":
        return Summary("rate")
    found = _RESPONDERS.fullmatch(words)
    if found is None or not 0 < abs(float(found[1])) <= 100:
        raise ValueError(
            f"expected one of 'mean difference', 'responders at -30%', 'time to event', 'rate ratio', found {text!r}"
        )
    return Summary("responders", float(found[1]) / 100)


def read_hours(text: str) -> float:
    """A time from the beginning with its unit; ``wk`` is a week.

    Raises:
        ValueError: it is none, or beyond a year.

    Example:
        >>> read_hours("12 wk")
        2016.0
    """
    words = re.sub(r"\bwk\b", "week", text.strip())
    try:
        unit, span = read(words)[1], hours(words)
    except InputError:
        unit, span = "", -1.0
    if not unit or not 0 <= span <= _LONGEST_H:
        raise ValueError(
            f"expected a time with its unit (h, d, wk), up to a year, such as '12 wk', found {text!r}"
        )
    return float(span)
