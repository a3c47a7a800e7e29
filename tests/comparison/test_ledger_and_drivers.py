"""Claims beside the simulation, and the parameters that drive a difference, from outcomes made by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from speciosa.comparison.drivers import drivers
from speciosa.comparison.ledger import kind_of, ledger
from speciosa.comparison.trials import observed, treatment_name
from speciosa.evidence.ledger.claims import claim_ids, support
from speciosa.outcomes import Outcomes
from speciosa.regimen import parse_regimen
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
"""
REGIMENS = {
    "Tea": "2 g kratom_tea oral",
    "Leaf": "5 g kratom_leaf oral every 8 h x 3",
    "Powder": "7 g kratom_leaf oral",
    "Tablet": "15 mg 7oh_tablet oral",
    "Morphine": "15 mg morphine oral",
    "Sedative": "5 mg midazolam oral",
    "Both": "5 mg midazolam oral; 5 g kratom_leaf oral every 8 h x 3",
    "Longer": "5 mg midazolam oral; 5 g kratom_leaf oral every 8 h x 6",
    "Opioid": "5 mg midazolam oral; 15 mg morphine oral",
}
"""What an arm gives by its name; others give nothing."""


def arm(name: str, *substances: str, values=(), **typical) -> ArmRun:
    return ArmRun(name, dict(values), pl.DataFrame(), substances, (), typical, {})


def run(
    arms: list[ArmRun],
    levels: dict[tuple[str, str], np.ndarray],
    more: dict[str, str] | None = None,
) -> StudyRun:
    """A run of arms with these draws; `more` holds further lines of the study for some arms."""
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
    asked = "".join(
        f'[[arms]]\nname = "{each.name}"\nregimen = "{REGIMENS.get(each.name, "none")}"\n'
        + (more or {}).get(each.name, "")
        for each in arms or [arm("A")]
    )
    return StudyRun(parse_study(STUDY + asked), KNOWN, tuple(arms), outcomes)


@pytest.mark.parametrize(
    ("regimen", "kind"),
    [
        ("none", "placebo"),
        ("2 g kratom_tea oral; 10 mg morphine oral", "kratom"),
        ("75 mg kratom_extract oral", "kratom"),
        ("15 mg 7oh_tablet oral", "7-hydroxymitragynine"),
        ("15 mg 7oh_tablet oral; 2 g kratom_leaf oral", "kratom"),
        ("10 mg morphine oral", "opioid"),
        ("50 mg naltrexone oral", "other"),
        ("8 mg suboxone sublingual", "opioid"),
        ("0.1 mg clonidine oral", "other"),
        ("1 g acetaminophen oral", "other"),
        ("1 g acetaminophen oral; 10 mg morphine oral", "opioid"),
        ("10 mg", "placebo"),
    ],
)
def test_what_kind_of_arm_it_is(regimen, kind):
    assert kind_of(parse_regimen(regimen).doses) == kind


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


@pytest.mark.parametrize(("draws", "some"), [(9, False), (10, True)])
def test_few_draws_or_nothing_uncertain_have_no_drivers(draws: int, some: bool):
    levels = {("A", "pain_relief"): np.arange(float(draws)), ("B", "pain_relief"): np.ones(draws)}
    arms = [arm("A", both=np.arange(float(draws))), arm("B")]
    assert bool(drivers(run(arms, levels), "Pain relief", "A", "B")) is some
    assert drivers(run([arm("A"), arm("B")], levels), "Pain relief", "A", "B") == []


def told(breathing: dict[str, object]) -> list[str]:
    """What the ledger says of the lowest ventilation, by the fall of breathing in each arm."""
    arms = [arm(name) for name in breathing]
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
    of_opioids = [line for line in lines if "kratom is above that with opioid" in line]
    assert of_opioids and all("in 75% of draws" in line for line in of_opioids)


def test_what_is_claimed_of_7_hydroxymitragynine_is_asked_of_its_own_arms():
    """A deeper fall is a lower level: the tablet is not below the leaf in the quarter of draws where it falls less."""
    tablet = np.where(np.arange(DRAWS) % 4 == 0, 0.2, 0.5)
    lines = told({"Leaf": 0.3, "Tablet": tablet, "Morphine": 0.4})
    own = [line for line in lines if "7-hydroxymitragynine is not below that with kratom" in line]
    assert len(own) == 1 and "in 25% of draws" in own[0]
    of_leaf = [line for line in lines if "kratom is above that with opioid" in line]
    assert of_leaf and all("in 100% of draws" in line for line in of_leaf)


def exposed(more: dict[str, str] | None = None, **areas: object) -> list[str]:
    """What the ledger says of exposures, by the area of midazolam in each arm."""
    by_arm = {
        name: arm(name, values={"auc:midazolam": np.full((DRAWS, 3), 1.0) * area})
        for name, area in areas.items()
    }
    found = ledger(run(list(by_arm.values()), {}, more))
    return [line for lines in found.values() for line in lines if line.startswith("Simulation")]


def test_exposure_to_a_drug_is_compared_with_and_without_kratom():
    """In seven draws of ten the mean log ratio of three patients is above 0, though one of them has less exposure."""
    patients = np.array([0.8, 1.5, 1.5])
    more = np.where(np.arange(DRAWS)[:, None] % 10 < 7, patients, 0.9 * np.ones(3))
    lines = exposed(Both=more, Sedative=1.0, Morphine=1.0)
    assert len(lines) == 1
    assert "exposure to another drug with kratom is above that with nothing else" in lines[0]
    assert "in 70% of draws" in lines[0]
    # of less than the drug alone gives nothing is above it
    assert "in 0% of draws" in exposed(Both=1.5, Sedative=2.0)[0]
    more[:, 0] = np.nan
    assert "in 70% of draws" in exposed(Both=more, Sedative=1.0)[0]


def test_arms_of_other_doses_are_no_comparison_of_exposures():
    """Nor one of what was read on another day, nor of something else than kratom beside."""
    assert exposed(Both=2.0, Leaf=1.0) == exposed(Sedative=1.0, Morphine=1.0) == []
    assert exposed(Longer=2.0, Sedative=1.0) == exposed(Opioid=2.0, Sedative=1.0) == []
    assert len(exposed(Both=2.0, Opioid=3.0, Longer=4.0, Sedative=1.0)) == 1


def test_exposures_of_several_drugs_are_averaged_by_their_log_ratios():
    """Two of three rise a little, one falls much: on average less, whatever the one in the middle does; peaks say nothing."""
    ratios = {"auc:a": 0.2, "auc:b": 1.5, "auc:c": 1.6, "cmax:a": 1e6}
    both = {key: np.full((DRAWS, 2), ratio) for key, ratio in ratios.items()}
    alone = {key: np.ones((DRAWS, 2)) for key in ratios}
    found = ledger(run([arm("Both", values=both), arm("Sedative", values=alone)], {}))
    (line,) = (x for lines in found.values() for x in lines if x.startswith("Simulation"))
    assert "in 0% of draws" in line
    more = {key: 1 / values for key, values in both.items()}
    found = ledger(run([arm("Both", values=more), arm("Sedative", values=alone)], {}))
    (line,) = (x for lines in found.values() for x in lines if x.startswith("Simulation"))
    assert "in 100% of draws" in line


def test_equal_arms_are_not_above_each_other():
    lines = told({"Tea": 0.3, "Morphine": 0.3})
    assert lines and all("in 0% of draws" in line for line in lines if "is above" in line)


def test_the_mean_over_more_than_two_arms_of_a_kind_is_compared():
    """Kratom falls by 0.2, 0.2 and 0.5, on average by the same 0.3 and more than morphine's 0.28."""
    lines = told({"Tea": 0.2, "Leaf": 0.2, "Powder": 0.5, "Morphine": 0.28})
    above = [line for line in lines if "kratom is above that with opioid" in line]
    assert above and all("in 0% of draws" in line for line in above)


def test_an_outcome_that_the_study_does_not_read_says_nothing():
    arms = [arm("Tea"), arm("Morphine")]
    levels = {(each.name, key): np.ones(DRAWS) for each in arms for key in KEYS}
    unread = replace(run(arms, levels), definitions={})
    assert not [x for each in ledger(unread).values() for x in each if x.startswith("Simulation")]


@pytest.mark.parametrize(
    ("more", "alike"),
    [
        ({"Both": 'covariates = "cyp2d6=poor"\n', "Sedative": 'covariates = "cyp2d6=poor"\n'}, True),
        ({"Both": 'covariates = "cyp2d6=poor"\n'}, False),
        ({"Sedative": 'covariates = "age=80"\n'}, False),
    ],
)  # fmt: skip
def test_exposures_are_compared_in_the_same_people_only(more: dict[str, str], alike: bool):
    assert bool(exposed(more, Both=2.0, Sedative=1.0)) is alike


def test_whatever_a_claim_would_have_simulated_some_study_simulates():
    claims = {name for name in claim_ids() if support(name).simulation}
    arms = [
        arm(name, values={"auc:midazolam": np.ones((DRAWS, 1))}) for name in (*REGIMENS, "No drug")
    ]
    levels = {(each.name, key): np.ones(DRAWS) for each in arms for key in KEYS}
    found = ledger(run(arms, levels))
    simulated = {
        name
        for name, lines in found.items()
        if any(line.startswith("Simulation") for line in lines)
    }
    assert simulated == claims and len(claims) > 5


def test_where_an_arm_is_missing_nothing_is_simulated():
    for alone in ("Morphine", "Tea"):
        assert not [line for line in told({alone: 0.3}) if line.startswith("Simulation")]
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
    assert set(together["id"]) == {*kratom["id"], *methadone["id"]}
    assert any("mitragynine" not in str(s) for s in kratom["substances"])
