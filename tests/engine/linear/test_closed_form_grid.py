"""Even times are walked by powers of one factor, others one by one: both must see the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.engine import Event, simulate
from speciosa.model import Model

STEP = 0.75
EVEN = STEP * np.arange(80)


def chain(states: int) -> Model:
    """States that empty into each other; the first and the last are seen and can be dosed."""
    m = Model(f"{states} in a row")
    amounts = [m.state(f"x{i}", "mg") for i in range(states)]
    lag = m.parameter("lag", 0.0, "h")
    for i, amount in enumerate(amounts):
        m.add_rate(amount, -m.parameter(f"k{i}", 0.3 + 0.4 * i, "1/h") * amount)
        if i:
            m.add_rate(amount, m["k0"] * amounts[0] if i == 1 else m[f"k{i - 1}"] * amounts[i - 1])
    m.output("first", amounts[0], "mg")
    m.output("all", sum(amounts[1:], amounts[0]), "mg")
    m.dose_target("into first", amounts[0], lag=lag)
    m.dose_target("into last", amounts[-1])
    return m


MODELS = {states: chain(states).build() for states in (1, 2, 3, 5)}
moments = st.one_of(st.floats(-3.0, 70.0), st.sampled_from([0.0, STEP, 9 * STEP, 59.25, 70.0]))
doses = st.lists(
    st.tuples(moments, st.sampled_from(["into first", "into last"]), st.floats(0.0, 100.0)),
    max_size=40,
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    states=st.sampled_from(list(MODELS)),
    doses=doses,
    ordered=st.booleans(),
    observe=st.sampled_from(["after", "before"]),
    kept=st.sampled_from([("first", "all"), ("all",)]),
    lag=st.sampled_from([0.0, STEP, 0.4]),
)
def test_even_times_and_others_see_the_same(states, doses, ordered, observe, kept, lag):
    events = [Event(*dose) for dose in (sorted(doses) if ordered else doses)]

    def seen(times):
        found = simulate(
            MODELS[states],
            events,
            parameters={"lag": [lag]},
            times=times,
            outputs=kept,
            observe=observe,
            method="closed form",
        )
        assert found.ok.all()
        return np.stack([found[name][0, : len(EVEN)] for name in kept])

    even, others = seen(EVEN), seen(np.append(EVEN, EVEN[-1] + 0.1))
    assert np.abs(even - others).max() <= 1e-12 * max(np.abs(others).max(), 1.0)


@pytest.mark.parametrize("repeated", [[0, 0, 1, 2, 3, 4], [0, 1, 2, 2, 3, 4], [3, 3, 3]])
def test_times_that_repeat(repeated):
    times = np.array(repeated, dtype=float)
    found = simulate(MODELS[1], Event(0, "into first", 8), times=times, method="closed form")
    assert np.allclose(found["first"][0], 8 * np.exp(-0.3 * times), rtol=1e-13)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 57])
def test_any_number_of_doses_for_each_of_many_patients(count):
    rng = np.random.default_rng(count)
    given_at = rng.uniform(0, 60, (20, count))
    each = [[Event(t, "into first", 3.0) for t in row] or "none" for row in np.sort(given_at)]
    found = simulate(MODELS[1], each, patients=20, times=EVEN, method="closed form")["first"]
    since = EVEN[None, :, None] - given_at[:, None, :]
    wanted = np.where(since >= 0, 3 * np.exp(-0.3 * np.maximum(since, 0)), 0).sum(axis=2)
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("rows", [1, 2047, 2048, 2049, 6000])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_patient_is_solved_however_they_are_shared_out(rows, threads):
    table = {"k0": np.linspace(0.1, 0.5, rows)}
    found = simulate(
        MODELS[1],
        Event(0, "into first", 1.0),
        parameters=table,
        times=[0.0, 2.0],
        method="closed form",
        threads=threads,
    )
    assert np.allclose(found["first"][:, 1], np.exp(-2 * table["k0"]), rtol=1e-13)
