"""Whose breathing cannot have stopped is told from ventilation at constant carbon dioxide, and never wrongly."""

import numpy as np
import pytest

from speciosa.engine import Event, simulate
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.effect.apnoea import POWER, SHARE, sure_ventilation
from speciosa.population import Population
from speciosa.study.endpoints import read_outcomes
from speciosa.study.question.read import parse_study
from speciosa.study.simulation import ArmSimulation

FREE, HELD = "free_ventilation_fraction", "ventilation_fraction"


@pytest.mark.parametrize(("share", "power"), [(0.41, 4.4), (0.1, 1.5), (0.5, 10.0)])
def test_the_bound_is_the_formula(share: float, power: float) -> None:
    """v_o max(phi, (1 - phi)/(G q)) with q = (p_o - 1)(1 + eta (p_o - 1)), p_o = 0.87/v_o, 15% above it."""
    raised = 0.87 / 0.455 - 1
    answer = 10.74 * (power / 4.7) ** 2 * raised * (1 + 1.76 * raised)
    expected = 1.15 * 0.455 * max(share, (1 - share) / answer)
    assert sure_ventilation(np.array(share), np.array(power)) == pytest.approx(expected)


@pytest.mark.parametrize("given", [("fentanyl",), ("fentanyl", "midazolam")])
def test_breathing_lasts_where_the_bound_says_so(given: tuple[str, ...]) -> None:
    """At doses from harmless to deadly, in people of whom everything uncertain and variable is drawn, spread further still."""
    equations = system(given, (FREE, HELD)).build()
    drawn = Population.of(equations, {}, seed=5).draw(50, range(20))
    columns = {name: value.ravel() for name, value in drawn.values.items()}
    targets = [next(t for t in equations.target_names if t.startswith(name)) for name in given]
    chance = np.random.default_rng(7)
    columns[SHARE] = chance.uniform(0.05, 0.5, len(columns[SHARE]))
    columns[POWER] = columns[POWER] * 10 ** chance.uniform(-0.3, 0.3, len(columns[POWER]))
    lasting = stopped = 0
    for nmol in (30, 300, 3000, 30000):
        doses = [Event(0.0, name, nmol) for name in targets]
        solved = simulate(equations, doses, parameters=columns, times=[0.1, 1.0], rtol=1e-4)
        free, held = solved[FREE].ravel(), solved[HELD].ravel()
        sure = held >= np.repeat(sure_ventilation(columns[SHARE], columns[POWER]), 2)
        assert (free[sure] > 0.1).all()
        lasting, stopped = lasting + sure.sum(), stopped + (free < 0.1).sum()
    assert lasting > 100 and stopped > 100


STUDY = """
title = "By vein"
question = "Who stops breathing?"
indication = "pain"
[population]
patients = 40
draws = 10
[follow_up]
until = "6 h"
outcomes = ["breathing_stops"]
[[arms]]
name = "dose"
regimen = "0.4 mg fentanyl iv"
[[arms]]
name = "nothing"
regimen = "none"
"""


def test_following_few_gives_what_following_all_gives() -> None:
    study = parse_study(STUDY)
    arm = ArmSimulation(study, study.arms[0], read_outcomes(("breathing_stops",), "pain"), 1, 5e-4)
    few = arm.block(range(10)).endpoints["breathing_stops"]
    drawn = arm.population.draw(40, range(10)).values
    everybody = simulate(
        arm.solved,
        arm.regimen,
        parameters={name: value.ravel() for name, value in drawn.items()},
        endpoints=[each for each in arm.endpoints if each.label == "breathing_stops"],
        until=6.0,
        trajectories=False,
        rtol=5e-4,
        method=arm.method,
    ).endpoints["breathing_stops"]
    assert 0.05 < np.mean(few < 0.1) < 0.95
    assert np.array_equal(few < 0.1, everybody < 0.1)
    assert np.any(few != everybody)
