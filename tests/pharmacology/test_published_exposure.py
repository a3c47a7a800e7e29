"""Exposure in described people and with what blocks its way out, in the typical patient, against published numbers."""

import numpy as np
import pytest

from speciosa.engine import simulate
from speciosa.facts.sheets.sheet import sheet
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.covariates import describe
from speciosa.pharmacology.dosing import schedule
from speciosa.regimen import parse_regimen


def level(doses, who="", until=72.0, step=0.25, start=0.0):
    """Hours and the level of what is taken first, in the typical patient of a description."""
    plan = schedule(parse_regimen(doses))
    analyte = doses.split()[2].removesuffix("_patch").replace("sublocade", "buprenorphine")
    equations = system(plan.substances, [analyte], ways=plan.ways).build()
    known = {c.name for c in equations.covariates}
    described = describe(who)[0].implied
    times = np.unique(np.concatenate([[0.0], np.arange(start, until + step / 2, step)]))
    result = simulate(
        equations,
        plan.regimen(equations.target_names),
        times=times,
        parameters={n: np.array([v]) for n, v in described.items() if n in known},
    )
    assert result.ok.all()
    return result.times, result[analyte][0]


def area(*args, **more):
    times, found = level(*args, **more)
    return float(np.trapezoid(found, times))


def test_oxycodone_is_cleared_more_slowly_in_old_people():
    """28.9 L/h at 76 to 89 years (doi 10.1007/s00228-012-1267-9) over 51 at 35 (Saari 2012) is 0.57, a label 0.87 over 65."""
    young = area("5 mg oxycodone iv", "age=35", until=96.0)
    old = area("5 mg oxycodone iv", "age=82", until=96.0)
    assert 0.57 * 0.95 < young / old < 0.8


def test_the_half_time_of_oxycodone_lengthens_with_age_as_printed():
    """Context-sensitive half-time 3.8 h at 25 and 4.6 h at 85 years: 1.21-fold (Saari 2012), here from log slopes."""

    def slope(age):
        times, found = level("5 mg oxycodone iv", f"age={age}", until=24.0)
        late = times >= 4.0
        return -np.polyfit(times[late], np.log(found[late]), 1)[0]

    assert slope(25) / slope(85) == pytest.approx(4.6 / 3.8, rel=0.06)


def test_probenecid_raises_naproxen_as_its_conjugated_share_says():
    """With a share f conjugated, of which 1/b is left, the area is 1/(1 - f + f/b)-fold: f of Vree 1993 and b of the sheet."""
    conjugated = 50.8 + 6.5
    f = conjugated / (conjugated + 14.3 + 5.5)
    shares = {p.enzyme: p.fraction.value for p in sheet("naproxen").pathways}
    assert shares["ugt2b7"] == pytest.approx(f, abs=0.01)
    plan = "500 mg naproxen oral at 96 h; 500 mg probenecid oral every 12 h x 22"
    alone = area("500 mg naproxen oral at 96 h", until=264.0, start=96.0)
    assert 1.4 < area(plan, until=264.0, start=96.0) / alone < 1.9


def test_probenecid_more_than_doubles_ketorolac():
    """88% of what urine holds was conjugated (Mroszczak 1990; little unchanged, Brocks 1992)."""
    shares = {p.enzyme: p.fraction.value for p in sheet("ketorolac").pathways}
    assert shares["ugt2b7"] == pytest.approx(0.88, abs=0.04)
    plan = "10 mg ketorolac oral at 96 h; 500 mg probenecid oral every 6 h x 24"
    alone = area("10 mg ketorolac oral at 96 h", until=144.0, start=96.0)
    assert 2.0 < area(plan, until=144.0, start=96.0) / alone < 4.0


def test_a_kidney_that_fails_still_holds_ketorolac_back():
    """Its conjugate returns; from twice as much in kidneys at a quarter downwards, a healthy old kidney does nothing."""
    usual = area("10 mg ketorolac oral", until=48.0)
    assert 1.4 < area("10 mg ketorolac oral", "egfr=22", until=48.0) / usual < 2.6


@pytest.mark.parametrize(("dose", "printed"), [(10, 191.0), (20, 471.0)])
def test_a_weekly_patch_of_buprenorphine_peaks_as_its_label_prints(dose, printed):
    """Highest samples of single people lie above the highest point of a smooth course: by at most two fifths."""
    times, found = level(f"{dose} ug/h buprenorphine_patch transdermal over 168 h", until=168.0)
    peak = found.max() * 467.64
    assert printed / 1.45 < peak < printed * 1.1
    assert 60 < times[found.argmax()] < 84


def test_a_monthly_depot_gives_back_what_was_injected_and_less_of_a_larger_one():
    """At rest 100 mg each 28 days are at most dose over clearance and interval (Jones 2021: F is 1); 300 mg less than triple."""
    small = level("100 mg sublocade sc every 28 d x 16", until=16 * 672.0, start=15 * 672.0, step=4)
    large = level("300 mg sublocade sc every 28 d x 16", until=16 * 672.0, start=15 * 672.0, step=4)
    mean = [float(np.mean(found[1:])) for _, found in (small, large)]
    clearance = sheet("buprenorphine").disposition.CL.to("L/h")
    full = 100e6 / 467.64 / 672.0 / clearance
    assert 0.9 * full < mean[0] < 1.1 * full
    assert 1.9 < mean[1] / mean[0] < 2.6


def test_efavirenz_brings_down_what_is_conjugated():
    """Raltegravir falls to 0.64 by glucuronidation alone; tapentadol, 0.7 of it conjugated, to less than 0.9."""
    alone = area("100 mg tapentadol oral at 240 h", until=288.0, start=240.0)
    both = "100 mg tapentadol oral at 240 h; 600 mg efavirenz oral every 24 h x 12"
    assert 0.6 < area(both, until=288.0, start=240.0) / alone < 0.9
