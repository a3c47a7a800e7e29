"""The dose that stops breathing, of a patch and of what is given at once."""

from speciosa.calibration.limits import limits_of
from speciosa.pharmacology.exposure.absorption import Way


def test_a_patch_stops_breathing_by_its_dose_an_hour():
    """Half of the people stop between 2 and 20 ng/mL of fentanyl at rest: rate over a clearance of 51 L/h."""
    found = limits_of(Way("fentanyl", "transdermal"), 0.0, patients=8, draws=1)
    assert found is not None
    few, half = found
    assert few < half
    assert 2.0 < half * 1e3 / 51 < 20.0
