"""Rows that are no study: by their name, by their sums, and whole arms."""

import polars as pl
import pytest

from speciosa.evidence.table.totals import without_totals


def left(by_study: bool = True, **columns: list) -> tuple[list, tuple[str, ...]]:
    table, notes = without_totals(pl.DataFrame(columns, strict=False), by_study)
    return table[table.columns[0]].to_list(), notes


@pytest.mark.parametrize(
    "name",
    [
        "Total",
        "subtotal",
        "Sub-total",
        "Grand total",
        "Overall effect",
        "Pooled OR",
        "Total (95% CI)",
        "All studies",
        "Summary [RE]",
        "Random-effects model",
        "RE model (I2)",
        "Heterogeneity: Q 3",
        "Test for overall effect: Z",
        "Tests for subgroup differences",
    ],
)
def test_names_of_totals(name):
    assert left(study=["A", name], effect=[1, 2]) == (
        ["A"],
        (f"Left out: {name} (a total, not a study).",),
    )


@pytest.mark.parametrize(
    "name", ["Totally 2001", "Summers 2003", "Allen", "Overall Study 1", "Model"]
)
def test_names_of_studies(name):
    assert left(study=["A", name], effect=[1, 2]) == (["A", name], ())


@pytest.mark.parametrize(
    ("columns", "total"),
    [
        ({"events_t": [1, 2, 3], "n_t": [10, 20, 30]}, True),
        ({"events_t": [1, 2, 3]}, False),
        ({"events_t": [1, 2, 4], "n_t": [10, 20, 30]}, False),
        ({"events_t": [1, 2, 3], "n_t": [10, 20, 31]}, False),
        ({"events_t": [1, 2, None], "n_t": [10, 20, 30]}, False),
        ({"events_t": [1, None, 1], "n_t": [10, 20, 30]}, False),
        ({"events_t": [1, 2, None, 3], "n_t": [10, 20, 5, 35]}, True),
        ({"events_t": [1, "x", 2, 3], "n_t": [10, 20, 5, 35]}, True),
        ({"events_t": [1, 1], "n_t": [10, 10]}, False),
        ({"mean_t": [1, 2, 3], "sd_t": [10, 20, 30]}, False),
        ({"time_t": [1, 2, 3], "time_c": [10, 20, 30]}, True),
    ],
)
def test_a_last_row_with_the_sums_of_all_others_is_a_total(columns, total):
    size = len(next(iter(columns.values())))
    names = ["A", "B", "C", "D"][:size]
    found, notes = left(study=names, **columns)
    assert found == (names[:-1] if total else names) and len(notes) == total
    assert left(False, study=names, **columns)[1] == ()


def test_a_total_without_a_name_is_the_last_row_and_a_named_one_is_enough():
    table = {"study": ["A", "B", None], "events_t": [1, 2, 3], "n_t": [1, 2, 3]}
    assert left(**table)[1] == ("Left out: the last row (a total, not a study).",)
    named = {"study": ["Total", "A", "B", "C"], "events_t": [9, 1, 2, 12], "n_t": [9, 1, 2, 12]}
    assert left(**named) == (["A", "B", "C"], ("Left out: Total (a total, not a study).",))
    assert left(effect=[1, 2])[1] == ()


def test_whole_arms_of_a_study_are_left_out_and_a_treatment_called_combined_is_not():
    arms = {
        "study": ["A", "A", "A", "B"],
        "arm": ["x", "p", "Total", "combined"],
        "n": [1, 2, 3, 4],
    }
    assert left(False, **arms) == (["A", "A", "B"], ("Left out: A, Total (a total, not a study).",))
    assert left(True, **arms)[1] == ()
    assert left(False, study=["A", "A"], arm=["all patients", "x"])[0] == ["A"]
