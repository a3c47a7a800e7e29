"""Non-compartmental statistics against the closed form of a one-compartment course, and their invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.validation import metrics
from speciosa.validation.metrics import Course

TIMES = metrics.sampling_times(0.0, 80.0, count=300)


def bateman(dose: float, ka: float, ke: float, volume: float) -> Course:
    values = dose * ka / (volume * (ka - ke)) * (np.exp(-ke * TIMES) - np.exp(-ka * TIMES))
    return Course(TIMES, values[None, :])


@settings(max_examples=30, deadline=None)
@given(ka=st.floats(1.5, 4.0), ke=st.floats(0.12, 0.25), volume=st.floats(5, 500))
def test_one_compartment_statistics_match_the_closed_form(ka, ke, volume):
    course = bateman(1000.0, ka, ke, volume)
    area = 1000.0 / (ke * volume)
    peak_time = np.log(ka / ke) / (ka - ke)
    assert metrics.area_to_infinity(course)[0] == pytest.approx(area, rel=2e-3)
    assert np.log(2) / metrics.terminal_rate(course)[0] == pytest.approx(np.log(2) / ke, rel=0.02)
    assert metrics.time_of_peak(course)[0] == pytest.approx(peak_time, rel=0.05)
    assert metrics.mean_residence_time(course)[0] == pytest.approx(1 / ka + 1 / ke, rel=0.02)


@settings(max_examples=30, deadline=None)
@given(factor=st.floats(1e-3, 1e3))
def test_areas_and_peaks_are_proportional_to_concentration_and_times_are_not(factor):
    one = bateman(1000.0, 1.5, 0.2, 50.0)
    other = Course(one.times, one.values * factor)
    for measure in (metrics.area_to_infinity, metrics.peak, metrics.area_to_last, metrics.trough):
        assert measure(other)[0] == pytest.approx(factor * measure(one)[0], rel=1e-9)
    for measure in (metrics.time_of_peak, metrics.terminal_rate, metrics.mean_residence_time):
        assert measure(other)[0] == pytest.approx(measure(one)[0], rel=1e-6)


def test_an_interval_is_cut_out_with_both_ends():
    part = bateman(1000.0, 1.5, 0.2, 50.0).between(4.0, 12.0)
    assert (part.times[0], part.times[-1]) == (4.0, 12.0)
    assert np.all(np.diff(part.times) > 0)


def test_a_constant_course_has_its_value_as_average_and_no_terminal_rate():
    flat = Course(np.linspace(0, 10, 20), np.full((1, 20), 3.0))
    assert metrics.average(flat)[0] == pytest.approx(3.0)
    assert np.isnan(metrics.terminal_rate(flat)[0])


def test_missing_patients_do_not_count_in_a_statistic():
    assert metrics.statistic(np.array([1.0, np.nan, 3.0]), "mean") == pytest.approx(2.0)
