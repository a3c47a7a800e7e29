"""Times to events: survival curves of data and of data sets simulated from a fit."""

import numpy as np
import pytest

import speciosa as sp
from speciosa.errors import InputError
from speciosa.estimation.event_times import Times, mean_events, survival
from speciosa.estimation.question.read import parse_fit
from speciosa.report.sections.fits.fit_page import fit_page

PROGRAM = """
import speciosa as sp

def build():
    m = sp.Model("constant hazard")
    m.output("hazard", m.parameter("rate", 0.1, "1/h"), "1/h")
    return m
"""
TEXT = """
data = {{ file = "events.csv" }}
model = {{ file = "model.py:build" }}
parameters.rate = {{ start = 0.1, between = {between} }}
error.hazard = {{ kind = "events" }}
estimation = {{ method = "LAPLACE", maximise = false, covariance = "none" }}
"""


def followed(events, between, tmp_path):
    """A fit of subjects with these records of events: (time, 1 or 0) after the start at 0."""
    (tmp_path / "model.py").write_text(PROGRAM, encoding="utf-8")
    rows = ["ID,TIME,EVID,DV"]
    for i, records in enumerate(events):
        rows += [f"{i},0,2,."] + [f"{i},{time:.9g},0,{happened}" for time, happened in records]
    (tmp_path / "events.csv").write_text("\n".join(rows), encoding="utf-8")
    return sp.fit(parse_fit(TEXT.format(between=between), folder=tmp_path))


def test_survival_of_leukaemia():
    """Maintained patients of Miller's acute myelogenous leukaemia data, as R's `survfit` prints them."""
    time = np.array([9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161], dtype=float)
    happened = np.array([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0], dtype=bool)
    of = Times(np.zeros(11), time, np.flatnonzero(happened), time[happened])
    found = survival(of, np.array([9.0, 13, 18, 23, 31, 34, 48]))
    assert found.round(3).tolist() == [0.909, 0.818, 0.716, 0.614, 0.491, 0.368, 0.184]


def test_who_enters_later_is_at_risk_from_then():
    of = Times(np.array([0.0, 5.0]), np.array([10.0, 10.0]), np.array([0]), np.array([4.0]))
    assert survival(of, np.array([4.0, 6.0])).tolist() == [0.0, 0.0]
    assert mean_events(of, np.array([3.0, 4.0])).tolist() == [0.0, 1.0]


def test_simulated_survival_is_that_of_the_hazard(tmp_path):
    draw = np.random.default_rng(1)
    events = []
    for _ in range(200):
        at, until = draw.exponential(10.0), draw.uniform(5.0, 30.0)
        events.append([(min(at, until), int(at < until))])
    fit = followed(events, 0.0, tmp_path)
    check = fit.vpc(60)
    assert set(check["statistic"]) == {"survival"}
    truth = np.exp(-0.1 * check["time"].to_numpy())
    assert np.abs(check["simulated"].to_numpy() - truth)[check["time"] < 20].max() < 0.02
    inside = (check["low"] <= check["observed"]) & (check["observed"] <= check["high"])
    assert inside.mean() > 0.7
    table = fit.simulated_table(20)
    assert (table.group_by("replicate").len()["len"] == 200).all()
    censored = 1 - table["value"].mean()
    assert censored == pytest.approx(np.mean([1 - e[0][1] for e in events]), abs=0.05)
    assert "Survival: hazard" in fit_page(fit)


def test_repeated_events_have_their_mean_number(tmp_path):
    draw = np.random.default_rng(2)
    events = []
    for _ in range(100):
        rate, at, own = 0.1 * np.exp(0.6 * draw.normal()), 0.0, []
        while (at := at + draw.exponential(1 / rate)) < 40.0:
            own.append((at, 1))
        events.append([*own, (40.0, 0)])
    fit = followed(events, 0.36, tmp_path)
    check = fit.vpc(60).filter(statistic="mean events")
    expected = 0.1 * np.exp(0.18) * check["time"].to_numpy()
    assert np.abs(check["simulated"].to_numpy() - expected).max() < 0.25
    off = check["observed"] - check["simulated"]
    assert off.abs().max() < check["high"][-1] - check["low"][-1]
    assert fit.vpc(3).equals(fit.vpc(3))


@pytest.mark.parametrize("happened", [0, 1])
def test_a_start_must_be_known(happened, tmp_path):
    followed([[(4.0, 1)], [(5.0, 0)]], 0.0, tmp_path)
    table = (tmp_path / "events.csv").read_text(encoding="utf-8").splitlines()
    table[3:] = [f"1,5,0,{happened}"]
    (tmp_path / "events.csv").write_text("\n".join(table), encoding="utf-8")
    with pytest.raises(InputError, match="line 4, TIME: expected an earlier record of subject 1"):
        sp.fit(parse_fit(TEXT.format(between=0.0), folder=tmp_path))
