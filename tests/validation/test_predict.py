"""Predicting rows: medians over draws, intervals that hold what differs between studies, and rows that cannot be told."""

import numpy as np
import pytest
from scipy.stats import norm
from tests.validation.rows import observed

from speciosa.validation.between_studies import spreads
from speciosa.validation.predict import Options, predict


def one(row, draws=40):
    found, failed = predict([row], Options(draws=draws))
    assert not failed, failed
    return found[0]


def test_a_dose_into_the_vein_is_told_by_its_clearance():
    """Twice the dose, twice the area; the ratio of both is exactly that, its interval what studies differ by."""
    ratio = one(observed("AUC0-inf_ratio", "1", "20 mg morphine iv", "10 mg morphine iv", n=6))
    assert ratio.predicted == pytest.approx(2.0, rel=1e-3)
    known = spreads()
    sd = float(np.hypot(known["ratio"], known["strength"] * np.log(2)))
    deviates = norm.ppf((np.arange(40) + 0.5) / 40)
    low, high = 2.0 * np.exp(sd * np.quantile(deviates, [0.05, 0.95]))
    assert (ratio.low, ratio.high) == pytest.approx((low, high), rel=1e-3)


def test_the_statistic_is_the_one_that_was_reported():
    """Of skewed exposures the mean lies above the geometric mean; a share is a mean whatever was printed."""
    row = {"doses": "10 mg morphine oral", "n": 24}
    mean, middle = (
        one(observed("Cmax", "ng/mL", statistic=kind, id="same", **row)).predicted
        for kind in ("mean", "geomean")
    )
    assert mean > 1.02 * middle
    share = {"analyte": "cows", "at": "1 @ 1 h", "patient": "opioid_history=tolerant 100 MME"}
    plain, median = (
        one(observed("share_ge", "1", "none", statistic=kind, id="share", **share)).predicted
        for kind in ("mean", "median")
    )
    assert plain == median


def test_the_same_seed_gives_the_same_and_rows_keep_their_order():
    rows = [
        observed("Cmax", "ng/mL", "10 mg morphine oral", id=name, n=4) for name in ("b", "a", "c")
    ]
    first, _ = predict(rows, Options(draws=5))
    again, _ = predict(rows, Options(draws=5))
    assert [row.id for row in first] == ["b", "a", "c"] and first == again
    assert len({row.low for row in first}) == 3
    assert len({row.predicted for row in first}) == 1
    other, _ = predict(rows, Options(draws=5, seed=2))
    assert other[0].predicted != first[0].predicted


def test_a_row_that_cannot_be_told_says_why_and_takes_no_other_with_it():
    rows = [
        observed("Cmax", "ng/mL", "10 mg morphine oral", id="good", n=4),
        observed("Cmax", "ng/mL", "10 mg morphine oral", analyte="fentanyl", id="bad"),
    ]
    seen = []
    found, failed = predict(rows, Options(draws=4), lambda done, of: seen.append((done, of)))
    assert [row.id for row in found] == ["good"]
    assert [name for name, _ in failed] == ["bad"] and "fentanyl" in failed[0][1]
    assert seen == [(0, 1)]


@pytest.mark.parametrize(
    ("unit", "analyte", "top"), [("%", "mor_occupancy", 100.0), ("1", "mor_occupancy", 1.0)]
)
def test_a_share_stays_between_nothing_and_all(unit, analyte, top):
    high = one(observed("value", unit, "90 mg fentanyl iv", analyte=analyte, at="30 min", n=4))
    assert high.high <= top and high.predicted > 0.95 * top
    none = one(observed("value", unit, "1 ug fentanyl iv", analyte=analyte, at="20 h", n=4))
    assert none.low == 0.0


def test_effects_spread_as_their_kind_does():
    """Without a drug nothing differs but what studies add: by the share for scores, as it is for differences."""
    deviates = np.quantile(norm.ppf((np.arange(40) + 0.5) / 40), [0.05, 0.95])
    row = {"doses": "none", "versus": "none", "at": "1 h", "n": 4}
    difference = one(observed("difference", "mm", analyte="pupil_diameter_mm", **row))
    assert difference.predicted == pytest.approx(0.0, abs=1e-9)
    assert [difference.low, difference.high] == pytest.approx(spreads()["difference"] * deviates)
    change = one(observed("change", "1", "none", analyte="cows", at="1 h", n=4))
    assert (change.low, change.predicted, change.high) == pytest.approx((0, 0, 0), abs=1e-9)
    pupil = one(observed("value", "mm", "none", analyte="pupil_diameter_mm", at="1 h", n=24), 200)
    assert pupil.predicted == pytest.approx(6.2, abs=0.3)
    assert pupil.high - pupil.low > 2 * 1.6 * 0.9 * spreads()["normal"] * pupil.predicted


@pytest.mark.parametrize(("unit", "full"), [("1", 1.0), ("%", 100.0)])
def test_fractions_spread_by_points_of_the_whole_and_stay_within_it(unit, full):
    """Without a drug breathing is whole in every draw, and so what studies add is all that is told."""
    sd = full * spreads()["fraction"]
    low, high = sd * np.quantile(norm.ppf((np.arange(40) + 0.5) / 40), [0.05, 0.95])
    row = {"doses": "none", "at": "1 h", "n": 4}
    breathing = one(observed("value", unit, analyte="ventilation_fraction", **row))
    told = (breathing.low, breathing.predicted, breathing.high)
    assert told == pytest.approx((full + low, full, full + high), rel=1e-6)
    change = one(observed("change", unit, analyte="ventilation_fraction", **row))
    assert (change.low, change.predicted, change.high) == pytest.approx((low, 0, high), abs=1e-6)
    row["at"] = "0 @ 1 h"
    everybody = one(observed("share_ge", unit, analyte="cows", **row))
    assert (everybody.low, everybody.high) == pytest.approx((full + low, full), rel=1e-6)
    row["at"] = "40 @ 1 h"
    nobody = one(observed("share_ge", unit, analyte="cows", **row))
    assert (nobody.low, nobody.high) == pytest.approx((0, high), abs=1e-6)
