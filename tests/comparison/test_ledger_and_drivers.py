"""Claims beside the simulation, and the parameters that drive a difference, from outcomes made by hand."""

import numpy as np
import polars as pl
import pytest

from speciosa.comparison.drivers import drivers
from speciosa.comparison.ledger import kind_of, ledger
from speciosa.comparison.trials import observed, treatment_name
from speciosa.outcomes import Outcomes
from speciosa.study.endpoints import definitions
from speciosa.study.question.read import parse_study
from speciosa.study.result import ArmRun, StudyRun

KEYS = ("breathing_fall", "pain_relief", "withdrawal_peak", "withdrawal_first_week")
KNOWN = {key: definitions()[key] for key in KEYS}
DRAWS = 200
STUDY = """
title = "t"
question = "q"
[population]
patients = 2
draws = 200
[[arms]]
name = "A"
regimen = "none"
"""


def arm(name: str, *substances: str, **typical) -> ArmRun:
    return ArmRun(name, {}, pl.DataFrame(), substances, (), typical, {})


def run(arms: list[ArmRun], levels: dict[tuple[str, str], np.ndarray]) -> StudyRun:
    outcomes = Outcomes.concat(
        Outcomes.of(
            name,
            KNOWN[key].title,
            values,
            KNOWN[key].unit,
            KNOWN[key].direction,
            "simulated",
            ["m"],
        )
        for (name, key), values in levels.items()
    )
    return StudyRun(parse_study(STUDY), KNOWN, tuple(arms), outcomes)


@pytest.mark.parametrize(
    ("substances", "kind"),
    [
        ((), "placebo"),
        (("mitragynine", "morphine"), "kratom"),
        (("morphine",), "opioid"),
        (("naltrexone",), "other"),
        (("naloxone", "buprenorphine"), "opioid"),
        (("clonidine",), "other"),
        (("acetaminophen",), "other"),
    ],
)
def test_what_kind_of_arm_it_is(substances, kind):
    assert kind_of(arm("A", *substances)) == kind


def test_the_drivers_of_a_difference_are_found_whichever_arm_has_them():
    rng = np.random.default_rng(1)
    both, only, silent = rng.standard_normal((3, DRAWS))
    arms = [arm("A", both=both, silent=silent), arm("B", both=both, only=only)]
    levels = {
        ("A", "pain_relief"): 3.0 * both + 0.1 * rng.standard_normal(DRAWS),
        ("B", "pain_relief"): 2.0 * both + 0.5 * only,
    }
    found = drivers(run(arms, levels), "Pain relief", "A", "B")
    assert [d.parameter for d in found][:2] == ["both", "only"]
    assert found[0].correlation > 0 > found[1].correlation
    assert abs(found[2].correlation) < 0.25
    assert len(drivers(run(arms, levels), "Pain relief", "A", "B", most=1)) == 1
    back = drivers(run(arms, levels), "Pain relief", "B", "A")
    assert back[0].correlation == pytest.approx(-found[0].correlation)


def test_few_draws_or_nothing_uncertain_have_no_drivers():
    levels = {(name, "pain_relief"): np.arange(9.0) for name in "AB"}
    arms = [arm("A", both=np.arange(9.0)), arm("B")]
    assert drivers(run(arms, levels), "Pain relief", "A", "B") == []
    levels = {(name, "pain_relief"): np.arange(50.0) for name in "AB"}
    assert drivers(run([arm("A"), arm("B")], levels), "Pain relief", "A", "B") == []


def told(breathing: dict[str, object]) -> list[str]:
    """What the ledger says of the lowest ventilation, by the fall of breathing in each arm."""
    kinds = {"Tea": ("mitragynine",), "Leaf": ("mitragynine",), "Morphine": ("morphine",)}
    arms = [arm(name, *kinds.get(name, ())) for name in breathing]
    levels = {
        (name, "breathing_fall"): np.broadcast_to(np.asarray(fall, dtype=float), DRAWS)
        for name, fall in breathing.items()
    }
    found = ledger(run(arms, levels))
    return [line for lines in found.values() for line in lines if "lowest ventilation" in line]


def test_the_ledger_counts_draws_of_the_mean_over_arms_of_a_kind():
    """Kratom falls by 0.2 and 0.4, so by 0.3; morphine by more in three draws of four. A smaller fall is a higher level."""
    opioid = np.where(np.arange(DRAWS) % 4 == 0, 0.25, 0.35)
    lines = told({"Tea": 0.2, "Leaf": 0.4, "Morphine": opioid, "Nothing": 0.0})
    of_opioids = [line for line in lines if "kratom is above that of opioid" in line]
    assert of_opioids and all("in 75% of draws" in line for line in of_opioids)


def test_where_an_arm_is_missing_nothing_is_simulated():
    assert not [line for line in told({"Morphine": 0.3}) if line.startswith("Simulation")]
    for lines in ledger(run([], {("A", "pain_relief"): np.ones(DRAWS)})).values():
        assert lines[-1].startswith("What would settle it: ")


def test_treatments_are_written_as_readers_write_them():
    assert treatment_name("methadone_low") == "low-dose methadone"
    assert treatment_name("xr_naltrexone") == "injected naltrexone"
    assert treatment_name("placebo") == "placebo"


def test_recorded_harm_is_that_of_what_the_arms_give():
    kratom = observed(run([arm("A", "mitragynine")], {}))
    methadone = observed(run([arm("A", "methadone")], {}))
    nothing = observed(run([arm("A")], {}))
    assert len(kratom) and len(methadone) and not len(nothing)
    assert all("kratom" in str(s) or "mitragynine" in str(s) for s in kratom["substances"])
    assert all("methadone" in str(s) for s in methadone["substances"])
    together = observed(run([arm("A", "mitragynine"), arm("B", "methadone")], {}))
    assert len(together) <= len(kratom) + len(methadone) and len(together) > len(kratom)
