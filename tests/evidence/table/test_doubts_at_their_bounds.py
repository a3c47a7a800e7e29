"""Doubts about figures: where each begins and where it ends, from figures worked out beside the program."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from speciosa.evidence.table.doubts import (
    broken_counts,
    count_faults,
    mean_doubts,
    pooled_faults,
    several_outcomes,
)
from speciosa.evidence.table.doubts import tested as doubted_tests

NAN = float("nan")


@pytest.mark.parametrize(
    ("events", "shares"),
    [
        ([0.12, 0.05], True), ([0.0, 0.05], True), ([NAN, 0.999], True), ([0.5, 1.0], False),
        ([0.5, 3.0], False), ([0.5, -0.1], False), ([0.0, 0.0], False), ([NAN], False), ([], False),
    ],
)  # fmt: skip
def test_events_between_nothing_and_one_are_shares(events, shares):
    faults = count_faults("events_t", np.array(events))
    assert len(faults) == shares
    if shares:
        first = next(one for one in events if one > 0)
        assert faults[0].found == f"shares as {first:g}"


def test_three_counts_that_are_no_whole_numbers_are_shown_and_the_others_counted():
    labels = ["A", "B", "C", "D", "E"]
    counts = np.array([1.5, 2.0, NAN, 0.25, 7.0])
    (note,) = broken_counts(labels, {"events_t": counts, "n_t": counts + 10})
    assert "events: A (events_t 1.5), D (events_t 0.25), A (n_t 11.5) and 1 more." in note
    (note,) = broken_counts(labels, {"events_t": counts, "n_t": np.array([10.5, 1, 1, 1, 1])})
    assert "events: A (events_t 1.5), D (events_t 0.25), A (n_t 10.5). As of" in note
    assert broken_counts(labels, {"n": np.array([0.0, 5, NAN, 7, 1e6])}) == []


def means(rows) -> dict[str, np.ndarray]:
    names = ("mean_t", "sd_t", "n_t", "mean_c", "sd_c", "n_c")
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))


def doubted(code, rows) -> str:
    """Names of the studies whose deviations look like standard errors."""
    notes = mean_doubts("ABCDE"[: len(rows)], code, means(rows))
    said = [note for note in notes if "standard errors" in note]
    return said[0] if said else ""


OTHERS = [(5, 2, 40, 4, 2, 40), (5, 4, 40, 4, 4, 40)]  # spreads of 2 and 4, in the middle 3


@pytest.mark.parametrize(
    ("sd", "n", "named"),
    [
        # below a third of 3; times the root of 16 between 2 and 4.5
        ((0.99, 0.99), (16, 16), True), ((1.01, 1.01), (16, 16), False),
        ((0.51, 0.51), (16, 16), True), ((0.49, 0.49), (16, 16), False),
        ((1.0, 1.0), (16, 16), False), ((0.5, 0.5), (16, 16), False),
        # times the root of 100 between 2 and 4.5
        ((0.44, 0.44), (100, 100), True), ((0.46, 0.46), (100, 100), False),
        ((0.21, 0.21), (150, 50), True), ((0.19, 0.19), (150, 50), False),
        # the root of the mean of both squares: 0.4472 and 0.4596
        ((0.6, 0.2), (100, 100), True), ((0.6, 0.25), (50, 150), False), ((0.25, 0.6), (100, 100), False),
    ],
)  # fmt: skip
def test_a_deviation_far_below_the_others_by_the_root_of_n_is_named(sd, n, named):
    row = (5, sd[0], n[0], 4, sd[1], n[1])
    said = doubted("MD", [row, *OTHERS])
    assert said.startswith("Standard deviations of A are far below") is named
    assert not doubted("ROM", [row, *OTHERS])


def test_the_others_are_those_whose_figures_are_known_and_two_at_least():
    row = (5, 0.44, 100, 4, 0.44, 100)
    assert not doubted("MD", [row, OTHERS[0]])
    assert not doubted("MD", [row, OTHERS[0], (5, NAN, 40, 4, 4, 40)])
    assert "of A are" in doubted("MD", [row, *OTHERS, (5, 0.1, 40, NAN, 0.1, 40)])
    # the middle one counts, not the mean
    assert "of A are" in doubted("MD", [row, *OTHERS, (5, 3, 40, 4, 3, 40), (5, 90, 40, 4, 90, 40)])


@pytest.mark.parametrize(
    ("gap", "named"), [(3.01, True), (2.99, False), (-3.01, True), (-2.99, False)]
)
def test_groups_more_than_three_deviations_apart_are_named(gap, named):
    spread = (2.0, 1.0)
    common = np.sqrt((4 + 1) / 2)
    rows = [(5 + gap * common, spread[0], 30, 5, spread[1], 30), (6, 2, 30, 5, 2, 30)]
    said = doubted("SMD", rows)
    assert said.startswith("Groups of A differ by more than 3 standard deviations") is named
    assert not doubted("MD", rows)
    assert not doubted("SMD", [(NAN, *rows[0][1:]), rows[1]])


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        ([(-4, -3), (5, 4), (5, 4)], "Means of A are below 0"),
        ([(-4, -3), (5, 4), (-5, -4)], "Means of B are above 0"),
        ([(-4, -3), (5, 4)], "Means of A are below 0"),
        ([(-4, 3), (5, 4)], ""), ([(-4, -3), (5, -4)], ""), ([(-4, -3), (5, 0)], ""),
        ([(0, -3), (5, 4)], ""), ([(-4, NAN), (5, 4)], ""), ([(4, 3), (5, 4)], ""),
    ],
)  # fmt: skip
def test_studies_with_both_means_on_the_other_side_of_nothing_are_named(signs, said):
    rows = [(one, 2, 30, other, 2, 30) for one, other in signs]
    labels = "ABC"[: len(rows)]
    for code in ("MD", "SMD"):
        notes = [note for note in mean_doubts(labels, code, means(rows)) if "Means of" in note]
        assert len(notes) == bool(said)
        assert not said or notes[0].startswith(said)
    assert not [n for n in mean_doubts(labels, "ROM", means(rows)) if "Means of" in n]


Y, SE = np.array([0.1, 0.9, 0.3, 0.7]), np.array([0.2, 0.15, 0.3, 0.25])


def pool(tau2: float) -> tuple[float, float]:
    w = 1 / (SE**2 + tau2)
    return float((w * Y).sum() / w.sum()), float(w.sum() ** -0.5)


W = 1 / SE**2
MIDDLE = float((W * Y).sum() / W.sum())
TAU2 = ((W * (Y - MIDDLE) ** 2).sum() - 3) / (W.sum() - (W**2).sum() / W.sum())


@pytest.mark.parametrize("tau2", [0.0, TAU2], ids=["common", "random"])
@pytest.mark.parametrize(
    ("shift", "factor", "total"),
    [
        (0.0, 1.0, True), (0.049, 1.0, True), (-0.049, 1.0, True), (0.051, 1.0, False), (-0.051, 1.0, False),
        (0.0, 1.029, True), (0.0, 0.971, True), (0.0, 1.031, False), (0.0, 0.969, False),
    ],
)  # fmt: skip
def test_a_last_row_that_is_the_pool_of_the_others_is_a_total(tau2, shift, factor, total):
    assert TAU2 > 0.02
    value, error = pool(tau2)
    effect, se = np.append(Y, value + shift * error), np.append(SE, error * factor)
    faults = pooled_faults(list("ABCDE"), effect, se)
    assert [fault.where for fault in faults] == (["study 'E'"] if total else [])


def test_what_is_no_table_of_three_studies_and_a_total_is_left_alone():
    value, error = pool(0.0)
    effect, se = np.append(Y, value), np.append(SE, error)
    assert len(pooled_faults(list("ABCDE"), effect, se)) == 1
    for place, (e, s) in ((0, (NAN, 0.2)), (1, (0.9, NAN)), (2, (0.3, 0.0)), (2, (0.3, -0.1))):
        other, errors = effect.copy(), se.copy()
        other[place], errors[place] = e, s
        assert pooled_faults(list("ABCDE"), other, errors) == []
    same, two = np.array([0.4, 0.4, 0.4]), np.array([0.2, 0.2, 0.2 / np.sqrt(2)])
    assert pooled_faults(list("ABC"), same, two) == []
    three = np.array([0.2, 0.2, 0.2, 0.2 / np.sqrt(3)])
    assert len(pooled_faults(list("ABCD"), np.full(4, 0.4), three)) == 1


@pytest.mark.parametrize(
    ("printed", "p", "odd"),
    [
        ("<0.001", 0.099, False), ("<0.001", 0.101, True), ("p < .05", 0.49, False), ("P<0.05", 0.51, True),
        ("0.9", 0.024, True), ("0.04", 0.06, False), ("0.06", 0.04, False),
        # beyond a factor of 10 with a thousandth added to both
        ("0.06", 0.0050, True), ("0.06", 0.0052, False), ("0.005", 0.0601, True), ("0.005", 0.058, False),
        ("=0.9", 0.024, True), ("p=0.9", 0.024, True), ("1", 0.001, True), ("1.00", 0.001, True), ("0", 0.06, True),
        # on one side of 0.05 nothing is odd
        ("0.9", 0.051, False), ("0.049", 0.001, False), ("0.05", 0.001, True), ("0.0499", 0.00001, False),
        ("ns", 0.001, False), (">0.05", 0.001, False), ("2.5", 0.001, False), (None, 0.001, False),
    ],
)  # fmt: skip
def test_printed_p_values_that_are_not_those_of_their_effects(printed, p, odd):
    z = norm.isf(p / 2)
    for sign in (1, -1):
        effect, se = np.array([sign * z * 0.3, NAN, 0.5]), np.array([0.3, 0.3, NAN])
        table = pl.DataFrame({"study": ["A", "B", "C"], "p-value": [printed, "0.9", "0.9"]})
        notes = doubted_tests(table, ["A", "B", "C"], effect, se)
        assert len(notes) == odd
        if odd:
            text = printed.lower().replace("p", "").replace(" ", "")
            assert f"effects: A ({text}, computed {p:.2g})." in notes[0]


@pytest.mark.parametrize("name", ["p", "P value", "p.value", "pval", "PVALUE", "p-value"])
def test_columns_of_p_values_by_their_names(name):
    table = pl.DataFrame({name: ["0.9"]})
    assert len(doubted_tests(table, ["A"], np.array([1.0]), np.array([0.1]))) == 1
    other = pl.DataFrame({"pain": ["0.9"]})
    assert doubted_tests(other, ["A"], np.array([1.0]), np.array([0.1])) == []


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["death", "stroke", "death"], "(death, stroke)"),
        (["a", "b", "c", "d"], "(a, b, c, d)"),
        (["a", "b", "c", "d", "e"], "(a, b, c, d, ...)"),
        (["death", " death ", None, "NA", ""], ""),
        ([1, 2, 1], "(1, 2)"),
    ],
)
def test_rows_of_several_outcomes(cells, shown):
    notes = several_outcomes(
        pl.DataFrame({"Study": range(len(cells)), "End point": cells}, strict=False)
    )
    assert len(notes) == bool(shown)
    first = str(cells[0]).strip()
    assert (
        not shown or f"outcomes {shown}, pooled as one; --rows End point={first} takes" in notes[0]
    )
    assert several_outcomes(pl.DataFrame({"arm": cells}, strict=False)) == []
