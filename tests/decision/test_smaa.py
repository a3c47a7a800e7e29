"""SMAA against closed forms and against the R packages smaa and hitandrun (see data/README.md)."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.decision import Criterion, Performance, Weights, acceptability

DATA = Path(__file__).parent / "data"
EXPECTED = pl.read_csv(DATA / "smaa_expected.csv")
CASES = pl.read_csv(DATA / "smaa_cases.csv", infer_schema_length=None)
ORDINAL = "ordinal_weights_w1>=w2>=w3"
RATIO = "ratio_weights_w1/w2_in_[1,3]"
NAMES = ("1", "2", "3")
WEIGHTS = {
    "exact_values_free_weights": Weights(NAMES),
    "exact_values_ordinal_weights_w1>=w2>=w3": Weights(NAMES, order=NAMES),
    "normal_measurements_free_weights": Weights(NAMES),
    "normal_measurements_fixed_weights_0.5_0.3_0.2": Weights(
        NAMES, exact={"1": 0.5, "2": 0.3, "3": 0.2}
    ),
}
TOLERANCE = {name: 0.005 if "ordinal" in name else 0.002 for name in WEIGHTS}


def performance_of(case: str, draws: int = 1_000_000) -> Performance:
    normal = case.startswith("normal")
    rows = CASES.filter(pl.col("case").str.contains("normal") == normal)
    criteria = [
        Criterion(str(name), worst, best)
        for name, worst, best in rows.filter(pl.col("alternative") == "A")
        .select("criterion", "worst", "best")
        .iter_rows()
    ]
    alternatives = tuple(rows["alternative"].unique(maintain_order=True))
    shape = (len(alternatives), len(criteria), 1)
    mean = rows["mean"].to_numpy().reshape(shape)
    sd = rows["sd"].to_numpy().astype(float).reshape(shape)
    noise = np.random.default_rng(7).standard_normal((*shape[:2], draws if normal else 1))
    return Performance(alternatives, tuple(criteria), mean + sd * noise, {})


@pytest.mark.parametrize("case", list(WEIGHTS))
def test_ranks_and_central_weights_are_those_of_the_reference(case: str) -> None:
    found = acceptability(performance_of(case), WEIGHTS[case], samples=1_000_000, seed=5)
    tables = {
        "rank_acceptability": found.rank_acceptability,
        "central_weight": found.central_weights,
    }
    rows = EXPECTED.filter((pl.col("case") == case) & pl.col("quantity").is_in(list(tables)))
    for quantity, alternative, index, value in rows.select(
        "quantity", "alternative", "index", "value"
    ).iter_rows():
        got = tables[quantity][found.alternatives.index(alternative), index - 1]
        wanted = pytest.approx(np.nan if value is None else value, abs=TOLERANCE[case], nan_ok=True)
        assert got == wanted, (quantity, alternative, index)


@pytest.mark.slow
def test_confidence_factors_are_those_of_the_reference() -> None:
    """Slow: a factor of an alternative that is seldom the best carries the noise of its central weight."""
    case = "normal_measurements_free_weights"
    found = acceptability(performance_of(case, 4_000_000), WEIGHTS[case], samples=4_000_000, seed=5)
    rows = EXPECTED.filter((pl.col("case") == case) & (pl.col("quantity") == "confidence_factor"))
    wanted = dict(rows.select("alternative", "value").iter_rows())
    got = dict(zip(found.alternatives, found.confidence_factors, strict=True))
    assert got == pytest.approx(wanted, abs=TOLERANCE[case])


def test_the_reference_is_covered_whole() -> None:
    assert set(EXPECTED["case"]) == {*WEIGHTS, ORDINAL, RATIO}


def expected_mean(case: str, quantity: str) -> np.ndarray:
    chosen = (pl.col("case") == case) & (pl.col("quantity") == quantity)
    return EXPECTED.filter(chosen).sort("index")["value"].to_numpy()


def test_ordinal_weights_average_to_the_rank_order_centroid() -> None:
    mean = Weights(NAMES, order=NAMES).sample(400_000, seed=2).mean(0)
    exact = expected_mean(ORDINAL, "mean_weight_exact_rank_order_centroid")
    np.testing.assert_allclose(mean, exact, atol=0.001)
    np.testing.assert_allclose(mean, expected_mean(ORDINAL, "mean_weight_sample"), atol=0.005)


def test_ratio_weights_average_as_the_reference() -> None:
    weights = Weights(NAMES, ratios={("1", "2"): (1, 3)})
    sample = weights.sample(40_000, seed=3)
    np.testing.assert_allclose(
        sample.mean(0), expected_mean(RATIO, "mean_weight_sample"), atol=0.005
    )


def test_hit_and_run_agrees_with_sorting_where_both_apply() -> None:
    by_order = Weights(NAMES, order=NAMES).sample(40_000, seed=3)
    ratios = {("1", "2"): (1.0, 1e9), ("2", "3"): (1.0, 1e9)}
    by_walk = Weights(NAMES, ratios=ratios).sample(40_000, seed=4)
    for power in (1, 2):
        np.testing.assert_allclose((by_order**power).mean(0), (by_walk**power).mean(0), atol=0.005)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 4))
def test_shares_of_ranks_are_doubly_stochastic(seed: int, alternatives: int, criteria: int) -> None:
    generator = np.random.default_rng(seed)
    table = Performance(
        tuple(f"a{i}" for i in range(alternatives)),
        tuple(Criterion(f"c{i}", 0, 1) for i in range(criteria)),
        generator.random((alternatives, criteria, 3)),
        {},
    )
    found = acceptability(
        table, Weights(tuple(c.name for c in table.criteria)), samples=300, seed=seed
    )
    np.testing.assert_allclose(found.rank_acceptability.sum(0), 1)
    np.testing.assert_allclose(found.rank_acceptability.sum(1), 1)


def test_a_dominating_alternative_is_always_first() -> None:
    table = Performance(
        ("best", "other"),
        (Criterion("x", 0, 1), Criterion("harm", 1, 0)),
        np.array([[[0.9], [0.1]], [[0.2], [0.8]]]),
        {},
    )
    found = acceptability(table, Weights(("x", "harm")), samples=1000, seed=1)
    assert found.rank_acceptability[0, 0] == 1
    assert np.isnan(found.central_weights[1]).all()
    assert np.isnan(found.confidence_factors[1])


def test_equal_alternatives_share_the_ranks() -> None:
    levels = np.full((2, 1, 1), 0.3)
    table = Performance(("a", "b"), (Criterion("x", 0, 1),), levels, {})
    found = acceptability(table, Weights(("x",)), samples=40_000, seed=1)
    np.testing.assert_allclose(found.rank_acceptability, 0.5, atol=0.01)


def test_a_gap_is_refused_and_bounded_on_request() -> None:
    levels = np.array([[[0.5], [np.nan]], [[0.6], [0.5]]])
    table = Performance(("a", "b"), (Criterion("x", 0, 1), Criterion("y", 0, 1)), levels, {})
    assert table.not_estimable == [("a", "y")]
    weights = Weights(("x", "y"))
    with pytest.raises(ValueError, match="not estimable"):
        acceptability(table, weights, samples=10, seed=1)
    low = acceptability(table, weights, samples=2000, seed=1, missing=0).rank_acceptability[0, 0]
    high = acceptability(table, weights, samples=2000, seed=1, missing=1).rank_acceptability[0, 0]
    assert low == 0 < high
