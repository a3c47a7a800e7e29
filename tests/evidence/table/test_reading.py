"""From a table as it is to rows of studies: renaming, choosing, twins, and a workbook's header."""

import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.table.reading import Reading, pairs_of, prepared

TABLE = {"study": ["A", "B", "C"], "effect": ["0.1", "0.2", "0.3"], "se": ["0.1", "0.1", "0.1"]}


def columns(table: dict, **names: str) -> list[str]:
    return prepared(table, Reading(columns=names), by_study=True).table.columns


def faults(table: dict, **reading) -> list[tuple[str, str, str]]:
    with pytest.raises(EvidenceError) as caught:
        prepared(table, Reading(**reading), by_study=True)
    return [(fault.where, fault.found, fault.fix) for fault in caught.value.faults]


def test_a_column_under_another_name_and_the_one_that_gives_way():
    table = TABLE | {"death": ["1", "2", "3"], "events": ["7", "8", "9"]}
    assert columns(table, events="death") == [
        "study",
        "effect",
        "se",
        "events",
        "events (as in the table)",
    ]
    assert columns(table, events="DEATH")[3] == "events"
    crude = TABLE | {
        "OR": ["1", "2", "3"],
        "aOR": ["1", "2", "3"],
        "lower": ["1"] * 3,
        "aOR lower": ["2"] * 3,
    }
    asked = columns(crude, OR="aOR", lower="aOR lower")
    assert asked == [
        "study",
        "effect",
        "se",
        "OR (as in the table)",
        "OR",
        "lower (as in the table)",
        "lower",
    ]
    assert columns(TABLE | {"n": ["5", "6", "7"]}, dose="n") == ["study", "effect", "se", "dose"]


def test_columns_and_rows_that_are_not_there_are_asked_for():
    assert faults(TABLE, columns={"events": "efect"}) == [
        ("--columns events=efect", "none", "Did you mean effect?")
    ]
    assert faults(TABLE, columns={"events": "zzzzzz", "n": "yyyyyyy"})[1] == (
        "--columns n=yyyyyyy",
        "none",
        "",
    )
    assert faults(TABLE, rows={"studi": "A"}) == [("--rows studi=A", "none", "Did you mean study?")]
    assert faults(TABLE, rows={"zzzzzz": "A"})[0][2] == ""
    (wrong,) = faults(TABLE, rows={"study": "D"})
    assert (
        wrong[0] == "--rows study=D"
        and faults(TABLE | {"x": ["1", "2", "1"]}, rows={"x": "3"})[0][0] == "--rows x=3"
    )


def test_rows_are_chosen_by_every_value_asked_for():
    table = TABLE | {"Arm Type": ["x", " X ", "y"], "at": [1, 2, 2]}
    assert prepared(table, Reading(rows={"arm type": "x"}), by_study=True).table[
        "study"
    ].to_list() == ["A", "B"]
    both = Reading(rows={"Arm Type": "X", "at": " 2 "})
    assert prepared(table, both, by_study=True).table["study"].to_list() == ["B"]


@pytest.mark.parametrize(
    ("names", "twins"),
    [
        (("n", "N"), True),
        (("Events T", "events_t"), True),
        (("OR", "or"), True),
        (("Remark", "remark"), False),
        (("Study", "STUDY"), False),
        (("Year", "year"), False),
        (("age", "Age"), False),
    ],
)
def test_columns_that_differ_in_case_only(names, twins):
    table = {"dose": ["1", "2"], names[0]: ["4", "5"], names[1]: ["6", "7"]}
    if twins:
        assert faults(table) == [
            (
                "columns",
                f"{names[0]} and {names[1]}",
                f"Say which is which, as --columns events={names[0]},n={names[1]}.",
            )
        ]
    else:
        prepared(table, Reading(), by_study=True)


def test_a_table_without_rows_and_one_of_totals_only():
    empty = prepared(pl.DataFrame({"study": [], "n": []}), Reading(), by_study=True)
    assert empty.table.is_empty() and empty.notes == ()
    assert faults({"study": ["Total"], "effect": ["1"], "se": ["2"]}) == [
        ("data", "only totals", "")
    ]


def test_several_outcomes_are_told_unless_rows_may_repeat():
    table = TABLE | {"outcome": ["death", "pain", "pain"]}
    assert len(prepared(table, Reading(), by_study=True).notes) == 1
    assert prepared(table, Reading(repeated=True), by_study=True).notes == ()


@pytest.mark.parametrize("scale", ["", "natural", "log"])
def test_a_scale_is_natural_or_of_logarithms(scale):
    assert Reading(scale=scale).scale == scale
    with pytest.raises(EvidenceError, match="natural or log"):
        Reading(scale="Log")


def test_options_of_pairs():
    assert pairs_of([" events = death , n=N", "x=a=b"], "--columns") == {
        "events": "death",
        "n": "N",
        "x": "a=b",
    }
    for wrong in ("events", "=death", "events=", ""):
        with pytest.raises(EvidenceError, match="our name = name in the table"):
            pairs_of(["n=N", wrong], "--columns")
