"""What the slow clock is calibrated on: rows of ``targets.csv``, each with what the model must be asked and how exact it is."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from speciosa.care.observations import rows
from speciosa.care.parameters import judged

_WEAK = 3.0
_PHASE_1_D = 84
"""The end of phase 1 of CTN-0030, after which its people are in phase 2 or gone."""
ARMS = {
    ("CTN-0027", "1", "Methadone"): "methadone",
    ("CTN-0027", "1", "Outpatient BUP"): "buprenorphine",
    ("CTN-0030", "1", "Outpatient BUP + EMM"): "phase 1",
    ("CTN-0030", "1", "Outpatient BUP + SMM"): "phase 1",
    ("CTN-0030", "2", "Outpatient BUP + EMM"): "phase 2",
    ("CTN-0030", "2", "Outpatient BUP + SMM"): "phase 2",
}
DOSES = {
    "dose <40 mg": ("methadone", 30.0),
    "dose 40-60 mg": ("methadone", 50.0),
    "dose >=100 mg": ("methadone", 110.0),
    "dose <8 mg": ("buprenorphine", 6.0),
    "dose 8-12 mg": ("buprenorphine", 10.0),
    "dose >=24 mg": ("buprenorphine", 28.0),
}
"""Groups by dose, with a dose that stands for each; those about the usual dose tell nothing more."""
_RATES = {
    "l001": ("all", "on 0 53", 10.0), "l002": ("all", "off 0 53", 10.0),
    "l003": ("all", "on 0 2", 10.0), "l005": ("all", "off 0 2", 10.0),
    "l006": ("all", "off 2 4", 10.0), "l007": ("all", "off 4 53", 10.0),
    "l009": ("methadone overdose", "on 0 53", 1.0),
    "l010": ("methadone overdose", "off 0 53", 1.0),
    "l012": ("buprenorphine overdose", "on 0 53", 1.0),
    "l013": ("buprenorphine overdose", "off 0 53", 1.0),
}  # fmt: skip
"""Published rates: of what, weeks since start or stop, and the factor to 1,000 person-years."""
LEFT_OUT = {
    "l004": "follows from l003 and l001",
    "l008": "follows from l005 and l001",
    "l011": "follows from l009 and l010", "l014": "two rates in one row",
    "l015": "survivors of an overdose", "l016": "survivors of an overdose",
    "l017": "survivors of an overdose", "l018": "survivors of an overdose",
    "l019": "survivors of an overdose", "l020": "figure not read in the paper",
    "l021": "figure not read in the paper", "l022": "people with chronic pain",
    "l023": "people with chronic pain", "l024": "people with chronic pain",
    "l025": "an outcome of several parts", "l026": "an outcome of several parts",
    "l027": "an outcome of several parts", "l028": "no number", "l029": "a modifier, not a parameter",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """An observed number.

    Attributes:
        id: of its row.
        what: ``retained``, ``started``, ``positive``, ``days``, ``run``, ``before``, ``dose``, ``visit`` or ``rate``.
        arm: of the simulation.
        at: week, 28-day period, dose or grade.
        value: observed; the log of a rate.
        sd: how exact it is, with what a right model may miss.
        n: people behind it; 0 where the row does not say.
        quantity: as the row names it.
    """

    id: str
    what: str
    arm: str
    at: float
    value: float
    sd: float
    n: int
    quantity: str


@lru_cache(maxsize=1)
def targets() -> tuple[Target, ...]:
    """The rows that calibrate, in the order of the table.

    Example:
        >>> targets()[0].what, targets()[0].arm, round(targets()[0].value, 3)
        ('started', 'methadone', 0.983)
    """
    return tuple(target for row in rows() if (target := _target(row)) is not None)


def without_withdrawal(phase: str) -> float:
    """Share of visits without withdrawal that are followed by use within seven days, in a phase of CTN-0030."""
    return next(
        float(row["value"])
        for row in rows()
        if row["quantity"].startswith("any opioid use")
        and row["phase"] == phase
        and row["at"].startswith("grade none")
    )


def _target(row: dict[str, str]) -> Target | None:
    if row["id"] in LEFT_OUT:
        return None
    if row["id"] in _RATES:
        arm, when, factor = _RATES[row["id"]]
        value = math.log(float(row["value"]) * factor)
        return _made(row, "rate", f"{arm} {when}", 0.0, value, judged("between_rates"))
    value, n = float(row["value"]), int(row["n"] or 0)
    if row["quantity"].startswith("any opioid use"):
        grade = re.sub(r"grade (\w+),.*", r"\1", row["at"])
        steps = {"none": 2.0, "mild": 8.0, "moderate": 16.0}
        if grade not in steps or grade == "none":
            return None
        return _made(
            row,
            "visit",
            row["phase"],
            steps[grade],
            value,
            _spread(value, n, judged("between_visits")),
        )
    if row["quantity"].startswith("retained at 23 wk"):
        if row["at"] not in DOSES:
            return None
        arm, dose = DOSES[row["at"]]
        return _made(row, "dose", arm, dose, value, _WEAK * _spread(value, n, 0.015))
    where = ARMS.get((row["trial"], row["phase"], row["arm"]))
    if where is None:
        return None
    if row["quantity"].startswith("days of opioid use"):
        return _days(row, where, value)
    what = next((key for start, key in _KINDS.items() if row["quantity"].startswith(start)), None)
    if what is None:
        return None
    sd = _spread(value, n, judged("discrepancy_proportion"))
    if where == "phase 1" and 7.0 * float(row["at"].split()[0]) > _PHASE_1_D:
        return None
    return _made(row, what, where, float(row["at"].split()[0]), value, sd)


_KINDS = {
    "started": "started",
    "retained": "retained",
    "opioid-positive": "positive",
    "seven days": "run",
}


def _days(row: dict[str, str], where: str, value: float) -> Target | None:
    counting = (float(row["high"]) - float(row["low"])) / 3.92
    sd = math.hypot(counting, judged("discrepancy_days"))
    found = re.fullmatch(r"d (\d+)-(\d+)", row["at"])
    if found is not None and where == "phase 1" and int(found[2]) > _PHASE_1_D:
        return None
    if found is None:
        if where not in ("methadone", "buprenorphine"):
            return None
        return _made(row, "before", where, 0.0, value, sd)
    return _made(row, "days", where, float(int(found[2]) // 28), value, sd)


def _spread(share: float, n: int, discrepancy: float) -> float:
    smoothed = (share * n + 1.0) / (n + 2.0)
    return math.hypot(math.sqrt(smoothed * (1.0 - smoothed) / n), discrepancy)


def _made(row: dict[str, str], what: str, arm: str, at: float, value: float, sd: float) -> Target:
    return Target(row["id"], what, arm, at, value, sd, int(row["n"] or 0), row["quantity"])
