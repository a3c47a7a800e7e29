"""Bad input: every fault at once, each with its place."""

import numpy as np
import polars as pl
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
        ([Event(0, "iv", np.nan)], "record 1, amount: expected a finite number, found nan"),
        ([Event(0, "iv", "1")], "record 1, amount: expected a number, found '1'"),
        ([Event(0, "iv", 1, rate=np.nan)], "record 1, rate: expected a finite number, found nan"),
        ([Event(0, "iv", 1, every_h=2, count=np.nan)], "count: expected a whole number above 0"),
        ([Event(0, "weight", np.nan, kind="covariate")], "amount: expected a finite number"),
        ([Event(0, None, 1)], "a target of a dose, found None. Known: iv"),
        ([[Event(0, "iv", 1)], [5]], "doses of patient 1: expected events, found 5"),
        (None, "doses: expected a regimen text, events, or a list with one of these a patient"),
        (["1 mg iv", None], "doses of patient 1: expected a regimen text"),
        ({-1: "1 mg iv", 0: "1 mg iv"}, "expected a patient from 0 to 1, found one for patient -1"),
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
        ({"times": ["noon"]}, "times: expected finite hours"),
        ({"until": -3}, "until: expected 0 or more, found -3"),
        ({"until": np.nan}, "until: expected a finite time, found nan"),
        ({"until": 4, "every": np.nan}, "every: expected a time above 0, found nan"),
        ({"times": [1.0], "patients": 0}, "patients: expected a whole number, at least 1"),
        ({"times": [1.0], "patients": np.nan}, "patients: expected a whole number, at least 1"),
        ({"times": [1.0], "draws": 0}, "draws: expected a whole number, at least 1"),
        ({"times": [1.0], "threads": 0}, "threads: expected a whole number, at least 1"),
        ({"times": [1.0], "chunk": -5}, "chunk: expected a whole number, at least 1"),
        ({"times": [1.0], "most_steps": 0}, "most_steps: expected a whole number, at least 1"),
        ({"times": [1.0], "observe": "later"}, "observe: expected after or before, found 'later'"),
        ({"times": [1.0], "rtol": np.nan}, "rtol: expected a number from 1e-14 to 0.1, found nan"),
        (
            {"times": [1.0], "patients": 2, "occasions_h": [0, np.nan]},
            "occasions_h: expected increasing finite times, found [0, nan]",
        ),
        (
            {"until": 4, "endpoints": [Endpoint("c", "peak", np.nan, 2)]},
            "expected finite times and threshold",
        ),
        ({"times": [1.0], "parameters": [1, 2]}, "parameters: expected a table with named columns"),
        ({"times": [1.0], "parameters": {"CL": []}}, "parameters: expected at least one row"),
        ({"times": [1.0], "parameters": {"CL": ["x"]}}, "column 'CL': expected numbers"),
        (
            {"times": [1.0], "parameters": {"weight": [70.0, np.nan, np.nan]}},
            "column 'weight': expected finite numbers, found nan in row 1 and 1 more",
        ),
        (
            {"times": [1.0], "parameters": pl.DataFrame({"CL": [None, 1.0]})},
            "column 'CL': expected finite numbers, found nan in row 0",
        ),
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


def test_every_patient_and_record_at_fault_is_named(one):
    each = [
        "100 mg iv",
        [Event(np.nan, "iv", 5), Event(0, "iv", -1)],
        {0: "not", 1: "doses"},
        "100 mg by telegram",
    ]
    text = messages(lambda: simulate(one, each, times=[1.0], patients=4))
    for part in (
        "doses of patient 1, record 1, time",
        "doses of patient 1, record 2, amount",
        "doses of patient 2: expected a regimen text",
        "doses of patient 3",
    ):
        assert part in text
    assert "patient 0" not in text


@pytest.mark.parametrize("method", ["closed form", "tsit5", "rodas5p"])
def test_a_patient_who_fails_is_named_and_left_out_and_the_others_are_not(one, method):
    table = {"CL": np.array([5.0, 5.0, 5.0]), "V": np.array([50.0, 0.0, 50.0])}
    result = simulate(
        one,
        "10 mg iv",
        parameters=table,
        times=[0, 1],
        endpoints=[Endpoint("c", "peak", 0, 1)],
        method=method,
    )
    assert result.ok.tolist() == [True, False, True]
    assert result.status[1] == "not finite"
    assert list(result.failed["patient"]) == [1]
    assert np.isnan(result["c"][1]).all() and np.isnan(result.endpoints["c peak 0-1 h"][1])
    assert (result["c"][[0, 2]] > 0).all()
    assert result.frame()["patient"].unique().sort().to_list() == [0, 2]
