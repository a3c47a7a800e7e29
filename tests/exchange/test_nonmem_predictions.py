"""What NONMEM predicted of the dosing records of its own test data, beside what is predicted here."""

import os
from pathlib import Path

import polars as pl
import pytest
from tests.exchange.test_nonmem import CL, COMPARTMENTS, KA, V

import speciosa as sp
from speciosa.exchange import read_nonmem, simulate_records

# Lags longer than the interval of a steady state: here the doses on their way arrive.
LAGS_LONGER_THAN_INTERVALS = [409, 410, 411, 415, 509, 510, 610, 709, 809, 825, 909, 1009]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "late", "apart"),
    [
        ("auto", "arrive", LAGS_LONGER_THAN_INTERVALS),
        ("tsit5", "arrive", LAGS_LONGER_THAN_INTERVALS),
        ("auto", "nonmem", []),
    ],
)
def test_predictions_of_nonmem(method, late, apart, record_property):
    """54 subjects that NONMEM predicted. The file is not ours to ship: its place is said by an environment variable."""
    place = os.environ.get("SPECIOSA_NMTEST")
    if not place:
        pytest.skip("SPECIOSA_NMTEST names no file nmtest.csv with predictions of NONMEM")
    m = sp.Model("one compartment")
    central, gut = m.state("central", "mg"), m.state("gut", "mg")
    share, lag = m.covariate("bioav", 1, "1"), m.covariate("lagt", 0, "h")
    rate, duration = m.covariate("rat2", 10, "mg/h"), m.covariate("dur2", 2, "h")
    ka, cl, v = m.parameter("KA", KA, "1/h"), m.parameter("CL", CL, "L/h"), m.parameter("V", V, "L")
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - cl / v * central)
    m.output("cp", 1000 * central / v, "mg/L")
    m.dose_target("oral", gut)
    m.dose_target("iv", central, bioavailability=share, lag=lag)
    m.dose_target("iv R2", central, bioavailability=share, lag=lag, rate=rate)
    m.dose_target("iv D2", central, bioavailability=share, lag=lag, duration=duration)
    data = read_nonmem(Path(place))
    found = simulate_records(m, data, compartments=COMPARTMENTS, method=method, late=late)
    frame = found.frame.with_columns(nonmem=pl.Series(data.columns["CP"][data.observations]))
    off = (pl.col("PRED") - pl.col("nonmem")).abs().max() / pl.col("nonmem").max()
    wrong = frame.group_by("ID").agg(off.alias("off")).filter(pl.col("off") > 1e-3)
    agree = len(data.ids) - len(wrong)
    record_property("conformance", f"{agree} of {len(data.ids)} within 1e-3 of the peak")
    assert len(data.ids) == 54
    assert sorted(wrong["ID"].to_list()) == apart
