"""Columns of stated effects: which are taken, what rounding forgives between them, and what is asked about."""

import math

import numpy as np
import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.effects.measures import measure
from speciosa.evidence.table.stated import (
    other_measure,
    stated_columns,
    stated_effects,
    stated_measure,
)

NAN = float("nan")


def stated(code: str = "MD", asked: str = "", **columns: list) -> tuple:
    """What comes of a table, and the places of its faults."""
    table, faults = pl.DataFrame(columns, strict=False), []
    labels = [f"S{n}" for n in range(1, len(table) + 1)]
    found = stated_effects(table, code, labels, asked, faults)
    return found, [(fault.where, fault.expected, fault.found) for fault in faults]


@pytest.mark.parametrize(
    ("se", "variance", "fits"),
    [
        # (0.15^2 - 0.005) 0.9 = 0.0158 and (0.25^2 + 0.005) 1.1 = 0.0743
        ("0.2", "0.01", False),
        ("0.2", "0.02", True),
        ("0.2", "0.07", True),
        ("0.2", "0.08", False),
        # (0.1995^2 - 0.00005) 0.9 = 0.03578 and (0.2005^2 + 0.00005) 1.1 = 0.04428
        ("0.200", "0.0357", False),
        ("0.200", "0.0358", True),
        ("0.200", "0.0442", True),
        ("0.200", "0.0443", False),
        ("2.00e-1", "3.57E-2", False),
        ("2.00e-1", "0.0442", True),
        ("0.0", "0.00", True),
        ("NA", "0.04", True),
        ("0.2", None, True),
    ],
)
def test_a_variance_is_the_square_of_the_error_beside_it_but_for_rounding(se, variance, fits):
    _, faults = stated(effect=["0.5"], se=[se], variance=[variance])
    found = [where for where, *_ in faults if where.endswith("variance")]
    assert found == ([] if fits else ["study 'S1', variance"])


def test_what_was_expected_of_a_variance_is_said():
    _, faults = stated(yi=[0.1, 0.2], sei=[0.3, 0.25], vi=[0.04, 0.0625])
    assert faults == [("study 'S1', vi", "0.09, the square of sei", "0.04")]


def test_an_error_follows_from_a_variance_or_is_left_open():
    found, faults = stated(effect=[0.1, 0.2, 0.3], variance=[0.04, None, 0.25])
    assert not faults
    np.testing.assert_allclose(found.se, [0.2, NAN, 0.5])
    for wrong in (0.0, -0.04):
        found, faults = stated(effect=[0.1, 0.2], variance=[0.5, wrong])
        assert faults == [("study 'S2', variance", "above 0", f"{wrong:g}")]
        np.testing.assert_allclose(found.se, [math.sqrt(0.5), NAN])


@pytest.mark.parametrize(
    ("effect", "wrong"), [([1.0, -1.0], []), ([1.01, 0.2], ["S1"]), ([0.3, -12], ["S2"])]
)
def test_a_difference_of_risks_is_at_most_one(effect, wrong):
    _, faults = stated("RD", effect=effect, se=[0.1, 0.1])
    assert [where for where, *_ in faults] == [f"study '{name}', effect" for name in wrong]
    assert stated("MD", effect=effect, se=[0.1, 0.1])[1] == []


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (["study", "HR", "lower", "upper"], "HR"),
        (["study", "logHR", "se"], "HR"),
        (["study", "HR", "logHR"], "HR"),
        (["study", "OR", "RR"], ""),
        (["study", "HR", "estimate", "se"], "HR"),
        (["study", "effect", "se"], ""),
        (["study", "OR lower", "OR upper"], ""),
    ],
)
def test_the_measure_that_the_columns_name(columns, code):
    assert stated_measure(columns) == code


def test_another_measure_is_one_that_is_named_and_was_not_asked_for():
    columns = ["study", "OR", "lower", "upper"]
    asked = ("RR", "OR", "PETO", "GEN", "ROM")
    assert [other_measure(columns, code) for code in asked] == ["OR", "", "", "", "OR"]
    assert other_measure(["study", "RR", "se"], "ROM") == ""
    assert other_measure(["study", "effect", "se"], "RR") == ""


@pytest.mark.parametrize(
    ("columns", "code", "names"),
    [
        (["effect", "se", "RR", "seRR"], "RR", {"effect": "RR", "se": "seRR"}),
        (["effect", "se", "RR", "seRR"], "OR", {"effect": "effect", "se": "se"}),
        (["OR", "logOR", "selogOR"], "OR", {"effect": "logOR", "se": "selogOR"}),
        (["logOR", "OR", "SE"], "OR", {"effect": "logOR", "se": "SE"}),
        (["estimate", "TE", "seTE"], "MD", {"effect": "TE", "se": "seTE"}),
        (["estimate", "standard error"], "MD", {"effect": "estimate", "se": "standard error"}),
        (["OR", "se"], "RR", {"se": "se"}),
        (["OR", "vi"], "PETO", {"effect": "OR", "variance": "vi"}),
    ],
)
def test_which_columns_are_taken(columns, code, names):
    assert stated_columns(columns, code).names == names


@pytest.mark.parametrize(
    ("columns", "complete"),
    [
        (["effect"], False),
        (["se"], False),
        (["effect", "se"], True),
        (["effect", "variance"], True),
        (["effect", "ci_low"], False),
        (["effect", "ci_high"], False),
        (["effect", "ci_low", "ci_high"], True),
        (["ci_low", "ci_high", "variance"], False),
    ],
)
def test_an_effect_needs_an_error_a_variance_or_an_interval(columns, complete):
    assert stated_columns(columns, "MD").complete is complete


def test_nothing_is_stated_without_an_effect_and_an_effect_alone_is_asked_about():
    assert stated(se=[0.1]) == (None, [])
    needed = "se, variance, or ci_low and ci_high"
    assert stated(effect=[0.1]) == (None, [("column 'se'", needed, "none of them")])
    for p, said in (("p", True), ("p.value", True), ("P value", True), ("power", False)):
        faults = []
        stated_effects(pl.DataFrame({"effect": [0.1], p: [0.03]}), "MD", ["A"], "", faults)
        assert ("se_from_p" in str(EvidenceError(faults))) is said


def test_two_columns_of_one_measure_on_one_scale_are_asked_about():
    limits = {"lower": [0.5], "upper": [1.3]}
    found, faults = stated("OR", OR=[0.8], aOR=[0.7], **limits)
    assert found is None
    assert faults == [("columns", "one column of OR", "OR and aOR")]
    # a ratio and its logarithm are no two answers
    logs, faults = stated("OR", OR=[0.8], logOR=[-0.2231], selogOR=[0.24])
    assert not faults and logs.effect.tolist() == [-0.2231]
    assert stated("MD", effect=[0.8], estimate=[0.7], se=[0.1])[1] == []


@pytest.mark.parametrize(
    ("columns", "effect", "se"),
    [
        ({"logOR": [0.4], "selogOR": [0.1]}, 0.4, 0.1),
        ({"OR": [0.4], "selogOR": [0.1]}, math.log(0.4), 0.1),
        ({"OR": [0.4], "lower": [0.2], "upper": [0.8]}, math.log(0.4), math.log(4) / 3.919927969),
        ({"OR": [0.4], "90% CI lower": [0.2], "90% CI upper": [0.8]}, math.log(0.4), math.log(4) / 3.289707254),
        ({"logOR": [-0.4], "lower": [-0.8], "upper": [0.0]}, -0.4, 0.8 / 3.919927969),
    ],
)  # fmt: skip
def test_ratios_and_their_logarithms_by_the_names_of_their_columns(columns, effect, se):
    found, faults = stated("OR", **columns)
    assert not faults
    assert found.effect.tolist() == pytest.approx([effect])
    assert found.se.tolist() == pytest.approx([se])


def test_measures_without_a_natural_scale_stay_as_they_stand():
    for code in ("MD", "SMD", "RD"):
        assert measure(code).scale == "identity"
        found, faults = stated(code, **{code: [0.4], "lower": [0.2], "upper": [0.6]})
        assert not faults
        assert found.effect.tolist() == [0.4]
        assert found.se.tolist() == pytest.approx([0.4 / 3.919927969])
