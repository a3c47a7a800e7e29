"""Doses still on their way at a steady state, as NONMEM has them: by its own way back, hour by hour."""

import math

import numpy as np
import pytest
from tests.exchange.test_nonmem import CL, K, bolus, infusion, predicted, write

import speciosa as sp
from speciosa.exchange import read_nonmem, simulate_records

LATE = """ID,TIME,AMT,RATE,II,SS,CMT,ALAG,DV
1,0,100,{rate},24,1,2,{lag},.
1,3,.,.,.,.,.,{lag},1
1,20,.,.,.,.,.,{lag},1
1,{lag},.,.,.,.,.,{lag},1
1,90,.,.,.,.,.,{lag},1
"""


def before_arrival(rate, lag, times):
    """NONMEM's way, by going back hour by hour from the lowest value of the steady state."""
    length = 100 / rate if rate else 0.0
    times_before = np.arange(24, 4000, 24)
    given = infusion(times_before, 100, length) if rate else bolus(times_before)
    value, found, step = given.sum(), {}, 1e-3
    running = [lag - 24 * m + length for m in range(1, math.ceil(length / 24) + 1)]
    for i in range(round(lag / step), -1, -1):
        now = i * step
        if any(abs(now - t) < step / 2 for t in times):
            found[min(times, key=lambda t: abs(now - t))] = value
        flow = sum(rate for end in running if end > now - step / 2)
        value = (value - flow / CL) * math.exp(K * step) + flow / CL
    return [found[t] for t in times]


@pytest.mark.parametrize(("rate", "lag"), [(0, 28), (0, 70), (10, 46), (2, 34), (1.25, 50)])
def test_a_lag_beyond_the_interval_of_a_steady_state_as_nonmem_has_it(tmp_path, rate, lag):
    text = LATE.format(rate=rate, lag=lag)
    ours, nonmem = (predicted(tmp_path, text, late=late) for late in ("arrive", "nonmem"))
    np.testing.assert_allclose(nonmem[:2], before_arrival(rate, lag, [3, 20]), rtol=2e-3, atol=1e-2)
    assert abs(nonmem[0] - ours[0]) > 0.1 * ours.max()
    np.testing.assert_allclose(nonmem[2:], ours[2:], rtol=1e-9)


def test_a_lag_within_the_interval_is_the_same_in_both(tmp_path):
    text = LATE.format(rate=10, lag=22)
    ours, nonmem = (predicted(tmp_path, text, late=late) for late in ("arrive", "nonmem"))
    assert (ours == nonmem).all()


def test_what_goes_back_from_an_arrival_ends_where_the_states_are_taken(tmp_path):
    text = """ID,TIME,EVID,AMT,II,SS,CMT,ALAG,DV
1,0,1,100,24,1,2,50,.
1,3,0,.,.,.,.,50,1
1,10,3,.,.,.,.,50,.
1,20,0,.,.,.,.,50,1
"""
    ours, nonmem = (predicted(tmp_path, text, late=late) for late in ("arrive", "nonmem"))
    assert nonmem[0] != ours[0]
    assert ours[1] == nonmem[1] == 0


def test_where_going_back_is_not_known_it_is_refused_by_place(tmp_path):
    text = LATE.format(rate=0, lag=50)
    changing = "\n".join(
        line + (",WT" if i == 0 else f",{70 + 5 * (i == 2)}")
        for i, line in enumerate(text.strip().split("\n"))
    )
    with pytest.raises(sp.InputError, match="line 3, WT: expected no change on the way"):
        predicted(tmp_path, changing, late="nonmem")
    m = sp.Model("saturable")
    a = m.state("a", "mg")
    m.rate(a, -m.parameter("Vm", 10, "mg/h") * a / (m.parameter("Km", 20, "mg") + a))
    m.output("amount", a, "mg")
    m.dose_target("iv", a, lag=m.covariate("ALAG", 0, "h"))
    data = read_nonmem(write(tmp_path, text))
    with pytest.raises(sp.InputError, match="late: expected a linear model"):
        simulate_records(m, data, late="nonmem")
    with pytest.raises(sp.InputError, match="late: expected arrive or nonmem"):
        simulate_records(m, data, late="never")
