"""What stands beside a pooled number because the number alone would mislead, and figures that are not computed blindly."""

import math

import numpy as np
import pytest

from speciosa.cli.pooling.pairwise_answers import bayes
from speciosa.errors import EvidenceError
from speciosa.evidence.bayes.network import bayesian_network
from speciosa.evidence.bayes.network_posterior import Priors
from speciosa.evidence.bayes.pairwise import bayesian_meta_analysis
from speciosa.evidence.bayes.priors import on_scale, parse_prior
from speciosa.evidence.bayes.words import prior_remarks
from speciosa.evidence.effects.absolute import absolute_effect
from speciosa.evidence.effects.effect_sizes import effect_sizes
from speciosa.evidence.network.components import component_network
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.words import components_text, remarks
from speciosa.evidence.network_models.covariates import covariate
from speciosa.evidence.pairwise.pooling import meta_analysis


def counts(*rows):
    names = ("study", "events_t", "n_t", "events_c", "n_c")
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


# Rows of two Cochrane reviews with what these print: risk differences of CD013166 (comparison 1, outcome 3) and Peto
# odds ratios of CD015254 (1, 1) and CD007809 (4, 6).
DIFFERENCES = [
    (("Kalyvianakis 2017", 0, 30, 0, 16), (0, -0.091745, 0.091745)),
    (("Olsen 2015", 2, 51, 2, 54), (0.002179, -0.071137, 0.075494)),
    (("Sramkova 2020", 3, 30, 0, 30), (0.1, -0.019907, 0.219907)),
    (("Xin 2017", 0, 46, 0, 24), (0, -0.062225, 0.062225)),
]
PETO = [
    (("Podoshin 1990", 20, 49, 0, 37), (9.586527, 3.510688, 26.177635)),
    (("Menz 2016 4 weeks", 1, 52, 0, 46), (6.583822, 0.129681, 334.25724)),
    (("Menz 2016 12 weeks", 1, 52, 2, 46), (0.44541, 0.045052, 4.403538)),
]
REVMAN = (
    "Analysis group,Analysis number,Analysis name,Study,Study year,GIV Mean,GIV SE,Experimental mean,Experimental SD,"
    "Experimental cases,Experimental N,Control mean,Control SD,Control cases,Control N,O-E,Variance\n"
)


def revman(path, rows):
    lines = [f"1,3,Events,{s},,0,0,0,0,{a},{m},0,0,{c},{n},0,0\n" for s, a, m, c, n in rows]
    path.write_text(REVMAN + "".join(lines))
    return path


def shown(result):
    columns = ("effect", "ci_low", "ci_high")
    return [[result.natural(row[c]) for c in columns] for row in result.table().to_dicts()]


def test_risk_differences_of_revman_are_those_it_prints(tmp_path):
    path = revman(tmp_path / "rows.csv", [row for row, _ in DIFFERENCES])
    found = meta_analysis(path, measure="RD", method="EE")
    assert np.array(shown(found)) == pytest.approx(np.array([w for _, w in DIFFERENCES]), abs=1e-6)
    plain = counts(*[row for row, _ in DIFFERENCES])
    asked = meta_analysis(plain, measure="RD", method="EE", to="variance")
    assert asked.estimate == pytest.approx(found.estimate, rel=1e-12)
    # metafor adds to the difference too, which is the default for other tables and is said.
    added = meta_analysis(plain, measure="RD", method="EE")
    assert added.values[0] == pytest.approx(0.5 / 31 - 0.5 / 17, rel=1e-12)
    assert any("--to variance" in note for note in added.notes)


def test_petos_odds_ratios_need_no_addition(tmp_path):
    wanted = np.array([w for _, w in PETO])
    for source in (
        counts(*[row for row, _ in PETO]),
        revman(tmp_path / "p.csv", [r for r, _ in PETO]),
    ):
        found = meta_analysis(source, measure="OR", method="PETO")
        assert np.array(shown(found)) == pytest.approx(wanted, rel=2e-5)
        assert not found.adjusted.any()
    one = meta_analysis(counts(PETO[0][0]), measure="OR", method="PETO")
    assert one.estimate == pytest.approx(one.values[0], rel=1e-12)
    by_measure = meta_analysis(tmp_path / "p.csv", measure="PETO", method="EE")
    assert np.array(shown(by_measure)) == pytest.approx(wanted, rel=2e-5)


def test_an_addition_to_variances_is_of_differences_only():
    for code in ("RR", "OR", "PETO", "IRR"):
        columns = {
            "events_t": [0],
            "n_t": [9],
            "events_c": [1],
            "n_c": [9],
            "time_t": [9],
            "time_c": [9],
        }
        with pytest.raises(EvidenceError, match="variance, which is for RD"):
            effect_sizes(code, columns, to="variance")


def test_events_in_one_group_only_estimate_no_ratio():
    rows = counts(("A", 2, 50, 0, 50), ("B", 2, 60, 0, 61), ("C", 3, 80, 0, 79))
    for measure in ("RR", "OR"):
        (note,) = [n for n in meta_analysis(rows, measure=measure).notes if "No event in one" in n]
        assert ("Peto's odds ratio" in note) == (measure == "OR")
    nothing = counts(("A", 0, 50, 0, 50), ("B", 0, 60, 0, 61))
    with pytest.raises(EvidenceError, match="--measure RD"):
        meta_analysis(nothing, measure="RR")
    assert meta_analysis(nothing, measure="RD", to="variance", test="z").estimate == 0


def test_one_trial_under_two_names_is_noted():
    twice = counts(("A", 12, 50, 20, 50), ("B", 12, 50, 20, 50), ("C", 13, 80, 21, 79))
    assert any("'A' and 'B' hold the same" in n for n in meta_analysis(twice, measure="RR").notes)
    seldom = counts(("A", 0, 50, 0, 50), ("B", 0, 50, 0, 50), ("C", 13, 80, 21, 79))
    assert not any("hold the same" in n for n in meta_analysis(seldom, measure="RD").notes)


def test_standard_deviations_of_another_scale_are_noted():
    columns = ("study", "mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c")
    for factor, noted in ((10, True), (4, False)):
        rows = [
            ("A", 4, 2, 30, 5, 2.2, 30),
            ("B", *(factor * x for x in (4, 2)), 40, 5 * factor, 2 * factor, 40),
        ]
        table = {name: [row[i] for row in rows] for i, name in enumerate(columns)}
        notes = meta_analysis(table, measure="MD").notes
        assert any("one scale and unit" in note for note in notes) == noted


def test_subgroups_whose_errors_are_scaled_down_are_named():
    table = {
        "study": list("ABCD"),
        "effect": [0.1, 0.15, 0.2, 0.3],
        "se": [0.2, 0.2, 0.2, 0.1],
        "g": ["a", "a", "b", "b"],
    }
    found = meta_analysis(table).subgroups("g")
    # (0.15 - 0.10) / 2 over 0.2 / sqrt(2)
    assert "a (0.18 of the plain one)" in found.notes[0]
    plain = meta_analysis(table, test="z").subgroups("g")
    assert (plain.notes, plain.p > 0.05 > found.p) == ((), True)
    with pytest.raises(EvidenceError, match="none in a, whose studies agree exactly"):
        meta_analysis(table | {"effect": [0.1, 0.1, 0.2, 0.3]}).subgroups("g")


def test_a_risk_above_everyone_is_said():
    held = absolute_effect("RR", math.log(2), math.log(1.1), math.log(3), 0.8, "x")
    within = absolute_effect("RR", math.log(1.1), math.log(1.05), math.log(1.2), 0.8, "x")
    assert (held.beyond, within.beyond) == (True, False)
    assert "held where it would leave" in str(held)
    assert "held where" not in str(within)


def test_degrees_of_freedom_are_above_zero():
    with pytest.raises(EvidenceError, match="prediction df: expected above 0"):
        meta_analysis(
            {"study": ["A", "B"], "effect": [0.1, 0.2], "se": [0.1, 0.1]}, prediction_df=0
        )


def test_a_study_with_medians_is_left_out_with_the_way():
    columns = "study mean_t sd_t n_t mean_c sd_c n_c median_t q1_t q3_t median_c q1_c q3_c".split()
    rows = [
        ("A", 4, 2, 30, 5, 2.2, 31, *[None] * 6),
        ("B", None, None, 40, None, None, 41, 3, 2, 5, 4, 2, 6),
        ("C", 5, 2, 25, 5.5, 2.1, 26, *[None] * 6),
    ]
    table = {name: [row[i] for row in rows] for i, name in enumerate(columns)}
    assert any("mean_sd" in note for note in meta_analysis(table, measure="MD").notes)


@pytest.mark.parametrize(
    ("prior", "fits", "near", "never"),
    [("turner", "OR", "RR", "MD"), ("rhodes", "SMD", "SMDH", "MD"), ("rhodes", "SMD", "SMD", "OR")],
)
def test_priors_stay_on_the_scale_they_were_found_on(prior, fits, near, never):
    chosen = parse_prior(prior)
    assert on_scale(chosen, fits) == []
    assert len(on_scale(chosen, near)) == (near == "RR")
    with pytest.raises(EvidenceError, match="prior of tau: expected one for"):
        on_scale(chosen, never)
    assert on_scale(parse_prior("half-normal:0.5"), never) == []


def test_a_network_holds_its_prior_to_the_scale_too():
    arms = {"study": ["A", "A", "B", "B"], "treatment": ["x", "p"] * 2, "n": [50] * 4}
    means = arms | {"mean": [10.0, 12.0, 13.0, 10.0], "sd": [5.0] * 4}
    with pytest.raises(EvidenceError, match="expected one for MD"):
        bayesian_network(means, measure="MD", priors=Priors(tau=parse_prior("rhodes")))
    events = arms | {"events": [10, 12, 13, 10]}
    found = bayesian_network(events, measure="RR", priors=Priors(tau=parse_prior("turner")))
    assert any("log odds ratios" in remark for remark in prior_remarks(found))
    assert not any("half-normal" in remark for remark in prior_remarks(found))


def test_counts_are_pooled_by_group_and_without_each_as_the_parts_are():
    rows = [
        ("A", 10, 50, 14, 50),
        ("B", 8, 40, 9, 41),
        ("C", 12, 60, 20, 62),
        ("D", 4, 30, 6, 31),
        ("E", 7, 45, 9, 47),
    ]
    whole = counts(*rows) | {"sex": ["m", "f", "m", "f", "m"]}
    for measure, method in (("RR", "MH"), ("OR", "PETO"), ("OR", "EXACT"), ("OR", "GLMM")):
        result = meta_analysis(whole, measure=measure, method=method)
        found = {g.label: g for g in result.subgroups("sex").groups}
        for label, places in (("m", (0, 2, 4)), ("f", (1, 3))):
            alone = meta_analysis(
                counts(*[rows[i] for i in places]), measure=measure, method=method
            )
            assert found[label].estimate == pytest.approx(alone.estimate, rel=1e-9)
            assert found[label].interval == pytest.approx((alone.ci_low, alone.ci_high), rel=1e-9)
        rest = meta_analysis(counts(*rows[1:]), measure=measure, method=method)
        assert result.leave_one_out()[0].estimate == pytest.approx(rest.estimate, rel=1e-9)
        with pytest.raises(EvidenceError, match="weights of single studies"):
            result.influence()


def test_what_is_added_everywhere_is_said_so():
    rows = counts(("A", 10, 50, 14, 50), ("B", 8, 40, 9, 41))
    (note,) = meta_analysis(rows, measure="OR", add=1, to="all", test="z").notes
    assert note == "1 added to each cell of every study: A, B."


GROUPED = {
    "study": ["A", "B", "C", "D", "E"],
    "events_t": [10, 8, 12, 4, 7],
    "n_t": [50, 40, 60, 30, 45],
    "events_c": [14, 9, 20, 6, 9],
    "n_c": [50, 41, 62, 31, 47],
    "sex": ["m", "f", "m", None, "f"],
    "counselling": ["none", "weekly", "none", "weekly", "none"],
    "dose": ["10", "none", "20", "15", "30"],
}


def test_studies_without_a_value_stand_in_no_group_and_in_no_cluster():
    result = meta_analysis(GROUPED, measure="OR")
    found = result.subgroups("sex")
    assert [(g.label, g.fit.k) for g in found.groups] == [("f", 2), ("m", 2)]
    assert found.notes[0] == "In no group, without a value of sex: D."
    known = [i for i, cell in enumerate(GROUPED["sex"]) if cell]
    rest = {name: [column[i] for i in known] for name, column in GROUPED.items()}
    assert found.Q_between == meta_analysis(rest, measure="OR").subgroups("sex").Q_between
    with pytest.raises(EvidenceError, match="a value for every study, found none for D"):
        result.robust("sex")


def test_none_is_a_value_beside_words_and_no_value_beside_numbers():
    pooled = meta_analysis(GROUPED, measure="OR", moderators=["counselling"])
    assert pooled.names == ("intercept", "counselling[weekly]")
    assert len(pooled.labels) == 5
    doses = meta_analysis(GROUPED, measure="OR", moderators=["dose"])
    assert doses.labels == ("A", "C", "D", "E")
    groups = meta_analysis(GROUPED, measure="OR").subgroups("counselling").groups
    assert [g.label for g in groups] == ["none", "weekly"]


def test_covariates_of_networks_may_be_none():
    arms = {
        "study": ["A", "A", "B", "B", "C", "C", "D", "D"],
        "treatment": ["x", "p", "x", "p", "x", "p", "x", "p"],
        "events": [4, 9, 5, 8, 0, 9, 7, 9],
        "n": [20] * 8,
        "counselling": ["none", "none", "weekly", "weekly", "none", "none", "weekly", "weekly"],
        "dose": [0, 0, 5, 5, 10, 10, "none", "none"],
    }
    network = read_network(arms)
    words = covariate(network, "counselling")
    assert (words.zero, words.one, words.left_out) == ("none", "weekly", ())
    doses = covariate(network, "dose")
    assert doses.left_out == ("D",) and doses.by_arm["A"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("code", "way"), [("OR", " --method MH adds nothing."), ("RR", ""), ("RD", None)]
)
def test_networks_say_where_something_is_added_to_zero_cells(code, way):
    arms = {
        "study": ["A", "A", "B", "B", "C", "C"],
        "treatment": ["x", "p", "x", "p", "x", "p"],
        "events": [0, 9, 5, 8, 0, 0],
        "n": [20] * 6,
    }
    told = [
        note for note in read_network(arms, measure=code).notes if note.startswith("Where a cell")
    ]
    expected = (
        []
        if way is None
        else [f"Where a cell is zero, 0.5 is added in every arm of the study: A.{way}"]
    )
    assert told == expected
    as_counted = remarks(read_network(arms, measure=code), as_counted=True)
    assert not any(note.startswith("Where a cell") for note in as_counted)


def test_posteriors_have_the_level_that_is_asked_for():
    pooled = meta_analysis(GROUPED, measure="OR", level=0.8)
    values, text = bayes(pooled, "half-normal:0.5")
    found = bayesian_meta_analysis(
        pooled.values, pooled.variances, tau_prior=parse_prior("half-normal:0.5")
    )
    assert values["bayes"]["mu"]["low"] == pytest.approx(found.mu.quantile(0.1))
    assert values["bayes"]["new"]["high"] == pytest.approx(found.new.quantile(0.9))
    assert "medians and 80% intervals" in text


def test_a_placebo_among_components_is_told():
    arms = {
        "study": ["A", "A", "B", "B", "C", "C", "D", "D"],
        "treatment": ["a+b", "p", "a", "p", "b", "p", "a", "a+b"],
        "events": [3, 6, 8, 9, 12, 20, 11, 18],
        "n": [50, 50, 40, 41, 60, 62, 60, 62],
    }
    for inactive, told in ((None, True), ("p", False)):
        found = component_network(arms, inactive=inactive)
        assert ("--inactive NAME" in components_text(found, "OR")) is told
