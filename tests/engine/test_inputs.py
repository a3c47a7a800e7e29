"""Bad input: every fault at once, each with its place."""

import numpy as np
import pytest
import sympy

from speciosa.engine import Decision, Endpoint, Event, simulate
from speciosa.errors import InputError


def messages(call):
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


def test_all_faults_of_a_call_at_once(one):
    text = messages(
        lambda: simulate(
            one,
            [Event(np.nan, "iv", 5), Event(0, "ivv", -1)],
            parameters={"CL": [1.0, np.nan], "clearance": [1.0]},
            times=[3.0, 1.0],
            endpoints=[Endpoint("plasma", "peak")],
            rtol=-1,
            method="euler",
            outputs=["d"],
        )
    )
    for part in (
        "record 1, time: expected a finite number, found nan",
        "'ivv'. Known: iv",
        "record 2, amount: expected 0 or more, found -1",
        "column 'CL': expected finite numbers, found nan in row 1",
        "column 'clearance': expected a parameter or covariate",
        "times: expected ascending order, found 3 before 1",
        "endpoint 'plasma peak': expected an output",
        "rtol",
        "method: expected one of auto",
        "outputs: expected outputs of the model, found 'd'",
    ):
        assert part in text


@pytest.mark.parametrize(
    "doses, part",
    [
        ("100 mg im", "found im. Known: iv, oral, depot"),
        ("100 mL iv", "expected an amount in mg or its like"),
        ("x mg iv", "found x mg iv"),
        ({7: "100 mg iv"}, "expected a patient from 0 to 1, found one for patient 7"),
        (["100 mg iv"], "expected one schedule for each of 2 patients, found 1"),
        (["100 mg iv", "100 mg zz"], "doses of patient 1: expected a product or route"),
        ([Event(0, "iv", 1, count=3)], "every: expected a time above 0 for a series"),
        ([Event(0, "iv", 1, over_h=2, rate=3)], "a duration or a rate, found both"),
        ([Event(0, "iv", 1, steady_state=True)], "the interval of the steady state"),
        ([Event(0, "b", 1, kind="replace")], "a target of a replace"),
        ([Event(0, "height", 1, kind="covariate")], "Known: weight"),
    ],
)
def test_doses(one, doses, part):
    assert part in messages(lambda: simulate(one, doses, patients=2, times=[1.0]))


@pytest.mark.parametrize(
    "options, part",
    [
        ({}, "until: expected `until`, `times` or windows of endpoints"),
        ({"until": "soon"}, "soon"),
        ({"until": 4, "every": 0}, "every: expected a time above 0"),
        ({"times": [np.nan]}, "times: expected finite hours"),
        ({"times": [1.0], "patients": 0}, "patients: expected at least 1"),
        ({"times": [1.0], "draws": 0}, "draws: expected at least 1"),
        ({"times": [1.0], "atol": np.nan}, "atol"),
        ({"until": 4, "endpoints": [Endpoint("c", "peak", 3, 9)]}, "a window within the 4 h"),
        ({"until": 4, "endpoints": [Endpoint("c", "at", 9)]}, "a time up to the end, 4 h"),
        ({"until": 4, "endpoints": [Endpoint("c", "peek")]}, "one of peak"),
        ({"until": 4, "endpoints": [Endpoint("c", "peak")] * 2}, "a name used once"),
        (
            {"times": [1.0], "parameters": {"CL": [1.0, 2.0], "V": [1.0, 2.0, 3.0]}},
            "columns of one length, found CL 2, V 3",
        ),
        (
            {"times": [1.0], "parameters": {"CL": [1.0, 2.0]}, "patients": 3},
            "one row for each of 3 patients, found 2 rows",
        ),
    ],
)
def test_options(one, options, part):
    assert part in messages(lambda: simulate(one, "100 mg iv", **options))


@pytest.mark.parametrize(
    "decision, part",
    [
        (Decision("d", [2, 1], True, "stop"), "increasing finite times"),
        (Decision("d", [1], True, "dance"), "an action, one of give"),
        (Decision("d", [1], True, "give"), "target: expected a dose target, found none"),
        (Decision("d", [1], True, "give", "po"), "found 'po'"),
        (Decision("d", [1], sympy.Symbol("pian") > 1, "stop"), "symbols of the model, found pian"),
        (Decision("d", [1], sympy.Symbol("c", real=True), "stop"), "a condition such as"),
        (
            Decision("d", [1], sympy.Symbol("c") > sympy.Symbol("a", real=True), "stop"),
            "terms whose units fit",
        ),
        (Decision("d", [1], True, "give", "iv", amount=-2), "a finite number of 0 or more"),
        (Decision("d", [1], True, "give", "iv", count=2), "with an interval"),
    ],
)
def test_decisions(one, decision, part):
    assert part in messages(
        lambda: simulate(one, "100 mg iv", times=[1.0], decisions=[decision], method="tsit5")
    )
