"""From outcome definitions to endpoints and back to one statistic a patient: windows, baselines, thresholds, failures."""

import numpy as np
import pytest
from pydantic import ValidationError

from speciosa.study.endpoints import OutcomeDefinition, definitions, wanted
from speciosa.study.reading import endpoints_of, patient_values


def define(of: str = "mean", window: str = "all", **more) -> OutcomeDefinition:
    known = {"key": "it", "title": "It", "plain": "it", "output": "pain_nrs", "unit": "1"}
    known |= {"direction": "risk", "indications": ()}
    return OutcomeDefinition(**known | {"of": of, "window": window} | more)


def endpoint(definition: OutcomeDefinition, stop: float = 240.0, until: float = 500.0):
    found = {e.label: e for e in endpoints_of([definition], (), stop, until)}
    return found.get("it")


@pytest.mark.parametrize(
    ("window", "stop", "until", "span"),
    [
        ("treatment", 240.0, 500.0, (0.0, 240.0)),
        ("first_hours", 240.0, 500.0, (0.0, 6.0)),
        ("first_hours", 2.0, 4.0, (0.0, 4.0)),
        ("first_week", 24.0, 500.0, (0.0, 168.0)),
        ("first_week", 24.0, 100.0, (0.0, 100.0)),
        ("last_day", 240.0, 500.0, (216.0, 240.0)),
        ("last_day", 10.0, 500.0, (0.0, 10.0)),
        ("after", 240.0, 500.0, (240.0, 500.0)),
        ("all", 240.0, 500.0, (0.0, 500.0)),
    ],
)
def test_windows(window, stop, until, span):
    found = endpoint(define(window=window), stop, until)
    assert (found.start_h, found.end_h) == span


def test_an_empty_window_has_no_endpoint():
    assert endpoint(define(window="after"), 500.0, 500.0) is None
    assert endpoint(define(window="treatment"), 0.0, 500.0) is None


@pytest.mark.parametrize(
    ("of", "kind", "from_baseline"),
    [
        ("mean", "mean", False),
        ("fall", "mean", True),
        ("peak", "peak", False),
        ("rise", "peak", True),
        ("nadir", "trough", False),
        ("nadir_fall", "trough", True),
        ("hours_above", "time above", False),
    ],
)
def test_kinds(of, kind, from_baseline):
    found = {e.label: e for e in endpoints_of([define(of, threshold=3.5)], (), 240.0, 500.0)}
    assert (found["it"].kind, found["it"].threshold, found["it"].output) == (kind, 3.5, "pain_nrs")
    baseline = found.get("baseline:pain_nrs")
    assert (baseline is not None) == from_baseline
    if baseline is not None:
        assert (baseline.kind, baseline.start_h) == ("at", 0.0)
    responder = endpoints_of([define("mean", responder=0.3)], (), 240.0, 500.0)
    assert "baseline:pain_nrs" in {e.label for e in responder}


@pytest.mark.parametrize(("stop", "start"), [(240.0, 216.0), (10.0, 0.0)])
def test_exposure_is_of_the_last_day(stop, start):
    found = {e.label: e for e in endpoints_of([], ("morphine",), stop, 500.0)}
    assert (found["auc:morphine"].kind, found["cmax:morphine"].kind) == ("area", "peak")
    for one in found.values():
        assert (one.output, one.start_h, one.end_h) == ("morphine", start, stop)


RAW = np.array([[4.0, 2.0, np.nan], [7.0, 5.0, 3.0]])
BASE = np.array([[6.0, 2.0, 5.0], [5.0, 10.0, np.nan]])


def statistic(definition: OutcomeDefinition, raw=RAW) -> np.ndarray:
    found = {"it": raw, "baseline:pain_nrs": BASE}
    endpoints = endpoints_of([definition], (), 240.0, 500.0)
    values = patient_values(found, [definition], (), endpoints)["it"]
    assert values.dtype == np.float32
    return values


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (define("mean"), RAW),
        (define("peak"), RAW),
        (define("fall"), BASE - RAW),
        (define("nadir_fall"), BASE - RAW),
        (define("rise"), RAW - BASE),
        (define("fall", scale=-2.5), -2.5 * (BASE - RAW)),
        (define("mean", scale=100.0), 100 * RAW),
    ],
)
def test_statistics_and_their_signs(definition, expected):
    np.testing.assert_allclose(statistic(definition), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ({"ge": 4.0}, [[1, 0, np.nan], [1, 1, 0]]),
        ({"lt": 4.0}, [[0, 1, np.nan], [0, 0, 1]]),
        ({"ge": 4.001}, [[0, 0, np.nan], [1, 1, 0]]),
    ],
)
def test_a_share_counts_who_is_at_the_level_and_no_failure(share, expected):
    np.testing.assert_array_equal(statistic(define("mean", share=share)), expected)


def test_a_responder_falls_by_the_share_of_the_own_baseline():
    """6 to 4 is a third, 2 to 2 nothing, 10 to 5 a half; a failure is neither a responder nor none."""
    found = statistic(
        define("fall", responder=1 / 3), np.array([[4.0, 2.0, np.nan], [5.0, 5.0, 1]])
    )
    np.testing.assert_array_equal(found[0], [1, 0, np.nan])
    np.testing.assert_array_equal(found[1, :2], [0, 1])
    edge = statistic(define("fall", responder=0.5), np.array([[3.0, 1.01, 0.0], [2.5, 5.0, 1.0]]))
    np.testing.assert_array_equal(edge[:, :2], [[1, 0], [1, 1]])


def test_a_failure_stays_missing_even_where_its_number_is_infinite():
    raw = np.array([[np.inf, -np.inf, 1.0]])
    found = patient_values({"it": raw}, [define()], (), endpoints_of([define()], (), 9.0, 9.0))
    np.testing.assert_array_equal(found["it"], [[np.nan, np.nan, 1.0]])


def test_the_shipped_outcomes_mean_what_their_titles_say():
    known = definitions()
    assert known["pain_relief"].of == "fall" and known["pain_relief"].window == "last_day"
    assert known["responders"].responder == 0.30 and known["acute_responders"].responder == 0.50
    assert known["breathing_below_half"].share == {"lt": 0.5}
    for entry in known.values():
        falls = entry.of in {"fall", "nadir_fall"} and entry.output in {
            "pain_nrs",
            "acute_pain_nrs",
        }
        if falls:
            assert entry.direction == "benefit"
        if entry.output in {"cows", "sows", "ventilation_fraction"}:
            assert entry.direction == "risk"
        assert entry.unit and entry.title and entry.plain
        assert (entry.unit == "share") == bool(
            entry.share
            or entry.responder is not None
            or entry.output.endswith("fraction")
            or entry.output.endswith("probability")
        ), entry.key


def test_wanted_are_those_named_or_those_of_the_question():
    assert [
        d.key
        for d in wanted(
            ("cows_peak",) if "cows_peak" in definitions() else ("pain_relief",), "pain"
        )
    ]
    named = wanted(("responders", "pain_relief"), "withdrawal")
    assert [d.key for d in named] == ["responders", "pain_relief"]
    for question in ("pain", "withdrawal", "interactions"):
        of = wanted((), question)
        assert of and all(question in d.indications for d in of)
        left = [d for d in definitions().values() if d not in of]
        assert not any(question in d.indications for d in left)


def test_what_an_outcome_is_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        definitions()["qtc"].unit = "s"
    with pytest.raises(ValidationError, match="Extra inputs"):
        OutcomeDefinition(**{**definitions()["qtc"].model_dump(), "units": "s"})
