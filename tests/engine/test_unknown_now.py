"""At a stop only what may have changed is computed anew: endpoints are as where all is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.engine import Endpoint, simulate
from speciosa.model import Model

KINDS = ("peak", "time of peak", "trough", "area", "mean", "at", "time above")


def model() -> Model:
    """Oral and intravenous doses, an effect site, an effect on the plasma itself, and a covariate that weighs in."""
    m = Model("stops")
    k, ka, ke = (
        m.parameter("k", 0.2, "1/h"),
        m.parameter("ka", 0.9, "1/h"),
        m.parameter("ke", 0.5, "1/h"),
    )
    weight = m.covariate("weight", 70, "kg") / m.parameter("usual", 70, "kg")
    gut, body, site = m.state("gut", "mg"), m.state("body", "mg"), m.state("site", "mg")
    m.rate(gut, -ka * gut)
    m.rate(body, ka * gut - k * weight * body)
    m.rate(site, ke * (body - site))
    half = m.parameter("half", 5, "mg")
    m.output("plasma", body / weight, "mg")
    m.output("late", site / (half + site), "1")
    m.output("both", body * site / (half + site) / weight, "mg")
    m.dose_target("oral", gut)
    m.dose_target("iv", body, duration=None)
    return m


EQUATIONS = model().build()
DOSES = st.lists(
    st.sampled_from(["10 mg oral", "7 mg iv", "20 mg iv over 3 h"]).flatmap(
        lambda what: st.sampled_from(["", " every 5 h x 4", " every 8 h x 3"]).map(
            lambda often: what + often
        )
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=25)
@given(DOSES, st.sampled_from(["tsit5", "rodas5p"]), st.integers(1, 20), st.integers(1, 12))
def test_endpoints_do_not_depend_on_whether_courses_are_kept(doses, method, begin, length):
    endpoints = [
        Endpoint(name, kind, start, end, threshold=0.4, name=f"{name} {kind} {start} {end}")
        for name in EQUATIONS.output_names
        for kind in KINDS
        for start, end in ((0, 30), (begin, begin + length))
    ]
    people = {"weight": np.array([50.0, 70.0, 110.0])}
    ask = {"parameters": people, "endpoints": endpoints, "until": 33, "method": method}
    alone = simulate(EQUATIONS, "; ".join(doses), trajectories=False, **ask)
    beside = simulate(EQUATIONS, "; ".join(doses), times=[33.0], **ask)
    for name in alone.endpoints:
        np.testing.assert_array_equal(alone.endpoints[name], beside.endpoints[name], err_msg=name)


@pytest.mark.parametrize("method", ["tsit5", "rodas5p"])
def test_a_jump_and_a_window_that_opens_at_it_are_seen(method):
    endpoints = [
        Endpoint("plasma", "peak", 12, 20),
        Endpoint("plasma", "at", 12),
        Endpoint("late", "trough", 12, 13),
    ]
    found = simulate(
        EQUATIONS,
        "10 mg iv every 12 h x 2",
        endpoints=endpoints,
        until=24,
        method=method,
        rtol=1e-9,
        trajectories=False,
    )
    jump = 10 * (1 + np.exp(-0.2 * 12))
    site = 0.5 / (0.5 - 0.2) * 10 * (np.exp(-0.2 * 12) - np.exp(-0.5 * 12))
    peak, value, trough = (float(np.ravel(v)[0]) for v in found.endpoints.values())
    assert (peak, value) == pytest.approx((jump, jump), rel=1e-7)
    assert trough == pytest.approx(site / (5 + site), rel=1e-7)
