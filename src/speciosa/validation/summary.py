"""How well a set of observations was predicted.

Fold error of one row is predicted over observed or its inverse, whichever is above 1. The geometric mean fold error
(GMFE) of rows is exp of the mean absolute logarithm of predicted over observed. Coverage is the share of rows whose
observed value lies in the 90% prediction interval. RMSE is over effects on an absolute scale of one unit; over a mixture of
units it means nothing and there is none.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from speciosa.validation.effects import FULL_SCALE
from speciosa.validation.observed.observations import EFFECT_METRICS

_NUMBERS = frozenset({"", "1", "-", "points", "point", "score", "fraction", "ratio", "fold"})
"""Units of what is a plain number."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One observed statistic beside what was predicted, in the unit of the observation."""

    id: str
    analyte: str
    metric: str
    unit: str
    observed: float
    predicted: float
    low: float
    high: float

    @property
    def is_absolute(self) -> bool:
        """Whether the row is an effect, judged by differences rather than by ratios."""
        return self.metric in EFFECT_METRICS

    @property
    def scale(self) -> str:
        """The unit that an error of an effect has: that of the row, or the points of a score."""
        unit = "1" if self.unit in _NUMBERS else self.unit
        if self.metric == "share_ge" or unit != "1" or self.analyte not in FULL_SCALE:
            return unit
        return f"points of {FULL_SCALE[self.analyte]:g}"

    @property
    def fold_error(self) -> float | None:
        """Fold error, 1 or more; none where a ratio means nothing."""
        if self.observed <= 0 or self.predicted <= 0:
            return None
        return math.exp(abs(math.log(self.predicted / self.observed)))

    @property
    def inside(self) -> bool:
        """Whether the observed value lies in the interval."""
        slack = 1e-9 * max(abs(self.low), abs(self.high))
        return self.low - slack <= self.observed <= self.high + slack


@dataclass(frozen=True, slots=True)
class Score:
    """The measures of one group of rows; those that do not apply are none."""

    n: int
    gmfe: float | None
    within_1_25: float | None
    within_1_5: float | None
    within_2: float | None
    coverage_90: float | None
    rmse: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The measures over all rows and by group (analyte, metric and, of effects, unit)."""

    overall: Score
    groups: dict[str, Score] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """As the JSON of the contract."""
        return {
            **asdict(self.overall),
            "groups": {name: asdict(score) for name, score in self.groups.items()},
        }


def score(rows: Sequence[Prediction]) -> Score:
    """The measures of some rows.

    Example:
        >>> over = Prediction("a", "morphine", "Cmax", "ng/mL", 10, 20, 5, 30)
        >>> under = Prediction("b", "morphine", "Cmax", "ng/mL", 8, 4, 5, 6)
        >>> found = score([over, under])
        >>> round(found.gmfe, 6), found.within_1_5, found.within_2, found.coverage_90
        (2.0, 0.0, 1.0, 0.5)
    """
    folds = [row.fold_error for row in rows if not row.is_absolute]
    known = [fold for fold in folds if fold is not None]
    effects = [row for row in rows if row.is_absolute]
    one_unit = len({row.scale for row in effects}) == 1
    absolute = [row.predicted - row.observed for row in effects] if one_unit else []
    return Score(
        n=len(rows),
        gmfe=math.exp(math.fsum(map(math.log, known)) / len(known)) if known else None,
        within_1_25=_share(fold <= 1.25 * (1 + 1e-12) for fold in known),
        within_1_5=_share(fold <= 1.5 * (1 + 1e-12) for fold in known),
        within_2=_share(fold <= 2 * (1 + 1e-12) for fold in known),
        coverage_90=_share(row.inside for row in rows),
        rmse=math.sqrt(math.fsum(e * e for e in absolute) / len(absolute)) if absolute else None,
    )


def summarise(rows: Sequence[Prediction]) -> Summary:
    """The measures over all rows, by analyte, by metric, and of effects by unit."""
    groups: dict[str, list[Prediction]] = {}
    for name in ("analyte", "metric"):
        for row in rows:
            groups.setdefault(getattr(row, name), []).append(row)
    for row in rows:
        if row.is_absolute:
            groups.setdefault(row.scale, []).append(row)
    return Summary(score(rows), {name: score(members) for name, members in groups.items()})


def _share(answers: Iterable[bool]) -> float | None:
    counted = list(answers)
    return sum(counted) / len(counted) if counted else None
