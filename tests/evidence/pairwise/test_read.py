"""Studies as a table holds them: every rule of reading at its bound, and every fault with its place."""

import math

import numpy as np
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.pairwise.possible import uneven
from speciosa.evidence.pairwise.read import read_studies
from speciosa.evidence.table.reading import Reading

COUNTS = {
    "study": ["A", "B"],
    "events_t": [4, 5],
    "n_t": [20, 30],
    "events_c": [7, 6],
    "n_c": [21, 29],
}
MEANS = {
    "study": ["A", "B"],
    "mean_t": [4.0, 5],
    "sd_t": [2.0, 2.5],
    "n_t": [20, 30],
    "mean_c": [5.0, 6],
    "sd_c": [2.0, 2],
    "n_c": [21, 29],
}
PAIRED = {
    "study": ["A", "B"],
    "mean_post": [4.0, 5],
    "sd_post": [2.0, 2],
    "mean_pre": [5.0, 6],
    "sd_pre": [2.0, 2],
    "n": [20, 30],
    "correlation": [0.5, 0.4],
}
RATES = {
    "study": ["A", "B"],
    "events_t": [4, 5],
    "time_t": [20, 30],
    "events_c": [7, 6],
    "time_c": [21, 29],
}


def faults_of(table, code, **reading) -> list[tuple[str, str, str]]:
    with pytest.raises(EvidenceError) as caught:
        read_studies(table, code, Reading(**reading))
    return [(fault.where, fault.expected, fault.found) for fault in caught.value.faults]


def with_first(table, **cells) -> dict:
    """The table with other figures in its first row."""
    return table | {name: [value, *table[name][1:]] for name, value in cells.items()}


@pytest.mark.parametrize(
    ("table", "code", "cells", "fault"),
    [
        (COUNTS, "RR", {"events_t": -1}, ("events_t", "events of 0 or more", "-1")),
        (COUNTS, "RR", {"events_t": 0}, None),
        (COUNTS, "RR", {"events_t": 20}, None),
        (COUNTS, "RR", {"events_t": 21}, ("events_t", "at most n = 20", "21")),
        (COUNTS, "RR", {"events_c": 22}, ("events_c", "at most n = 21", "22")),
        (COUNTS, "RR", {"events_t": 0, "n_t": 0}, ("n_t", "a number of people above 0", "0")),
        (COUNTS, "RR", {"n_t": 0}, ("n_t", "a number of people above 0", "0")),
        (COUNTS, "RR", {"events_t": 1, "n_t": 1}, None),
        (RATES, "IRR", {"time_t": 0}, ("time_t", "person-time above 0", "0")),
        (RATES, "IRR", {"time_t": 0.5}, None),
        (MEANS, "MD", {"sd_c": 0}, ("sd_c", "a standard deviation above 0", "0")),
        (MEANS, "MD", {"n_t": 1}, ("n_t", "at least 2 people for a standard deviation", "1")),
        (MEANS, "MD", {"n_t": 2}, None),
        (MEANS, "MD", {"mean_t": -4}, None),
        (MEANS, "ROM", {"mean_t": 0}, ("mean_t", "a mean above 0 for ROM", "0")),
        (MEANS, "CVR", {"mean_c": -1}, ("mean_c", "a mean above 0 for CVR", "-1")),
        (MEANS, "ROM", {"mean_t": 0.1}, None),
        (
            PAIRED,
            "MC",
            {"correlation": 1.01},
            ("correlation", "a correlation from -1 to 1", "1.01"),
        ),
        (
            PAIRED,
            "MC",
            {"correlation": -1.01},
            ("correlation", "a correlation from -1 to 1", "-1.01"),
        ),
        (PAIRED, "MC", {"correlation": 1.0}, None),
        (PAIRED, "MC", {"correlation": -1.0}, None),
        (PAIRED, "MC", {"n": 1}, ("n", "at least 2 people for a standard deviation", "1")),
        (PAIRED, "ROMC", {"mean_pre": 0}, ("mean_pre", "a mean above 0 for ROMC", "0")),
    ],
)
def test_figures_that_cannot_be_and_those_that_just_can(table, code, cells, fault):
    changed = with_first(table, **cells)
    if fault is None:
        assert read_studies(changed, code).labels == ("A", "B")
    else:
        name, expected, found = fault
        assert faults_of(changed, code) == [(f"study 'A', {name}", expected, found)]


def test_a_study_without_a_correlation_within_people_is_left_out():
    found = read_studies(with_first(PAIRED, correlation=None), "MC")
    assert found.labels == ("B",) and found.left_out == (("A", "figures missing"),)


@pytest.mark.parametrize(("ratio", "fits"), [(5e8, True), (5.01e8, False)])
def test_errors_that_double_precision_cannot_weigh(ratio, fits):
    found = uneven(np.array([1.0, 1 / ratio, 0.5, np.nan, np.inf, 0.0, -1.0]))
    expected = [(1, "within a factor of 5e+08 of the largest, 1", f"{1 / ratio:g}")]
    assert found == ([] if fits else expected)
    assert uneven(np.array([np.nan, 0.0])) == []
    table = {"study": ["A", "B"], "effect": [0.1, 0.2], "se": [1.0, 1 / ratio]}
    if fits:
        assert read_studies(table, "MD").labels == ("A", "B")
    else:
        assert faults_of(table, "MD")[0][0] == "study 'B', se"


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        ({}, ("study 1", "study 2", "study 3")),
        ({"study": ["Lee", "Kim", "Ono"], "year": [1, 2, 3]}, ("Lee", "Kim", "Ono")),
        (
            {"study": ["Lee", "Lee", "Kim"], "year": [2001, 2003, 2007]},
            ("Lee 2001", "Lee 2003", "Kim"),
        ),
        ({"study": [" Lee", "Kim ", "Ono"]}, ("Lee", "Kim", "Ono")),
    ],
)
def test_names_of_studies(columns, labels):
    table = columns | {"effect": [0.1, 0.2, 0.3], "se": [0.1, 0.1, 0.1]}
    assert read_studies(table, "MD").labels == labels


def test_rows_of_one_study_are_numbered_where_they_may_repeat_and_a_fault_where_not():
    table = {"study": ["Lee", "Kim", "Lee"], "effect": [0.1, 0.2, 0.3], "se": [0.1, 0.1, 0.1]}
    found = read_studies(table, "MD", Reading(repeated=True))
    assert found.labels == ("Lee (1)", "Kim", "Lee (2)")
    assert faults_of(table, "MD") == [("study 'Lee'", "one row", "rows 1, 3 (duplicated)")]


def test_two_rows_of_a_study_with_one_control_group_say_so():
    table = COUNTS | {"study": ["A", "A"], "events_c": [7, 7], "n_c": [21, 21]}
    shared = "rows 1, 2 (duplicated) with the same control group"
    assert faults_of(table, "RR") == [("study 'A'", "one row", shared)]
    other = table | {"n_c": [21, 22]}
    assert faults_of(other, "RR") == [("study 'A'", "one row", "rows 1, 2 (duplicated)")]


def test_a_row_without_a_name_is_a_fault_and_two_are_no_twins():
    table = {"study": ["A", None, ""], "effect": [0.1, 0.2, 0.3], "se": [0.1, 0.1, 0.1]}
    assert faults_of(table, "MD") == [
        ("row 2, study", "the name of a study", "nothing"),
        ("row 3, study", "the name of a study", "nothing"),
    ]
    assert len(faults_of(table, "MD", repeated=True)) == 2


def test_people_are_events_and_those_without():
    table = {"study": ["A"], "ai": [4], "bi": [16], "ci": [7], "di": [14]}
    found = read_studies(table, "OR").raw
    assert {name: values.tolist() for name, values in found.items()} == {
        "events_t": [4.0],
        "n_t": [20.0],
        "events_c": [7.0],
        "n_c": [21.0],
    }


def test_standard_errors_of_means_are_turned_with_the_root_of_n():
    table = {
        "study": ["A"],
        "mean_t": [4],
        "mean_se_t": [0.5],
        "n_t": [16],
        "mean_c": [5],
        "sd_c": [2],
        "n_c": [25],
    }
    found = read_studies(table, "MD")
    assert found.raw["sd_t"].tolist() == [2.0] and found.raw["sd_c"].tolist() == [2.0]
    assert found.notes == (
        "Standard deviations are the standard errors of mean_se_t times the root of n.",
    )
    both = {name: values for name, values in table.items() if name != "sd_c"} | {"mean_se_c": [0.4]}
    notes = read_studies(both, "MD").notes
    assert notes == (
        "Standard deviations are the standard errors of mean_se_t and mean_se_c times the root of n.",
    )


def test_clusters_and_crossovers_are_said_by_name():
    table = COUNTS | {"design_effect": [1.5, 1.0]}
    found = read_studies(table, "RR")
    assert found.notes == ("Cluster trials, size divided by the design effect: A by 1.5.",)
    assert found.raw["n_t"].tolist() == pytest.approx([20 / 1.5, 30])
    stated = {
        "study": ["A", "B"],
        "effect": [0.1, 0.2],
        "se": [0.2, 0.3],
        "icc": [None, 0.05],
        "cluster_size": [None, 21],
    }
    found = read_studies(stated, "MD")
    assert found.given["se"].tolist() == pytest.approx([0.2, 0.3 * math.sqrt(2)])
    assert found.notes == ("Cluster trials, size divided by the design effect: B by 2.",)
    crossed = COUNTS | {"n_c": [20, 29], "correlation": [0.5, None]}
    found = read_studies(crossed, "RR")
    assert found.notes == ("Crossover trials, variance with the correlation within people: A.",)
    np.testing.assert_array_equal(found.correlation, [0.5, np.nan])
    assert read_studies(COUNTS, "RR").notes == ()


def test_broken_counts_are_doubted_only_without_a_design_effect():
    broken = COUNTS | {"events_t": [4.5, 5]}
    assert any("No whole numbers" in note for note in read_studies(broken, "RR").notes)
    for design in ({"design_effect": [1.0, 1.0]}, {"icc": [0.0, None], "cluster_size": [3, None]}):
        assert not read_studies(broken | design, "RR").notes
    assert not read_studies(RATES | {"time_t": [20.5, 30.25]}, "IRR").notes


@pytest.mark.parametrize(
    ("table", "code", "expected", "fix"),
    [
        (
            {"study": ["A"], "age": [3]},
            "GEN",
            "effect and se for GEN",
            "Name the measure to compute, as RR or MD; --columns effect=NAME,se=NAME says",
        ),
        (
            {"study": ["A"], "age": [3]},
            "MD",
            "mean_t, sd_t, n_t, mean_c, sd_c, n_c for MD, or effect and se",
            "--columns mean_t=NAME,sd_t=NAME,n_t=NAME",
        ),
        (
            {"study": ["A"], "treatment": ["x"], "events": [1], "n": [9]},
            "GEN",
            "effect and se for GEN",
            "speciosa nma FILE",
        ),
        (
            {"study": ["A"], "treat1": ["x"], "treat2": ["y"]},
            "HR",
            "effect and se for HR",
            "speciosa nma FILE",
        ),
        (
            {"study": ["A"], "OR": [0.5], "lower": [0.2], "upper": [0.9]},
            "RR",
            "events_t, n_t, events_c, n_c for RR, or effect and se",
            "The table states odds ratios: --measure OR.",
        ),
        (
            COUNTS,
            "GEN",
            "effect and se for GEN",
            "these columns do for RR, OR, RD, AS, PETO, PHI, YUQ, RTET.",
        ),
        (
            {"study": ["A"], "ai": [4], "bi": [16], "ci": [7], "di": [14]},
            "GEN",
            "effect and se for GEN",
            "these columns do for RR, OR",
        ),
        (
            {"study": ["A"], "events": [4], "n": [16]},
            "GEN",
            "effect and se for GEN",
            "these columns do for PR, PLN, PLO, PAS, PFT.",
        ),
        (
            {"study": ["A"], "median_t": [4], "median_c": [16]},
            "GEN",
            "effect and se for GEN",
            "mean_sd",
        ),
        (
            {"study": ["A"], "median_t": [4], "median_c": [16]},
            "MD",
            "mean_t, sd_t, n_t, mean_c, sd_c, n_c for MD, or effect and se",
            "mean_sd",
        ),
    ],
)
def test_which_columns_would_do(table, code, expected, fix):
    with pytest.raises(EvidenceError) as caught:
        read_studies(table, code)
    assert (caught.value.faults[0].where, caught.value.faults[0].expected) == ("columns", expected)
    assert fix in caught.value.faults[0].fix


def test_a_figure_that_is_missing_is_asked_for_with_the_nearest_column():
    table = {"study": ["A"], "events_t": [4], "n_t": [20], "evnts_c": [7], "n_c": [21]}
    with pytest.raises(EvidenceError) as caught:
        read_studies(table, "RR")
    (fault,) = caught.value.faults
    assert (fault.where, fault.expected, fault.found) == (
        "column 'events_c'",
        "figures for RR",
        "none",
    )
    assert fault.fix == "--columns events_c=evnts_c says which column it is."
    unsaid = {
        "study": ["A"],
        "Treatment": ["x"],
        "mean_c": [5],
        "sd_c": [2],
        "n_c": [9],
        "n_t": [9],
    }
    with pytest.raises(EvidenceError) as caught:
        read_studies(unsaid, "MD")
    fixes = [
        fault.fix
        for fault in caught.value.faults
        if fault.where in ("column 'mean_t'", "column 'sd_t'")
    ]
    assert fixes == ["Say in its name what column Treatment holds, as Treatment mean (SD)."] * 2
    counted = {"study": ["A"], "Control": ["x"], "events_t": [5], "n_t": [9]}
    with pytest.raises(EvidenceError, match=r"as Control \(n/N\)"):
        read_studies(counted, "RR")


def test_an_effect_goes_where_figures_are_missing():
    table = {
        "study": ["A", "B"],
        "events_t": [4, None],
        "n_t": [20, None],
        "effect": [None, -0.5],
        "se": [None, 0.2],
    }
    found = read_studies(table, "RR")
    assert found.labels == ("B",) and found.left_out == (("A", "figures missing"),)
    mixed = COUNTS | {"events_c": [7, None], "effect": [0.3, -0.5], "se": [0.1, 0.2]}
    found = read_studies(mixed, "RR")
    assert found.labels == ("A", "B")
    np.testing.assert_array_equal(found.raw["n_t"], [20, np.nan])
    with pytest.raises(EvidenceError, match="figures, found none"):
        read_studies({"study": ["A"], "effect": [None], "se": [0.1]}, "MD")


def test_the_measure_that_the_column_names_is_taken_for_effects_as_given():
    table = {"study": ["A"], "HR": [0.5], "lower": [0.25], "upper": [1.0]}
    found = read_studies(table, "GEN")
    assert found.measure.code == "HR"
    assert found.notes[0] == "Measure HR, as the column of effects says."
    assert "Measure" not in read_studies(table, "HR").notes[0]
    plain = {"study": ["A"], "effect": [0.5], "se": [0.25]}
    assert read_studies(plain, "GEN").measure.code == "GEN"


def test_p_values_are_compared_where_no_effect_is_nothing():
    table = {"study": ["A", "B"], "effect": [0.5, 0.1], "se": [0.1, 0.1], "p": ["0.9", "0.3"]}
    assert any("rinted p-values" in note for note in read_studies(table, "MD").notes)
    alone = {"study": ["A", "B"], "effect": [0.5, 0.1], "se": [0.1, 0.1], "p": ["0.9", "0.3"]}
    assert not any("rinted p-values" in note for note in read_studies(alone, "MN").notes)


@pytest.mark.parametrize(
    ("table", "network"),
    [
        ({"study": ["A", "A"], "arm": ["x", "p"], "age": [1, 2]}, True),
        ({"study": ["A", "B"], "arm": ["x", "p"], "age": [1, 2]}, False),
        ({"arm": ["x", "p"], "age": [1, 2]}, False),
        ({"study": ["A", "A"], "limb": ["x", "p"], "age": [1, 2]}, False),
        ({"study": ["A", "B"], "treatment": ["x", "p"], "age": [1, 2]}, True),
    ],
)
def test_rows_of_arms_are_sent_to_the_network(table, network):
    with pytest.raises(EvidenceError) as caught:
        read_studies(table, "OR")
    fix = "One row an arm or a contrast is a network: speciosa nma FILE."
    assert (caught.value.faults[0].fix == fix) is network


@pytest.mark.parametrize(
    ("columns", "code", "led"),
    [
        (["median_t", "median_c"], "MD", True),
        (["Median pain (treatment)", "n_t"], "MD", True),
        (["median", "n"], "MN", True),
        (["median_t"], "RR", False),
        (["middle_t"], "MD", False),
    ],
)
def test_medians_lead_to_the_conversion_of_means_only(columns, code, led):
    table = {"study": ["A", "B"]} | {name: [3, 4] for name in columns}
    with pytest.raises(EvidenceError) as caught:
        read_studies(table, code)
    assert ("mean_sd" in str(caught.value)) is led
