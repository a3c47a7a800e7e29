"""Statistics of effects from small courses worked out by hand: windows, baselines, thresholds, directions, units."""

import numpy as np
import pytest
from tests.validation.rows import observed

from speciosa.validation.effects import in_unit, metric, moments, window
from speciosa.validation.metrics import Course

PUPIL = "pupil_diameter_mm"
COURSE = Course(
    np.array([0.0, 1.0, 2.0, 4.0]), np.array([[6.0, 4.0, 2.0, 5.0], [5.0, 5.0, 4.0, 4.0]])
)


def of(name: str, unit: str = "mm", analyte: str = PUPIL, at: str = "") -> "object":
    return observed(name, unit, doses="10 mg morphine oral", analyte=analyte, at=at)


@pytest.mark.parametrize(
    ("name", "start", "end", "expected"),
    [
        ("value", 1.0, 4.0, [10 / 3, 12.5 / 3]),
        ("value", 2.0, 2.0, [2.0, 4.0]),
        ("value", 3.0, 3.0, [3.5, 4.0]),
        ("nadir", 0.0, 4.0, [2.0, 4.0]),
        ("nadir", 0.0, 1.5, [3.0, 4.5]),
        ("peak", 1.0, 4.0, [5.0, 5.0]),
        ("change", 2.0, 2.0, [-4.0, -1.0]),
        ("change", 1.0, 4.0, [10 / 3 - 6, 12.5 / 3 - 5]),
    ],
)
def test_statistics(name, start, end, expected):
    assert metric(of(name), COURSE, start, end, 0.0) == pytest.approx(expected)


def test_a_change_is_from_the_baseline_that_is_told():
    assert metric(of("change"), COURSE, 2.0, 2.0, 1.0) == pytest.approx([-2.0, -1.0])


def test_a_change_in_percent_is_of_the_own_baseline():
    found = metric(of("change", "%"), COURSE, 2.0, 2.0, 0.0)
    assert found == pytest.approx([-4 / 6, -1 / 5])
    assert in_unit(found, of("change", "%")) == pytest.approx([-400 / 6, -20])


def test_a_change_of_a_score_in_percent_is_of_the_whole_scale():
    row = of("change", "%", "liking_vas")
    assert metric(row, COURSE, 2.0, 2.0, 0.0) == pytest.approx([-4.0, -1.0])
    assert in_unit(np.array([-4.0]), row) == pytest.approx([-4.0])
    assert in_unit(np.array([12.0]), of("change", "%", "cows")) == pytest.approx([25.0])


@pytest.mark.parametrize(
    ("at", "start", "expected"),
    [("4 @ 1 h", 1.0, [1, 1]), ("4.01 @ 1 h", 1.0, [0, 1]), ("5 @ 0 h", 0.0, [1, 1])],
)
def test_a_share_counts_who_is_at_the_threshold_or_above(at, start, expected):
    found = metric(of("share_ge", "1", at=at), COURSE, start, start, 0.0)
    assert found.tolist() == expected


def test_a_share_over_a_window_is_the_share_of_time():
    times = np.linspace(0.0, 10.0, 1001)
    step = Course(times, np.where(times >= 4.0, 1.0, 0.0)[None, :])
    found = metric(of("share_ge", "1", at="1 @ 0 h to 10 h"), step, 0.0, 10.0, 0.0)
    assert found == pytest.approx([0.6], abs=0.002)
    assert in_unit(found, of("share_ge", "%", at="1 @ 0 h to 10 h")) == pytest.approx([60], abs=0.2)


@pytest.mark.parametrize(
    ("name", "unit", "analyte", "factor"),
    [
        ("value", "mm", PUPIL, 1.0),
        ("value", "cm", PUPIL, 0.1),
        ("value", "1", "cows", 1.0),
        ("value", "%", "pain_nrs", 10.0),
        ("value", "%", "cows", 100 / 48),
        ("peak", "%", "sows", 100 / 64),
        ("value", "mm", "pain_nrs", 10.0),
        ("value", "cm", "pain_nrs", 1.0),
        ("peak", "mm", "liking_vas", 1.0),
        ("peak", "cm", "liking_vas", 0.1),
        ("value", "%", "ventilation_fraction", 100.0),
        ("value", "mmHg", "petco2_mmhg", 1.0),
        ("value", "kPa", "petco2_mmhg", 0.1333224),
        ("value", "mL/min", "minute_ventilation", 1000.0),
        ("value", "%", "mor_occupancy", 100.0),
        ("change", "%", "minute_ventilation", 100.0),
        ("change", "%", "cows", 100 / 48),
        ("share_ge", "%", "cows", 100.0),
        ("share_ge", "1", "cows", 1.0),
        ("share_ge", "1", PUPIL, 1.0),
        ("change", "ms", "qtc_change_ms", 1.0),
        ("change", "s", "qtc_change_ms", 1e-3),
    ],
)
def test_units(name, unit, analyte, factor):
    assert in_unit(np.array([7.0]), of(name, unit, analyte)) == pytest.approx(
        [7.0 * factor], rel=1e-5
    )


@pytest.mark.parametrize(
    ("name", "at", "interval", "expected"),
    [
        ("value", "", 8.0, (40.0, 48.0)),
        ("value", "", 0.0, (40.0, 64.0)),
        ("change", "", 8.0, (40.0, 48.0)),
        ("nadir", "", 8.0, (5.0, 48.0)),
        ("peak", "", 0.0, (5.0, 64.0)),
        ("peak", "6 h to 9 h", 8.0, (6.0, 9.0)),
        ("value", "last + 2 h", 8.0, (42.0, 42.0)),
    ],
)
def test_when_an_effect_is_meant(name, at, interval, expected):
    assert window(of(name, at=at), 5.0, 40.0, interval) == expected


def test_effects_are_looked_at_minute_by_minute_after_each_dose():
    found = moments(0.0, 48.0, [0.0, 24.0])
    assert (found[0], found[-1]) == (0.0, 48.0)
    for minutes in (1, 5, 30, 240):
        for dose in (0.0, 24.0):
            assert np.abs(found - (dose + minutes / 60)).min() < 1e-9
    assert np.diff(found).max() <= 48 / 60 + 1e-9
    assert moments(3.0, 3.0, [0.0]).tolist() == [3.0]
    # whatever comes and goes after a dose is met before its time has doubled, and from two minutes on before half of it has passed
    after = 60 * (moments(0.0, 30.0, [7.13]) - 7.13)
    soon = after[(after > 0.5) & (after < 240.5)]
    assert soon[0] <= 1.0 + 1e-6 and np.isclose(soon[-1], 240.0)
    assert (soon[1:] / soon[:-1]).max() <= 2.0 + 1e-6
    late_on = soon[soon > 1.5]
    assert (late_on[1:] / late_on[:-1]).max() <= 1.5 + 1e-6
    assert moments(10.0, 12.0, [0.0]).min() == 10.0
    late = moments(100.0, 148.0, [97.0, 200.0])
    assert np.abs(late - (97 + 4.0)).min() < 1e-9 and late.max() == 148.0
    assert len(moments(0.0, 240.0, range(0, 240, 4))) < 61 + 12 * 22 + 1
