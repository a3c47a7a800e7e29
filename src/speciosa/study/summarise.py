"""From the statistic of each patient to the outcomes of an arm, draw by draw."""

from collections.abc import Mapping

import numpy as np

from speciosa.outcomes import Drawn, Outcomes
from speciosa.study.endpoints import OutcomeDefinition
from speciosa.study.result import ArmRun


def summarise(arm: ArmRun, definitions: Mapping[str, OutcomeDefinition]) -> Outcomes:
    """The mean of each statistic over the patients of a draw; a share where the statistic is 0 or 1.

    Patients whose solution failed are left out; an outcome without any is not estimable and has no row.
    """
    drawn = []
    for key, definition in definitions.items():
        values = arm.values.get(key)
        if values is None or np.isnan(values).all(1).any():
            continue
        means = np.nanmean(values.astype(np.float64), axis=1)
        drawn.append(Drawn(definition.title, means, definition.unit, definition.direction))
    sources = [f"model:{name}" for name in arm.substances] or ["model:effects"]
    return Outcomes.of_arm(arm.name, drawn, "simulated", sources)
