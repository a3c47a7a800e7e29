"""Arms side by side: numbered columns, places that a trial does not have, and differences from a first arm."""

import math

import pytest

from speciosa.evidence.table.baseline import contrasts_of
from speciosa.evidence.table.wide import arms_of


def test_every_stem_with_its_number_is_a_column_of_an_arm():
    row = {
        "Study": "A",
        "trt_1": "x",
        "r1": 4,
        "n1": 20,
        "E1": 1.5,
        "trt_2": "p",
        "r2": 5,
        "n2": 21,
        "E2": 2.5,
    }
    assert arms_of([row]) == [
        {"study": "A", "treatment": "x", "events": 4, "n": 20, "time": 1.5},
        {"study": "A", "treatment": "p", "events": 5, "n": 21, "time": 2.5},
    ]
    means = {
        "t[,1]": "x",
        "y[,1]": 1.0,
        "sd[,1]": 2.0,
        "n[,1]": 9,
        "t[,2]": "p",
        "y[,2]": 3.0,
        "sd[,2]": 4.0,
        "n[,2]": 8,
    }
    assert arms_of([means])[1] == {
        "study": "study 1",
        "treatment": "p",
        "mean": 3.0,
        "sd": 4.0,
        "n": 8,
    }


@pytest.mark.parametrize(
    "row",
    [
        {"study": "A", "treat1": "x", "n1": 20},
        {"study": "A", "n1": 20, "r1": 4, "n2": 20, "r2": 5},
        {"study": "A", "treat1": "x", "treat2": "p"},
        {"study": "A", "treat": "x", "n": 20},
        {"study": "A", "treat1": "x", "n1": 9, "treat2": "p"},
    ],
)
def test_fewer_than_two_whole_arms_are_none(row):
    assert arms_of([row]) == []


def test_a_place_without_a_treatment_is_no_arm_and_an_arm_that_recurs_is_one():
    rows = [
        {"study": "A", "t1": "x", "r1": 4, "t2": "p", "r2": 5, "t3": None, "r3": None},
        {"study": "A", "t1": "x", "r1": 4, "t2": "y", "r2": 6, "t3": "NA", "r3": 1},
        {"study": "B", "t1": "x", "r1": 4, "t2": "p", "r2": 5, "t3": " ", "r3": None},
    ]
    found = [(arm["study"], arm["treatment"]) for arm in arms_of(rows)]
    assert found == [("A", "x"), ("A", "p"), ("A", "y"), ("B", "x"), ("B", "p")]


@pytest.mark.parametrize(
    ("names", "study"),
    [
        (("id", "study"), "s1"),
        (("study", "id"), "s0"),
        (("studyc", "studyn"), "s0"),
        (("trial", "studlab"), "s0"),
        (("studyn", "studyc"), "s1"),
    ],
)
def test_the_column_of_studies(names, study):
    row = {name: f"s{i}" for i, name in enumerate(names)} | {"t1": "x", "r1": 4, "t2": "p", "r2": 5}
    assert arms_of([row])[0]["study"] == study
    nameless = {name: cell for name, cell in row.items() if name not in names}
    assert [arm["study"] for arm in arms_of([nameless, nameless | {"r1": 9}])] == [
        "study 1",
        "study 1",
        "study 2",
        "study 2",
    ]


def test_differences_from_the_first_arm_and_their_shared_variance():
    row = {
        "study": "A",
        "t1": "p",
        "t2": "x",
        "t3": "y",
        "y2": -0.5,
        "Var2": 0.04,
        "y3": -0.6,
        "Var3": 0.09,
        "V": 0.01,
    }
    assert arms_of([row]) == [
        {"study": "A", "treatment": "p", "diff": None, "se": 0.1},
        {"study": "A", "treatment": "x", "diff": -0.5, "se": 0.2},
        {"study": "A", "treatment": "y", "diff": -0.6, "se": pytest.approx(0.3)},
    ]
    errors = {"t1": "p", "t2": "x", "t3": None, "y2": -0.5, "se2": 0.3, "y3": None, "se3": None}
    assert arms_of([errors]) == [
        {"study": "study 1", "treatment": "p", "diff": None, "se": None},
        {"study": "study 1", "treatment": "x", "diff": -0.5, "se": 0.3},
    ]
    for cell, shown in ((0, 0), (-1, -1), ("x", "x"), ("0.25", 0.5), ("NA", None)):
        assert arms_of([row | {"V": cell}])[0]["se"] == shown


ARMS = [
    {"study": "A", "arm": "p", "diff": None, "se": 0.1},
    {"study": "A", "arm": "x", "diff": 0.5, "se": 0.2},
    {"study": "A", "arm": "y", "diff": 0.3, "se": 0.25},
    {"study": "B", "arm": "x", "diff": "0.4", "se": 0.2},
    {"study": "B", "arm": "p", "diff": "NA", "se": None},
]
NAMES = {"study": "study", "treatment": "arm"}


def test_contrasts_with_a_baseline_and_between_the_others():
    found = contrasts_of(ARMS, NAMES)
    assert [(one["study"], one["treat1"], one["treat2"]) for one in found] == [
        ("A", "x", "p"),
        ("A", "y", "p"),
        ("A", "x", "y"),
        ("B", "x", "p"),
    ]
    assert found[2]["effect"] == pytest.approx(0.2)
    assert found[2]["se"] == pytest.approx(math.sqrt(0.04 + 0.0625 - 0.02))
    assert (found[3]["effect"], found[3]["se"]) == ("0.4", 0.2)
    wide = [row | {"se": 0.3} if row["arm"] == "p" and row["study"] == "A" else row for row in ARMS]
    assert contrasts_of(wide, NAMES)[2]["se"] == 0.0
    text = [row | {"diff": "x"} if row["arm"] == "y" else row for row in ARMS]
    assert (contrasts_of(text, NAMES)[2]["effect"], contrasts_of(text, NAMES)[2]["se"]) == (
        None,
        None,
    )


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (ARMS, NAMES | {"events": "r"}),
        (ARMS, {"study": "study"}),
        (ARMS[:1] + ARMS[3:], NAMES),
        (ARMS[1:3], NAMES),
        ([row | {"diff": None} if row["arm"] == "y" else row for row in ARMS], NAMES),
        ([{name: cell for name, cell in row.items() if name != "se"} for row in ARMS], NAMES),
        ([{name: cell for name, cell in row.items() if name != "diff"} for row in ARMS], NAMES),
    ],
)
def test_what_holds_no_differences_from_a_baseline(rows, names):
    assert contrasts_of(rows, names) == []


def test_the_variance_of_the_baseline_in_a_column_of_its_own():
    rows = [
        {"study": "A", "arm": "p", "diff": None, "se": None, "V": 0.01},
        {"study": "A", "arm": "x", "diff": 0.5, "se": 0.2, "V": 0.01},
        {"study": "A", "arm": "y", "diff": 0.3, "se": 0.25, "V": None},
    ]
    found = contrasts_of(rows, NAMES)
    assert found[0]["se"] == 0.2 and found[2]["se"] == pytest.approx(
        math.sqrt(0.04 + 0.0625 - 0.02)
    )
    for cell in ("x", 0, None):
        with pytest.raises(Exception, match="baseline's own standard error"):
            contrasts_of([rows[0] | {"V": cell}, *rows[1:]], NAMES)
    kept = [rows[0] | {"se": 0.15}, *rows[1:]]
    assert contrasts_of(kept, NAMES)[2]["se"] == pytest.approx(
        math.sqrt(0.04 + 0.0625 - 2 * 0.15**2)
    )
