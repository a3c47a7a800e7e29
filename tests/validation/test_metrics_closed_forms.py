"""Statistics of courses against closed forms, early cuts and small tables worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.validation import metrics
from speciosa.validation.metrics import Course


def course(times, *rows) -> Course:
    return Course(np.array(times, dtype=float), np.array(rows, dtype=float))


@settings(max_examples=30)
@given(st.floats(0.05, 0.6), st.floats(1.0, 3.0), st.floats(0.0, 48.0), st.floats(1.0, 1e3))
def test_what_lies_beyond_the_last_sample_counts(k, half_lives, start, c0):
    """An exponential cut after few half-lives: AUC = C0/k, MRT = 1/k, whenever it began."""
    times = start + np.linspace(0.0, half_lives * np.log(2) / k, 400)
    cut = Course(times, c0 * np.exp(-k * (times - start))[None, :])
    assert metrics.terminal_rate(cut)[0] == pytest.approx(k, rel=1e-6)
    assert metrics.area_to_infinity(cut)[0] == pytest.approx(c0 / k, rel=1e-6)
    assert metrics.area_to_last(cut)[0] == pytest.approx(0.8 * c0 / k, rel=1e-6)
    assert metrics.mean_residence_time(cut)[0] == pytest.approx(1 / k, rel=1e-3)


def test_the_terminal_rate_is_the_slower_of_two():
    times = np.linspace(0.0, 200.0, 2000)
    two = Course(times, (9 * np.exp(-1.5 * times) + np.exp(-0.05 * times))[None, :])
    assert metrics.terminal_rate(two)[0] == pytest.approx(0.05, rel=0.001)
    assert metrics.area_to_infinity(two)[0] == pytest.approx(9 / 1.5 + 1 / 0.05, rel=1e-3)
    mrt = (9 / 1.5**2 + 1 / 0.05**2) / (9 / 1.5 + 1 / 0.05)
    assert metrics.mean_residence_time(two)[0] == pytest.approx(mrt, rel=2e-3)


def test_the_terminal_rate_is_read_where_the_last_quarter_is_collected():
    """A course whose slope changes after half of the area, and again in the last twentieth, has the slope between."""
    times = np.linspace(0.0, 60.0, 6001)
    early, late = 19.0, 46.0
    log = np.where(
        times < early,
        -0.02 * times,
        np.where(
            times < late,
            -0.02 * early - 0.12 * (times - early),
            -0.02 * early - 0.12 * (late - early) - 0.6 * (times - late),
        ),
    )
    bent = Course(times, np.exp(log)[None, :])
    share = metrics.cumulative_area(bent)[0] / metrics.cumulative_area(bent)[0, -1]
    assert share[1900] < 0.75 and share[4600] > 0.97
    assert metrics.terminal_rate(bent)[0] == pytest.approx(0.12, rel=1e-6)


def test_few_samples_are_read_from_the_second_half_of_the_area():
    few = course([0, 1, 2, 4, 8, 24], 100 * np.exp(-0.3 * np.array([0, 1, 2, 4, 8, 24])))
    assert metrics.terminal_rate(few)[0] == pytest.approx(0.3, rel=1e-9)


def test_areas_are_straight_up_and_logarithmic_down():
    found = metrics.cumulative_area(course([0, 1, 3, 4], [0, 4, 4, 1], [2, 2, 0, 0]))
    assert found[0].tolist() == pytest.approx([0, 2, 10, 10 + 3 / np.log(4)])
    assert found[1].tolist() == pytest.approx([0, 2, 4, 4])


def test_a_rising_course_has_no_tail():
    rising = course([0, 1, 2, 3], [1, 2, 3, 4])
    assert np.isnan(metrics.terminal_rate(rising)[0])
    assert metrics.area_to_infinity(rising)[0] == pytest.approx(7.5)


def test_patients_do_not_mix():
    times = np.linspace(0, 40, 300)
    rates = np.array([0.1, 0.2, 0.4])
    all_ = Course(times, 5 * np.exp(-rates[:, None] * times))
    assert metrics.terminal_rate(all_) == pytest.approx(rates)
    assert metrics.area_to_infinity(all_) == pytest.approx(5 / rates, rel=1e-4)
    for found in (metrics.peak(all_), metrics.trough(all_), metrics.time_of_peak(all_)):
        assert found.shape == (3,)


def test_values_are_straight_between_samples_and_flat_outside():
    line = course([2, 4, 8], [10, 20, 0])
    for time, value in ((0, 10), (2, 10), (3, 15), (4, 20), (5, 15), (7, 5), (8, 0), (99, 0)):
        assert line.at(time)[0] == pytest.approx(value), time


def test_a_part_has_its_ends_and_what_lies_between():
    part = course([0, 2, 4, 8], [0, 10, 20, 0]).between(3.0, 8.0)
    assert part.times.tolist() == [3, 4, 8] and part.values[0].tolist() == [15, 20, 0]
    assert course([0, 2, 4], [0, 1, 2]).between(2.0, 4.0).times.tolist() == [2, 4]


def test_peak_trough_and_average():
    bumpy = course([5, 6, 8, 12], [2, 8, 4, 4], [1, 0, 3, 9])
    assert metrics.peak(bumpy).tolist() == [8, 9]
    assert metrics.trough(bumpy).tolist() == [2, 0]
    assert metrics.time_of_peak(bumpy).tolist() == [1, 7]
    assert metrics.average(bumpy).tolist() == pytest.approx([33 / 7, 27.5 / 7])
    assert metrics.average(course([3, 3], [4, 9])).tolist() == [9]
    assert metrics.average(course([3], [4])).tolist() == [4]


@pytest.mark.parametrize(
    ("kind", "expected"), [("mean", 37.0), ("median", 10.0), ("geomean", 10.0)]
)
def test_the_kinds_of_mean(kind, expected):
    values = np.array([[1.0, 10.0, 100.0, np.nan], [np.nan, 1.0, 10.0, 100.0]])
    assert metrics.statistic(values, kind) == pytest.approx([expected, expected])


def test_sampling_times_are_dense_early():
    times = metrics.sampling_times(10.0, 34.0, count=50)
    assert (times[0], times[-1], len(times)) == (10.0, 34.0, 50)
    assert times[1] - times[0] == pytest.approx(1 / 120)
    steps = np.diff(times)[1:]
    assert (np.diff(steps) > 0).all()
    assert metrics.sampling_times(3.0, 3.0).tolist() == [3.0]
    short = metrics.sampling_times(0.0, 0.05)
    assert short[1] == pytest.approx(0.005) and short[-1] == 0.05
