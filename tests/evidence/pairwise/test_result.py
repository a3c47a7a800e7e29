"""A pooled effect and what hangs on it: natural scales of single studies, what moderators explain, what is refused."""

import math

import numpy as np
import pytest
from scipy.stats import chi2

from speciosa.errors import EvidenceError
from speciosa.evidence import meta_analysis

COUNTS = {
    "study": list("ABC"),
    "events_t": [4, 5, 9],
    "n_t": [20, 30, 40],
    "events_c": [7, 6, 15],
    "n_c": [21, 29, 41],
}
SHARES = {"study": list("ABC"), "events": [2, 9, 30], "n": [10, 40, 90]}
EFFECTS = {
    "study": list("ABCDE"),
    "effect": [0.1, 0.5, 0.2, 0.9, 0.7],
    "se": [0.1, 0.2, 0.15, 0.1, 0.2],
}


def test_double_arcsines_go_back_with_the_people_of_each_study_and_their_harmonic_mean():
    found = meta_analysis(SHARES, measure="PFT", test="z")
    assert found.size == pytest.approx(3 / (1 / 10 + 1 / 40 + 1 / 90))
    for place, (x, n) in enumerate(zip(SHARES["events"], SHARES["n"], strict=True)):
        assert found.natural_of_study(place, found.values[place]) == pytest.approx(x / n)
        assert found.natural_of_study(place, math.nan) is None
        assert found.natural_of_study(place, math.inf) is None
    assert found.natural(found.estimate) == pytest.approx(
        float(found.measure.natural(found.estimate, found.size))
    )
    assert found.natural(None) is None


def test_ratios_go_back_by_themselves():
    found = meta_analysis(COUNTS, measure="RR", test="z")
    assert found.size is None
    assert found.natural_of_study(1, math.log(0.8)) == pytest.approx(0.8)
    mixed = SHARES | {"n": [10, None, 90], "effect": [None, 0.5, None], "se": [None, 0.1, None]}
    some = meta_analysis(mixed, measure="PFT", test="z")
    assert some.size is None
    # without its people, the simple arcsine
    assert some.natural_of_study(1, 0.5) == pytest.approx(math.sin(0.5) ** 2)
    assert some.natural_of_study(0, some.values[0]) == pytest.approx(0.2)


def test_what_moderators_explain_is_at_least_nothing_and_needs_something_to_explain():
    x = [1, 2, 2, 1, 3]
    for method in ("DL", "REML"):
        with_x = meta_analysis(EFFECTS | {"x": x}, method=method, moderators=["x"])
        without = meta_analysis(EFFECTS, method=method)
        expected = max(0.0, 100 * (1 - with_x.tau2 / without.tau2))
        assert with_x.R2() == pytest.approx(expected)
        assert without.R2() is None
    assert meta_analysis(EFFECTS | {"x": x}, method="EE", moderators=["x"]).R2() is None
    even = EFFECTS | {"effect": [0.5, 0.51, 0.5, 0.49, 0.5], "x": x}
    assert meta_analysis(even, method="DL", moderators=["x"]).R2() == 0.0


def test_a_worse_model_explains_nothing_not_less():
    """A moderator that takes a degree of freedom and no disagreement leaves more variance than there was."""
    table = {
        "study": list("ABCD"),
        "effect": [0.0, 1.0, 0.0, 1.0],
        "se": [0.1] * 4,
        "x": [0, 0, 1, 1],
    }
    found = meta_analysis(table, method="DL", moderators=["x"])
    assert found.tau2 > meta_analysis(table, method="DL").tau2 > 0
    assert found.R2() == 0.0


@pytest.mark.parametrize("method", ["MH", "PETO", "EXACT"])
def test_common_effects_of_counts_predict_no_new_study(method):
    found = meta_analysis(COUNTS, measure="OR", method=method)
    assert (found.pi_low, found.pi_high) == (None, None)
    with pytest.raises(EvidenceError, match=f"weights of single studies, found {method}"):
        found.robust("study")


def test_one_study_predicts_nothing_and_two_do():
    one = {name: column[:1] for name, column in EFFECTS.items()}
    two = {name: column[:2] for name, column in EFFECTS.items()}
    assert meta_analysis(one, test="z").pi_low is None
    found = meta_analysis(two, method="DL", test="z")
    assert found.pi_low < found.ci_low < found.ci_high < found.pi_high
    assert found.pi_df == math.inf
    assert meta_analysis(EFFECTS, method="DL").pi_df == 4


def test_the_interval_of_tau_at_the_level_asked_for():
    found = meta_analysis(EFFECTS, method="DL", level=0.9)
    y, v = np.array(EFFECTS["effect"]), np.array(EFFECTS["se"]) ** 2

    def q(tau2: float) -> float:
        w = 1 / (v + tau2)
        return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())

    for level, asked in ((0.9, None), (0.5, 0.5)):
        low, high = found.tau2_interval(asked)
        assert q(low) == pytest.approx(chi2.ppf(0.5 + level / 2, 4), rel=1e-6)
        assert q(high) == pytest.approx(chi2.ppf(0.5 - level / 2, 4), rel=1e-6)


def test_true_effects_are_pulled_to_the_line_of_the_moderators():
    x = np.array([1.0, 2, 2, 1, 3])
    found = meta_analysis(EFFECTS | {"x": x}, method="DL", test="z", moderators=["x"])
    y, v = np.array(EFFECTS["effect"]), np.array(EFFECTS["se"]) ** 2
    design, w = np.column_stack([np.ones(5), x]), 1 / (v + found.tau2)
    cov = np.linalg.inv(design.T @ (w[:, None] * design))
    line = design @ (cov @ design.T @ (w * y))
    pull = found.tau2 / (found.tau2 + v)
    shrunken, spread = found.blups()
    assert shrunken == pytest.approx(pull * y + (1 - pull) * line)
    around = (design @ cov * design).sum(axis=1)
    assert spread == pytest.approx(np.sqrt(pull * v + (1 - pull) ** 2 * around))


def test_cells_of_a_column_by_its_name_or_ours():
    found = meta_analysis(EFFECTS | {"Arm Type": [1, 2, 1, 2, 3], "Year": [1, 2, 3, 4, 5]})
    assert found.cells("Arm Type") == ["1", "2", "1", "2", "3"]
    assert found.cells("year") == ["1", "2", "3", "4", "5"]
    with pytest.raises(EvidenceError, match="Did you mean Arm Type"):
        found.cells("Arm Typ")
    with pytest.raises(EvidenceError, match="Known: study, effect, se"):
        found.cells("zzzzzzzz")
