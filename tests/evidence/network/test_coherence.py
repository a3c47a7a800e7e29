"""A network whose designs disagree is never shown as if they agreed: in text, JSON, page, report and app."""

import json

import pytest
from tests.evidence.reference import DATA
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.commands import register
from speciosa.errors import EvidenceError
from speciosa.evidence.ledger.network_library import network_ids, trial_network
from speciosa.evidence.network.coherence import LEVEL, by_comparison, coherence
from speciosa.evidence.network.inconsistency import design_by_treatment
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.report.figures.network_forest import forest_table
from speciosa.report.sections.evidence_part import network_agreement
from speciosa.report.sections.network_page import network_page

DISAGREEING = {
    "study": ["s1", "s2", "s3"],
    "treat1": ["a", "b", "a"],
    "treat2": ["p", "p", "b"],
    "effect": [-1.0, -0.4, 0.4],
    "se": [0.1, 0.1, 0.1],
}


def test_a_triangle_that_does_not_close_is_tested_in_closed_form():
    found = coherence(network_meta_analysis(DISAGREEING).network)
    # The loop is a-p less b-p less a-b, with the sum of the three variances.
    assert found.test.q == pytest.approx((-1.0 + 0.4 - 0.4) ** 2 / 0.03)
    assert found.coherent is False
    closed = coherence(network_meta_analysis(DISAGREEING | {"effect": [-1.0, -0.4, -0.6]}).network)
    assert closed.coherent
    assert not closed.ranking


def test_ranks_are_withheld_everywhere_where_designs_disagree():
    result = network_meta_analysis(DISAGREEING, reference="p", model="common")
    text, found = str(result), result.to_json()
    assert text.count("withheld") >= 4
    assert found["coherent"] is False
    assert "disagree" in found["ranking_withheld"]
    assert found["inconsistency"]["p"] < LEVEL
    assert found["k"] == 3
    assert [row["p"] < LEVEL for row in found["net_split"]] == [True, True, True]
    assert forest_table(result)["p_score"].is_null().all()
    assert result.league["treatment"].to_list() == ["a", "b", "p"]
    page = network_page(result, "made")
    assert "rankogram" not in page
    assert "Best by P-score" not in page
    assert "disagree" in network_agreement(result, "x")


@pytest.mark.parametrize("name", network_ids())
def test_every_network_of_the_project_says_whether_its_designs_agree(name):
    try:
        result = trial_network(name).pool()
    except EvidenceError:
        pytest.skip("falls apart, and is not pooled")
    p = design_by_treatment(result.network).p
    said = str(network_agreement(result, "x"))
    assert f">{len(result.network.studies)}<" in said
    assert ("people" in said) and ("heterogeneity" in said or "tau2" in said)
    if p is None:
        assert "cannot be tested" in said
    elif p < LEVEL:
        assert "not coherent" in said
        assert "withheld" in str(result)
    else:
        assert "agree within chance" in said


@pytest.mark.parametrize(("gap", "withheld"), [(1.9, False), (2.0, True)])
def test_the_level_is_one_in_twenty(gap, withheld):
    """A loop of one degree of freedom, whose gap is so many standard errors."""
    third = -0.6 + gap * 0.03**0.5
    result = network_meta_analysis(DISAGREEING | {"effect": [-1.0, -0.4, third]})
    assert bool(result.coherence.ranking) == withheld


def test_what_each_comparison_rests_on():
    result = network_meta_analysis(DISAGREEING, reference="p", model="common")
    rows = {row["treatment"]: row for row in by_comparison(result).to_dicts()}
    assert rows["a"]["trials"] == 1
    assert rows["a"]["people"] is None
    assert rows["a"]["share_direct"] == pytest.approx(2 / 3)
    assert rows["a"]["excludes_no_effect"] is True
    assert rows["a"]["direct_against_indirect_p"] < LEVEL
    assert "rests on" in network_page(result, "made")


def test_other_estimators_carry_a_test_of_what_they_pooled():
    """Mantel-Haenszel leaves a treatment without events out of its design, and has a loop less."""
    if not app.registered_commands:
        register(app)
    file = str(DATA / "data_hasselblad1998_smoking.csv")
    for options, df in ((["--method", "MH"], 6), (["--bayes"], 7), ([], 7)):
        done = CliRunner().invoke(app, ["nma", file, *options, "--json"])
        found = json.loads(done.stdout)
        assert found["k"] == 24
        assert found["coherent"] is True
        assert found["inconsistency"]["df"] == df


def test_a_star_says_that_nothing_estimates_heterogeneity():
    star = {c: v[:2] for c, v in DISAGREEING.items()}
    result = network_meta_analysis(star)
    assert result.to_json()["tau2"] is None
    assert "nothing estimates heterogeneity" in str(result)


PAIRS = {name: DISAGREEING[name] for name in ("study", "treat1", "treat2", "effect", "se")}


@pytest.mark.parametrize(
    ("columns", "people", "told"),
    [
        ({"n": [100, 200, 300]}, 600, "600 people"),
        ({"n1": [50, 90, 150], "n2": [50, 110, 150]}, 600, "600 people"),
        (
            {"n1": [50, 90, 150], "n2": [50, 110, 150], "t1": [1, 2, 1], "t2": [3, 3, 2]},
            600,
            "600 people",
        ),
        ({"n": [100, None, 300]}, None, "400 people in the 2 that state them"),
        ({"n1": [50, 90, "NA"], "n2": [50, 110, 150]}, None, "300 people in the 2 that state them"),
        ({}, None, "people not stated"),
    ],
)
def test_people_beside_contrasts_are_counted(columns, people, told):
    found = coherence(network_meta_analysis(PAIRS | columns).network)
    assert (found.people, found.told_people) == (people, told)


def test_people_of_three_arms_are_counted_once_and_clusters_whole():
    three = {
        "study": ["s1", "s1", "s1"],
        "treat1": ["a", "b", "a"],
        "treat2": ["p", "p", "b"],
        "effect": [-1.0, -0.4, -0.6],
        "se": [0.1, 0.1, 0.1],
    }
    arms = {"n1": [50, 60, 50], "n2": [70, 70, 60]}
    assert coherence(network_meta_analysis(three | arms).network).people == 180
    assert coherence(network_meta_analysis(three | {"n": [180, 180, 180]}).network).people == 180
    assert coherence(network_meta_analysis(three | {"n": [120, 130, 110]}).network).people is None
    clusters = {
        "study": ["s1", "s1"],
        "treatment": ["a", "p"],
        "events": [20, 30],
        "n": [100, 110],
        "design_effect": [2.0, 2.0],
    }
    result = network_meta_analysis(clusters, reference="p")
    assert result.network.studies[0].arms[0].n == 50
    assert result.coherence.people == by_comparison(result)["people"][0] == 210


def test_the_people_of_published_contrasts_stand_beside_their_network():
    result = trial_network("chronic_pain").pool()
    assert result.coherence.people == 981 + 990 + 407
    assert "3 trials, 2,378 people." in network_agreement(result, "x").striptags()
    assert coherence(trial_network("acute_pain").network()).told_people.endswith("that state them")
