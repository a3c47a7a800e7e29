r"""How many stay in treatment in trials that others published: what they saw, and what the model says of it without simulating.

Of the people of a trial, $S(t)=\int e^{-f\,(k\,d+H(t))}\,dF(f)$ have not left: $H$ is the cumulative hazard of leaving of the
middle person, $k$ that of leaving detoxification, which takes $d$ days, and $f$ the log-normal frailty. Deaths are left out:
fewer than one in a hundred a year.
"""

import csv
import math
import re
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files

import numpy as np

from speciosa.care.hazards import Setting, leaving
from speciosa.care.mechanism import Readings
from speciosa.care.parameters import judged, priors
from speciosa.care.phases import Phase
from speciosa.care.regimens import covers_d, needs_detoxification, substance_of
from speciosa.care.stepping.arrays import Floats

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(25)
RATIO = "kept ratio"
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
    if row["what"] in (STAYS, KEPT) and row["events"]:
        # Log hazards of leaving differ between trials; a review has met many.
        study = next(prior.sd for prior in priors() if prior.name == "study_leave")
        apart = study * share * abs(math.log(share))
    return share, math.hypot(counted, apart), int(n)


def predicted(row: dict[str, str], s: Setting, read: Callable[[str], Readings]) -> Floats:
    """The same by the model, by draw.

    Args:
        row: of `trials`.
        s: the setting of CTN-0027.
        read: readings of a regimen, by draw.
    """
    v = s.values
    what, days = row["what"], 7.0 * float(row["at_wk"])
    if what == DETOXIFIED:
        return v["starts_detoxified"]
    if what == BEGINS:
        return v["starts"] * stays(0.0, None, s, row["arm"])
    if what == STAYS:
        return v["starts"] * stays(days, read(row["arm"]), s, row["arm"])
    kept = [
        np.mean(
            [stays(days, read(arm), s, arm, detoxified=True) for arm in re.split(" & ", arms)],
            axis=0,
        )
        for arms in (row["arm"], row["versus"])
        if arms
    ]
    ratio: Floats = np.log(kept[0] / kept[1]) if what == RATIO else kept[0]
    return ratio


def stays(
    days: float, readings: Readings | None, s: Setting, regimen: str, *, detoxified: bool = False
) -> Floats:
    """Share of those who begin who are in treatment at a time, by draw: the last dose covers it.

    Args:
        days: since the begin.
        readings: of the regimen; None to ask only who completes detoxification.
        s: the setting.
        regimen: in words.
        detoxified: whether people were detoxified before.
    """
    v = s.values
    before = 0.0 if detoxified else needs_detoxification(regimen)
    hazard = (v["detox_leave"] * before)[:, None]
    if readings is not None:
        cover = covers_d(regimen)
        phase = Phase(regimen, substance_of(regimen), readings, covers_d=max(1.0, cover))
        grid = np.arange(math.ceil(days) + 2.0)
        since = max(0.0, days - before)
        until = math.floor(since / cover + 1e-9) * cover if cover > 7.0 else max(0.0, since - 7.0)
        curve = leaving(phase, s, grid)
        hazard = hazard + np.array([[np.interp(until, grid, one)] for one in curve])
    frailty = np.exp(v["frailty_leave"][:, None] * NODES)
    found: Floats = np.exp(-frailty * hazard) @ (WEIGHTS / WEIGHTS.sum())
    return found
