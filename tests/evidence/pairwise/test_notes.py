"""What must be known of a pooled effect: each note where it belongs, with its names and figures, and nowhere else."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from speciosa.errors import EvidenceError
from speciosa.evidence import meta_analysis
from speciosa.evidence.effects.tables import mantel_haenszel, peto

NAMES = ("events_t", "n_t", "events_c", "n_c")


def counts(*rows) -> dict[str, list]:
    return {"study": list("ABCDE"[: len(rows)])} | {
        name: [row[i] for row in rows] for i, name in enumerate(NAMES)
    }


def notes(table, measure="OR", **options) -> tuple[str, ...]:
    return meta_analysis(table, measure=measure, **options).notes


PLAIN = [(4, 20, 7, 21), (5, 30, 9, 29), (9, 40, 15, 41)]


def test_nothing_is_said_of_plain_tables():
    assert notes(counts(*PLAIN), test="z") == ()


def test_studies_without_a_moderator_are_left_out_by_name():
    table = counts(*PLAIN) | {"dose": [1.0, None, 2.0]}
    assert notes(table, test="z", moderators=["dose"]) == ("Left out, no value of a moderator: B.",)
    missing = table | {"events_t": [4, 5, None]}
    assert notes(missing, test="z", moderators=[])[0] == "Left out: C (figures missing)."


def test_studies_that_say_nothing_of_a_ratio_and_those_without_a_measure():
    table = counts(*PLAIN, (0, 20, 0, 30), (20, 20, 30, 30))
    said = "Left out, no event or nothing but events in both groups, which says nothing of a ratio: D, E."
    for measure in ("OR", "RR"):
        assert said in notes(table, measure, test="z")
    assert not any("Left out" in note for note in notes(table, "RD", test="z", to="variance"))
    none = notes(counts(*PLAIN, (20, 20, 0, 30)), "OR", add=0.0, test="z")
    assert none == ("Left out, OR undefined: D.",)
    one_side = counts(*PLAIN, (0, 20, 30, 30))
    assert not any("Left out" in note for note in notes(one_side, test="z"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "0.5 added to each cell where a cell is zero: B."),
        ({"add": 0.25}, "0.25 added to each cell where a cell is zero: B."),
        ({"to": "all"}, "0.5 added to each cell of every study: A, B."),
        ({"to": "if0all"}, "0.5 added to each cell of every study, since one is zero: A, B."),
        (
            {"method": "MH"},
            "0.5 added to the cells of single studies with a zero cell, not to those that are pooled: B.",
        ),
        ({"to": "none", "add": 1}, None),
        ({"method": "PETO"}, None),
    ],
)
def test_what_was_added_where(options, said):
    found = [
        note
        for note in notes(counts(PLAIN[0], (0, 30, 9, 29)), **({"test": "z"} | options))
        if "added to" in note
    ]
    assert found == ([said] if said else [])


def test_differences_are_moved_by_an_addition_that_they_do_not_need():
    table = counts(PLAIN[0], (0, 30, 9, 29))
    moved = [note for note in notes(table, "RD", test="z") if "added to" in note]
    assert (
        len(moved) == 1
        and "That moves their risk differences, which need none: --to variance" in moved[0]
    )
    kept = [note for note in notes(table, "RD", test="z", to="variance") if "added to" in note]
    assert kept == ["0.5 added to each cell where a cell is zero, for the variance only: B."]
    assert not any("moves" in note for note in notes(table, "RD", method="MH"))


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_width_of_a_narrow_interval_over_the_normal_one(level):
    y, se = np.array([0.30, 0.36, 0.28, 0.33]), np.array([0.1, 0.11, 0.12, 0.1])
    table = {"study": list("ABCD"), "effect": y, "se": se}
    w = 1 / se**2
    mean = (w * y).sum() / w.sum()
    share = (
        math.sqrt((w * (y - mean) ** 2).sum() / 3)
        * t.ppf(0.5 + level / 2, 3)
        / norm.ppf(0.5 + level / 2)
    )
    assert share < 1
    (note,) = meta_analysis(
        table, measure="MD", method="EE", test="knapp-hartung", level=level
    ).notes
    assert note.startswith(
        f"The Knapp-Hartung interval is narrower than the normal one ({share:.2f} of its width)"
    )
    for test in ("z", "t", "knapp-hartung-floor"):
        assert meta_analysis(table, measure="MD", method="EE", test=test, level=level).notes == ()
    wide = table | {"effect": y * [1, -1, 3, 2]}
    assert (
        meta_analysis(wide, measure="MD", method="EE", test="knapp-hartung", level=level).notes
        == ()
    )


def test_an_interval_without_width_is_said_so():
    same = {"study": list("ABC"), "effect": [0.5] * 3, "se": [0.1, 0.2, 0.1]}
    (note,) = meta_analysis(same, measure="MD").notes
    assert note.startswith("The studies agree exactly")


@pytest.mark.parametrize(("measure", "exact"), [("OR", True), ("RR", False)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_rare_events_are_pooled_without_addition_beside(measure, exact, level):
    table = counts((0, 20, 7, 21), (5, 30, 9, 29))
    raw = {name: np.array(table[name], dtype=float) for name in NAMES}
    z = norm.ppf(0.5 + level / 2)

    def shown(x: float, se: float, method: str) -> str:
        return f"{math.exp(x):.3g} ({math.exp(x - z * se):.3g} to {math.exp(x + z * se):.3g}; --method {method})"

    (note,) = [
        one for one in notes(table, measure, test="z", level=level) if one.startswith("Rare events")
    ]
    assert f"Mantel-Haenszel {shown(*mantel_haenszel(measure, raw), 'MH')}" in note
    assert (f"Peto {shown(*peto(raw), 'PETO')}" in note) is (measure == "OR")
    assert note.endswith("; --method EXACT or GLMM takes the exact likelihood.") is exact


def test_rare_events_are_said_of_ratios_of_counts_alone():
    table = counts((0, 20, 7, 21), (5, 30, 9, 29), (3, 30, 9, 29))
    for measure, options in (
        ("RD", {}),
        ("AS", {}),
        ("OR", {"method": "MH"}),
        ("OR", {"moderators": ["dose"], "method": "EE"}),
    ):
        found = notes(table | {"dose": [1, 2, 1]}, measure, **options)
        assert not any("Rare events" in note for note in found), measure
    assert not any(
        "Rare events" in note for note in notes(counts((1, 20, 7, 21), (5, 30, 9, 29)), test="z")
    )
    rates = {
        "study": ["A", "B"],
        "events_t": [0, 5],
        "time_t": [90.0, 80],
        "events_c": [4, 9],
        "time_c": [95.0, 85],
    }
    assert any("Rare events" in note for note in notes(rates, "IRR", test="z"))
    stated = table | {
        "events_t": [0, 5, None],
        "effect": [None, None, 0.2],
        "se": [None, None, 0.3],
    }
    assert not any("Rare events" in note for note in notes(stated, test="z"))


@pytest.mark.parametrize(
    ("rows", "few"),
    [
        ([(4, 500, 6, 500), (4, 700, 9, 710), (9, 300, 9, 310)], True),
        ([(4, 500, 6, 500), (5, 700, 9, 710), (9, 300, 9, 310)], False),
        ([(4, 500, 6, 500), (5, 700, 9, 710)], False),
        ([(7, 500, 4, 500), (9, 700, 3, 710), (9, 300, 9, 310)], True),
    ],
)
def test_few_events_in_most_studies_are_too_few_for_a_normal_logarithm(rows, few):
    for measure in ("OR", "RR"):
        said = [note for note in notes(counts(*rows), measure) if note.startswith("Rare events")]
        assert bool(said) is few
        assert all("fewer than 5 in a group" in note and "--method MH" in note for note in said)


def test_all_events_in_one_group_estimate_no_ratio():
    one_side = counts((0, 20, 7, 21), (0, 30, 9, 29))
    found = [note for note in notes(one_side, test="z") if "No event in one group" in note]
    assert len(found) == 1 and "Peto's odds ratio" in found[0] and "--method PETO" in found[0]
    assert not any("Rare events" in note for note in notes(one_side, test="z"))
    turned = counts((7, 21, 0, 20), (9, 29, 0, 30))
    assert any("No event in one group" in note for note in notes(turned, "RR", test="z"))


def test_twins_hold_the_same_numbers():
    table = counts(PLAIN[0], PLAIN[1], PLAIN[0], PLAIN[0])
    told = "Studies 'A' and '{}' hold the same numbers: one trial entered twice?"
    assert [note for note in notes(table, test="z") if "same numbers" in note] == [
        told.format("C"),
        told.format("D"),
    ]
    near = counts(PLAIN[0], (4, 20, 7, 22))
    assert not any("same numbers" in note for note in notes(near, test="z"))


def test_a_pool_needs_a_study_with_a_variance():
    with pytest.raises(EvidenceError, match="No event, or nothing but events, in both groups"):
        notes(counts((0, 20, 0, 21), (30, 30, 29, 29)))
    with pytest.raises(
        EvidenceError, match="an effect with a variance above 0, found none"
    ) as caught:
        notes(counts((0, 20, 0, 21), (0, 30, 9, 29)), add=0.0)
    assert "No event, or" not in str(caught.value)
    for wrong in (0, -1, math.nan):
        with pytest.raises(EvidenceError, match="prediction df"):
            notes(counts(*PLAIN), prediction_df=wrong)
    with pytest.raises(EvidenceError, match="none with MH"):
        notes(counts(*PLAIN) | {"dose": [1, 2, 3]}, method="mh", moderators=["dose"])
