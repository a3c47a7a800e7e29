"""What decides the ranking of the arms: which unknown, if it were known, would change which arm comes out best."""

from collections.abc import Sequence

import numpy as np

from speciosa.care.plan import SCENARIOS
from speciosa.care.run import PathwayRun
from speciosa.care.stepping.arrays import Floats
from speciosa.decision.voi import (
    expected_value_of_partial_information,
    expected_value_of_perfect_information,
)

GOAL = "Deaths"
LEAVING = "how long people keep to self-treatment (three scenarios, taken as equally likely)"
_FEWEST_DRAWS = 30
_OF_RECORDS = frozenset(
    (
        "reports",
        "reports_fall",
        "followed_start",
        "followed_poats",
        "attends",
        "detected",
        "seen_for",
        "return_poats",
    )
)
"""Numbers of how trials recorded, which move no outcome."""


def ranked_first(run: PathwayRun, outcome: str = GOAL) -> dict[str, float]:
    """Share of draws, and of scenarios where there are several, in which each arm of the plan has least of an outcome."""
    names, scores, _ = _scores(run, outcome)
    best = scores.argmax(axis=0)
    return {name: float((best == place).mean()) for place, name in enumerate(names)}


def worth_knowing(run: PathwayRun, outcome: str = GOAL) -> dict[str, float]:
    """What learning each unknown alone would add, in the unit of the outcome, most first; empty with few draws.

    The value of learning everything stands under ``everything``.
    """
    if run.plan.draws < _FEWEST_DRAWS:
        return {}
    names, scores, scenario = _scores(run, outcome)
    if len(names) < 2:
        return {}
    times = scores.shape[1] // run.plan.draws
    found = {
        name: expected_value_of_partial_information(scores, np.tile(value, times))
        for name, value in run.values.items()
        if np.ptp(value) > 0 and name not in _OF_RECORDS
    }
    if times > 1:
        groups = np.stack(
            [scores[:, scenario == each].mean(axis=1) for each in np.unique(scenario)]
        )
        found[LEAVING] = float(groups.max(axis=1).mean() - scores.mean(axis=1).max())
    found["everything"] = expected_value_of_perfect_information(scores)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _scores(run: PathwayRun, outcome: str) -> tuple[Sequence[str], Floats, Floats]:
    """Minus the outcome, ``(arms, draws times scenarios)``, and the scenario of each column."""
    variants: dict[str, list[Floats]] = {}
    for arm in run.arms:
        drawn = run.outcomes.draws(outcome, arm.pathway.name)
        variants.setdefault(arm.pathway.arm.name, []).append(-drawn)
    several = max((len(each) for each in variants.values()), default=1)
    columns = len(SCENARIOS) if several > 1 else 1
    rows = [
        np.concatenate([each[k % len(each)] for k in range(columns)]) for each in variants.values()
    ]
    return list(variants), np.array(rows), np.repeat(np.arange(columns), run.plan.draws)
