"""The cohort model against published Markov models, and what it refuses."""

import csv
from pathlib import Path

import numpy as np
import pytest

from speciosa.care.stepping.cohort import total, trace
from speciosa.errors import InputError

_TEXT = (Path(__file__).parent / "data" / "markov.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(_TEXT.splitlines()))
SICK = ("H", "S1", "S2", "D")
PAIN = (
    "L1_noAE", "L1_AE", "L1_withdraw_AE", "L1_withdraw_other", "L2_noAE", "L2_AE",
    "L2_withdraw_AE", "L2_withdraw_other", "L3_subsequent", "Discontinued",
)  # fmt: skip


def sick_sicker(progression: float) -> np.ndarray:
    """Rates a year: dying 0.002, times 3 when sick and 10 when sicker; falling ill 0.15, recovery 0.5, progression 0.105."""
    well, sick, sicker, ill, again, worse = 1.0 - np.exp(
        -np.array([0.002, 0.006, 0.02, 0.15, 0.5, 0.105 * progression])
    )
    p = np.zeros((4, 4))
    p[0] = [(1 - well) * (1 - ill), (1 - well) * ill, 0, well]
    p[1] = [(1 - sick) * again, (1 - sick) * (1 - again - worse), (1 - sick) * worse, sick]
    p[2, 2:] = [1 - sicker, sicker]
    p[3, 3] = 1
    return p


def chronic_pain(adverse: float, for_adverse: float, for_other: float) -> np.ndarray:
    """Weekly: adverse events and withdrawal on a first line, then a second, then none."""
    second, adverse_2 = (0.032797792, 0.002303439), 0.4635
    p = np.zeros((10, 10))
    stay = 1 - for_adverse - for_other
    p[:2, :4] = [stay * (1 - adverse), stay * adverse, for_adverse, for_other]
    p[2:4, [4, 5, 9]] = [0.95 * (1 - adverse_2), 0.95 * adverse_2, 0.05]
    stay = 1 - sum(second)
    p[4:6, 4:8] = [stay * (1 - adverse_2), stay * adverse_2, *second]
    p[6:, 9] = 1
    return p


MODELS = {
    "Standard of care": (sick_sicker(1.0), 0.75, 0.0),
    "Strategy A": (sick_sicker(1.0), 0.95, 12000.0),
    "Strategy B": (sick_sicker(0.6), 0.75, 13000.0),
    "Strategy AB": (sick_sicker(0.6), 0.95, 25000.0),
    "morphine first line": (chronic_pain(0.436159243, 0.055739588, 0.012741455), 0.0, 0.0),
    "novel first line": (chronic_pain(0.3053114701, 0.022958454, 0.001612408), 0.0, 0.0),
}


@pytest.mark.parametrize("strategy", MODELS)
def test_published_cohorts_are_reproduced(strategy):
    p, utility, cost = MODELS[strategy]
    shares = trace(p, np.eye(len(p))[0], 75)
    rows = [row for row in ROWS if row["strategy"] == strategy]
    assert len(rows) >= 30
    for row in rows:
        if row["quantity"] == "occupancy":
            states = SICK if len(p) == 4 else PAIN
            found = shares[int(row["cycle"]), states.index(row["state"])]
        elif "qaly" in row["quantity"]:
            weights = [1.0, utility, 0.5, 0.0]
            found = total(shares, weights, discount=0.03, correction="simpson")
        else:
            costs = [2000.0, 4000.0 + cost, 15000.0 + cost, 0.0]
            found = total(shares, costs, discount=0.03, correction="simpson")
        assert found == pytest.approx(float(row["value"]), rel=1e-10, abs=1e-12), row


def test_probabilities_of_competing_changes_past_one_are_refused():
    with pytest.raises(InputError, match=r"row 1.*1\.1 in all"):
        trace([[0.6, 0.5], [0.0, 1.0]], [1.0, 0.0], 1)
