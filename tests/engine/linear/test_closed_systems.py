"""Linear models in which nothing leaves, or next to nothing: an eigenvalue of 0 that rounding does not leave at 0.

Exact values are matrix exponentials of 50 digits; found with an SBML test case and with patients without clearance
(anuria, dialysis switched off), whose areas were wrong up to a thousandfold.
"""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.engine import Endpoint, Event, simulate
from speciosa.model import Model

TIMES = np.array([0.0, 1.0, 5.0, 20.0, 100.0])
LEAVING = [0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3]


def compartments(size: int, areas: bool = True) -> Model:
    """Compartments in exchange with the first, which may lose; with the areas under all of them as states."""
    m = Model("closed")
    states = [m.state(f"x{i}", "mg") for i in range(size)]
    leaving = m.parameter("out", 0.0, "1/h")
    m.rate(states[0], -leaving * states[0])
    for i, x in enumerate(states[1:], start=1):
        forth, back = m.parameter(f"k{i}", 0.1, "1/h"), m.parameter(f"b{i}", 0.1, "1/h")
        m.add_rate(states[0], back * x - forth * states[0])
        m.rate(x, forth * states[0] - back * x)
    for i, x in enumerate(states):
        m.output(f"amount{i}", x, "mg")
        if areas:
            area = m.state(f"area{i}", "mg*h")
            m.rate(area, x)
            m.output(f"under{i}", area, "mg*h")
    m.dose_target("iv", states[0])
    return m


MODELS = {size: compartments(size).build() for size in (1, 2, 3, 4)}


def exact(rates: dict[str, float], size: int, flow: float, over: float) -> np.ndarray:
    """Amounts and areas after 10 mg at once and an infusion, one row a time."""
    with mp.workdps(50):
        n = 2 * size
        a = mp.zeros(n + 1)
        a[0, 0] -= mp.mpf(rates["out"])
        for i in range(1, size):
            forth, back = mp.mpf(rates[f"k{i}"]), mp.mpf(rates[f"b{i}"])
            a[0, 0] -= forth
            a[i, 0] += forth
            a[0, i] += back
            a[i, i] -= back
        for i in range(size):
            a[size + i, i] = mp.mpf(1)
        off = a.copy()
        a[0, n] = mp.mpf(flow)
        found = []
        for time in TIMES:
            x = mp.matrix([10, *[0] * (n - 1), 1])
            x = mp.expm(a * min(float(time), over)) * x
            if time > over:
                x = mp.expm(off * mp.mpf(float(time) - over)) * x
            found.append([float(value) for value in x[:n]])
        return np.array(found)


def disagreement(size: int, rates: dict[str, float], flow: float, over: float) -> float:
    """The largest error of amounts, areas as states and areas as endpoints, over their peaks."""
    doses = [Event(0, "iv", 10)] + ([Event(0, "iv", flow * over, over_h=over)] if flow else [])
    right = exact(rates, size, flow, over)
    windows = [Endpoint(f"amount{i}", "area", 1.0, 100.0) for i in range(size)]
    result = simulate(
        MODELS[size], doses, parameters={k: [v] for k, v in rates.items()}, times=TIMES,
        endpoints=windows,
    )  # fmt: skip
    assert result.method == "closed form" and result.ok.all()
    worst = 0.0
    for i in range(size):
        for name, column in ((f"amount{i}", i), (f"under{i}", size + i)):
            wanted = right[:, column]
            worst = max(worst, np.abs(result[name][0] - wanted).max() / max(wanted.max(), 1e-3))
        area = right[-1, size + i] - right[1, size + i]
        worst = max(worst, abs(result[windows[i].label][0] / area - 1))
    return float(worst)


@pytest.mark.parametrize("leaving", LEAVING)
@pytest.mark.parametrize("there, back", [(0.01, 0.4), (0.1, 0.1), (0.7, 0.1), (0.37, 0.051)])
def test_two_compartments(there, back, leaving):
    assert disagreement(2, {"k1": there, "b1": back, "out": leaving}, 0.0, 1.0) < 1e-10


@pytest.mark.parametrize("leaving", LEAVING)
def test_an_area_under_what_hardly_leaves(leaving):
    """The area under 10 mg that nothing leaves is 10 mg an hour; it was 48 instead of 50 after 5 h at 1e-15/h."""
    assert disagreement(1, {"out": leaving}, 2.0, 0.5) < 1e-11


constants = st.floats(-3, 1).map(lambda p: 10.0**p)


@settings(max_examples=60, derandomize=True)
@given(
    size=st.integers(1, 4),
    k=st.lists(constants, min_size=6, max_size=6),
    leaving=st.one_of(st.sampled_from(LEAVING), st.floats(-14, -1).map(lambda p: 10.0**p)),
    flow=st.sampled_from([0.0, 2.0]),
    over=st.sampled_from([0.5, 7.0, 30.0]),
)
def test_any_compartments(size, k, leaving, flow, over):
    rates = {"out": leaving}
    for i in range(1, size):
        rates |= {f"k{i}": k[i - 1], f"b{i}": k[i + 2]}
    assert disagreement(size, rates, flow, over) < 1e-9


@pytest.mark.parametrize("leaving", [0.0, 1e-15, 1e-12, 1e-10])
def test_a_steady_state_that_rounding_decides_is_none(leaving):
    """With next to nothing leaving, the level of an endless regimen would be one of rounding."""
    doses = [Event(0, "iv", 10, every_h=12, steady_state=True)]
    for size in (2, 3):
        rates = {"k1": [0.4], "b1": [0.1], "out": [leaving]}
        result = simulate(compartments(size, False), doses, parameters=rates, times=[1.0])
        assert result.status.tolist() == ["no steady state"]


@pytest.mark.parametrize("leaving", [1e-3, 1e-5])
def test_a_slow_steady_state_is_found(leaving):
    doses = [Event(0, "iv", 10, every_h=12, steady_state=True)]
    m = compartments(2, False)
    result = simulate(
        m, doses, parameters={"k1": [0.4], "b1": [0.1], "out": [leaving]}, times=TIMES
    )
    with mp.workdps(50):
        a = mp.matrix([[-mp.mpf(0.4) - mp.mpf(leaving), mp.mpf(0.1)], [mp.mpf(0.4), -mp.mpf(0.1)]])
        state = mp.inverse(mp.eye(2) - mp.expm(12 * a)) * mp.matrix([10, 0])
        wanted = [float((mp.expm(a * float(time)) * state)[0]) for time in (0, 1, 5)]
    np.testing.assert_allclose(result["amount0"][0][:3], wanted, rtol=1e-6)
