"""Every rule of certainty at its bound: shares of the evidence, limits inside intervals, disagreement, steps and words."""

import numpy as np
import pytest
from scipy.stats import norm

from speciosa.evidence.appraisal.certainty import certainty_of
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.table.assessments import Assessment

LOW, SOME, HIGH = (
    Assessment("low", "low"),
    Assessment("some concerns", "low"),
    Assessment("high", "low"),
)
Z = 1.959963984540054


def pool(shares: list[float], effect: float = 2.0, **options):
    """Studies of a against p that contribute so much each under a common effect."""
    rows = {
        "study": [f"s{i}" for i in range(len(shares))],
        "treat1": ["a"] * len(shares),
        "treat2": ["p"] * len(shares),
        "effect": [effect] * len(shares),
        "se": [0.1 / np.sqrt(share) for share in shares],
    }
    return network_meta_analysis(
        rows, **({"measure": "MD", "reference": "p", "model": "common"} | options)
    )


def domain(name: str, result, mid: float = 1.0, **options):
    (one,) = certainty_of(result, mid, **options)
    return next(found for found in one.domains if found.name == name)


@pytest.mark.parametrize(
    ("share", "concern"),
    [
        (0.249, "no concerns"),
        (0.251, "some concerns"),
        (0.749, "some concerns"),
        (0.751, "major concerns"),
    ],
)
def test_the_mean_of_low_and_high_by_share(share, concern):
    result = pool([1 - share, share])
    found = domain("within-study bias", result, assessed={"s0": LOW, "s1": HIGH})
    assert found.concern == concern
    assert found.reason == f"{share:.0%} of the evidence from studies at high, 0% at some concern"
    turned = {"s0": Assessment("low", "low"), "s1": Assessment("low", "high")}
    assert domain("indirectness", result, assessed=turned).concern == concern
    assert domain("within-study bias", result, assessed=turned).concern == "no concerns"


@pytest.mark.parametrize(
    ("known", "concern", "reason"),
    [
        (0.49, "not judged", "only 49% of the evidence is assessed"),
        (
            0.51,
            "some concerns",
            "0% of the evidence from studies at high, 51% at some concern; 49% not assessed",
        ),
        (
            0.994,
            "some concerns",
            "0% of the evidence from studies at high, 99% at some concern; 1% not assessed",
        ),
        (0.996, "some concerns", "0% of the evidence from studies at high, 100% at some concern"),
    ],
)
def test_half_of_the_evidence_must_be_assessed(known, concern, reason):
    found = domain("within-study bias", pool([known, 1 - known]), assessed={"s0": SOME})
    assert (found.concern, found.reason) == (concern, reason)


def test_nothing_assessed_is_said_so():
    found = domain("within-study bias", pool([0.5, 0.5]), assessed={})
    assert (found.concern, found.reason) == ("not judged", "no study is assessed")


@pytest.mark.parametrize(("share", "told"), [(0.004, ""), (0.006, "; by domain: measurement 1%")])
def test_domains_of_concern_are_told_from_half_a_percent(share, told):
    judged = {
        "s0": Assessment("low", "low", {"measurement": "low"}),
        "s1": Assessment("low", "low", {"measurement": "high"}),
    }
    found = domain("within-study bias", pool([1 - share, share]), assessed=judged)
    assert found.reason == f"0% of the evidence from studies at high, 0% at some concern{told}"
    both = {
        "s0": Assessment("high", "low", {"randomisation": "some concerns", "reporting": "high"}),
        "s1": Assessment("low", "low", {"reporting": "some concerns", "deviations": "low"}),
    }
    reason = domain("within-study bias", pool([0.6, 0.4]), assessed=both).reason
    assert reason.endswith("by domain: randomisation 60%, reporting 100%")


@pytest.mark.parametrize(
    ("middle", "half", "mid", "concern"),
    [
        (2.0, 0.99, 1.0, "no concerns"),
        (2.0, 1.01, 1.0, "some concerns"),
        (0.0, 0.99, 1.0, "no concerns"),
        (0.0, 1.01, 1.0, "major concerns"),
        (-1.0, 0.5, 1.0, "some concerns"),
        (-3.0, 1.0, 1.0, "no concerns"),
        (0.5, 1.6, 1.0, "major concerns"),
        (0.5, 1.4, 1.0, "some concerns"),
    ],
)
def test_limits_of_little_difference_inside_the_interval(middle, half, mid, concern):
    result = pool([(0.1 * Z / half) ** 2], middle)
    assert domain("imprecision", result, mid).concern == concern


def funnel(p: str):
    """Twelve contrasts on two comparisons, whose effects grow with their errors or not."""
    se = np.linspace(0.1, 1.0, 12)
    lift = {"none": 0.0, "strong": 3.0}[p]
    effect = 2 + lift * se + 0.2 * np.array([1, -1] * 6) * se
    rows = {
        "study": [f"s{i}" for i in range(12)],
        "treat1": ["a"] * 12,
        "treat2": ["p"] * 12,
        "effect": effect,
        "se": se,
    }
    return network_meta_analysis(rows, measure="MD", reference="p", model="common")


def test_small_studies_are_of_some_concern_where_they_show_more():
    assert domain("reporting bias", funnel("none")).concern == "no concerns"
    found = domain("reporting bias", funnel("strong"))
    assert found.concern == "some concerns" and found.reason.startswith(
        "comparison-adjusted funnel of 12 contrasts: p "
    )
    assert domain("reporting bias", pool([0.5, 0.5])).concern == "not judged"


def loop(gap: float, se: float = 0.1, model: str = "common"):
    """Direct a - p of 2 against 2 - gap over b; b - p is 0.5."""
    rows = {
        "study": ["1", "2", "3"],
        "treat1": ["a", "b", "a"],
        "treat2": ["p", "p", "b"],
        "effect": [2.0, 0.5, 1.5 - gap],
        "se": [se] * 3,
    }
    return network_meta_analysis(rows, measure="MD", reference="p", model=model)


def incoherence(result, mid: float) -> tuple[str, str]:
    found = {one.treatment: one for one in certainty_of(result, mid)}["a"]
    told = next(one for one in found.domains if one.name == "incoherence")
    return told.concern, told.reason


def reached(middle: float, half: float, mid: float) -> set[str]:
    low, high = middle - half, middle + half
    parts = {"below": low < -mid, "within": low <= mid and high >= -mid, "above": high > mid}
    return {name for name, yes in parts.items() if yes}


@pytest.mark.parametrize("se", [0.1, 0.9])
@pytest.mark.parametrize("mid", [0.2, 1.0, 2.5])
@pytest.mark.parametrize("errors", [1.0, 1.63, 1.66, 1.9, 4.0])
def test_disagreement_by_the_parts_of_the_scale_that_both_reach(se, mid, errors):
    """Three parts in common are of no concern, two of some, fewer of major, where p is below 0.1."""
    gap = errors * se * 3**0.5
    found, reason = incoherence(loop(gap, se), mid)
    assert reason.startswith("direct against indirect: p ")
    common = reached(2.0, Z * se, mid) & reached(2.0 - gap, Z * se * 2**0.5, mid)
    expected = {3: "no concerns", 2: "some concerns"}.get(len(common), "major concerns")
    assert found == (expected if 2 * norm.sf(errors) < 0.1 else "no concerns")


def test_direct_evidence_only_is_no_disagreement_and_indirect_only_takes_the_test_of_all():
    assert incoherence(pool([0.5, 0.5]), 1.0) == ("no concerns", "direct evidence only")
    rows = {
        "study": ["1", "2"],
        "treat1": ["a", "b"],
        "treat2": ["b", "p"],
        "effect": [1.0, 1.0],
        "se": [0.1, 0.1],
    }
    chain = network_meta_analysis(rows, measure="MD", reference="p", model="common")
    assert incoherence(chain, 1.0) == (
        "not judged",
        "indirect evidence only, in no loop that could be tested",
    )
    for gap, concern in ((0.2, "no concerns"), (0.4, "some concerns"), (1.0, "major concerns")):
        more = {"study": list("12345"), "treat1": ["a", "b", "c", "b", "c"], "treat2": ["b", "p", "p", "c", "p"],
                "effect": [1.0, 1.0, 0.5, 0.5 + gap, 0.5], "se": [0.1] * 5}  # fmt: skip
        result = network_meta_analysis(more, measure="MD", reference="p", model="common")
        p = result.coherence.test.p
        assert concern == (
            "major concerns" if p < 0.01 else "some concerns" if p < 0.1 else "no concerns"
        )
        assert incoherence(result, 1.0)[0] == concern


ALL_LOW = {f"s{i}": LOW for i in range(9)}


@pytest.mark.parametrize(
    ("assessed", "observational", "level"),
    [
        (ALL_LOW, False, "high"),
        (ALL_LOW, True, "low"),
        ({}, False, "low"),
        ({"s0": SOME, "s1": SOME}, False, "moderate"),
        ({"s0": HIGH, "s1": HIGH}, False, "low"),
        ({"s0": HIGH, "s1": HIGH}, True, "very low"),
        ({}, True, "very low"),
        ({"s0": Assessment("high"), "s1": Assessment("high")}, False, "very low"),
    ],
)
def test_steps_down_from_where_the_evidence_starts(assessed, observational, level):
    (one,) = certainty_of(pool([0.5, 0.5]), 1.0, assessed=assessed, observational=observational)
    assert one.level == level


@pytest.mark.parametrize(
    ("effect", "assessed", "said"),
    [
        (
            2.0,
            ALL_LOW,
            "A increases relapse against p (mean difference 2.00, 1.80 to 2.20; high certainty)",
        ),
        (
            -2.0,
            ALL_LOW,
            "A reduces relapse against p (mean difference -2.00, -2.20 to -1.80; high certainty)",
        ),
        (
            0.5,
            ALL_LOW,
            "A makes little or no difference against p (mean difference 0.500, 0.304 to 0.696; high certainty)",
        ),
        (
            2.0,
            {"s0": SOME, "s1": SOME},
            "A probably increases relapse against p (mean difference 2.00, 1.80 to 2.20; moderate certainty)",
        ),
        (
            -2.0,
            {"s0": HIGH, "s1": HIGH},
            "A may reduce relapse against p (mean difference -2.00, -2.20 to -1.80; low certainty)",
        ),
        (
            0.5,
            {"s0": HIGH, "s1": HIGH},
            "A may make little or no difference against p (mean difference 0.500, 0.304 to 0.696; low certainty)",
        ),
    ],
)
def test_words_by_certainty_and_size(effect, assessed, said):
    (one,) = certainty_of(pool([0.5, 0.5], effect), 1.0, assessed=assessed, outcome="relapse")
    assert one.statement.startswith(said)
    assert (one.treatment, one.comparator, one.effect) == ("a", "p", pytest.approx(effect))
    assert one.to_json()["complete"] is one.complete is False


def test_very_low_certainty_says_nothing_of_a_direction():
    (one,) = certainty_of(pool([0.5, 0.5]), 1.0, assessed={}, observational=True)
    assert one.statement.startswith(
        "The evidence is very uncertain about the effect of a against p (mean difference 2.00"
    )
