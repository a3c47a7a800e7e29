"""What a pooled effect says: figures of a reader at their bounds, every line of the text, every key of the mapping."""

import math

import numpy as np
import pytest

from speciosa.evidence import meta_analysis
from speciosa.evidence.pairwise.words import as_mapping, as_text, describe, number, p_value, share

COUNTS = {
    "study": ["Lee", "Kim", "Ono"],
    "events_t": [4, 5, 9],
    "n_t": [20, 30, 40],
    "events_c": [7, 6, 15],
    "n_c": [21, 29, 41],
}
EFFECTS = {
    "study": list("ABCDE"),
    "effect": [0.1, 0.5, 0.2, 0.9, 0.7],
    "se": [0.1, 0.2, 0.15, 0.1, 0.2],
}
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (NAN, "not known"),
        (INF, "not known"),
        (-INF, "not known"),
        (0.001, "0.00100"),
        (0.000999, "0.000999"),
        (-0.0009994, "-0.000999"),
        (99999.0, "99999"),
        (100000.0, "1e+05"),
        (-123456.0, "-1.23e+05"),
        (1.0, "1.00"),
        (9.994, "9.99"),
        (10.0, "10.0"),
        (-99.94, "-99.9"),
        (100.0, "100"),
        (0.1, "0.100"),
    ],
)
def test_numbers_have_three_digits(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (4.9e-5, "5e-05"),
        (6e-5, "0.0001"),
        (0.0999, "0.0999"),
        (0.1, "0.100"),
        (0.5, "0.500"),
    ],
)
def test_shares_have_three_digits_or_four_decimals(value, shown):
    assert share(value) == shown


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (NAN, "p not known"),
        (0.0, "p < 0.0001"),
        (9.99e-5, "p < 0.0001"),
        (1e-4, "p = 0.0001"),
        (0.046, "p = 0.046"),
        (1.0, "p = 1"),
    ],
)
def test_p_values(p, shown):
    assert p_value(p) == shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "random effects (REML), Knapp-Hartung interval"),
        ({"method": "DL", "test": "z"}, "random effects (DL), normal interval"),
        ({"method": "EE"}, "common effect, normal interval"),
        ({"test": "t"}, "random effects (REML), t interval"),
        ({"test": "adhoc"}, "random effects (REML), Knapp-Hartung interval, never narrowed"),
        ({"method": "MH"}, "Mantel-Haenszel, normal interval"),
        ({"method": "PETO"}, "Peto's one-step, normal interval"),
        ({"method": "EXACT"}, "common effect, exact likelihood, normal interval"),
        ({"method": "GLMM"}, "random effects, exact likelihood (ML), normal interval"),
    ],
)
def test_how_a_number_was_made(options, said):
    assert (
        describe(meta_analysis(COUNTS, measure="OR", **options)) == f"Odds ratio, 3 studies, {said}"
    )


def test_the_text_of_random_effects():
    found = meta_analysis(EFFECTS, measure="MD", method="DL", test="z", level=0.9)
    lines = as_text(found).splitlines()
    low, high = found.tau2_interval()
    assert lines[0] == "Mean difference, 5 studies, random effects (DL), normal interval"
    assert (
        lines[1]
        == f"  pooled       {number(found.estimate)} (90% CI {number(found.ci_low)} to {number(found.ci_high)}), {p_value(found.p)}"
    )
    assert (
        lines[2]
        == f"  new study    {number(found.pi_low)} to {number(found.pi_high)} (90% prediction interval, normal)"
    )
    assert lines[3] == (
        f"  between      tau2 {number(found.tau2)} ({number(low)} to {number(high)}, Q-profile), I2 {found.I2:.0f}%,"
        f" H2 {number(found.H2)}, Q {found.Q:.1f} on 4 degrees of freedom, {p_value(found.Q_p)}"
    )
    assert lines[4] == ""
    z = 1.6448536269514722
    assert (
        lines[5]
        == f"  A  {'0.100':>8} ({number(0.1 - 0.1 * z)} to {number(0.1 + 0.1 * z)})  {found.weights[0]:.1f}%"
    )
    assert len(lines) == 10
    wide = as_text(meta_analysis(EFFECTS, measure="MD", method="DL"))
    assert "(95% prediction interval, t with 4 degrees of freedom)" in wide


def test_the_text_of_ratios_shows_both_scales_and_marks_zero_cells():
    found = meta_analysis(COUNTS | {"events_t": [0, 5, 9]}, measure="OR", method="EE")
    lines = as_text(found).splitlines()
    x, low, high = (number(math.exp(v)) for v in (found.estimate, found.ci_low, found.ci_high))
    assert lines[1] == f"  pooled       {x} (95% CI {low} to {high}), {p_value(found.p)}"
    assert (
        lines[2]
        == f"  between      I2 {found.I2:.0f}%, Q {found.Q:.1f} on 2 degrees of freedom, {p_value(found.Q_p)}"
    )
    assert lines[3] == (
        f"  on the log scale {found.estimate:.4f} (se {found.se:.4f}, {found.ci_low:.4f} to {found.ci_high:.4f})"
    )
    assert [line.endswith(" *") for line in lines[5:8]] == [True, False, False]
    assert lines[8].startswith("Note: 0.5 added to each cell where a cell is zero: Lee.")


@pytest.mark.parametrize(("method", "spread"), [("EXACT", False), ("GLMM", True)])
def test_the_text_of_exact_likelihoods_has_a_test_of_likelihoods(method, spread):
    found = meta_analysis(COUNTS, measure="OR", method=method)
    lines = as_text(found).splitlines()
    line = next(line for line in lines if line.startswith("  between"))
    head = f"tau2 {number(found.tau2)}, I2 {found.I2:.0f}%, " if spread else ""
    assert (
        line
        == f"  between      {head}likelihood-ratio test {found.Q:.1f} on 2 degrees of freedom, {p_value(found.Q_p)}"
    )
    assert "%" not in lines[-1]


def test_the_text_of_moderators_and_of_one_study():
    found = meta_analysis(
        EFFECTS | {"x": [1, 2, 2, 1, 3]}, measure="MD", method="DL", test="z", moderators=["x"]
    )
    lines = as_text(found).splitlines()
    row = found.coefficients().row(1, named=True)
    assert lines[2] == (
        f"  {'x':<24} {row['estimate']:9.4f}  (se {row['se']:.4f}, {row['ci_low']:.4f} to {row['ci_high']:.4f},"
        f" {p_value(row['p'])})"
    )
    qm, p, df = found.fit.moderator_test()
    assert lines[3] == f"  moderators   QM {qm:.2f} on {df}, {p_value(p)}; R2 {found.R2():.0f}%"
    common = as_text(meta_analysis(EFFECTS | {"x": [1, 2, 2, 1, 3]}, method="EE", moderators=["x"]))
    assert "R2" not in common and "moderators   QM" in common
    one = as_text(
        meta_analysis({name: column[:1] for name, column in EFFECTS.items()}, measure="MD")
    )
    assert one.splitlines()[0] == "Mean difference, 1 study, normal interval"
    assert "  between      not estimable from one study" in one and "new study" not in one


def test_a_measure_of_one_group_has_no_test_of_nothing():
    text = as_text(
        meta_analysis({"study": ["A", "B"], "events": [2, 9], "n": [10, 400]}, measure="PLO")
    )
    assert ", p" not in text.splitlines()[1]
    assert "0.200 (" in text and "0.0225 (" in text


def test_long_names_are_cut_and_short_ones_aligned():
    names = ["A" * 45, "B", "C" * 12, "D", "E"]
    lines = as_text(meta_analysis(EFFECTS | {"study": names}, measure="MD")).splitlines()
    shown = [line for line in lines if line.startswith(("  A", "  B", "  C"))]
    assert [line[2:42].rstrip() for line in shown] == ["A" * 40, "B", "C" * 12]
    assert {line.index("(") for line in shown} == {53}


def test_the_mapping_holds_what_json_can():
    found = meta_analysis(EFFECTS, measure="MD", method="DL", test="z")
    told = as_mapping(found)
    assert (told["measure"], told["method"], told["test"], told["k"], told["scale"]) == (
        "MD",
        "DL",
        "z",
        5,
        "identity",
    )
    for name in (
        "estimate",
        "se",
        "ci_low",
        "ci_high",
        "p",
        "pi_low",
        "pi_high",
        "tau2",
        "I2",
        "H2",
        "Q",
        "Q_p",
    ):
        assert told[name] == pytest.approx(getattr(found, name)), name
    assert told["pi_df"] is None
    assert told["natural"] == {
        name: pytest.approx(told[name])
        for name in ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    }
    one = as_mapping(meta_analysis({name: column[:1] for name, column in EFFECTS.items()}))
    assert [one[name] for name in ("tau2", "I2", "H2", "Q", "Q_p", "pi_low")] == [None] * 6
    ratio = as_mapping(meta_analysis(COUNTS, measure="OR", method="MH"))
    assert (
        ratio["natural"]["ci_high"] == pytest.approx(math.exp(ratio["ci_high"]))
        and ratio["natural"]["pi_low"] is None
    )


def test_the_mapping_of_moderators():
    found = meta_analysis(
        EFFECTS | {"x": [1, 2, 2, 1, 3]}, measure="MD", method="DL", moderators=["x"]
    )
    told = as_mapping(found)
    assert [row["name"] for row in told["coefficients"]] == ["intercept", "x"]
    assert told["coefficients"][1]["se"] == pytest.approx(found.fit.se[1])
    qm, p, df = found.fit.moderator_test()
    assert (told["QM"], told["QM_p"], told["QM_df"]) == pytest.approx((qm, p, df))
    assert told["R2"] == pytest.approx(found.R2())
    assert "QM" not in as_mapping(meta_analysis(EFFECTS, measure="MD"))
    exact = {"study": list("ABC"), "effect": [0.1, 0.2, 0.3], "se": [0.1] * 3, "x": [1, 2, 3]}
    flat = as_mapping(meta_analysis(exact, moderators=["x"], test="knapp-hartung"))
    assert all(
        value is None or np.isfinite(value)
        for value in flat["coefficients"][1].values()
        if not isinstance(value, str)
    )
