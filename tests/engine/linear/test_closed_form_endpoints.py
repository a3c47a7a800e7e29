"""Endpoints of linear models against formulas, integration and dense curves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.engine.endpoint import KINDS, Endpoint
from speciosa.engine.event import Event
from speciosa.engine.linear.arrays import make_brackets
from speciosa.engine.linear.brackets import (
    cubic,
    cubic_slope,
    narrow,
    turning_place,
    zero_place,
)
from speciosa.engine.linear.endpoints import endpoint_chunk, supports_endpoints
from speciosa.engine.schedule import Schedule
from speciosa.engine.simulate import simulate
from speciosa.model import Model

KA, K, V = 1.3, 0.21, 20.0


def oral_model():
    m = Model("oral")
    ka, k, v = m.parameter("ka", KA, "1/h"), m.parameter("k", K, "1/h"), m.parameter("V", V, "L")
    ec50 = m.parameter("EC50", 2.0, "mg/L")
    factor = m.covariate("factor", 1.0, "1")
    gut, central = m.state("gut", "mg"), m.state("central", "mg")
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - k * factor * central)
    plasma = m.output("plasma", central / v, "mg/L")
    m.output("effect", plasma / (ec50 + plasma), "1")
    m.output("body", gut + central, "mg")
    m.dose_target("oral", gut)
    m.dose_target("iv", central)
    return m.build()


ORAL = oral_model()


def endpoints_of(doses, endpoints, until, ka=(KA,), k=(K,)):
    rows = len(ka)
    table = {p.name: np.full(rows, p.value) for p in ORAL.parameters}
    table["ka"], table["k"] = np.array(ka, dtype=float), np.array(k, dtype=float)
    schedule = Schedule.of(doses, ORAL, rows)
    values, codes = endpoint_chunk(
        ORAL, schedule, np.zeros(rows, dtype=np.int32), np.stack(list(table.values())),
        np.ones((1, rows)), endpoints, 0.0, until,
    )  # fmt: skip
    assert (codes == 0).all()
    return values


def plasma(t, ka, k, dose=100.0):
    return dose / V * ka / (ka - k) * (np.exp(-k * t) - np.exp(-ka * t))


@settings(max_examples=40, deadline=None)
@given(ka=st.floats(0.05, 8), ratio=st.floats(0.01, 0.95))
def test_one_dose_by_formula(ka, ratio):
    k = ka * ratio
    until = 60 / k
    peak_time = np.log(ka / k) / (ka - k)
    level = 0.37 * plasma(peak_time, ka, k)
    found = endpoints_of(
        "100 mg oral",
        [
            Endpoint("plasma", "peak"),
            Endpoint("plasma", "time of peak"),
            Endpoint("plasma", "area"),
            Endpoint("plasma", "mean"),
            Endpoint("plasma", "at", peak_time / 2),
            Endpoint("plasma", "time above", threshold=level),
            Endpoint("plasma", "time below", threshold=level),
            Endpoint("plasma", "trough", peak_time / 3, 2 * peak_time),
        ],
        until,
        [ka],
        [k],
    )[:, 0]
    above = found[5]
    assert found[0] == pytest.approx(plasma(peak_time, ka, k), rel=1e-11)
    # a peak is flat: its time is known to about the square root of its height
    assert found[1] == pytest.approx(peak_time, rel=1e-6)
    assert found[2] == pytest.approx(100 / V / k, rel=1e-10)
    assert found[3] == pytest.approx(100 / V / k / until, rel=1e-10)
    assert found[4] == pytest.approx(plasma(peak_time / 2, ka, k), rel=1e-11)
    assert above + found[6] == pytest.approx(until, rel=1e-12)
    fine = np.linspace(0, until, 200_001)
    assert above == pytest.approx((plasma(fine, ka, k) > level).mean() * until, abs=3 * until / 2e5)
    ends = min(plasma(peak_time / 3, ka, k), plasma(2 * peak_time, ka, k))
    assert found[7] == pytest.approx(ends, rel=1e-11)


SCHEDULES = {
    "a series": "100 mg oral every 8 h x 9",
    "infusions": "100 mg iv over 3 h every 12 h x 5; 50 mg oral at 5 h",
    "steady state": [Event(0, "oral", 100, every_h=8, count=9, steady_state=True)],
    "long infusions at steady state": [
        Event(0, "iv", 100, over_h=19, every_h=8, count=3, steady_state=True)
    ],
    "a reset and a replacement": [
        Event(0, "iv", 100, over_h=20),
        Event(10, kind="reset"),
        Event(12, "oral", 50),
        Event(30, "central", 7, kind="replace"),
    ],
    "a covariate that changes": [
        Event(0, "oral", 100, every_h=8, count=5),
        Event(10, "factor", 2.0, kind="covariate"),
        Event(30, "factor", 0.5, kind="covariate"),
    ],
    "before time zero": [Event(-10, "oral", 100, every_h=8, count=8)],
}


def all_endpoints():
    found = []
    for output, levels in (("plasma", (1.0, 3.1)), ("body", (60.0,))):
        for opens, closes in ((None, None), (6.0, 30.0), (8.0, 24.0)):
            for kind in ("peak", "trough", "area", "mean"):
                found.append(Endpoint(output, kind, opens, closes))
            for level in levels:
                found.append(Endpoint(output, "time above", opens, closes, threshold=level))
                found.append(Endpoint(output, "time below", opens, closes, threshold=level))
        found += [Endpoint(output, "at", 8.0), Endpoint(output, "at", 33.3)]
    return found


@pytest.mark.parametrize("name", SCHEDULES)
def test_closed_form_and_integration_agree(name):
    endpoints = all_endpoints()
    # in the last patient rates coincide, so that the matrix exponential takes over
    ka, k = [1.3, 0.4, 3.0, 0.5], [0.21, 0.3, 0.05, 0.5]
    exact = endpoints_of(SCHEDULES[name], endpoints, 72.0, ka, k)
    integrated = simulate(
        ORAL, SCHEDULES[name], parameters={"ka": np.array(ka), "k": np.array(k)}, until=72,
        endpoints=endpoints, trajectories=False, method="tsit5", rtol=1e-11,
    )  # fmt: skip
    assert integrated.ok.all()
    for endpoint, values in zip(endpoints, exact, strict=True):
        other = integrated.endpoints[endpoint.label]
        size = 72.0 if "time" in endpoint.kind else max(np.abs(other).max(), 1.0)
        assert np.abs(values - other).max() <= 1e-9 * size, endpoint.label


def test_what_is_given_at_the_end_of_a_window_does_not_count_and_at_its_begin_does():
    doses = [Event(0, "iv", 100), Event(10, "iv", 1000)]
    found = endpoints_of(
        doses,
        [
            Endpoint("plasma", "peak", 5, 10),
            Endpoint("plasma", "peak", 10, 12),
            Endpoint("plasma", "trough", 0, 10),
            Endpoint("plasma", "time of trough", 0, 10),
        ],
        20.0,
    )[:, 0]
    left = 5 * np.exp(-K * 10)
    assert found == pytest.approx([5 * np.exp(-K * 5), left + 50, left, 10], rel=1e-9)


def test_every_kind_of_endpoint_is_known():
    endpoints = [
        Endpoint("plasma", kind, 2.0, None if kind == "at" else 30.0, threshold=1.0)
        for kind in KINDS
    ]
    assert np.isfinite(endpoints_of("100 mg oral", endpoints, 48.0)).all()


def test_a_patient_without_doses():
    endpoints = [Endpoint("plasma", "peak"), Endpoint("plasma", "area"), Endpoint("body", "trough")]
    assert (endpoints_of("none", endpoints, 48.0) == 0).all()


def test_only_endpoints_of_linear_outputs_are_taken():
    assert supports_endpoints(ORAL, [Endpoint("plasma", "peak"), Endpoint("body", "area")])
    assert not supports_endpoints(ORAL, [Endpoint("plasma", "peak"), Endpoint("effect", "area")])


def test_no_state_is_lost_in_a_model_of_one_thing_seen():
    found = endpoints_of("100 mg iv", [Endpoint("body", "at", 3.0)], 5.0)
    assert found[0, 0] == pytest.approx(100 * np.exp(-3 * K), rel=1e-12)


def one_bracket(a, b, slope_a, slope_b, length):
    items = make_brackets(1)
    for field, value in (
        ("a", a), ("b", b), ("slope_a", slope_a), ("slope_b", slope_b), ("time_b", length),
    ):  # fmt: skip
        getattr(items, field)[0] = value
    return items


slopes = st.floats(-3, 3)


@settings(max_examples=60, deadline=None)
@given(
    a=st.floats(-1, -0.01),
    b=st.floats(0.01, 1),
    slope_a=slopes,
    slope_b=slopes,
    length=st.floats(0.01, 5),
)
def test_repeated_narrowing_finds_the_zero_of_a_cubic(a, b, slope_a, slope_b, length):
    items, curve = (
        one_bracket(a, b, slope_a, slope_b, length),
        one_bracket(a, b, slope_a, slope_b, length),
    )
    for _ in range(8):
        time = items.time_a[0] + zero_place(items, 0) * (items.time_b[0] - items.time_a[0])
        assert 0 <= time <= length
        place = time / length
        value, slope = cubic(curve, 0, place), cubic_slope(curve, 0, place) / length
        narrow(items, 0, time, value, slope, False)
    assert abs(value) < 1e-9


@settings(max_examples=60, deadline=None)
@given(a=slopes, b=slopes, slope_a=st.floats(0.01, 3), slope_b=st.floats(-3, -0.01))
def test_the_turn_of_a_cubic(a, b, slope_a, slope_b):
    items = one_bracket(a, b, slope_a, slope_b, 2.0)
    place = turning_place(items, 0)
    assert 0 <= place <= 1
    assert abs(cubic_slope(items, 0, place)) < 1e-9
