"""Which cells of an observation fit together: every need and every unit, from both sides."""

import pytest

from speciosa.regimen import parse_regimen
from speciosa.validation.observed.fitting import faults_together
from speciosa.validation.observed.timing import At, parse_at

VERSUS = parse_regimen("10 mg morphine oral")


def places(metric, unit="1", *, versus=None, at="", analyte="morphine", value=1.0):
    when, faults = parse_at(at, "at")
    assert not faults
    found = faults_together(metric, versus, when, unit, analyte, value, "row")
    return [fault.where.removeprefix("row, ") for fault in found]


@pytest.mark.parametrize(
    "metric, unit, need",
    [
        ("Cmax_ratio", "1", {"versus": VERSUS}),
        ("difference", "1", {"versus": VERSUS, "analyte": "cows"}),
        ("concentration", "ng/mL", {"at": "2 h"}),
        ("concentration", "ng/mL", {"at": "0 h"}),
        ("share_ge", "1", {"at": "5 @ 24 h", "analyte": "cows"}),
    ],
)
def test_a_metric_has_what_it_needs_or_says_what_is_missing(metric, unit, need):
    assert places(metric, unit, **need) == []
    missing = {name: need[name] for name in need if name == "analyte"}
    (place,) = places(metric, unit, **missing)
    assert place == next(name for name in need if name != "analyte")


@pytest.mark.parametrize(
    "metric, right, wrong",
    [
        ("Cmax", ["ng/mL", "nmol/L", "ug/L", "mg/L"], ["h", "1", "mg", "ng*h/mL", ""]),
        ("AUC0-inf", ["ng*h/mL", "nmol*h/L"], ["ng/mL", "h"]),
        ("Tmax", ["h", "min", "d"], ["ng/mL", "1"]),
        ("CL", ["L/h", "L/h/kg", "mL/min"], ["L", "h"]),
        ("Vz_F", ["L", "L/kg"], ["L/h", "kg"]),
        ("Cmax_per_dose", ["ng/mL/mg", "ng/mL/ug"], ["ng/mL", "ng/mL/h", "h/mg"]),
        ("F_absolute", ["1", "%", "fraction"], ["h", "mg"]),
    ],
)
def test_units_of_exposures(metric, right, wrong):
    assert [unit for unit in right if places(metric, unit)] == []
    assert [unit for unit in wrong if not places(metric, unit)] == []


def test_units_of_effects_ratios_and_pairs():
    assert places("peak", "mmHg", analyte="petco2_mmhg") == []
    assert places("peak", "h", analyte="petco2_mmhg") == ["unit"]
    assert places("Cmax_ratio", "ng/mL", versus=VERSUS) == []  # a slash may be a ratio of anything
    assert places("Cmax_ratio", "h", versus=VERSUS) == ["unit"]
    assert places("Cmax", "1", analyte="morphine/codeine") == []
    assert places("Cmax", "h", analyte="morphine/codeine") == ["unit"]
    assert places("Tmax", "h", analyte="morphine/codeine") == []
    assert places("change", "%", analyte="ventilation_fraction") == []


@pytest.mark.parametrize("value, told", [(-1e-9, True), (0.0, False), (2.0, False), (None, False)])
def test_an_exposure_is_not_negative(value, told):
    assert ("value" in places("Cmax", "ng/mL", value=value)) is told
    assert places("change", "1", analyte="cows", value=-2.0) == []


def test_nothing_is_said_of_an_unknown_metric():
    assert faults_together(None, None, At(), "furlong", None, -1.0, "row") == []
