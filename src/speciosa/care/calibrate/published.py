r"""How many stay in treatment in trials that others published: what they saw, and what the model says of it without simulating.

Of the people of a trial, $S(t)=\int e^{-f\,(k\,d+H(t))}\,dF(f)$ have not left: $H$ is the cumulative hazard of leaving of the
middle person, $k$ that of leaving detoxification, which takes $d$ days, and $f$ the log-normal frailty. Of people who were counted
only after a time $l$ in treatment $S(l+t)/S(l)$ stay. Deaths are left out: fewer than one in a hundred a year.
"""

import csv
import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files

import numpy as np

from speciosa.care.hazards.leaving import fixed_dose, leaving, leaving_elsewhere
from speciosa.care.hazards.setting import NALTREXONE, Setting
from speciosa.care.mechanism import Readings
from speciosa.care.parameters import judged, priors
from speciosa.care.phases import Phase, placebo
from speciosa.care.plan import FIXED, PLACEBO
from speciosa.care.regimens import covers_d, needs_detoxification, substance_of
from speciosa.care.stepping.arrays import Floats

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(25)
RATIO = "kept ratio"
_SHARES = (0.15, 0.9)
STAYS, KEPT, BEGINS, DETOXIFIED = "stays", "kept", "begins", "begins detoxified"


@lru_cache(maxsize=1)
def trials() -> tuple[dict[str, str], ...]:
    """Rows of ``trials.csv``: trials, and reviews of trials, that calibrate beside CTN-0027 and CTN-0030.

    Example:
        >>> trials()[0]["study"]
        'Petitjean 2001'
    """
    text = (files("speciosa.care") / "data" / "trials.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def observed(row: dict[str, str]) -> tuple[float, float, int]:
    """What a row saw, how exact it is with what differs between trials, and people behind it; logs where it is a ratio."""
    apart = judged("between_contrasts" if row["what"] == RATIO else "between_shares")
    if row["events"] and row["events_versus"]:
        k, n, kv, nv = (float(row[key]) for key in ("events", "n", "events_versus", "n_versus"))
        counted = math.sqrt(1.0 / k - 1.0 / n + 1.0 / kv - 1.0 / nv)
        return math.log(k / n * nv / kv), math.hypot(counted, apart), int(n + nv)
    if row["what"] == RATIO:
        value, low, high = (float(row[key]) for key in ("value", "low", "high"))
        return math.log(value), math.hypot(math.log(high / low) / 3.92, apart), 0
    if row["events"]:
        n = float(row["n"])
        share = float(row["events"]) / n
        counted = math.sqrt(share * (1.0 - share) / n)
    else:
        share, n = float(row["value"]), 0.0
        counted = (float(row["high"]) - float(row["low"])) / 3.92
    if row["what"] in (STAYS, KEPT) and not row["note"].startswith("review"):
        # Log hazards of leaving differ between studies; a review has met many. A share near 0 or 1 tells less of how far.
        study = next(prior.sd for prior in priors() if prior.name == "study_leave")
        apart = study * moved_by(share)
    return share, math.hypot(counted, apart), int(n)


def moved_by(share: float) -> float:
    r"""How much a step of the log hazard moves a share: $-dS/d\ln H$ at the belief of how people differ in leaving."""
    share = min(max(share, _SHARES[0]), _SHARES[1])
    spread = next(prior.median for prior in priors() if prior.name == "frailty_leave")
    weights = WEIGHTS / WEIGHTS.sum()
    hazard = np.geomspace(1e-3, 1e2, 200)[:, None] * np.exp(spread * NODES)
    left = np.exp(-hazard)
    return float(np.interp(-share, -(left @ weights), (hazard * left) @ weights))


def predicted(row: dict[str, str], s: Setting, read: Callable[[str], Readings]) -> Floats:
    """The same by the model, by draw.

    Args:
        row: of `trials`; behind its population a share may stand (``justice:0.6``).
        s: the setting of CTN-0027.
        read: readings of a regimen, by draw.
    """
    v = s.values
    what, days = row["what"], 7.0 * float(row["at_wk"])
    if what == DETOXIFIED:
        return v["starts_detoxified"]
    if what == BEGINS:
        return v["starts"] * stays(0.0, None, s, row["arm"])
    who, _, part = row["population"].partition(":")
    shares = {who: float(part or 1.0)}
    s = replace(
        s,
        prescribed=shares.get("prescription opioids", s.prescribed),
        homeless=shares.get("homeless", s.homeless),
        justice=shares.get("justice", s.justice),
    )
    routine, lead = row["setting"] == "routine care", float(row["lead_d"] or 0.0)

    def kept(arm: str) -> Floats:
        before = what != STAYS
        readings = None if arm == PLACEBO else read(arm)
        shares = [
            stays(
                day,
                readings,
                s,
                arm,
                detoxified=before,
                routine=routine,
                fixed=row["dosing"] == FIXED,
            )
            for day in ((lead + days, lead) if lead else (days,))
        ]
        ratio: Floats = shares[0] / shares[1] if lead else shares[0]
        return ratio

    arms = [
        np.mean([kept(arm) for arm in re.split(" & ", arms)], axis=0)
        for arms in (row["arm"], row["versus"])
        if arms
    ]
    if what == RATIO:
        ratio: Floats = np.log(arms[0] / arms[1])
        return ratio
    share: Floats = arms[0] * (v["starts"] if what == STAYS and not lead else 1.0)
    return share


def stays(
    days: float,
    readings: Readings | None,
    s: Setting,
    regimen: str,
    *,
    detoxified: bool = False,
    elsewhere: bool = True,
    routine: bool = False,
    fixed: bool = False,
) -> Floats:
    """Share of those who begin who are in treatment at a time, by draw: the last dose covers it.

    Args:
        days: since the begin.
        readings: of the regimen; None for a placebo, or to ask only who completes detoxification.
        s: the setting.
        regimen: in words.
        detoxified: whether people were detoxified before.
        elsewhere: whether the trial is another than CTN-0027.
        routine: whether they were seen in routine care.
        fixed: whether the dose was the same for all.
    """
    v = s.values
    inert = regimen == PLACEBO
    before = 0.0 if detoxified or inert else needs_detoxification(regimen)
    hazard = (v["detox_leave"] * before)[:, None]
    if readings is not None or inert:
        cover = 1.0 if inert else covers_d(regimen)
        phase = _phase(regimen, readings, s, elsewhere=elsewhere, routine=routine)
        if fixed:
            ratio = phase.leave_ratio * fixed_dose(v, phase.substance)
            phase = replace(phase, leave_ratio=ratio)
        grid = np.arange(math.ceil(days) + 2.0)
        since = max(0.0, days - before)
        until = math.floor(since / cover + 1e-9) * cover if cover > 7.0 else max(0.0, since - 7.0)
        curve = leaving(phase, s, grid)
        hazard = hazard + np.array([[np.interp(until, grid, one)] for one in curve])
    frailty = np.exp(v["frailty_leave"][:, None] * NODES)
    found: Floats = np.exp(-frailty * hazard) @ (WEIGHTS / WEIGHTS.sum())
    return found


def _phase(
    regimen: str, readings: Readings | None, s: Setting, *, elsewhere: bool, routine: bool
) -> Phase:
    """The phase of a regimen as it is left in trials of others or in routine care."""
    if readings is None:
        return placebo(s.untreated)
    substance = substance_of(regimen)
    phase = Phase(regimen, substance, readings, covers_d=max(1.0, covers_d(regimen)))
    if not elsewhere or substance == NALTREXONE:
        return phase
    return replace(phase, leave_ratio=leaving_elsewhere(s.values, substance, routine=routine))
