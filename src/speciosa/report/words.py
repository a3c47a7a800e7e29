"""A figure of the summary of findings in words: differences, people of 1,000, one in how many."""

import math

from speciosa.comparison.findings import Cell, Finding, Simulated
from speciosa.comparison.trial_figures import TrialFigure
from speciosa.report.number import plain
from speciosa.report.texts import text

PEOPLE = 1000
LEAST_PEOPLE = 1.0


def people(share: float) -> str:
    """A share as people of 1,000, never a false zero.

    Example:
        >>> people(0.1234), people(0.0), people(0.0004), people(-0.02)
        ('123', '0', 'fewer than 1', '20')
    """
    count = abs(share) * PEOPLE
    if 0 < count < LEAST_PEOPLE:
        return "fewer than 1"
    return f"{count:,.0f}"


def amount(value: float, unit: str) -> str:
    """A difference without its sign, as finely as a reader needs it: no more than two digits.

    Example:
        >>> amount(0.694, "points"), amount(-12.4, "ms"), amount(0.0, "points"), amount(0.003, "points")
        ('0.7', '12', '0', 'less than 0.1')
    """
    size = abs(value)
    if unit == "share":
        return people(value)
    if size == 0:
        return "0"
    if size < 0.05:
        return "less than 0.1"
    if unit == "of 100":
        return f"{size:.0f}" if size >= 1 else "less than 1"
    return f"{size:.1f}" if size < 9.95 else plain(size, 2 if size < 1000 else 3)


def signed(value: float, unit: str) -> str:
    """A difference with its sign.

    Example:
        >>> signed(-0.69, "points"), signed(0.12, "share"), signed(0.0, "ms")
        ('-0.7 points', '+120 of 1,000', 'no difference')
    """
    if value == 0 or (unit == "share" and abs(value) * PEOPLE < LEAST_PEOPLE / 2):
        return text("table.same")
    size = amount(value, unit)
    tail = " of 1,000" if unit == "share" else named_unit(unit)
    if size.startswith(("less", "fewer")):
        way = text("word.more") if value > 0 else text("word.fewer")
        return f"{size}{tail} {way}"
    return f"{'+' if value > 0 else '-'}{size}{tail}"


def named_unit(unit: str) -> str:
    """A unit as it follows a number, with its space; nothing for what has none."""
    return "" if unit in {"", "1"} else f" {unit}"


def span(low: float | None, high: float | None, unit: str) -> str:
    """An interval of differences; empty where the source prints none.

    Example:
        >>> span(-0.2, 0.4, "points"), span(0.0101, 0.0304, "share"), span(None, None, "share")
        ('-0.2 to +0.4', '+10 to +30', '')
    """
    if low is None or high is None:
        return ""
    return f"{_end(low, unit)} to {_end(high, unit)}"


def _end(value: float, unit: str) -> str:
    scaled = value * PEOPLE if unit == "share" else value
    digits = 0 if unit == "share" or abs(scaled) >= 10 else 1
    rounded = round(scaled, digits) + 0.0
    return f"{rounded:+,.{digits}f}" if rounded else "0"


def number_needed(figure: Simulated | TrialFigure) -> int | None:
    """Of how many people one more, or one fewer, has the outcome; None where the interval holds no difference.

    Example:
        >>> number_needed(Simulated(0.125, 0.1, 0.2)), number_needed(Simulated(0.01, -0.1, 0.2))
        (8, None)
    """
    middle = figure.median if isinstance(figure, Simulated) else figure.estimate
    low = middle if figure.low is None else figure.low
    high = middle if figure.high is None else figure.high
    if low * high <= 0 or abs(middle) * PEOPLE < LEAST_PEOPLE:
        return None
    return max(1, math.ceil(1 / abs(middle) - 1e-9))


def unnoticed(finding: Finding, cell: Cell) -> bool:
    """Whether the answer of a cell is a difference smaller than people notice."""
    if finding.least is None:
        return False
    value = answer(cell)
    return value is not None and 0 < abs(value) < finding.least


def answer(cell: Cell) -> float | None:
    """The difference to go by: that of studies where it comes first, else the simulated one."""
    if cell.trial is not None and cell.trial_first and cell.trial.kind == "difference":
        return cell.trial.estimate
    return cell.simulated.median if cell.simulated else None
