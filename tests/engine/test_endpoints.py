"""Endpoints computed while solving, against formulas and against fine trajectories."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from speciosa.engine import Endpoint, Event, simulate

KINDS = [
    "peak",
    "time of peak",
    "trough",
    "time of trough",
    "area",
    "mean",
    "time above",
    "time below",
]


def test_one_compartment_by_formula(one):
    k, v = 0.1, 50.0
    ends = [
        Endpoint("c", "peak"),
        Endpoint("c", "time of peak"),
        Endpoint("c", "trough", 0, 12),
        Endpoint("c", "area", 0, 12),
        Endpoint("c", "mean", 0, 12),
        Endpoint("c", "time above", 0, 12, threshold=1.0),
        Endpoint("c", "at", 12),
    ]
    result = simulate(
        one, "100 mg iv every 12 h x 2", until=24, endpoints=ends, method="tsit5", rtol=1e-9
    )
    e = np.exp(-k * 12)
    area = 100 / v / k * (1 - e)
    wanted = [
        100 / v * (1 + e),
        12.0,
        100 / v * e,  # before the second dose
        area,
        area / 12,
        np.log(2.0) / k,
        100 / v * (1 + e),  # after it
    ]
    np.testing.assert_allclose([result[end.label][0] for end in ends], wanted, rtol=1e-7)


@pytest.mark.parametrize("output, threshold", [("CP", 0.8), ("EFF", 45.0)])
@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
def test_against_a_fine_trajectory(benchmark, output, threshold, method):
    model = benchmark("B")
    patients = model.population(6)
    window = (31.0, 47.5)
    ends = [Endpoint(output, kind, *window, threshold=threshold) for kind in KINDS]
    got = simulate(
        model.equations,
        model.regimen,
        parameters=patients,
        until=72,
        endpoints=ends,
        trajectories=False,
        method=method,
        rtol=1e-8,
    )
    fine = simulate(
        model.equations,
        model.regimen,
        parameters=patients,
        times=np.linspace(*window, 66_001),
        method="tsit5",
        rtol=1e-9,
    )
    x, t = fine[output], fine.times
    area = np.trapezoid(x, t, axis=1)
    wanted = {
        "peak": x.max(1),
        "time of peak": t[x.argmax(1)],
        "trough": x.min(1),
        "time of trough": t[x.argmin(1)],
        "area": area,
        "mean": area / (window[1] - window[0]),
        "time above": (x > threshold).mean(1) * (window[1] - window[0]),
        "time below": (x <= threshold).mean(1) * (window[1] - window[0]),
    }
    for end in ends:
        at = 1e-3 if "time" in end.kind else 1e-6 * wanted[end.kind].max()
        np.testing.assert_allclose(got[end.label], wanted[end.kind], atol=at)


def test_peak_between_observations_is_found_at_the_default_tolerance(benchmark):
    model = benchmark("B")
    patients = model.population(50)
    ends = [Endpoint("CP", "peak"), Endpoint("CP", "time of peak")]
    settings = dict(
        parameters=patients, until=24, endpoints=ends, trajectories=False, method="tsit5"
    )
    coarse = simulate(model.equations, model.regimen, **settings)
    tight = simulate(model.equations, model.regimen, rtol=1e-11, **settings)
    np.testing.assert_allclose(coarse["CP peak"], tight["CP peak"], rtol=1e-6)
    np.testing.assert_allclose(coarse["CP time of peak"], tight["CP time of peak"], atol=1e-3)


def test_peak_and_trough_of_an_infusion(one):
    result = simulate(
        one,
        [Event(0, "iv", 100, over_h=5)],
        until=30,
        endpoints=[Endpoint("amount", "time of peak"), Endpoint("amount", "time of trough", 5, 30)],
        method="tsit5",
    )
    np.testing.assert_allclose(result["amount time of peak"], 5.0)
    np.testing.assert_allclose(result["amount time of trough 5-30 h"], 30.0)


def test_frames_name_units(one):
    result = simulate(
        one, "100 mg iv", until=4, every=2, endpoints=[Endpoint("c", "area")], method="tsit5"
    )
    assert result.frame().columns == ["draw", "patient", "time_h", "c [mg/L]", "amount [mg]"]
    assert result.endpoint_frame().columns == ["draw", "patient", "c area [mg/L*h]"]
    assert len(result.frame()) == 3


def test_windows_may_begin_before_zero(one):
    result = simulate(
        one,
        [Event(-10, "iv", 100)],
        until=0,
        endpoints=[Endpoint("amount", "area", -10, 0)],
        trajectories=False,
        method="tsit5",
        rtol=1e-9,
    )
    np.testing.assert_allclose(result["amount area -10-0 h"], 1000 * (1 - np.exp(-1)), rtol=1e-8)


@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
def test_what_is_asked_together_is_what_is_asked_alone(benchmark, method):
    model = benchmark("B")
    ends = [
        Endpoint(output, kind, *window, threshold=level, name=f"{output} {kind} {window} {level}")
        for output, level in (("CP", 0.8), ("EFF", 45.0))
        for kind in KINDS
        for window in ((None, None), (31.0, 47.5))
    ]
    settings = dict(
        parameters=model.population(11), until=60, trajectories=False, method=method, rtol=1e-5
    )
    together = simulate(model.equations, model.regimen, endpoints=ends, **settings)
    for end in ends:
        # the window of the others stays, so that the steps are the same
        halt = Endpoint("CM", "area", 31.0, 47.5)
        alone = simulate(model.equations, model.regimen, endpoints=[end, halt], **settings)
        np.testing.assert_allclose(together[end.label], alone[end.label], rtol=1e-6)


def test_every_twin_of_an_endpoint_has_its_value(one):
    twins = [Endpoint("c", "peak", name="first"), Endpoint("c", "peak", name="second")]
    level = [Endpoint("c", f"time {side}", 2, 9, threshold=1.0) for side in ("above", "below")]
    result = simulate(
        one, "100 mg iv", patients=5, until=12, endpoints=twins + level, method="tsit5"
    )
    np.testing.assert_array_equal(result["first"], result["second"])
    np.testing.assert_allclose(sum(result[e.label] for e in level), 7.0, rtol=1e-12)


doses = st.lists(
    st.builds(
        Event,
        time_h=st.floats(0.0, 20.0),
        target=st.sampled_from(["first", "second"]),
        amount=st.floats(1.0, 500.0),
        over_h=st.sampled_from([None, 0.5, 7.0]),
        every_h=st.sampled_from([2.5, 6.0]),
        count=st.integers(1, 3),
    ),
    min_size=1,
    max_size=3,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
@given(
    rates=st.lists(st.floats(0.01, 2.0), min_size=9, max_size=9),
    doses=doses,
    begin=st.floats(0.0, 20.0),
    length=st.floats(0.5, 15.0),
    share=st.floats(0.05, 0.95),
    method=st.sampled_from(["tsit5", "rodas5p"]),
)
def test_any_window_agrees_with_the_closed_form(chain, rates, doses, begin, length, share, method):
    parameters = {f"k{i}{j}": [rates[3 * i + j]] for i in range(3) for j in range(3)}
    window = (begin, begin + length)
    settings = dict(parameters=parameters, until=36, trajectories=False)
    peaks = [Endpoint(f"x{i}", "peak", *window) for i in range(3)]
    known = simulate(chain, doses, endpoints=peaks, method="closed form", **settings)
    sizes = [known[end.label][0] for end in peaks]
    # the solver promises a share of the peak, which may be before the window and far above it
    whole = [Endpoint(f"x{i}", "peak", 0.0, window[1]) for i in range(3)]
    known = simulate(chain, doses, endpoints=whole, method="closed form", **settings)
    highest = [known[end.label][0] for end in whole]
    ends = [
        Endpoint(f"x{i}", kind, *window, threshold=share * sizes[i])
        for i in range(3)
        for kind in ("peak", "trough", "area", "mean", "time above", "time below")
    ]
    exact = simulate(chain, doses, endpoints=ends, method="closed form", **settings)
    for rtol, within in ((1e-9, 1e-7), (1e-5, 1e-3)):
        got = simulate(chain, doses, endpoints=ends, method=method, rtol=rtol, **settings)
        for end in ends:
            if "time" in end.kind:
                continue
            i, span = int(end.output[1]), length if end.kind == "area" else 1.0
            margin = (within * sizes[i] + rtol * highest[i]) * span + 1e-9
            np.testing.assert_allclose(got[end.label], exact[end.label], rtol=0, atol=margin)
    for i in range(3):
        above, below = (f"x{i} time {side} {share * sizes[i]:g}" for side in ("above", "below"))
        found = {
            label: got[label][0] for label in got.endpoints if label.startswith((above, below))
        }
        np.testing.assert_allclose(sum(found.values()), length, rtol=1e-9)
