import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speciosa.errors import InputError
from speciosa.facts.uncertainty import (
    FLOORS,
    TRANSLATION,
    WIDEST,
    Distribution,
    believe,
    expected_range,
    interval,
    origin,
    spread_about,
)

SEEN = st.sampled_from(sorted(FLOORS))


def test_standard_deviation_of_many_is_divided_by_the_root_of_n() -> None:
    wide = believe(10, spread_type="sd", spread=20, n=4, seen="fulltext")
    assert wide.cv == pytest.approx(1.0)
    assert believe(10, spread_type="cv%", spread="200", n=4, seen="fulltext").cv == pytest.approx(1)


def test_standard_error_is_taken_as_it_is_and_so_is_an_unstated_spread() -> None:
    for kind in ("se", "unstated"):
        assert believe(10, spread_type=kind, spread=4, n=50, seen="abstract").cv == pytest.approx(
            0.4
        )


def test_confidence_interval_gives_back_its_own_width() -> None:
    low, high = 10 * math.exp(-1.96 * 0.3), 10 * math.exp(1.96 * 0.3)
    found = believe(10, spread_type="ci95", spread=f"{low}-{high}", seen="fulltext")
    assert found.cv == pytest.approx(0.3, rel=1e-3)
    narrow = believe(10, spread_type="ci90", spread=f"{low} to {high}", seen="fulltext")
    assert narrow.cv == pytest.approx(0.3 * 1.96 / 1.6449, rel=1e-3)


def test_range_and_quartiles_of_normal_values_give_back_their_standard_deviation() -> None:
    rng = np.random.default_rng(7)
    logs = rng.normal(0, 0.9, (4000, 8))
    spread = np.mean(np.ptp(logs, axis=1))
    text = f"{math.exp(-spread / 2)}-{math.exp(spread / 2)}"
    found = believe(1, spread_type="range", spread=text, n=8, seen="fulltext")
    assert found.cv == pytest.approx(0.9 / math.sqrt(8), rel=0.02)
    quartiles = f"{math.exp(-0.6745 * 0.9)}-{math.exp(0.6745 * 0.9)}"
    found = believe(1, spread_type="iqr", spread=quartiles, n=8, seen="fulltext")
    assert found.cv == pytest.approx(0.9 / math.sqrt(8), rel=1e-3)


@pytest.mark.parametrize(
    ("n", "d2"), [(2, 1.128), (3, 1.693), (5, 2.326), (10, 3.078), (25, 3.931)]
)
def test_expected_range_agrees_with_the_table_of_tippett(n: int, d2: float) -> None:
    assert expected_range(n) == pytest.approx(d2, abs=6e-4)


def test_a_median_is_less_sure_than_a_mean() -> None:
    mean = believe(10, spread_type="sd", spread=20, n=4, seen="fulltext")
    median = believe(10, spread_type="sd", spread=20, n=4, seen="fulltext", statistic="median")
    assert median.cv / mean.cv == pytest.approx(math.sqrt(math.pi / 2))


@given(SEEN, st.floats(0.001, 1e4), st.floats(0, 50), st.integers(2, 500))
def test_nothing_is_surer_than_its_source_or_wider_than_the_widest(
    seen: str, value: float, relative: float, n: int
) -> None:
    found = believe(value, spread_type="sd", spread=relative * value, n=n, seen=seen)
    assert FLOORS[seen] - 1e-12 <= found.cv <= WIDEST + 1e-9
    assert found.center == value


@given(SEEN, st.floats(0.01, 100))
def test_what_was_not_measured_in_people_is_wider_and_animals_widest(
    seen: str, value: float
) -> None:
    human, cells, rat = (
        believe(value, seen=seen, species=species).cv
        for species in ("human", "human liver microsomes", "rat")
    )
    assert human < cells < rat
    assert min(TRANSLATION["in vitro"], TRANSLATION["animal"]) > FLOORS["recall"]


def test_memory_has_at_least_half_of_itself_as_spread() -> None:
    assert FLOORS["recall"] >= 0.5
    assert believe(3, seen="recall", spread_type="se", spread=0.001).cv >= 0.5


def test_a_number_that_was_computed_is_less_sure_than_a_printed_one() -> None:
    assert believe(3, seen="fulltext", derived=True).cv == pytest.approx(FLOORS["derived"])
    assert believe(3, seen="recall", derived=True).cv == pytest.approx(FLOORS["recall"])


@given(st.floats(0.01, 0.99), st.floats(0.02, 1.0))
def test_fractions_stay_between_zero_and_one(center: float, cv: float) -> None:
    found = spread_about(center, cv, fraction=True)
    values = found.at(np.linspace(-6, 6, 41))
    assert np.all((values > 0) & (values < 1)) and np.all(np.diff(values) > 0)
    assert found.at(0.0) == pytest.approx(center)
    mirrored = spread_about(1 - center, cv, fraction=True).at(np.linspace(6, -6, 41))
    assert 1 - values == pytest.approx(mirrored, abs=1e-12)


def test_samples_have_the_coefficient_of_variation_and_the_interval_holds_its_share() -> None:
    z = np.random.default_rng(3).standard_normal(200_000)
    for found in (spread_about(25, 0.5), spread_about(0.2, 0.1, fraction=True)):
        values = found.at(z)
        assert values.std() / values.mean() == pytest.approx(found.cv, rel=0.03)
        low, high = found.interval(0.9)
        assert np.mean((values > low) & (values < high)) == pytest.approx(0.9, abs=0.005)


def test_a_constant_does_not_move() -> None:
    assert Distribution("fixed", 398.5, 0.0).at([-3.0, 3.0]).tolist() == [398.5, 398.5]


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        believe(-1, spread_type="spread", seen="hearsay")
    assert len(caught.value.faults) == 3
    with pytest.raises(InputError, match="between 0 and 1"):
        believe(1.2, seen="recall", fraction=True)
    with pytest.raises(InputError, match="two numbers"):
        believe(1, spread_type="range", spread="wide", seen="recall")
    with pytest.raises(InputError, match="its type is sd"):
        believe(1, spread_type="sd", spread="1-2", seen="recall")


def test_intervals_are_read_in_every_printed_form() -> None:
    assert interval("3.1-4.5") == interval("4.5 to 3.1") == (3.1, 4.5)
    assert interval("1e-06-2e-05") == (1e-06, 2e-05)
    assert believe(2, spread_type="range", spread="-1 to 3", n=4, seen="fulltext").cv > 0.1


def test_receptors_in_cells_are_not_people() -> None:
    assert origin("human", "human MOR [35S]GTPgammaS, CHO hMOR") == "in vitro"
    assert origin("human", "human MOR in vivo") == "human"
    assert origin("human", "human plasma binding") == "human"


def test_the_table_in_the_documentation_is_the_rule() -> None:
    text = (Path(__file__).parents[2] / "docs" / "uncertainty.md").read_text(encoding="utf-8")
    printed = {name: int(share) for name, share in re.findall(r"\| ([a-z ]+) \| (\d+)% \|", text)}
    assert printed == {name: round(100 * cv) for name, cv in {**FLOORS, **TRANSLATION}.items()}
    assert f"wider than {WIDEST:.0%}" in text
