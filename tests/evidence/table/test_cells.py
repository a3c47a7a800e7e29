"""Cells: what is taken off a figure, what is kept as it stands, and what is asked about."""

import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.table.cells import minus_signs, plain_numbers


def read(name: str, *cells: str | None, **others: list) -> tuple[list, tuple[str, ...]]:
    table, notes = plain_numbers(pl.DataFrame({name: list(cells)} | others, strict=False))
    return table[name].to_list(), notes


@pytest.mark.parametrize(
    ("name", "cell", "plain"),
    [
        ("age", "12*", "12"),
        ("age", "12 \u2020", "12"),
        ("age", "12a", "12"),
        ("age", "12^b", "12"),
        ("age", "12a,b", "12"),
        ("age", "12e", "12e"),
        ("age", "12 (5)", "12 (5)"),
        ("age", "1.5e3#", "1.5e3"),
        ("age", "\u20131.2", "-1.2"),
        ("age", "\u2212 1.2", "\u2212 1.2"),
        ("age", "\u2013x", "\u2013x"),
        ("n", "1 204", "1204"),
        ("n", "1\u2019204", "1204"),
        ("n", "1 2045", "1 2045"),
        ("n", "1 20", "1 20"),
        ("n", "12 1 204", "12 1 204"),
        ("dose", "1,204.5", "1204.5"),
        ("dose", "1,204,300", "1204300"),
        ("dose", "1,204", "1,204"),
        ("dose", "12,04.5", "12,04.5"),
        ("events", "12 (23%)", "12"),
        ("events", "12 [23.5]", "12"),
        ("events", "12 (23%)*", "12"),
        ("events", "12 (a)", "12 (a)"),
        ("n (control)", "12 (23%)", "12"),
        ("events_t", "12 (23%)", "12"),
        ("r1", "12 (23%)", "12"),
        ("n[,2]", "12 (23%)", "12"),
        ("Treatment events", "12 (23%)", "12"),
        ("total", "12 (23%)", "12"),
        ("non-responders", "12 (23%)", "12 (23%)"),
        ("mean", "12 (23%)", "12 (23%)"),
        ("study", "12a", "12a"),
        ("Author", "3 204", "3 204"),
        ("year", "2003a", "2003a"),
        ("arm", "5*", "5*"),
        ("class", "2a", "2a"),
    ],
)
def test_what_is_taken_off_a_figure(name, cell, plain):
    cells, notes = read(name, cell, "7")
    assert cells == [plain, "7"]
    signs_only = plain in (cell, cell.replace("\u2013", "-"))
    assert notes == (() if signs_only else (f"Read in column {name}: {cell} as {plain}.",))


def test_a_column_becomes_one_of_numbers_as_a_whole_or_not_at_all():
    assert read("age", "12*", "NA", None, "") == (
        ["12", "NA", None, None],
        ("Read in column age: 12* as 12.",),
    )
    assert read("age", "12*", "old")[0] == ["12*", "old"]
    table = pl.DataFrame(
        {"study": ["A"], "events": ["12"], "age": ["x1"], "n": [40], "low": ["-3"]}
    )
    found, notes = plain_numbers(table)
    assert found is table and notes == ()


def test_three_readings_are_shown_and_the_same_one_once():
    assert read("age", "1*", "2*", "3*")[1] == ("Read in column age: 1* as 1, 2* as 2, 3* as 3.",)
    assert read("age", "1*", "2*", "3*", "4*")[1] == (
        "Read in column age: 1* as 1, 2* as 2, 3* as 3, ...",
    )
    assert read("age", "1*", "1*", "3")[1] == ("Read in column age: 1* as 1.",)


@pytest.mark.parametrize(
    ("cells", "decimal"),
    [
        (["0,5", "12"], True),
        (["1,25", "3,5"], True),
        (["0,123"], True),
        ([",5"], True),
        (["-1,2"], True),
        (["1,204"], False),
        (["1,204", "1,5"], True),
        (["1,204", "see, p"], False),
        (["0,5", "1.5"], False),
        (["0,5", "x 1.5"], False),
        (["0,5", "a. b"], True),
        (["12"], False),
        ([None, "0,5"], True),
        (["12,3,4"], False),
    ],
)
def test_commas_are_decimal_marks_where_a_cell_can_be_nothing_else(cells, decimal):
    _, notes = plain_numbers(
        pl.DataFrame({"study": ["A"] * len(cells), "x": cells, "k": [1] * len(cells)})
    )
    assert ("Commas are read as decimal marks." in notes) is decimal


def test_decimal_commas_are_read_in_every_column_of_figures():
    cells, notes = read("x", "0,5", "-1,25", "7", y=["1,204", "3,1", ""])
    assert cells == ["0.5", "-1.25", "7"]
    assert notes == ("Commas are read as decimal marks.",)


@pytest.mark.parametrize(
    ("name", "cells", "wrong"),
    [
        ("n", ["1.204", "80"], "1.204"),
        ("n", ["80", "12.040", "1.204"], "12.040"),
        ("n[,1]", ["1.204", "80"], "1.204"),
        ("events_t", ["1.204"], "1.204"),
        ("n", ["1.20", "80"], None),
        ("n", ["1.204", "12.5"], None),
        ("n", ["0.204", "1.204"], None),
        ("age", ["1.204"], None),
        ("n", ["1204", "12.0"], None),
        ("n", ["1.204x"], None),
    ],
)
def test_counts_with_three_decimals_may_be_thousands(name, cells, wrong):
    if wrong is None:
        assert read(name, *cells)[0] == cells
        return
    with pytest.raises(EvidenceError) as caught:
        read(name, *cells)
    (fault,) = caught.value.faults
    assert (fault.where, fault.found) == (f"column {name!r}", wrong)
    assert f"Write {wrong.replace('.', '')} if it is a thousand and more, {wrong}0 if" in fault.fix


def test_counts_with_three_decimals_after_a_comma_may_be_thousands_too():
    with pytest.raises(EvidenceError, match=r"Write 1204 if it is a thousand and more, 1\.2040 if"):
        read("n", "1,204", age=["41,5"])
    with pytest.raises(EvidenceError) as caught:
        read("n_t", "1.204", n_c=["1.100"], events_t=["7"])
    assert [fault.where for fault in caught.value.faults] == ["column 'n_t'", "column 'n_c'"]
    assert read("n_t", "1.204", n_c=["1.5"])[0] == ["1.204"]


@pytest.mark.parametrize(
    ("cell", "n", "fits"),
    [
        ("12 (12%)", "100", True),
        ("1 (12%)", "8", True),
        ("1 (13%)", "8", True),
        ("1 (14%)", "8", False),
        ("1 (11%)", "8", False),
        # 12.505 and 12.6126 percent
        ("1251 (12%)", "10004", True),
        ("14 (12%)", "111", False),
        ("14 (12.6)", "111", True),
        ("14 (12.7)", "111", False),
        ("14 [12.61%]", "111", True),
        ("14 (12.62%)", "111", False),
        ("14 (12.6%)*", "111", True),
        ("14 (50%)", "NA", True),
        ("0 (50%)", "0", True),
    ],
)
@pytest.mark.parametrize(
    ("events", "people"), [("events_t", "n_t"), ("events_c", "n_c"), ("events", "n")]
)
def test_a_share_behind_a_count_is_that_of_its_people(events, people, cell, n, fits):
    table = pl.DataFrame({"study": ["A", "B"], events: [cell, None], people: [n, "50"]})
    if fits:
        assert plain_numbers(table)[0][events][0] == cell.split()[0]
    else:
        with pytest.raises(EvidenceError, match=f"column '{events}'"):
            plain_numbers(table)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\u20131.2 (\u20132.0 to \u22120.4)", "-1.2 (-2.0 to -0.4)"),
        (" 0.5\u20130.9 ", "0.5\u20130.9"),
        ("1; \u20130.4", "1; -0.4"),
        ("0.1, \u20131", "0.1, -1"),
        ("-2\u2013\u20131", "-2\u2013-1"),
        ("[\u2013.5]", "[-.5]"),
        ("a \u2013 b", "a \u2013 b"),
        ("1:\u20132", "1:-2"),
    ],
)
def test_dashes_that_stand_for_minus_signs(text, plain):
    assert minus_signs(text) == plain
