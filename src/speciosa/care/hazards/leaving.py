"""When people leave a phase of treatment."""

from collections.abc import Mapping

import numpy as np

from speciosa.care.hazards.by_day import column, summed
from speciosa.care.hazards.relapse import without_care
from speciosa.care.hazards.setting import NALTREXONE, WEEK_D, Setting
from speciosa.care.phases import Phase
from speciosa.care.plan import PLACEBO
from speciosa.care.regimens import CALIBRATED
from speciosa.care.stepping.arrays import Floats

_MONTH_D = 28.0


def leaving(phase: Phase, s: Setting, days: Floats) -> Floats:
    """Cumulative hazard of leaving a phase by days in it, of the middle person, ``(draws, days)``."""
    v = s.values
    calm = _calm(phase, s, days)
    log_ratio = v["study_leave"] + s.prescribed * v["prescription_leave"]
    log_ratio = log_ratio + s.homeless * v["homeless_leave"] + s.justice * v["justice_leave"]
    usual = s.reference.get(phase.substance)
    if usual is not None and phase.leaving == "calibrated" and phase.readings is not None:
        slope = v["dose_leave"] + v.get(f"dose_leave_{phase.substance}", 0.0)
        log_ratio = log_ratio + slope * (usual - phase.readings.tolerance)
    steps = np.diff(calm, axis=1) * column(np.exp(log_ratio))
    steps *= np.reshape(phase.leave_ratio, (-1, 1))
    tapering = days[:-1] >= phase.days - phase.taper_days
    steps = np.where(tapering, steps * column(v["taper_leave"]), steps)
    return summed(steps)


def leaving_elsewhere(v: Mapping[str, Floats], substance: str, *, routine: bool) -> Floats:
    """Ratio of the hazard of leaving an agonist in trials of others, or in routine care, to that in CTN-0027, by draw."""
    log_ratio = v.get(f"elsewhere_{substance}", np.zeros_like(v["routine_leave"]))
    found: Floats = np.exp(log_ratio + (v["routine_leave"] if routine else 0.0))
    return found


def fixed_dose(v: Mapping[str, Floats], substance: str) -> Floats:
    """Ratio of the hazard of leaving where the dose is the same for all, by draw; of methadone only, for no other was compared."""
    of = v["fixed_leave"]
    found: Floats = np.exp(of if substance == "methadone" else np.zeros_like(of))
    return found


def _calm(phase: Phase, s: Setting, days: Floats) -> Floats:
    """Cumulative hazard of leaving without taper: the calibrated curve of the substance, or what is assumed."""
    v = s.values
    if s.pain is not None and phase.leaving == "calibrated":
        return column(s.pain["pain_stop"]) * days
    if phase.leaving == "as untreated":
        return without_care(s, days)
    base, early = _height(phase, v)
    tau = v["early_time"]
    middle = days[:-1] + 0.5
    settled = (1.0 + middle / _MONTH_D) ** -column(v["leave_fall"])
    steps = np.diff(days + column(early * tau) * (1.0 - np.exp(-days / column(tau))), axis=1)
    found = summed(column(base) * steps * settled)
    if phase.leaving == "between":
        other = without_care(s, days)
        found = summed(np.sqrt(np.diff(found, axis=1) * np.diff(other, axis=1)))
    return found


def _height(phase: Phase, v: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """The hazard of leaving after the first weeks, and by how many times it is raised at first."""
    name = phase.substance if phase.leaving == "calibrated" else "buprenorphine"
    if name == PLACEBO:
        return v["leave_buprenorphine"] * np.exp(v["leave_placebo"]), v["early_buprenorphine"]
    if name in CALIBRATED:
        injected = name == "buprenorphine" and phase.covers_d >= WEEK_D
        ratio = np.exp(v["depot_buprenorphine"]) if injected else 1.0
        return v[f"leave_{name}"] * ratio, v[f"early_{name}"]
    leave, early = (
        np.exp(v[f"{kind}_other"])
        * np.sqrt(np.prod([v[f"{kind}_{each}"] for each in CALIBRATED], axis=0))
        for kind in ("leave", "early")
    )
    if name == NALTREXONE:
        oral = phase.covers_d <= WEEK_D
        leave = v["leave_naltrexone"] * (np.exp(v["oral_naltrexone"]) if oral else 1.0)
    return leave, early
