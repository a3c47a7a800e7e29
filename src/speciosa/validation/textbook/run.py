"""Textbook checks: what clinical pharmacology expects, predicted and judged right or wrong.

`judge` predicts what the checks of a file need (`checks`), computes their formulas (`derive`) and compares with the accepted
ranges. Rows that no check needs are not simulated; rows that share doses and patient share a simulation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from speciosa.delimited import as_csv
from speciosa.validation.predict import Options
from speciosa.validation.spread import predict_on
from speciosa.validation.textbook.checks import Line, derived_order, needed, read_checks
from speciosa.validation.textbook.derive import NoValueError
from speciosa.validation.textbook.overdoses import overdose_number

if TYPE_CHECKING:
    from speciosa.workers import Cluster


@dataclass(frozen=True, slots=True)
class Check:
    """One check, judged.

    Attributes:
        id: name of the line.
        value: what the models say; none where it cannot be told.
        low: least accepted value.
        high: greatest accepted value.
        reason: why there is no value.
        words: the cells of the line, such as ``check``, ``topic``, ``fault`` and ``source``.
    """

    id: str
    value: float | None
    low: float
    high: float
    reason: str
    words: Mapping[str, str]

    @property
    def right(self) -> bool:
        """Whether the value lies in the accepted range."""
        return self.value is not None and self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checks of a file, judged."""

    checks: tuple[Check, ...]

    @property
    def right(self) -> int:
        """How many are right."""
        return sum(check.right for check in self.checks)

    def as_dict(self) -> dict[str, object]:
        """As the JSON of the contract."""
        told = [
            {"id": c.id, "value": c.value, "low": c.low, "high": c.high, "right": c.right}
            for c in self.checks
        ]
        return {"checks": told, "right": self.right, "of": len(self.checks)}

    def as_csv(self) -> str:
        """One line a check, with its words and, where there is no value, the reason."""
        words = ("topic", "check", "fault", "source")
        lines: list[tuple[object, ...]] = []
        for c in self.checks:
            value = "" if c.value is None else f"{c.value:.6g}"
            told = (c.words.get(name, "") for name in words)
            lines.append((c.id, value, f"{c.low:g}", f"{c.high:g}", c.right, *told, c.reason))
        return as_csv(("id", "value", "low", "high", "right", *words, "reason"), lines)


def judge(
    path: str | Path,
    *,
    options: Options | None = None,
    progress: Callable[[int, int], None] | None = None,
    cluster: "Cluster | None" = None,
) -> Verdict:
    """Predicts what the checks of a file need and judges each.

    Args:
        path: a file of checks, or one that ships with Speciosa by its name, such as ``textbook``.
        options: number of draws, and the seed.
        progress: called with arms done and arms in all.
        cluster: workers that predict; this process if None.

    Raises:
        InputError: the file cannot be used; see `checks.read_checks`.
    """
    lines = read_checks(path)
    wanted = needed(lines)
    rows = [line.row for line in lines.values() if line.id in wanted and line.row is not None]
    predictions, failed = predict_on(cluster, rows, options, progress)
    values: dict[str, float] = {row.id: row.predicted for row in predictions}
    reasons = {line.id: line.unusable for line in lines.values() if line.unusable} | dict(failed)

    def of(name: str) -> float:
        if name not in values:
            raise NoValueError(f"{name} cannot be predicted: {reasons[name]}")
        return values[name]

    def derived(line: Line) -> float:
        return line.formula.value(of, overdose_number) if line.formula else of(line.id)

    for name in derived_order(lines):
        try:
            values[name] = derived(lines[name])
        except NoValueError as why:
            reasons[name] = str(why)
    return Verdict(tuple(_judged(line, derived) for line in lines.values() if line.accepted))


def _judged(line: Line, derived: Callable[[Line], float]) -> Check:
    assert line.accepted is not None
    value, reason = None, ""
    try:
        value = derived(line)
    except NoValueError as why:
        reason = f"row {line.id}, {'derive' if line.formula else 'doses'}: {why}"
    return Check(line.id, value, *line.accepted, reason, line.words)
