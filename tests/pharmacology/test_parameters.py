"""Numbers of sheets as parameters of a model: units, spreads, beliefs, and what the calibration puts in their place."""

import pytest
import sympy

from speciosa.facts.sheets.sheet import SheetParameter, names, sheet
from speciosa.facts.tables import DATA
from speciosa.model import Model
from speciosa.pharmacology.calibrated import Estimate, estimates, rows_of
from speciosa.pharmacology.parameters import Binder, believed, shape


def number(**changed: object) -> SheetParameter:
    fields = {"value": 2.0, "guess": "of this test", "omega_guess": "of this test", **changed}
    return SheetParameter(**fields)


@pytest.mark.parametrize(
    ("changed", "spread"),
    [
        ({}, "lognormal"),
        ({"omega": 0.3}, "lognormal"),
        ({"fixed": True}, "fixed"),
        ({"fixed": True, "omega": 0.3}, "lognormal"),
        ({"value": 0.0}, "fixed"),
        ({"value": 0.0, "omega": 0.3}, "fixed"),
        ({"value": -1.0}, "fixed"),
        ({"value": 0.4}, "lognormal"),
        ({"value": 0.4, "scale": "logit"}, "logitnormal"),
        ({"value": 0.4, "scale": "logit", "fixed": True}, "logitnormal"),
        ({"value": 1.0, "scale": "logit"}, "lognormal"),
        ({"value": 0.0, "scale": "logit"}, "fixed"),
        ({"value": 1.5, "scale": "logit"}, "lognormal"),
    ],
)
def test_how_a_number_spreads(changed: dict[str, object], spread: str) -> None:
    """A share on the logit scale where it can; nothing at 0 or below; a constant only between patients, if at all."""
    assert shape(number(**changed)) == spread


@pytest.mark.parametrize("calibrated", [True, False])
def test_a_parameter_is_the_number_of_its_sheet_or_of_the_calibration(calibrated: bool) -> None:
    taken = 0
    for name in ("morphine", "fentanyl", "oxycodone"):
        m = Model(name)
        binder = Binder(m, sheet(name), calibrated)
        paths = [path for path in sheet(name).parameters() if path.startswith("disposition.")]
        for path in paths:
            unit = binder.entry(path).unit
            assert binder(path, unit) is binder(path, unit)
        m.rate(m.state("nothing", "1"), sympy.Integer(0))
        found = {record.name: record for record in m.build().parameters}
        for path in paths:
            record, entry = found[f"{name}.{path}"], binder.entry(path)
            own = estimates().get(f"{name}.{path}") if calibrated else None
            taken += own is not None
            assert record.value == (entry.value if own is None else own.to(entry.unit))
            assert record.uncertainty_cv == (believed(name, path).cv if own is None else own.cv)
            assert record.between_patient_sd == entry.omega
            assert record.source.startswith("calibration; before it ") is (own is not None)
            assert (entry.rows[0] if entry.rows else "guess: ") in record.source
    assert bool(taken) is calibrated


def test_a_sheet_has_what_it_says_and_nothing_else() -> None:
    binder = Binder(Model("m"), sheet("morphine"))
    assert binder.has("disposition.CL") and not binder.has("disposition.CLX")
    m = Model("in other units")
    Binder(m, sheet("morphine"), False)("disposition.CL", "L/min")
    m.rate(m.state("nothing", "1"), sympy.Integer(0))
    (record,) = m.build().parameters
    entry = sheet("morphine").parameters()["disposition.CL"]
    assert (record.value, record.unit) == (pytest.approx(entry.value / 60), "L/min")


def test_an_estimate_in_another_unit() -> None:
    one = Estimate("x", 120.0, "L/h", 0.1, 100.0, 0.2)
    assert one.to("L/min") == pytest.approx(2.0) and one.to("L/h") == 120.0


def test_every_file_of_estimates_is_read_and_nothing_else() -> None:
    """Files of the calibration are told by the beginning of their names."""
    files = [path for path in (DATA / "calibration").iterdir() if path.suffix == ".csv"]
    count = {}
    for kind in ("estimates", "correlations"):
        lines = [
            line
            for path in files
            if path.name.startswith(kind)
            for line in path.read_text(encoding="utf-8").splitlines()
            if line and not line.startswith("#")
        ]
        heads = sum(path.name.startswith(kind) for path in files)
        count[kind] = len(lines) - heads
        assert len(list(rows_of(kind))) == count[kind] > 0
    assert list(rows_of("nothing of this kind")) == []
    assert len(estimates()) == count["estimates"]
    assert {name.partition(".")[0] for name in estimates()} <= {*names(), "effects"}
