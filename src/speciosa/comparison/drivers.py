"""Which uncertain parameters drive the differences between arms."""

import numpy as np

from speciosa.decision.sensitivity import Driver, partial_rank_correlation
from speciosa.study.result import StudyRun


def drivers(run: StudyRun, outcome: str, arm: str, versus: str, most: int = 8) -> list[Driver]:
    """Parameters by how strongly they go with the difference of `arm` and `versus`, draw by draw.

    Args:
        run: the simulated study.
        outcome: title of an outcome.
        arm: one arm.
        versus: the other.
        most: how many to name.
    """
    difference = run.outcomes.difference(outcome, arm, versus)
    typical = {**run.arm(versus).typical, **run.arm(arm).typical}
    if len(difference) < 10 or not typical:
        return []
    names = list(typical)
    table = np.column_stack([typical[name] for name in names])
    return partial_rank_correlation(names, table, difference, most=most)
