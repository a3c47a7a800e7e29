"""Tables as their owners hold them: names of columns, scales, totals, clusters, crossovers."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.errors import EvidenceError
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.evidence.table.names import meaning
from speciosa.evidence.table.reading import Reading, prepared
from speciosa.evidence.table.scale import Stated, analysed

RATIOS = {"ci_low": [0.41, 0.50, 0.70], "ci_high": [0.94, 1.28, 1.73]}
COUNTS = {
    "study": ["A", "B"],
    "events_t": [14, 9],
    "n_t": [60, 45],
    "events_c": [22, 15],
    "n_c": [61, 44],
}


def refused(*args, **options):
    with pytest.raises(EvidenceError) as caught:
        meta_analysis(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "role", "measure", "log"),
    [
        ("Experimental cases", "events_t", "", False),
        ("Control N", "n_c", "", False),
        ("mean (intervention)", "mean_t", "", False),
        ("SD control", "sd_c", "", False),
        ("Hazard Ratio", "effect", "HR", False),
        ("lnHR", "effect", "HR", True),
        ("se(logOR)", "se", "OR", True),
        ("95% CI lower", "ci_low", "", False),
        ("HR_upper", "ci_high", "HR", False),
        ("97.5 %", "ci_high", "", False),
        ("treatment", "", "", False),
        ("deaths at 30 days", "", "", False),
        ("Weight", "", "", False),
    ],
)
def test_a_name_is_understood_as_a_whole_or_not_at_all(name, role, measure, log):
    found = meaning(name)
    assert (found.role, found.measure, found.log) == (role, measure, log)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(0.25, 0.9)), min_size=2, max_size=6))
def test_ratios_as_printed_come_back_whatever_they_are(effects):
    logs, se = np.array(effects).T
    z = 1.959963984540054
    printed = [np.round(np.exp(logs + s * z * se), 3) for s in (0, -1, 1)]
    stated = Stated([str(i) for i in range(len(logs))], printed[0], None, printed[1], printed[2], 3)
    found = analysed(stated, "log")
    assert not found.faults
    assert found.effect == pytest.approx(logs, abs=0.01)
    assert found.se == pytest.approx(se, abs=0.02)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0.5, 3.0), st.floats(0.1, 0.25)), min_size=2, max_size=6))
def test_positive_logarithms_with_intervals_are_never_taken_for_ratios(effects):
    values, se = np.array(effects).T
    z = 1.959963984540054
    printed = [np.round(values + s * z * se, 3) for s in (0, -1, 1)]
    stated = Stated(
        [str(i) for i in range(len(values))], printed[0], None, printed[1], printed[2], 3
    )
    found = analysed(stated, "log")
    if not found.faults:
        assert found.effect.tolist() == printed[0].tolist()


def test_ratios_under_the_name_effect_are_turned_and_it_is_said():
    found = meta_analysis(
        {"study": list("ABC"), "effect": [0.62, 0.80, 1.10], **RATIOS}, measure="OR"
    )
    assert found.values == pytest.approx(np.log([0.62, 0.80, 1.10]))
    assert found.natural(found.estimate) == pytest.approx(0.81, abs=0.01)
    assert any("symmetric in logarithms only" in note for note in found.notes)


def test_the_scale_is_asked_for_where_nothing_tells():
    narrow = {"study": ["A"], "effect": [1.00], "ci_low": [0.99], "ci_high": [1.01]}
    assert "--scale natural" in refused(narrow, measure="OR")
    assert meta_analysis(narrow, measure="OR", reading=Reading("natural")).estimate == 0.0
    assert meta_analysis(narrow, measure="OR", reading=Reading("log")).estimate == 1.0
    ratios = {"study": list("ABC"), "effect": [0.62, 0.80, 1.10], **RATIOS}
    assert "Name their measure" in refused(ratios)


def test_studies_on_different_scales_are_refused():
    mixed = {
        "study": ["A", "B"],
        "effect": [0.62, 1.5],
        "ci_low": [0.41, 0.5],
        "ci_high": [0.94, 2.5],
    }
    assert "one scale for all studies" in refused(mixed, measure="OR")


def test_a_column_named_for_logarithms_that_holds_ratios_is_asked_about():
    table = {"study": list("ABC"), "logOR": [0.62, 0.80, 1.10], **RATIOS}
    assert "as their column says" in refused(table, measure="OR")


def test_the_error_of_a_ratio_is_asked_for():
    assert "selogOR" in refused(
        {"study": ["A", "B"], "OR": [0.62, 0.8], "se": [0.2, 0.3]}, measure="OR"
    )
    known = meta_analysis({"study": ["A", "B"], "OR": [0.62, 0.8], "selogOR": [0.2, 0.3]})
    assert known.measure.code == "OR"
    assert known.values == pytest.approx(np.log([0.62, 0.8]))


def test_columns_of_another_measure_are_never_taken():
    table = {"study": ["A", "B"], "OR": [0.62, 0.8], "lower": [0.41, 0.5], "upper": [0.94, 1.28]}
    assert "--measure OR" in refused(table, measure="RR")


def test_an_interval_of_ninety_percent_is_read_as_one():
    table = {
        "study": ["A", "B"],
        "MD": [1.0, 2.0],
        "90% CI lower": [0.0, 1.0],
        "90% CI upper": [2.0, 3.0],
    }
    found = meta_analysis(table)
    assert np.sqrt(found.variances) == pytest.approx(1 / 1.6448536269514722)


def test_lopsided_intervals_are_named():
    table = {"study": ["A", "B"], "MD": [1.0, 2.0], "lower": [0.0, 1.9], "upper": [2.0, 3.0]}
    note = next(n for n in meta_analysis(table).notes if n.startswith("Lopsided"))
    assert "B" in note
    assert " A" not in note.partition(".")[0]


def test_one_cell_holds_effect_and_interval():
    table = {"study": ["A", "B"], "HR (95% CI)": ["0.62 (0.41 to 0.94)", "0.80 [0.50; 1.28]"]}
    assert meta_analysis(table).values == pytest.approx(np.log([0.62, 0.80]))


def test_columns_are_named_by_their_owner():
    table = {
        "trial": ["A", "A", "B", "B"],
        "drug": ["x", "p"] * 2,
        "death": [4, 8, 5, 9],
        "randomized": [20, 20, 30, 30],
    }
    names = {"study": "trial", "treatment": "drug", "events": "death", "n": "randomized"}
    found = network_meta_analysis(table, reference="p", reading=Reading(columns=names))
    plain = {ours: table[theirs] for ours, theirs in names.items()}
    assert found.tau2 == network_meta_analysis(plain, reference="p").tau2
    with pytest.raises(EvidenceError, match="Did you mean death"):
        network_meta_analysis(table, reading=Reading(columns={"events": "deaths"}))


def test_totals_are_left_out_by_name_and_by_sum():
    plain = meta_analysis(COUNTS, measure="RR")
    for name in ("Total (95% CI)", "Subtotal", "Sum", "C"):
        summed = {c: [*v, name if c == "study" else sum(v)] for c, v in COUNTS.items()}
        found = meta_analysis(summed, measure="RR")
        assert found.estimate == plain.estimate
        assert any("a total, not a study" in note for note in found.notes)
    other = {c: [*v, "C" if c == "study" else sum(v) + 1] for c, v in COUNTS.items()}
    assert meta_analysis(other, measure="RR").k == 3


def test_names_go_before_numbers():
    table = {**COUNTS, "study": [1, 2], "author": ["Lee", "Kim"]}
    assert meta_analysis(table, measure="RR").labels == ("Lee", "Kim")
    arms = {"studyn": [1, 1, 2, 2], "studyc": ["Lee", "Lee", "Lee", "Lee"], "year": [1, 1, 2, 2],
            "trtn": [1, 2, 1, 2], "trtc": ["p", "x"] * 2, "r": [4, 8, 5, 9], "n": [20] * 4}  # fmt: skip
    found = network_meta_analysis(arms)
    assert found.treatments == ("p", "x")
    assert [study.name for study in found.network.studies] == ["Lee 1", "Lee 2"]


def test_a_cluster_trial_counts_for_fewer_people():
    clusters = meta_analysis(
        {**COUNTS, "icc": [0.05, None], "cluster_size": [21, None]}, measure="OR", method="EE"
    )
    plain = meta_analysis(COUNTS, measure="OR", method="EE")
    assert clusters.values == pytest.approx(plain.values)
    assert clusters.variances == pytest.approx(plain.variances * [2, 1])
    stated = {
        "study": ["A", "B"],
        "effect": [-0.2, 0.1],
        "se": [0.2, 0.3],
        "design_effect": [2.25, 1],
    }
    assert np.sqrt(meta_analysis(stated, measure="MD").variances) == pytest.approx([0.3, 0.3])
    assert "cluster_size" in refused({**COUNTS, "icc": [0.05, None]}, measure="OR")


def test_a_crossover_trial_has_the_variance_of_its_differences():
    people = np.random.default_rng(3).multivariate_normal([4, 5], [[4, 2.52], [2.52, 4.41]], 40)
    (t, c), (st_, sc) = people.mean(0), people.std(0, ddof=1)
    r = float(np.corrcoef(people.T)[0, 1])
    row = {
        "study": ["A"],
        "mean_t": [t],
        "sd_t": [st_],
        "n_t": [40],
        "mean_c": [c],
        "sd_c": [sc],
        "n_c": [40],
    }
    found = meta_analysis(row | {"correlation": [r]}, measure="MD")
    assert found.variances[0] == pytest.approx((people[:, 0] - people[:, 1]).var(ddof=1) / 40)
    # Pairs of a yes-or-no outcome: 8 both, 6 first only, 3 second only, 23 neither.
    phi = (8 * 23 - 6 * 3) / math.sqrt(14 * 26 * 11 * 29)
    pair = {
        "study": ["A"],
        "events_t": [14],
        "n_t": [40],
        "events_c": [11],
        "n_c": [40],
        "correlation": [phi],
    }
    difference = meta_analysis(pair, measure="RD")
    assert difference.variances[0] == pytest.approx((6 + 3 - (6 - 3) ** 2 / 40) / 40**2)
    assert "the same people" in refused({**pair, "n_c": [39]}, measure="OR")


def test_medians_lead_to_the_conversions():
    table = {"study": ["A"], "median_t": [12], "q1_t": [8], "q3_t": [16], "n_t": [50],
             "median_c": [14], "q1_c": [9], "q3_c": [19], "n_c": [48]}  # fmt: skip
    said = refused(table, measure="MD")
    assert "mean_sd" in said
    assert "Did you mean" not in said


def test_observed_minus_expected_is_petos_effect():
    header = "Analysis group,Analysis number,Study,Experimental N,Control N,O-E,Variance".split(",")
    rows = [["1", "1", "A", "60", "61", "-3.2", "4.0"], ["1", "1", "B", "45", "44", "-1.0", "6.25"]]
    table = pl.DataFrame(rows, schema=header, orient="row")
    found = meta_analysis(table, measure="HR")
    assert found.values == pytest.approx([-0.8, -0.16])
    assert np.sqrt(found.variances) == pytest.approx([0.5, 0.4])
    two = table.with_columns(pl.Series("Analysis number", ["1", "2"]))
    assert "one analysis" in refused(two, measure="HR")
    chosen = meta_analysis(two, measure="HR", reading=Reading(rows={"Analysis number": "2"}))
    assert chosen.labels == ("B",)


def test_differences_from_a_baseline_arm_share_its_error():
    arms = [
        ("A", "p", None, 0.1),
        ("A", "x", 0.5, 0.2),
        ("A", "y", 0.3, 0.21),
        ("B", "p", None, None),
        ("B", "x", 0.4, 0.2),
    ]
    names = ("study", "treatment", "diff", "std.err")
    table = [dict(zip(names, arm, strict=True)) for arm in arms]
    study = network_meta_analysis(table, measure="MD").network.studies[0]
    place = {name: study.treatments.index(name) for name in "pxy"}
    assert study.effect[place["x"], place["y"]] == pytest.approx(0.2)
    assert study.variance[place["x"], place["y"]] == pytest.approx(0.04 + 0.0441 - 0.02)
    table[0]["std.err"] = None
    with pytest.raises(EvidenceError, match="baseline's own standard error"):
        network_meta_analysis(table, measure="MD")


def test_rows_are_chosen_by_a_value():
    table = {**COUNTS, "outcome": ["death", "pain"]}
    assert prepared(table, Reading(rows={"Outcome": "Death"}), by_study=True).table[
        "study"
    ].to_list() == ["A"]
    with pytest.raises(EvidenceError, match="one of death, pain"):
        prepared(table, Reading(rows={"outcome": "sleep"}), by_study=True)


def test_a_narrow_knapp_hartung_interval_says_so():
    close = {"study": list("ABC"), "effect": [0.30, 0.31, 0.30], "se": [0.1, 0.11, 0.12]}
    assert any("narrower than the normal" in n for n in meta_analysis(close, measure="MD").notes)
    floored = meta_analysis(close, measure="MD", test="knapp-hartung-floor")
    assert not any("narrower" in n for n in floored.notes)


def test_rare_events_offer_what_needs_no_addition():
    rare = {
        "study": list("ABC"),
        "events_t": [0, 2, 1],
        "n_t": [50] * 3,
        "events_c": [2, 4, 3],
        "n_c": [50] * 3,
    }
    note = next(n for n in meta_analysis(rare, measure="OR").notes if n.startswith("Rare events"))
    mh = meta_analysis(rare, measure="OR", method="MH")
    assert f"Mantel-Haenszel {math.exp(mh.estimate):.3g}" in note
    assert "--method PETO" in note


def test_a_named_ratio_is_one_though_some_of_its_intervals_are_odd():
    table = {
        "study": list("ABC"),
        "OR": [0.62, 0.80, 1.0],
        "lower": [0.41, 0.50, 0.5],
        "upper": [0.94, 1.28, 1.5],
    }
    found = meta_analysis(table)
    assert found.values == pytest.approx(np.log(table["OR"]))
    assert any(note.startswith("Lopsided") and "C" in note for note in found.notes)


def test_events_and_means_as_papers_print_them():
    fractions = {
        "study": ["A", "B"],
        "Intervention (n/N)": ["14/60 (23%)", "9/45"],
        "Control": ["22/61", "15/44"],
    }
    assert meta_analysis(fractions, measure="RR").values == pytest.approx(
        meta_analysis(COUNTS, measure="RR").values
    )
    means = {
        "study": ["A"],
        "Treatment mean (SD)": ["4.1 ± 2.0"],
        "n_t": [30],
        "Control mean (SD)": ["5.0 ± 2.1"],
        "n_c": [31],
    }
    assert meta_analysis(means, measure="MD").values[0] == pytest.approx(-0.9)
    arms = {"study": ["A", "A"], "treatment": ["x", "p"], "events/N": ["14/60", "22/61"]}
    assert [arm.n for arm in network_meta_analysis(arms).network.studies[0].arms] == [60, 61]


def test_columns_that_differ_in_case_only_are_asked_about():
    table = {"study": ["A", "A"], "treatment": ["x", "p"], "n": [14, 22], "N": [60, 61]}
    with pytest.raises(EvidenceError, match="--columns events=n,n=N"):
        network_meta_analysis(table)
    named = network_meta_analysis(table, reading=Reading(columns={"events": "n", "n": "N"}))
    assert [(arm.events, arm.n) for arm in named.network.studies[0].arms] == [(14, 60), (22, 61)]


def test_an_effect_with_a_p_value_alone_is_led_to_the_conversion():
    assert "se_from_p" in refused({"study": ["A", "B"], "MD": [1.0, 2.0], "p": [0.03, 0.2]})


def test_wrong_names_and_figures_of_contrasts_are_said_at_once():
    rows = [("A", "x", "", 0.1, 0.2), ("B", "x", "p", "much", 0.2)]
    names = ("study", "treat1", "treat2", "effect", "se")
    with pytest.raises(EvidenceError) as caught:
        network_meta_analysis([dict(zip(names, row, strict=True)) for row in rows])
    assert "the name of a treatment" in str(caught.value)
    assert "study 'B', x minus p, effect: expected a number" in str(caught.value)
