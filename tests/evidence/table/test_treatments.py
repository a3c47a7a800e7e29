"""Names of treatments as reviewers write them: marks, pairs in one cell, numbers, merged cells of studies."""

import polars as pl
import pytest

from speciosa.evidence.table.treatments import pair_faults, treatments_as_named


def named(**columns: list) -> tuple[pl.DataFrame, tuple[str, ...]]:
    return treatments_as_named(pl.DataFrame(columns, strict=False))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["x*", "p"], ["x", "p"]),
        (["x \u2020\u2021", "p"], ["x", "p"]),
        (["x*y", "p"], ["x*y", "p"]),
        (["*", "p"], ["*", "p"]),
        (["1", "1.0", "2"], ["1", "1", "2"]),
        (["1*", "1.0"], ["1", "1"]),
        (["1", "x"], ["1", "x"]),
        (["1.0", "x"], ["1.0", "x"]),
        (["10", "10.50"], ["10", "10.5"]),
        (["none", "x*"], ["none", "x"]),
    ],
)
def test_marks_are_no_part_of_a_name_and_numbers_have_one_spelling(cells, expected):
    table, notes = named(study=["A"] * len(cells), arm=cells)
    assert table["arm"].to_list() == expected
    marked = [
        c
        for c, e in zip(cells, expected, strict=True)
        if c != e and not c.replace(".", "").isdigit()
    ]
    assert notes == (
        (f"Marks behind names of treatments are left out: {', '.join(marked)}.",) if marked else ()
    )


@pytest.mark.parametrize(
    "between", [" vs ", " vs. ", " VS ", " versus ", " v ", " compared with ", " compared to "]
)
def test_two_treatments_in_one_cell_come_apart(between):
    table, notes = named(
        study=["A", "B"], comparison=[f"x{between}p", f"y{between}x"], effect=[1, 2]
    )
    assert table.columns == ["study", "effect", "treat1", "treat2"]
    assert table.select("treat1", "treat2").rows() == [("x", "p"), ("y", "x")]
    assert len(notes) == 1 and notes[0].startswith(
        "Column comparison: effects are of the treatment before vs"
    )


@pytest.mark.parametrize(
    "columns",
    [
        {"comparison": ["x vs p", "y"]},
        {"comparison": ["x vs p vs q", "x vs p"]},
        {"comparison": ["x vs p", None]},
        {"comparison": ["x vs p", "y vs p"], "treat1": ["x", "y"]},
        {"comparison": ["x vs p", "y vs p"], "t1": ["x", "y"]},
    ],
)
def test_what_is_no_pair_in_every_cell_stays(columns):
    table, notes = named(study=["A", "B"], **columns)
    assert "comparison" in table.columns and notes == ()


@pytest.mark.parametrize(
    ("studies", "arms", "expected"),
    [
        (["A", None, "B", ""], ["x", "p", "x", "p"], ["A", "A", "B", "B"]),
        (["A", None, None], ["x", "p", None], ["A", "A", None]),
        ([None, "A"], ["x", "p"], [None, "A"]),
        (["A", "A"], ["x", "p"], ["A", "A"]),
        (["A", None, "", "B"], ["x", "p", "y", "x"], ["A", "A", "A", "B"]),
    ],
)
def test_a_study_named_once_stands_for_the_arms_below_it(studies, arms, expected):
    table, notes = named(study=studies, arm=arms)
    assert table["study"].to_list() == expected
    filled = expected != studies
    assert notes == (
        ("Rows without a study belong to the one named above them.",) if filled else ()
    )


def pairs(first: list, second: list, **more: list) -> tuple[list[str], list[str]]:
    faults, notes = pair_faults(pl.DataFrame({"T.1": first, "T.2": second} | more, strict=False))
    return [fault.found for fault in faults], notes


def test_treatments_by_number_are_one_comparison_or_a_network():
    assert pairs(["x", "x"], ["p", "p"]) == ([], ["Effects are of x against p."])
    several = "Pooled as one treatment against p: x, y; speciosa nma keeps them apart."
    assert pairs(["x", "y", "x"], ["p", "p", "p"]) == ([], [several])
    assert pairs(["x", "p"], ["p", "x"])[0] == ["x against p, p against x"]
    assert pairs(["x", "x"], ["p", "q"])[0] == ["x against p, x against q"]
    assert pairs(["a", "b", "c", "d", "e"], list("vwxyz"))[0] == [
        "a against v, b against w, c against x, d against y, ..."
    ]
    assert pairs(list("abcd"), list("wxyz"))[0] == [
        "a against w, b against x, c against y, d against z"
    ]
    assert pairs(["x", "x"], ["p", "p"], **{"T.3": ["y", None]})[0] == [
        "x against p and third arms"
    ]
    assert pairs(["x", "x"], ["p", "p"], **{"T.3": [None, "NA"]})[0] == []
    assert pairs(["x", None], ["p", "q"])[0] == []
    assert pairs([None], ["p"]) == ([], [])


def test_columns_without_two_numbers_say_nothing():
    assert pair_faults(pl.DataFrame({"T.1": ["x"], "n.2": ["p"]})) == ([], [])
    assert pair_faults(pl.DataFrame({"arm[1]": ["x"], "arm[2]": ["p"]}))[1] == [
        "Effects are of x against p."
    ]
