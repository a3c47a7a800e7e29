"""Exports of RevMan: which kind of data a table of RevMan Web holds, Peto's effects, and outcomes of RevMan 5."""

import math

import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.table.exports.revman import from_revman
from speciosa.evidence.table.exports.revman5 import from_revman5
from speciosa.evidence.table.reading import REVMAN, Reading, prepared

WEB = (
    "Analysis group",
    "Analysis number",
    "Study",
    "Study year",
    "Experimental cases",
    "Experimental N",
    "Control cases",
    "Control N",
    "Experimental mean",
    "Experimental SD",
    "Control mean",
    "Control SD",
    "GIV Mean",
    "GIV SE",
    "O-E",
    "Variance",
    "Mean",
)


def web(*rows: dict[str, str], drop: tuple[str, ...] = ()) -> pl.DataFrame:
    base = dict.fromkeys(WEB, "0") | {
        "Analysis group": "1",
        "Analysis number": "1",
        "Study year": "2001",
    }
    filled = [base | {"Study": f"S{n}"} | row for n, row in enumerate(rows, 1)]
    return pl.DataFrame({name: [row[name] for row in filled] for name in WEB if name not in drop})


PEOPLE = {"Experimental N": "20", "Control N": "21"}


@pytest.mark.parametrize(
    ("filled", "columns"),
    [
        (PEOPLE | {"Experimental cases": "4"}, "events"),
        (PEOPLE | {"Control cases": "4"}, "events"),
        (PEOPLE, "events"),
        (PEOPLE | {"Experimental SD": "2"}, "mean"),
        (PEOPLE | {"Control SD": "2"}, "mean"),
        (PEOPLE | {"Control SD": "2", "O-E": "1"}, "mean"),
        (PEOPLE | {"O-E": "-3.2", "Variance": "4"}, "o-e"),
        (PEOPLE | {"O-E": "-3.2", "Variance": "4", "Control cases": "3"}, "o-e"),
        (PEOPLE | {"GIV Mean": "-0.5", "GIV SE": "0.2"}, "effect"),
        (PEOPLE | {"Mean": "0.6", "GIV SE": "0.2"}, "effect"),
        (PEOPLE | {"Mean": "0.6"}, "events"),
        (PEOPLE | {"GIV SE": "0.2"}, "events"),
        ({"GIV SE": "0.2"}, "effect"),
        ({}, "o-e"),
        (PEOPLE | {"GIV Mean": "-0.5", "GIV SE": "0.2", "Control cases": "3"}, "events"),
    ],
)
def test_the_kind_of_data_is_what_is_filled_in(filled, columns):
    table, notes = from_revman(web(filled))
    names = {
        "events": ["study", "events_t", "events_c", "n_t", "n_c", "year"],
        "mean": ["study", "mean_t", "mean_c", "sd_t", "sd_c", "n_t", "n_c", "year"],
        "effect": ["study", "yi", "sei", "year"],
        "o-e": ["study", "yi", "sei", "year"],
    }[columns]
    assert table.columns == names
    assert notes[0] == "Read as data rows of RevMan Web."
    more = {"effect": "GIV Mean and GIV SE are on", "o-e": "Effects are (O - E)/V"}.get(columns)
    assert len(notes) == 1 + bool(more) and (not more or notes[1].startswith(more))


def test_figures_go_to_their_groups_and_empty_rows_have_none():
    table, _ = from_revman(web(PEOPLE | {"Experimental cases": "4", "Control cases": "7"}, {}))
    assert table.rows() == [
        ("S1", "4", "7", "20", "21", "2001"),
        ("S2", "0", "0", None, None, "2001"),
    ]
    means = {
        "Experimental mean": "1",
        "Experimental SD": "2",
        "Control mean": "3",
        "Control SD": "4",
    }
    table, _ = from_revman(web(PEOPLE | means, PEOPLE))
    assert table.rows() == [
        ("S1", "1", "3", "2", "4", "20", "21", "2001"),
        ("S2", "0", "0", None, None, "20", "21", "2001"),
    ]
    table, _ = from_revman(web(PEOPLE | {"GIV Mean": "-0.5", "GIV SE": "0.2"}, {}))
    assert table.rows() == [("S1", "-0.5", "0.2", "2001"), ("S2", "0", None, "2001")]


@pytest.mark.parametrize(
    ("observed", "variance", "effect", "error"),
    [
        ("-3.2", "4", -0.8, 0.5),
        ("0", "6.25", 0.0, 0.4),
        ("x", "4", "x", "4"),
        ("1", "x", "1", "x"),
        ("1", "0", "1", "0"),
        (None, "4", None, None),
        ("1", None, None, None),
        ("1", "-4", None, None),
    ],
)
def test_observed_less_expected_over_its_variance(observed, variance, effect, error):
    table, notes = from_revman(
        pl.DataFrame(
            {"trial": ["A"], "O - E": [observed], "V": [variance]},
            schema_overrides={"O - E": pl.String, "V": pl.String},
        )
    )
    assert table.columns == ["trial", "yi", "sei"] and len(notes) == 1
    found = [
        float(cell) if isinstance(one, float) else cell
        for cell, one in zip(table.row(0)[1:], (effect, error), strict=True)
    ]
    assert found == [
        pytest.approx(one) if isinstance(one, float) else one for one in (effect, error)
    ]


def test_other_tables_and_stated_effects_stay_as_they_are():
    for table in (
        pl.DataFrame({"study": ["A"], "O-E": ["1"], "V": ["2"], "effect": ["0.1"]}),
        pl.DataFrame({"study": ["A"], "O-E": ["1"]}),
        pl.DataFrame({"study": ["A"], "V": ["2"]}),
        web({}, drop=("Control N",)).drop("O-E"),
    ):
        assert from_revman(table) == (table, ())


def test_one_analysis_at_a_time():
    table = web(PEOPLE, PEOPLE | {"Analysis number": "2"}, PEOPLE | {"Analysis group": "2"})
    with pytest.raises(EvidenceError) as caught:
        from_revman(table)
    (fault,) = caught.value.faults
    assert fault.found == "1.1, 1.2, 2.1"
    assert fault.fix == "Choose one: --rows 'Analysis group=1,Analysis number=1'."


FIVE = (
    "Comparison Number",
    "Outcome Number",
    "Subgroup Number",
    "Name",
    "Data Type",
    "Statistical Method",
    "Effect Measure",
    "Analysis Model",
    "Events 1",
    "Mean 1",
    "SD 1",
    "Total 1",
    "Events 2",
    "Mean 2",
    "SD 2",
    "Total 2",
    "Effect Estimate",
    "SE",
    "Q",
    "df",
    "Year of study",
)
OUTCOME = {
    "Name": "Pain",
    "Data Type": "DIC",
    "Statistical Method": "MH",
    "Effect Measure": "OR",
    "Analysis Model": "Fixed",
    "Q": "3",
    "df": "1",
}
COUNTS = {
    "Events 1": "4",
    "Total 1": "20",
    "Events 2": "7",
    "Total 2": "21",
    "Year of study": "1999",
}


def five(*rows: dict[str, str], drop: tuple[str, ...] = ()) -> pl.DataFrame:
    base = dict.fromkeys(FIVE, "") | {
        "Comparison Number": "1",
        "Outcome Number": "1",
        "Subgroup Number": "0",
    }
    filled = [base | row for row in rows]
    return pl.DataFrame({name: [row[name] for row in filled] for name in FIVE if name not in drop})


def test_counts_of_an_outcome():
    table, notes = from_revman5(
        five(
            OUTCOME,
            {"Name": "Lee"} | COUNTS,
            {"Name": "Subtotal", "Q": "1", "df": "0"},
            {"Name": "Kim"} | COUNTS,
        )
    )
    assert table.to_dict(as_series=False) == {
        "study": ["Lee", "Kim"],
        "events_t": ["4"] * 2,
        "n_t": ["20"] * 2,
        "events_c": ["7"] * 2,
        "n_c": ["21"] * 2,
        "year": ["1999"] * 2,
    }
    assert notes == ("Read as data of RevMan 5: Pain (there by MH, OR, Fixed).",)
    plain, _ = from_revman5(five(OUTCOME, {"Name": "Lee"} | COUNTS, drop=("Year of study",)))
    assert "year" not in plain.columns


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([COUNTS, COUNTS], ["events_t", "n_t", "events_c", "n_c"]),
        ([COUNTS, {"Total 1": "0"}], ["events_t", "n_t", "events_c", "n_c"]),
        ([COUNTS | {"Mean 1": "1.5"}, COUNTS], ["mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c"]),
        ([COUNTS, COUNTS | {"SD 1": "1.5"}], ["mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c"]),
        ([COUNTS | {"Mean 1": "0", "SD 1": "0"}], ["events_t", "n_t", "events_c", "n_c"]),
        ([{"Effect Estimate": "0.5", "SE": "0.2"}], ["yi", "sei"]),
    ],
)
def test_without_the_row_of_the_outcome_the_kind_is_what_studies_fill_in(rows, columns):
    table, notes = from_revman5(five(*({"Name": f"S{n}"} | row for n, row in enumerate(rows))))
    assert table.columns == ["study", *columns, "year"] and notes == ("Read as data of RevMan 5.",)


@pytest.mark.parametrize(
    ("measure", "cell", "effect"),
    [
        ("OR", "0.5", math.log(0.5)),
        ("peto_or", "2", math.log(2)),
        ("Risk Ratio", "1", 0.0),
        ("MD", "0.5", None),
        ("HR", "x", None),
        ("HR", "-1", None),
    ],
)
def test_ratios_become_logarithms(measure, cell, effect):
    outcome = OUTCOME | {"Data Type": "IV", "Effect Measure": measure}
    table, _ = from_revman5(five(outcome, {"Name": "Lee", "Effect Estimate": cell, "SE": "0.2"}))
    found = table["yi"][0]
    assert (float(found) == pytest.approx(effect)) if effect is not None else found == cell
    assert table["sei"][0] == "0.2"


def test_whose_table_it_is_is_known():
    counts = web(PEOPLE | {"Experimental cases": "4", "Control cases": "7"})
    assert prepared(counts, Reading(), by_study=True).program == REVMAN
    assert (
        prepared(five(OUTCOME, {"Name": "Lee"} | COUNTS), Reading(), by_study=True).program
        == REVMAN
    )
    assert prepared({"study": ["A"], "n": ["3"]}, Reading(), by_study=True).program == ""


def test_several_outcomes_are_asked_about_and_rows_of_comparisons_are_none():
    head = {"Name": "Comparison", "Outcome Number": "0"}
    assert from_revman5(five(head, OUTCOME, {"Name": "Lee"} | COUNTS))[0]["study"].to_list() == [
        "Lee"
    ]
    with pytest.raises(EvidenceError) as caught:
        from_revman5(
            five(OUTCOME, {"Name": "Lee"} | COUNTS, {"Name": "Kim", "Outcome Number": "2"} | COUNTS)
        )
    (fault,) = caught.value.faults
    assert (fault.found, fault.fix) == (
        "1.1, 1.2",
        "Choose one: --rows 'Comparison Number=1,Outcome Number=1'.",
    )
    other = five(OUTCOME, drop=("Data Type",))
    assert from_revman5(other) == (other, ())
