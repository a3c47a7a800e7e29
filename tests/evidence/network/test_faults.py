"""Faults of trials in a network, each rule at its bound: figures of arms, names one slip apart, contrasts that contradict."""

import numpy as np
import pytest

from speciosa.evidence.network.columns import Row
from speciosa.evidence.network.faults import (
    arm_faults,
    contrast_faults,
    contrast_study,
    grouping_faults,
    reference_faults,
    similar_names,
    spread_faults,
    variance_residual,
)


def arm(**numbers: float) -> Row:
    return Row("row 3, study 'A'", "A", ("x",), numbers)


@pytest.mark.parametrize(
    ("numbers", "measure", "faults"),
    [
        ({"events": 0, "n": 1}, "OR", []),
        ({"events": 9, "n": 9}, "OR", []),
        ({"events": -1, "n": 9}, "OR", [("events", "0 or more", "-1")]),
        ({"events": 10, "n": 9}, "OR", [("events", "at most n = 9", "10")]),
        ({"events": 3, "n": 0}, "OR", [("n", "above 0", "0")]),
        ({"events": 3, "n": -2}, "OR", [("n", "above 0", "-2")]),
        ({"events": 3}, "OR", []),
        ({"n": 3}, "OR", []),
        ({"events": 3, "time": 0}, "IRR", [("time", "above 0", "0")]),
        ({"events": 30, "time": 0.5}, "IRR", []),
        ({"mean": -1, "sd": 0, "n": 3}, "MD", [("sd", "above 0", "0")]),
        ({"mean": 0, "se": 0}, "MD", [("se", "above 0", "0")]),
        ({"mean": 0, "sd": 1, "n": 3}, "ROM", [("mean", "above 0 for a ratio of means", "0")]),
        ({"mean": 0.1, "sd": 1, "n": 3}, "ROM", []),
        ({"mean": 0, "sd": 1, "n": 1}, "SMD", [("n", "at least 2", "1")]),
        ({"mean": 0, "sd": 1, "n": 2}, "SMD", []),
        ({"mean": 0, "sd": 1, "n": 1}, "MD", []),
        ({"mean": 0, "sd": 1, "n": 0}, "SMD", [("n", "above 0", "0")]),
        ({"sd": 1}, "ROM", []),
    ],
)
def test_figures_of_an_arm(numbers, measure, faults):
    found = [
        (fault.where, fault.expected, fault.found) for fault in arm_faults(arm(**numbers), measure)
    ]
    assert found == [
        (f"study 'A', arm 'x', {name}", expected, shown) for name, expected, shown in faults
    ]


def rows(study: str, *arms: tuple[str, ...]) -> list[Row]:
    return [Row(f"row {n}, study '{study}'", study, names, {}) for n, names in enumerate(arms, 1)]


def of(**studies: list[tuple[str, ...]]) -> dict[str, list[Row]]:
    return {name: rows(name, *arms) for name, arms in studies.items()}


def told(faults) -> list[tuple[str, str]]:
    return [(fault.where, fault.found) for fault in faults]


def test_one_arm_one_study_twice_and_two_spellings():
    assert told(grouping_faults(of(A=[("x",), ("y",)]), "counts")) == []
    assert told(grouping_faults(of(A=[("x",)]), "counts")) == [("study 'A'", "one, 'x'")]
    assert told(grouping_faults(of(A=[("x",), ("",)]), "counts")) == [("study 'A'", "one, 'x'")]
    assert told(grouping_faults(of(A=[("x", "x")]), "contrasts")) == []
    assert told(grouping_faults({"": rows("", ("x",))}, "counts")) == []
    spelled = {
        "Lee 2001": rows("Lee 2001", ("x",), ("y",)),
        "lee  2001": rows("lee  2001", ("x",), ("y",)),
    }
    assert told(grouping_faults(spelled, "counts")) == [("study 'lee  2001'", "'lee  2001'")]
    twice = grouping_faults(of(A=[("x",), ("y",), ("x",), ("x",)]), "counts")
    assert told(twice) == [("study 'A'", "treatment 'x' 3 times (row 1, row 3, row 4)")]
    turned = grouping_faults(of(A=[("x", "y"), ("y", "x"), ("x", "z")]), "contrasts")
    assert told(turned) == [("study 'A'", "contrast 'x with y' 2 times (row 1, row 2)")]
    assert told(grouping_faults(of(A=[("",), ("",), ("x",), ("y",)]), "counts")) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("ibuprofen", "ibuprofin", True),
        ("ibuprofen", "ibuproen", True),
        ("ibuprofen", "ibupsrofen", True),
        ("ibuprofen", "ibuporfen", True),
        ("ibuprofen", "ibuprafin", False),
        ("ibuprofen", "ibupssrofen", False),
        ("ibuprofen", "ibupstrofen", False),
        ("ibuprofen", "ibuporefn", False),
        ("abcdef", "abcdeg", True),
        ("abcde", "abcdf", False),
        ("abcdef", "abcde", False),
        ("abcdefg", "abcdef", True),
        ("codein", "codeine", True),
        ("morfin", "morphine", True),
        ("haemodial", "hemodial", True),
        ("oedema1", "edema1", True),
        ("hydroxyzin", "hidroxizin", True),
        ("ritmol xr", "rhythmol xr", False),
        ("ketamin", "cetamin", True),
        ("oxazepam", "oxasepam", True),
        ("methadone", "metadone", True),
        ("morphine5", "morphine6", False),
        ("morphine 5 mg", "morphine 5mg", True),
        ("dose 1.1", "dose 11", False),
        ("T1-x", "t1 X", True),
        ("XR_drug", "xr.drug", True),
        ("aspirin low", "aspirin loq", False),
        ("aspirin lower", "aspirin lowes", True),
        ("aspirin lower", "aspirum lowes", False),
        ("naltrexone xr", "xr naltrexone", False),
        ("patch one two", "patch onetwoo", True),
        ("insulin", "insulin", None),
    ],
)
def test_names_one_slip_apart(one, other, same):
    if same is None:
        assert similar_names(of(A=[(one,), ("p",)], B=[(other,), ("p",)]), ()) == []
        return
    for first, second in ((one, other), (other, one)):
        found = similar_names(of(A=[(first,), ("p",)], B=[(second,), ("p",)]), ())
        assert len(found) == same
        assert similar_names(of(A=[(first,), ("p",)], B=[(second,), ("p",)]), (first, second)) == []


def test_names_are_alike_but_where_a_study_compares_them_or_both_are_declared():
    assert similar_names(of(A=[("clonidine",), ("clonidina",)]), ()) == []
    # a spelling by case or marks is never a comparison
    assert len(similar_names(of(A=[("XR drug",), ("xr_drug",)]), ())) == 1
    alike = of(
        A=[("clonidine",), ("p",)],
        B=[("clonidina",), ("p",)],
        C=[("clonidine",), ("p",)],
        D=[("clonidine",), ("p",)],
    )
    assert len(similar_names(alike, ("clonidine",))) == 1
    (fault,) = similar_names(alike, ())
    assert fault.where == "treatment 'clonidina' (study 'B')"
    assert fault.found == "'clonidina' beside 'clonidine' (3 studies)"
    assert fault.fix.startswith("Did you mean 'clonidine'?")
    five = {
        name: [(drug,), ("p",)]
        for name, drug in zip("ABCDEFGHI", ["clonidine"] * 4 + ["clonidina"] * 5, strict=True)
    }
    assert similar_names(of(**five), ())[0].where == "treatment 'clonidine' (study 'A', 'B', 'C')"


def test_a_reference_that_no_study_has():
    assert reference_faults(None, {"x"}) == reference_faults("x", {"x", "y"}) == []
    (fault,) = reference_faults("plasebo", {"placebo", "x"})
    assert (fault.expected, fault.found, fault.fix) == (
        "one of placebo, x",
        "'plasebo'",
        "Did you mean placebo?",
    )
    assert reference_faults("zzz", {"placebo"})[0].fix == ""


def contrasts(*given: tuple[str, str, float, float]) -> list[Row]:
    return [
        Row(f"row {n}", "A", (one, other), {"effect": e, "se": s})
        for n, (one, other, e, s) in enumerate(given, 1)
    ]


def where(found) -> list[str]:
    return [fault.where for fault in found]


@pytest.mark.parametrize(
    ("residual", "se", "fits"),
    [
        # a tenth of the smallest error, and a thousandth at least
        (0.0199, 0.2, True),
        (0.0201, 0.2, False),
        (-0.0199, 0.2, True),
        (-0.0201, 0.2, False),
        (0.00099, 0.001, True),
        (0.00101, 0.001, False),
    ],
)
def test_effects_of_one_study_add_up(residual, se, fits):
    found = contrast_faults(
        "A", contrasts(("a", "b", 1.0, se), ("b", "c", 2.0, se), ("a", "c", 3.0 - residual, se))
    )
    assert where(found) == ([] if fits else ["study 'A', effects"])
    if not fits:
        assert found[0].expected == "(a - b) + (b - c) equal to (a - c)"
        assert found[0].found == f"a residual of {residual:.4g}"


def test_the_smallest_error_and_the_worst_loop_count():
    three = contrasts(("a", "b", 1.0, 0.9), ("b", "c", 2.0, 0.2), ("a", "c", 3.05, 0.9))
    assert "study 'A', effects" in where(contrast_faults("A", three))
    four = contrasts(
        ("a", "b", 1, 0.2),
        ("a", "c", 2, 0.2),
        ("a", "d", 3, 0.2),
        ("b", "c", 1, 0.2),
        ("b", "d", 2.5, 0.2),
        ("c", "d", 1, 0.2),
    )
    (fault,) = contrast_faults("A", four)
    assert (
        fault.found == "a residual of 0.5"
        and fault.expected == "(a - b) + (b - d) equal to (a - d)"
    )


@pytest.mark.parametrize(("ratio", "fits"), [(2.0, True), (2.3, True), (2.35, False), (4.0, False)])
def test_variances_of_one_study_are_sums_of_arm_variances(ratio, fits):
    """With v of a-b and a-c, and c v of b-c, the arms a and b, c have 0 and (1 + 1/c) v / (1 + 2/c^2) by least squares."""
    level = (1 + 1 / ratio) / (1 + 2 / ratio**2)
    expected = max(abs(level - 1), abs(2 * level / ratio - 1)) if ratio > 2 else 0.0
    v = 0.04
    study = contrast_study(
        "A",
        contrasts(("a", "b", 1, v**0.5), ("a", "c", 2, v**0.5), ("b", "c", 1, (ratio * v) ** 0.5)),
    )
    residual, pair = variance_residual(study.variance)
    assert residual == pytest.approx(expected, abs=1e-9)
    assert ratio == 2.0 or {study.treatments[i] for i in pair} == {"b", "c"}
    found = contrast_faults(
        "A",
        contrasts(("a", "b", 1, v**0.5), ("a", "c", 2, v**0.5), ("b", "c", 1, (ratio * v) ** 0.5)),
    )
    assert where(found) == ([] if fits else ["study 'A', standard errors"])


def test_contrasts_that_are_missing_wrong_or_of_one_treatment():
    assert where(contrast_faults("A", contrasts(("a", "b", 1.0, 0.0)))) == [
        "study 'A', a minus b, se"
    ]
    assert where(contrast_faults("A", contrasts(("a", "b", 1.0, 1e-9)))) == []
    assert told(contrast_faults("A", contrasts(("a", "a", 1.0, 0.1)))) == [
        ("study 'A'", "a minus a")
    ]
    assert contrast_faults("A", contrasts(("", "", 1.0, 0.1))) == []
    (fault,) = contrast_faults(
        "A", contrasts(("a", "b", 1.0, 0.1), ("c", "a", 1.0, 0.1), ("d", "a", 1.0, 0.1))
    )
    assert fault.expected == "all 6 contrasts of its 4 arms"
    assert fault.found == "none of b with c, b with d, c with d"
    assert contrast_faults("A", contrasts(("a", "b", 1.0, 0.1), ("b", "a", 1.0, 0.1))) == []


def test_a_study_from_its_contrasts():
    study = contrast_study(
        "A", contrasts(("b", "a", 1.5, 0.2), ("a", "c", -2.0, 0.3), ("b", "c", -0.5, 0.25))
    )
    assert study.treatments == ("b", "a", "c")
    assert study.effect.tolist() == [[0, 1.5, -0.5], [-1.5, 0, -2.0], [0.5, 2.0, 0]]
    variance = np.array([[0, 0.04, 0.0625], [0.04, 0, 0.09], [0.0625, 0.09, 0]])
    np.testing.assert_allclose(study.variance, variance)


def test_errors_too_far_apart_are_named_by_contrast():
    found = contrasts(("a", "b", 1.0, 0.1), ("c", "b", 1.0, 1e-11), ("c", "a", 1.0, 0.0))
    assert where(spread_faults(found)) == ["study 'A', c minus b, se"]
    assert spread_faults(found[:1]) == []
