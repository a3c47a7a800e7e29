"""On which scale effects are read: at the bounds of what an interval, an error, a name or the user tells."""

import math

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import norm

from speciosa.evidence.table.scale import Stated, analysed

NAN = float("nan")
FINE = 10
LN2 = math.log(2)


def stated(effect, low=None, high=None, se=None, decimals=FINE, **more) -> Stated:
    columns = [None if one is None else np.atleast_1d(one).astype(float) for one in (effect, se, low, high)]  # fmt: skip
    labels = [f"S{n}" for n in range(1, len(columns[0]) + 1)]
    return Stated(labels, *columns, decimals, **more)


def kind(found) -> str:
    """``asked``, or ``natural`` where the effect was turned, else ``log``."""
    if found.faults:
        return "asked"
    return "natural" if any("ratios" in note for note in found.notes) else "log"


@pytest.mark.parametrize(
    ("effect", "tells"),
    [
        # from 0.5 to 2: the middle of the logarithms is 0, a fiftieth of half of it 0.01386; as they stand 1.25 and 0.015
        (0.9862, "asked"), (0.9863, "natural"), (1.0139, "natural"), (1.0140, "asked"),
        (1.2349, "asked"), (1.2351, "log"), (1.2649, "log"), (1.2651, "asked"),
    ],
)  # fmt: skip
def test_an_interval_tells_the_scale_on_which_it_is_symmetric(effect, tells):
    assert kind(analysed(stated(effect, 0.5, 2.0), "log")) == tells


@pytest.mark.parametrize(
    ("effect", "tells"),
    [
        # to one decimal: logarithms from log(0.8745) to log(1.1259), as they stand from 1.135 to 1.365
        (0.874, "asked"), (0.875, "natural"), (1.125, "natural"), (1.127, "asked"),
        (1.134, "asked"), (1.136, "log"), (1.364, "log"), (1.366, "asked"),
    ],
)  # fmt: skip
def test_rounding_widens_what_is_symmetric(effect, tells):
    assert kind(analysed(stated(effect, 0.5, 2.0, decimals=1), "log")) == tells


def test_what_is_symmetric_on_both_scales_or_turned_about_tells_nothing():
    narrow = stated(1.0, 0.99, 1.01, decimals=2)
    assert kind(analysed(narrow, "log")) == "asked"
    with_one = stated([1.0, 1.0], [0.99, 0.5], [1.01, 2.0], decimals=2)
    assert kind(analysed(with_one, "log")) == "natural"
    missing = stated([1.0, 1.25], [0.5, NAN], [2.0, 2.0])
    assert kind(analysed(missing, "log")) == "natural"


def test_intervals_of_both_kinds_are_no_table():
    both = analysed(stated([1.0, 1.25], [0.5, 0.5], [2.0, 2.0]), "log")
    assert [fault.expected for fault in both.faults] == ["one scale for all studies"]
    named = analysed(stated([1.0, 1.25], [0.5, 0.5], [2.0, 2.0], natural=True), "log")
    assert not named.faults and named.effect == pytest.approx([0.0, math.log(1.25)])


@pytest.mark.parametrize(
    "table",
    [
        {"effect": [-0.1, 0.4], "se": [0.1, 0.1]},
        {"effect": [0.1, 0.4], "low": [-0.2, 0.2], "high": [0.3, 0.8]},
    ],
)
def test_what_is_below_nothing_is_a_logarithm(table):
    found = analysed(stated(**table), "log")
    assert not found.faults and found.effect.tolist() == table["effect"]


@pytest.mark.parametrize(
    ("ratio", "tells"),
    [(1.0, "natural"), (0.982, "natural"), (1.018, "natural"), (0.978, "asked"), (1.022, "asked")],
)
def test_an_error_beside_a_narrow_interval_tells_whose_width_it_is(ratio, tells):
    """Narrow about 3, so that rounding makes it symmetric on both scales; the error is of the logarithm."""
    error = (math.log(3.1) - math.log(2.9)) / (2 * norm.ppf(0.975))
    found = analysed(stated(3.0, 2.9, 3.1, error / ratio, decimals=1), "log")
    assert kind(found) == tells
    # the interval gives the width, and the error is checked against it only
    if tells == "natural":
        assert found.se.tolist() == pytest.approx([error])


def test_an_error_that_fits_both_or_the_interval_as_it_stands_tells_nothing():
    plain = (3.1 - 2.9) / (2 * norm.ppf(0.975))
    assert kind(analysed(stated(3.0, 2.9, 3.1, plain, decimals=1), "log")) == "asked"
    near_one = (1.01 - 0.99) / (2 * norm.ppf(0.975))
    assert kind(analysed(stated(1.0, 0.99, 1.01, near_one, decimals=2), "log")) == "asked"
    assert kind(analysed(stated(3.0, 2.9, 3.1, 0.0, decimals=1), "log")) == "asked"


def test_what_the_user_says_goes_before_what_intervals_tell_and_is_doubted():
    ratios, logs = stated(1.0, 0.5, 2.0), stated(1.25, 0.5, 2.0)
    for table, tells in ((ratios, "natural"), (logs, "log")):
        for asked in ("natural", "log"):
            found = analysed(table, "log", asked)
            effect = float(table.effect[0])
            assert found.effect.tolist() == pytest.approx([math.log(effect) if asked == "natural" else effect])  # fmt: skip
            doubted = [note for note in found.notes if "read as asked" in note]
            assert len(doubted) == (asked != tells)
            if doubted:
                assert f"symmetric on the {tells} scale" in doubted[0]


@pytest.mark.parametrize(
    ("natural", "effect", "said"),
    [
        (False, 1.0, ("effects on the log scale, as their column says", "in logarithms only")),
        (True, 1.25, ("effects on the natural scale, as their column says", "as they stand only")),
        (True, 1.0, None),
        (False, 1.25, None),
    ],
)
def test_a_name_that_intervals_contradict_is_asked_about(natural, effect, said):
    found = analysed(stated(effect, 0.5, 2.0, natural=natural), "log")
    if said is None:
        assert not found.faults
        assert found.notes == (("Effects are ratios, as their column says.",) if natural else ())
    else:
        assert found.faults[0].expected == said[0] and said[1] in found.faults[0].found


@pytest.mark.parametrize(
    ("more", "asked", "effect"),
    [
        ({"natural": True}, "", None),
        ({"natural": True, "se_log": True}, "", math.log(2)),
        ({}, "natural", None),
        ({"se_log": True}, "natural", math.log(2)),
        ({}, "log", 2.0),
        ({"natural": False}, "", 2.0),
        ({"ours": True}, "", 2.0),
        ({}, "", None),
    ],
)
def test_errors_without_intervals(more, asked, effect):
    found = analysed(stated(2.0, se=0.3, **more), "log", asked)
    if effect is None:
        assert len(found.faults) == 1
    else:
        assert not found.faults
        assert (found.effect[0], found.se[0]) == pytest.approx((effect, 0.3))


def test_what_errors_of_unknown_scale_need_by_the_kind_of_effect():
    for scale, where, expected in (
        ("log", "standard errors of ratios", "intervals, or standard errors of the logarithm"),
        ("logit", "standard errors of proportions", "intervals"),
    ):
        (fault,) = analysed(stated(0.4, se=0.1, natural=True), scale).faults
        assert (fault.where, fault.expected) == (where, expected)


@pytest.mark.parametrize(
    ("effect", "noted"), [([0.3, 0.5], True), ([0.3, 0.0], False), ([0.3, NAN], True), ([0.3, -0.5], False), ([NAN, NAN], False)]
)  # fmt: skip
def test_positive_effects_in_our_own_column_are_logarithms_and_it_is_said(effect, noted):
    found = analysed(stated(effect, se=[0.1, 0.1], ours=True), "log")
    assert not found.faults
    assert found.notes == (
        ("Effects are read as logarithms, as column effect holds them; --scale natural if they are ratios.",)
        if noted
        else ()
    )  # fmt: skip


def test_proportions_are_turned_into_logits():
    p, low, high = 0.2, *(1 / (1 + math.exp(-(logit(0.2) + s * 0.9))) for s in (-1, 1))
    found = analysed(stated(p, low, high), "logit")
    assert found.effect.tolist() == pytest.approx([logit(0.2)])
    assert found.se.tolist() == pytest.approx([0.9 / norm.ppf(0.975)])
    assert found.notes == (
        "Effects are read as proportions: their intervals are symmetric in logits only.",
    )


@pytest.mark.parametrize(
    ("scale", "effect", "wrong"),
    [
        ("log", [0.0, 1.0], ["S1"]),
        ("log", [2.0, NAN], []),
        ("logit", [0.5, 1.0], ["S2"]),
        ("logit", [0.0, 1.2], ["S1", "S2"]),
    ],
)
def test_effects_without_a_logarithm_are_refused_by_name(scale, effect, wrong):
    found = analysed(stated(effect, se=[0.1, 0.1], se_log=True), scale, "natural")
    assert [fault.where for fault in found.faults] == [f"study '{n}', effect" for n in wrong]
    assert all(fault.expected == f"a value of which a {scale} exists" for fault in found.faults)


def test_limits_without_a_logarithm_are_refused_and_missing_ones_are_not():
    effect, low, high = [0.5, 0.5, 0.5], [0.0, NAN, 0.25], [1.0, 1.0, 1.0]
    found = analysed(stated(effect, low, high), "log", "natural")
    assert [(fault.where, fault.found) for fault in found.faults] == [
        ("study 'S1', interval", "0 to 1")
    ]
    assert not np.isfinite(found.se[1])
    assert found.se[2] == pytest.approx(LN2 / norm.ppf(0.975))


def test_an_error_of_the_logarithm_goes_before_the_width_of_the_interval():
    table = {"effect": [1.0, 1.0], "low": [0.5, 0.5], "high": [2.0, 2.0], "se": [0.4, NAN]}
    width = LN2 / norm.ppf(0.975)
    for se_log, se in ((True, [0.4, width]), (False, [width, width])):
        found = analysed(stated(**table, se_log=se_log, natural=True), "log")
        assert found.se.tolist() == pytest.approx(se)


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_the_level_of_an_interval_makes_its_error(level):
    z = norm.ppf(0.5 + level / 2)
    found = analysed(stated(1.0, 0.5, 2.0, level=level, natural=True), "log")
    assert found.se.tolist() == pytest.approx([LN2 / z])
    assert f"Intervals are read as {100 * level:g}% intervals." in found.notes
    plain = analysed(stated(1.0, 0.5, 1.5, level=level), "identity")
    assert plain.se.tolist() == pytest.approx([0.5 / z])
    assert plain.notes == (f"Intervals are read as {100 * level:g}% intervals.",)
    beside = analysed(stated(1.0, 0.5, 1.5, 0.5 / z, level=level), "identity")
    assert beside.notes == () and not beside.faults


@pytest.mark.parametrize(
    ("decimals", "width", "fits"),
    [
        (FINE, 0.899, False), (FINE, 0.901, True), (FINE, 1.699, True), (FINE, 1.701, False),
        # to one decimal: 0.9 - 0.05/1.96 - 0.05 = 0.8245 and 1.7 + 0.05/1.96 + 1.7 0.05 = 1.8105
        (1, 0.82, False), (1, 0.83, True), (1, 1.80, True), (1, 1.82, False),
    ],
)  # fmt: skip
def test_an_error_and_the_interval_beside_it_have_one_width(decimals, width, fits):
    half = width * norm.ppf(0.975)
    found = analysed(stated([2.0, 2.0], [2 - half, 1.0], [2 + half, 3.0], [1.0, NAN], decimals), "identity")  # fmt: skip
    assert [fault.where for fault in found.faults] == ([] if fits else ["study 'S1', se"])
    assert found.se.tolist() == pytest.approx([1.0, 1 / norm.ppf(0.975)])


@pytest.mark.parametrize(
    ("effect", "low", "high", "wrong"),
    [
        (1.0, 1.0, 2.0, False), (2.0, 1.0, 2.0, False), (0.9, 1.0, 2.0, True), (2.1, 1.0, 2.0, True),
        (1.0, 1.0, 1.0, True), (NAN, 1.0, 1.0, False), (1.0, NAN, 0.5, False), (1.0, 2.0, NAN, False),
    ],
)  # fmt: skip
def test_an_interval_holds_its_effect_and_has_a_width(effect, low, high, wrong):
    found = analysed(stated([effect, 0.5], [low, 0.0], [high, 1.0]), "identity")
    assert [fault.where for fault in found.faults] == (["study 'S1', interval"] if wrong else [])
    beside = analysed(stated([effect, 0.5], [low, 0.0], [high, 1.0], [NAN, 0.25]), "identity")
    assert len(beside.faults) == len(found.faults)


@pytest.mark.parametrize(
    ("effect", "low", "high", "decimals", "scale", "named"),
    [
        (1.099, 0.0, 2.0, FINE, "identity", False), (1.101, 0.0, 2.0, FINE, "identity", True),
        (0.901, 0.0, 2.0, FINE, "identity", False), (0.899, 0.0, 2.0, FINE, "identity", True),
        (1.149, 0.0, 2.0, 1, "identity", False), (1.151, 0.0, 2.0, 1, "identity", True),
        # a tenth of log 2 is 0.0693; one decimal moves the logarithm of 0.5 by log(0.55/0.5) = 0.0953
        (1.071, 0.5, 2.0, FINE, "log", False), (1.072, 0.5, 2.0, FINE, "log", True),
        (1.178, 0.5, 2.0, 1, "log", False), (1.180, 0.5, 2.0, 1, "log", True),
        (0.849, 0.5, 2.0, 1, "log", False), (0.847, 0.5, 2.0, 1, "log", True),
    ],
)  # fmt: skip
def test_an_effect_a_tenth_off_the_middle_is_lopsided(effect, low, high, decimals, scale, named):
    natural = True if scale == "log" else None
    middle = 1.0
    table = stated([middle, effect, NAN], [low] * 3, [high] * 3, decimals=decimals, natural=natural)
    found = analysed(table, scale)
    notes = [note for note in found.notes if note.startswith("Lopsided")]
    assert len(notes) == named
    if named:
        middle_of = (
            "from the middle of the logarithms: S2." if scale == "log" else "from the middle: S2."
        )
        assert middle_of in notes[0]  # fmt: skip


def test_effects_as_given_with_intervals_of_ratios_are_asked_for_their_measure():
    table = stated(1.0, 0.5, 2.0)
    assert [fault.where for fault in analysed(table, "identity", measure="GEN").faults] == [
        "effects"
    ]
    for asked, code in (("log", "GEN"), ("natural", "GEN"), ("", "MD")):
        assert not analysed(table, "identity", asked, code).faults
    even = stated(1.25, 0.5, 2.0)
    assert not analysed(even, "identity", measure="GEN").faults
    outside = analysed(stated([1.0, 3.0], [0.5, 0.5], [2.0, 2.0]), "identity", measure="GEN")
    assert [fault.where for fault in outside.faults] == ["study 'S2', interval"]


def test_a_transformed_scale_has_no_note_on_lopsided_intervals():
    table = stated(1.5, 0.0, 2.0)
    assert analysed(table, "identity").notes and not analysed(table, "arcsine").notes
