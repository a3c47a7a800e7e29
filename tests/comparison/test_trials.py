"""What trials say of the arms of a study."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from speciosa import facts
from speciosa.comparison.trials import network_rows, pooled
from speciosa.outcomes import Outcomes
from speciosa.population.streams import normals
from speciosa.study.question.read import parse_study
from speciosa.study.result import ArmRun, StudyRun
from speciosa.study.run import run_study

STUDY = """
title = "Two arms"
question = "Who stays in treatment?"
indication = "{}"
[population]
patients = 8
draws = 3
seed = 1
[follow_up]
until = "3 d"
[[arms]]
name = "Buprenorphine"
regimen = "8 mg buprenorphine sublingual every 24 h x 2"
source = ["suboxone2024label"]
[[arms]]
name = "Nothing"
regimen = "none"
"""


@pytest.mark.parametrize("indication, told", [("withdrawal", True), ("pain", False)])
def test_retention_in_opioid_use_disorder_says_nothing_of_patients_in_pain(indication, told):
    run = run_study(parse_study(STUDY.format(indication)), threads=1)
    network = pooled("oud_retention", run.study.evidence)
    assert network.result is not None
    assert bool(network.outcomes(run).names) is told
    for name in ("withdrawal_completion", "chronic_pain"):
        assert not pooled(name, run.study.evidence).outcomes(run).names


def test_draws_of_a_pooled_ratio_follow_its_estimate_and_say_what_they_rest_on():
    """Log-normal about the pooled ratio of buprenorphine to the reference, the same draws each time."""
    read = parse_study(STUDY.format("withdrawal"))
    many = read.model_copy(
        update={"population": read.population.model_copy(update={"draws": 4000})}
    )
    buprenorphine = ArmRun("Arm", {}, pl.DataFrame(), ("buprenorphine",), (), {}, {})
    nothing = ArmRun("None", {}, pl.DataFrame(), (), (), {}, {})
    network = pooled("oud_retention", read.evidence)
    run = StudyRun(many, {}, (buprenorphine, nothing), Outcomes.concat([]))
    (row,) = (
        r for r in network.result.against().iter_rows(named=True) if r["treat1"] == "buprenorphine"
    )
    found = network.outcomes(run)
    title = f"{network.outcome}: risk ratio to {network.result.reference}"
    assert found.arms == ["Arm"] and found.names == [title]
    logs = np.log(found.draws(title, "Arm"))
    assert len(logs) == 4000
    assert logs.mean() == pytest.approx(row["effect"], abs=4 * row["se"] / 4000**0.5)
    assert logs.std() == pytest.approx(row["se"], rel=0.05)
    np.testing.assert_array_equal(logs, np.log(network.outcomes(run).draws(title, "Arm")))
    keyed = normals(many.population.seed, "oud_retention: buprenorphine", range(1), range(4000))
    np.testing.assert_allclose(logs, row["effect"] + row["se"] * keyed[:, 0], rtol=1e-12)
    first = found.table.row(0, named=True)
    assert (first["unit"], first["direction"], first["basis"]) == ("1", "benefit", "trial evidence")
    assert first["sources"] == sorted(set(network.studies.values()))


def test_trials_known_from_memory_take_no_part_unless_asked_for():
    evidence = parse_study(STUDY.format("withdrawal")).evidence
    for name in ("oud_retention",):
        arms = facts.table("trial-arms").filter(pl.col("network") == name)
        recalled = set(arms.filter(pl.col("seen").is_in(facts.ASSUMED))["study"])
        found = pooled(name, evidence)
        assert set(found.left_out) == recalled and not recalled & set(found.studies)
        wide = pooled(name, evidence.model_copy(update={"recalled": True}))
        assert wide.left_out == ()
        assert set(wide.studies) == set(arms["study"]) - set(wide.apart)
        assert "people leaving prison" in wide.apart.values()
        assert found.protocol.startswith("Randomised trials")
    network = pooled("oud_retention", evidence)
    assert network.flow is not None and network.flow.pooled == len(network.result.network.studies)
    assert pooled("oud_retention", evidence).title == "opioid use disorder: retention"


def test_a_network_that_falls_apart_is_pooled_in_parts_and_says_which():
    evidence = parse_study(STUDY.format("withdrawal")).evidence
    found = pooled("withdrawal_completion", evidence)
    assert found.result is None and found.problem.startswith("no chain of trials joins")
    assert "2 islands" in found.problem and len(found.islands) == 2
    of_parts = [set(part.network.treatments) for part in found.islands]
    assert not of_parts[0] & of_parts[1]
    whole = pooled("withdrawal_completion", evidence.model_copy(update={"recalled": True}))
    assert whole.result is not None and (whole.problem, whole.islands) == ("", ())
    # each part by itself is as sure as it is; how trials came to it is told of all of them together
    assert found.certainty == [] and all(found.certainty_of(part) for part in found.islands)
    assert found.flow is not None
    assert found.flow.pooled == sum(len(part.network.studies) for part in found.islands)
    assert replace(found, islands=()).flow is None


def test_what_a_network_counted_and_what_reviews_say_of_it():
    evidence = parse_study(STUDY.format("withdrawal")).evidence
    arms = facts.table("trial-arms").filter(pl.col("network") == "oud_retention")
    network = pooled("oud_retention", evidence)
    assert network.outcome == arms["outcome"][0] and network.review
    assert {one.treatment for one in network.certainty} | {network.result.reference} == set(
        network.result.treatments
    )
    pain = pooled("chronic_pain", evidence)
    assert pain.outcome.startswith("change of average pain") and pain.result.reference == "placebo"
    rows = network_rows("oud_retention")
    assert rows == list(dict.fromkeys(rows)) and set(rows) == set(arms["id"])
