"""What holds for every linear model and every schedule."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from speciosa.engine import Event, simulate

TIMES = np.linspace(0.0, 30.0, 31)
rates = st.lists(st.floats(0.001, 2.0), min_size=9, max_size=9)


@st.composite
def events(draw, count=3):
    some = []
    for _ in range(draw(st.integers(1, count))):
        some.append(
            Event(
                draw(st.floats(0.0, 20.0)),
                draw(st.sampled_from(["first", "second"])),
                draw(st.floats(0.0, 500.0)),
                over_h=draw(st.sampled_from([None, 0.5, 7.0])),
                every_h=draw(st.sampled_from([1.5, 6.0])),
                count=draw(st.integers(1, 4)),
            )
        )
    return some


def scaled(one, factor):
    return [Event(**{**as_dict(e), "amount": e.amount * factor}) for e in one]


def as_dict(event):
    return {name: getattr(event, name) for name in event.__dataclass_fields__}


def run(chain, doses, k, times=TIMES, lag=0.0, **options):
    options = {"method": "tsit5", "rtol": 1e-11} | options
    parameters = {f"k{i}{j}": [k[3 * i + j]] for i in range(3) for j in range(3)}
    parameters["lag"] = [lag]
    result = simulate(chain, doses, parameters=parameters, times=times, **options)
    assert result.ok.all()
    return np.concatenate([result[name][0] for name in result.outputs])


quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


both = pytest.mark.parametrize("method", ["closed form", "tsit5"])


@both
@quick
@given(k=rates, doses=events(), factor=st.floats(0.1, 10.0))
def test_linearity(chain, method, k, doses, factor):
    one = run(chain, doses, k, method=method)
    other = run(chain, scaled(doses, factor), k, method=method)
    np.testing.assert_allclose(other, factor * one, atol=1e-8 * max(1.0, np.max(other)))


@both
@quick
@given(k=rates, some=events(), others=events())
def test_superposition(chain, method, k, some, others):
    together = run(chain, some + others, k, method=method)
    apart = run(chain, some, k, method=method) + run(chain, others, k, method=method)
    np.testing.assert_allclose(together, apart, atol=1e-8 * max(1.0, np.max(apart)))


@both
@quick
@given(k=rates, doses=events(), shift=st.floats(0.0, 15.0))
def test_shift_in_time(chain, method, k, doses, shift):
    # times that are closer than 1e-10 of their size are one, and later ones are larger
    apart = [Event(**{**as_dict(e), "time_h": round(e.time_h, 6)}) for e in doses]
    later = [Event(**{**as_dict(e), "time_h": e.time_h + shift}) for e in apart]
    shifted = run(chain, later, k, times=TIMES + shift, method=method)
    np.testing.assert_allclose(shifted, run(chain, apart, k, method=method), atol=1e-7)


@both
@quick
@given(
    k=st.lists(st.floats(0.05, 2.0), min_size=9, max_size=9),
    target=st.sampled_from(["first", "second"]),
    over_h=st.sampled_from([None, 0.5, 7.0, 12.0]),
    every_h=st.sampled_from([4.0, 6.0]),
    lag=st.sampled_from([0.0, 1.5, 9.0]),
)
def test_steady_state_is_what_a_long_run_comes_to(chain, method, k, target, over_h, every_h, lag):
    event = Event(0.0, target, 100.0, over_h=over_h, every_h=every_h, count=3, steady_state=True)
    # the slowest state loses at least 5 % an hour
    past = int(600 / every_h)
    early = {"time_h": -past * every_h, "count": past + 3, "steady_state": False}
    found = run(chain, [event], k, method=method, lag=lag)
    wanted = run(chain, [Event(**(as_dict(event) | early))], k, method="closed form", lag=lag)
    np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-8 * np.max(wanted))


@quick
@given(k=rates, doses=events())
def test_closed_form_and_solvers_agree(chain, k, doses):
    closed = run(chain, doses, k, method="closed form")
    explicit = run(chain, doses, k)
    np.testing.assert_allclose(explicit, closed, atol=1e-9 * max(1.0, np.max(closed)))
    implicit = run(chain, doses, k, method="rodas5p", rtol=1e-10)
    np.testing.assert_allclose(implicit, closed, atol=1e-8 * max(1.0, np.max(closed)))


@quick
@given(k=rates, doses=events())
def test_amounts_are_conserved(chain, k, doses):
    kept = list(k)
    kept[0] = kept[4] = kept[8] = 0.0  # nothing is eliminated
    total = run(chain, doses, kept, times=np.array([60.0])).sum()
    given_in_all = sum(e.amount * e.count for e in doses)
    np.testing.assert_allclose(total, given_in_all, rtol=1e-9, atol=1e-9)
