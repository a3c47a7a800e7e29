"""What a simulated study yields."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from speciosa.model.records import Parameter
from speciosa.outcomes import Outcomes
from speciosa.shown import Shown
from speciosa.study.endpoints import OutcomeDefinition
from speciosa.study.question.schema import Study

Values = NDArray[np.float32]


@dataclass(frozen=True)
class ArmRun:
    """One arm, simulated.

    Attributes:
        name: of the arm.
        values: by outcome key, the statistic of each patient, shape ``(draws, patients)``; NaN where the patient's
            solution failed. Exposures are under ``auc:SUBSTANCE`` (nmol*h/L over the last day of treatment) and
            ``cmax:SUBSTANCE`` (nmol/L, the same day).
        courses: columns ``output, unit, time_h, median, low, high`` over patients and draws.
        substances: simulated, drugs and active metabolites.
        parameters: of the arm's model, with their sources.
        typical: by parameter, the typical value in each draw, shape ``(draws,)``.
        failed: number of patients by the reason why their solution failed.
    """

    name: str
    values: Mapping[str, Values]
    courses: pl.DataFrame
    substances: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    typical: Mapping[str, NDArray[np.float64]]
    failed: Mapping[str, int]


@dataclass(frozen=True)
class StudyRun(Shown):
    """Every arm of a study, simulated on the same patients and the same draws.

    Attributes:
        study: the question.
        definitions: outcomes read, by key.
        arms: in the order of the study.
        outcomes: summaries by arm, outcome and draw.
    """

    study: Study
    definitions: Mapping[str, OutcomeDefinition]
    arms: tuple[ArmRun, ...]
    outcomes: Outcomes

    def arm(self, name: str) -> ArmRun:
        """The run of one arm."""
        return next(arm for arm in self.arms if arm.name == name)

    @property
    def missing(self) -> list[tuple[str, str]]:
        """The (arm, outcome) pairs that cannot be estimated."""
        have = set(self.outcomes.table.select("arm", "outcome").unique().iter_rows())
        titles = [definition.title for definition in self.definitions.values()]
        return [
            (arm.name, title)
            for arm in self.arms
            for title in titles
            if (arm.name, title) not in have
        ]

    def better(self, outcome: str, arm: str, versus: str) -> float:
        """Share of patients and draws in which `arm` does better than `versus`; ties count half, failures nothing.

        Patients are the same people in both arms.
        """
        gap = self.arm(arm).values[outcome] - self.arm(versus).values[outcome]
        if self.definitions[outcome].direction == "risk":
            gap = -gap
        known = np.isfinite(gap)
        return float(((gap > 0) + 0.5 * (gap == 0))[known].mean()) if known.any() else float("nan")
