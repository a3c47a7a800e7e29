"""Events at a condition on a state: where they happen, in what order, and what every stepper makes of them."""

import numpy as np
import pytest
import sympy
from numpy.typing import NDArray

import speciosa as sp
from speciosa.engine import Decision, Endpoint, Result, simulate
from speciosa.engine.choice import Method
from speciosa.errors import InputError, ModelError

STEPPERS: tuple[Method, ...] = ("tsit5", "rodas5p", "rodas4")


def steady(m: sp.Model, name: str, unit: str = "1") -> sympy.Symbol:
    """A state that only events change."""
    state = m.state(name, unit)
    m.rate(state, 0)
    m.output(name, state, unit)
    return state


def clock(m: sp.Model, first: float = 0.0) -> sympy.Symbol:
    """A state that grows by 1 an hour."""
    state = m.state("clock", "1", first)
    m.rate(state, m.parameter("one", 1, "1/h"))
    return state


@pytest.mark.parametrize("method", STEPPERS)
def test_cells_divide_when_they_have_doubled(method: Method) -> None:
    """size = 2^(growth t / ln 2 mod 1), whoever is solved beside and in whatever chunks."""
    m = sp.Model("division")
    size, growth = m.state("size", "pg", 1), m.parameter("growth", 0.1, "1/h")
    m.rate(size, growth * size)
    m.event("division", size >= m.parameter("largest", 2, "pg"), {size: size / 2})
    m.output("size", size, "pg")
    rates, times = np.linspace(0.05, 1.0, 20), np.linspace(0.1, 50, 83)
    found = [
        simulate(m, "none", parameters={"growth": rates}, times=times, method=method, chunk=chunk)
        for chunk in (None, 3)
    ]
    exact = 2 ** ((rates[:, None] * times / np.log(2)) % 1)
    assert np.abs(found[0]["size"] / exact - 1).max() < 2e-6
    assert np.array_equal(found[0]["size"], found[1]["size"])


@pytest.mark.parametrize("method", STEPPERS)
def test_both_crossings_of_a_short_peak_are_seen(method: Method) -> None:
    """A sine is above 0.999999 for 0.0028 h of each turn, far less than a step, and nothing moves otherwise."""
    m = sp.Model("oscillator")
    x, y = m.state("x", "1", 0), m.state("y", "1/h", 1)
    w, level = m.parameter("w", 1, "1/h"), m.parameter("level", 0.999999, "1")
    m.rate(x, y)
    m.rate(y, -(w**2) * x)
    count = steady(m, "count")
    m.event("up", x > level, {count: count + 1})
    m.event("down", x < level, {count: count + 100})
    found = simulate(m, "none", parameters={}, times=[1.5, 1.58, 7.9, 60], method=method)
    assert found["count"][0].tolist() == [0, 101, 202, 1010]


def ball(times: NDArray[np.float64], kept: float) -> NDArray[np.float64]:
    """Height of a ball let fall from 10, in closed form."""
    falls, speed, height = 9.81, np.sqrt(2 * 10 * 9.81), []
    for time in times:
        since, up = time - speed / falls, speed * kept
        while since > 2 * up / falls:
            since, up = since - 2 * up / falls, up * kept
        height.append(10 - falls * time**2 / 2 if since < 0 else up * since - falls * since**2 / 2)
    return np.array(height)


def bouncing(kept: float) -> sp.Model:
    m = sp.Model("ball")
    height, speed = m.state("height", "1", 10), m.state("speed", "1/h")
    m.rate(height, speed)
    m.rate(speed, -m.parameter("g", 9.81, "1/h^2"))
    m.event("bounce", height < 0, {speed: -kept * speed})
    m.output("height", height, "1")
    return m


@pytest.mark.parametrize("method", STEPPERS)
def test_a_ball_bounces(method: Method) -> None:
    times = np.linspace(0, 10, 101)
    found = simulate(bouncing(0.8), "none", parameters={}, times=times, method=method)
    assert found["height"][0] == pytest.approx(ball(times, 0.8), abs=1e-7)


def test_a_ball_that_comes_to_rest_is_no_answer_after_that() -> None:
    """It bounces without end before 4.3 h; a height below the floor would be wrong."""
    found = simulate(bouncing(0.5), "none", parameters={}, times=[1.0, 10.0])
    assert found.status[0] == "events without end" and np.isnan(found["height"]).all()


def test_events_that_set_each_other_off_have_no_end() -> None:
    m = sp.Model("endless")
    since, x = clock(m), steady(m, "x")
    m.event("on", (since > 1) & (x < 0.5), {x: 1})
    m.event("off", (since > 1) & (x > 0.5), {x: 0})
    found = simulate(m, "none", parameters={}, times=[0.5, 2.0])
    assert found.status[0] == "events without end"


def happened(**options: object) -> Result:
    """Events at 2 h that write their digit behind those before."""
    m = sp.Model("order")
    since, log = clock(m), steady(m, "log")
    for digit, more in enumerate(({"priority": 1}, {"priority": 5}, {"priority": 3}, {}), start=1):
        m.event(f"{digit}", since > 2, {log: 10 * log + digit}, values_from="action", **more)
    if options:
        m.event("5", since > 2, {log: 10 * log + 5}, **options)
    return simulate(m, "none", parameters={}, times=[1.9, 2.1, 4.9, 5.1])


def test_events_of_one_time_act_by_priority() -> None:
    assert happened()["log"][0].tolist() == [0, 2314, 2314, 2314]


def test_an_event_acts_after_its_delay_with_values_of_either_time() -> None:
    assert happened(delay=3)["log"][0].tolist() == [0, 2314, 2314, 5]
    late = happened(delay=3, values_from="action")
    assert late["log"][0].tolist() == [0, 2314, 2314, 23145]


@pytest.mark.parametrize("persistent", [True, False])
def test_an_event_that_does_not_persist_needs_its_condition(persistent: bool) -> None:
    m = sp.Model("persistence")
    since, done = clock(m), steady(m, "done")
    m.event("late", (since > 2) & (since < 4), {done: 1}, delay=3, persistent=persistent)
    found = simulate(m, "none", parameters={}, times=[4.9, 5.1])
    assert found["done"][0].tolist() == [0, float(persistent)]


def test_an_action_may_take_back_an_event_of_the_same_time() -> None:
    """What no longer holds when its turn comes does not act unless it persists."""
    m = sp.Model("taken back")
    since, x, log = clock(m), steady(m, "x"), steady(m, "log")
    m.event("first", since > 1, {x: 1}, priority=2)
    m.event("second", (since > 1) & (x < 0.5), {log: log + 1}, priority=1, persistent=False)
    m.event("third", (since > 1) & (x < 0.5), {log: log + 10}, priority=1)
    found = simulate(m, "none", parameters={}, times=[0.5, 2.0])
    assert found["log"][0].tolist() == [0, 10]


def test_what_holds_at_the_start_sets_off_only_what_says_so() -> None:
    m = sp.Model("start")
    since, count = clock(m, 2.0), steady(m, "count")
    m.event("held", since > 1, {count: count + 1})
    m.event("set off", since > 1, {count: count + 10}, initially=False)
    m.event("at once", m.time > 0, {count: count + 100})
    found = simulate(m, "none", parameters={}, times=[0.1, 9.0])
    assert found["count"][0].tolist() == [110, 110]


def test_conditions_on_time_are_met_however_short_they_hold() -> None:
    """A window of 1e-7 h in a model in which nothing moves, and a rhythm of parameters that differ between patients."""
    m = sp.Model("windows")
    count, turns = steady(m, "count"), steady(m, "turns")
    begin, width = m.parameter("begin", 33.3, "h"), m.parameter("width", 1e-7, "h")
    w = m.parameter("w", 1, "1/h")
    m.event("window", (m.time > begin) & (m.time < begin + width), {count: count + 1})
    m.event("rhythm", sympy.sin(w * m.time) > 0.9999, {turns: turns + 1})
    speeds = np.linspace(0.3, 3, 11)
    found = simulate(m, "none", parameters={"w": speeds}, times=[100.0])
    assert (found["count"] == 1).all()
    assert (
        found["turns"][:, 0].tolist()
        == np.floor((speeds * 100 - np.arcsin(0.9999)) / (2 * np.pi) + 1).tolist()
    )


def test_doses_events_decisions_and_endpoints_meet() -> None:
    """Ten more whenever 2 are left: n counts, peaks are 12, and a decision that empties the patient sets the event off at once."""
    m = sp.Model("refill")
    amount, k = m.state("amount", "mg"), m.parameter("k", 0.3, "1/h")
    m.rate(amount, -k * amount)
    m.dose_target("iv", amount)
    m.output("amount", amount, "mg")
    count = steady(m, "count")
    least, more = m.parameter("least", 2, "mg"), m.parameter("more", 10, "mg")
    m.event("refill", amount < least, {amount: amount + more, count: count + 1})
    rates = np.linspace(0.1, 1, 9)
    ends = [
        Endpoint("amount", "peak", 1, 48, name="peak"),
        Endpoint("amount", "trough", 1, 48, name="trough"),
        Endpoint("count", "at", 48, name="count"),
        Endpoint("amount", "area", 0, 48, name="area"),
    ]
    found = simulate(m, "10 mg iv", parameters={"k": rates}, until=48, endpoints=ends)
    refills = np.floor((48 - np.log(5) / rates) / (np.log(6) / rates) + 1)
    assert found.endpoints["count"].tolist() == refills.tolist()
    assert found.endpoints["peak"] == pytest.approx(np.full(9, 12.0), rel=1e-6)
    assert found.endpoints["trough"] == pytest.approx(np.full(9, 2.0), rel=1e-6)
    left = 12 * np.exp(-rates * (48 - np.log(5) / rates - (refills - 1) * np.log(6) / rates))
    assert found.endpoints["area"] == pytest.approx((10 + 10 * refills - left) / rates, rel=1e-5)
    m.dose_target("wash", amount, bioavailability=0)
    plenty = Decision("more", [1.0], amount > 0, "give", "iv", 100)
    given = simulate(m, "10 mg iv", parameters={}, times=[0.9, 1.0], decisions=[plenty])
    assert given["amount"][0, 1] == pytest.approx(100 + 10 * np.exp(-0.3), rel=1e-6)


def test_an_included_model_brings_its_events() -> None:
    part = sp.Model("part")
    size = part.state("size", "1", 1)
    part.rate(size, part.parameter("g", 1, "1/h") * size)
    part.event("cut", size > part.parameter("limit", 2, "1"), {size: 1})
    part.output("size", size, "1")
    whole = sp.Model("whole")
    whole.include(part, "inner", {"limit": whole.parameter("limit", 3, "1")})
    found = simulate(whole, "none", parameters={}, times=[1.0, 1.2])["inner.size"][0]
    assert found == pytest.approx([np.exp(1.0), np.exp(1.2) / 3], rel=1e-5)
    assert "inner.cut: when inner.size > limit, inner.size = 1" in whole.text()


def test_faults_of_events_are_all_told() -> None:
    m = sp.Model("faulty")
    x, k = m.state("x", "mg", 1), m.parameter("k", 1, "1/h")
    m.rate(x, -k * x)
    m.event("unit", x > k, {x: x})
    m.event("state", x > 1, {k: k})
    m.event("number", x, {x: x}, delay=-1)
    m.event("value", x > 1, {x: k})
    m.event("value", x > 1, {})
    with pytest.raises(ModelError) as caught:
        m.build()
    told = str(caught.value)
    for part in (
        "condition of event 'unit'", "event 'state'", "a condition such as size > limit",
        "delay of event 'number'", "x after event 'value'", "a state that it changes", "a second event",
    ):  # fmt: skip
        assert part in told


def test_what_events_cannot_go_with_is_refused() -> None:
    m = sp.Model("refused")
    x, k = m.state("x", "mg"), m.parameter("k", 1, "1/h")
    m.rate(x, -k * x)
    m.dose_target("iv", x)
    m.output("x", x, "mg")
    m.event("cut", x > 2, {x: 1})
    with pytest.raises(InputError, match="found events"):
        simulate(m, "1 mg iv", times=[1.0], method="closed form")
    with pytest.raises(InputError, match="no steady state in a model with events"):
        simulate(m, "1 mg iv every 8 h x 3", times=[1.0], steady_state=True)
