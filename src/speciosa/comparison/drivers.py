"""Which uncertain parameters drive the differences between arms."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from speciosa.decision.sensitivity import Driver, partial_rank_correlation
from speciosa.decision.voi import expected_value_of_partial_information
from speciosa.study.result import StudyRun

if TYPE_CHECKING:
    from speciosa.comparison.weighing import Weighing

LEAST_DRAWS = 30


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


def worth_knowing(
    run: StudyRun, found: Mapping[str, Sequence[Driver]], weighing: "Weighing | None"
) -> dict[str, float]:
    """What learning each driver alone would add to the expected score of the best arm.

    The expected value of partial perfect information, for drivers that stand out from chance. Nothing where the study
    weighs nothing, an arm's score is only bounded, or there are fewer than 30 draws.
    """
    if weighing is None or weighing.perfect_information is None:
        return {}
    if run.study.population.draws < LEAST_DRAWS:
        return {}
    typical = {name: draws for arm in run.arms for name, draws in arm.typical.items()}
    named = dict.fromkeys(d.parameter for each in found.values() for d in each if d.stands_out)
    return {
        name: expected_value_of_partial_information(weighing.scores.at_mean_weights, typical[name])
        for name in named
    }
