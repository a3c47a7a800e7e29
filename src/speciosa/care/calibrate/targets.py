"""What the slow clock is calibrated on: rows of ``targets.csv``, each with what the model must be asked and how exact it is."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from speciosa.care.calibrate.abstinent import beginning, counted, starters
from speciosa.care.calibrate.published import observed, trials
from speciosa.care.doses import grades, groups_by_dose
from speciosa.care.observations import rows
from speciosa.care.parameters import judged, priors

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
DOSES = groups_by_dose()
"""Groups by dose, with a dose that stands for each; those about the usual dose tell nothing more."""
_ALL, _METHADONE, _BUPRENORPHINE = "all", "methadone overdose", "buprenorphine overdose"
_BOTH = "both overdose"
_LEVELS = {
    "l009": (_METHADONE, 1.0), "l012": (_BUPRENORPHINE, 1.0),
}  # fmt: skip
"""Published rates in treatment, and the factor to 1,000 person-years: the level of a cohort, which is its setting's own."""
_RATIOS = {
    "l011": (f"{_METHADONE} off 0 53 / {_METHADONE} on 0 53", ""),
    "l013": (f"{_BUPRENORPHINE} off 0 53 / {_BUPRENORPHINE} on 0 53", "l012"),
    "l030": (f"{_METHADONE} on 0 4 / {_BUPRENORPHINE} on 0 4", ""),
    "l031": (f"{_METHADONE} on 4 53 / {_BUPRENORPHINE} on 4 53", ""),
    "l032": (f"{_BOTH} off 0 4 / {_BOTH} on 4 53", ""),
    "l033": (f"{_BOTH} on 0 4 / {_BOTH} on 4 53", ""),
    "l034": ("methadone all off 0 2 / methadone all on 4 53", ""),
    "l035": ("methadone all off 2 4 / methadone all on 4 53", ""),
    "l036": (f"{_METHADONE} on 0 2 / {_METHADONE} on 2 53", ""),
    "l037": (f"{_METHADONE} on 0 2 / {_METHADONE} on 2 53", ""),
    "l038": ("methadone all on 0 4 / methadone all on 4 53", ""),
    "l039": ("buprenorphine all on 0 4 / buprenorphine all on 4 53", ""),
    "l040": (f"{_BOTH} on 0 4 / {_BOTH} on 4 53", ""),
    "l041": (f"{_BOTH} off 0 4 / {_BOTH} on 4 53", ""),
    "l042": (f"{_BOTH} off 4 53 / {_BOTH} on 4 53", ""),
    "l043": (f"{_METHADONE} on 0 4 / {_METHADONE} on 4 53", ""),
    "l044": (f"{_METHADONE} off 0 4 / {_METHADONE} on 4 53", ""),
    # People who are given methadone differ from others later in treatment, too.
    "l045": ("methadone all on 0 4 / buprenorphine all on 0 4", "l046"),
    "l047": ("methadone all on 0 53 / methadone all off 0 53", ""),
    "l048": ("buprenorphine all on 0 53 / buprenorphine all off 0 53", ""),
    "l049": ("methadone all off 0 53 / methadone all on 0 53", ""),
    "l050": (f"{_ALL} off 0 53 / {_ALL} on 0 53", ""),
    "l051": ("methadone all off 0 53 / methadone all on 0 53", ""),
    "l052": (f"{_METHADONE} off 0 53 / {_METHADONE} on 0 53", ""),
}
"""Ratios within a cohort, and the row by which the row's own rate is divided."""
_HELD_OUT = {
    "l001": (f"{_ALL} on 0 53", ""),
    "l002": (f"{_ALL} off 0 53 / {_ALL} on 0 53", "l001"),
    "l004": (f"{_ALL} on 0 2 / {_ALL} on 2 53", ""),
    "l005": (f"{_ALL} off 0 2 / {_ALL} on 0 53", "l001"),
    "l006": (f"{_ALL} off 2 4 / {_ALL} on 0 53", "l001"),
    "l007": (f"{_ALL} off 4 53 / {_ALL} on 0 53", "l001"),
    "l008": (f"{_ALL} off 0 2 / {_ALL} on 0 53", ""),
}
"""Cornish 2010, which checks by the rule of its DOI: deaths by week after stopping are the test of lost tolerance."""
_A_YEAR_PER_100 = 10.0
_TWO_COHORTS = "l014"
LEFT_OUT = {
    "l003": "follows from l004 and l001",
    "l010": "follows from l009 and l011",
    "l015": "survivors of an overdose", "l016": "survivors of an overdose",
    "l017": "survivors of an overdose", "l018": "survivors of an overdose",
    "l019": "survivors of an overdose", "l020": "figure not read in the paper",
    "l021": "figure not read in the paper", "l022": "people with chronic pain",
    "l023": "people with chronic pain", "l024": "people with chronic pain",
    "l025": "an outcome of several parts", "l026": "an outcome of several parts",
    "l027": "an outcome of several parts", "l028": "no number", "l029": "a modifier, not a parameter",
    "l046": "who is given which medicine; l045 is divided by it",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """An observed number.

    Attributes:
        id: of its row.
        what: ``retained``, ``started``, ``positive``, ``days``, ``run``, ``before``, ``dose``, ``visit``, ``rate``,
            ``ratio``, or one of `published`.
        arm: of the simulation.
        at: week, 28-day period, dose or grade.
        value: observed; the log of a rate or ratio.
        sd: how exact it is, with what a right model may miss; infinite where the row is held out.
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
    """The rows that the model predicts, in the order of the tables; those that are held out calibrate nothing.

    Example:
        >>> targets()[0].what, targets()[0].arm, round(targets()[0].value, 3)
        ('started', 'methadone', 0.983)
    """
    found = [target for row in rows() for target in _read(row)]
    for row in trials():
        value, sd, n = observed(row)
        arm = row["arm"] + (f" / {row['versus']}" if row["versus"] else "")
        at = float(row["at_wk"])
        found.append(Target(row["id"], row["what"], arm, at, value, sd, n, row["study"]))
    for row in starters():
        value, sd, n = counted(row)
        arm, at = beginning(row).name, float(row["at_wk"])
        found.append(Target(row["id"], row["what"], arm, at, value, sd, n, row["study"]))
    return tuple(found)


def _read(row: dict[str, str]) -> Iterator[Target]:
    if row["id"] in LEFT_OUT:
        return
    if row["id"].startswith("l"):
        yield from _deaths(row)
        return
    target = _target(row)
    if target is not None:
        yield target


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
    value, n = float(row["value"]), int(row["n"] or 0)
    if row["quantity"].startswith("any opioid use"):
        grade = re.sub(r"grade (\w+),.*", r"\1", row["at"])
        steps = grades()
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


def _deaths(row: dict[str, str]) -> Iterator[Target]:
    """A level, or ratios, of deaths.

    The level of a cohort has the spread between settings; what is left between the ratios of cohorts has its own.
    """
    if row["id"] in _LEVELS:
        who, factor = _LEVELS[row["id"]]
        value = math.log(float(row["value"]) * factor)
        yield _made(row, "rate", f"{who} on 0 53", 0.0, value, between_settings())
        return
    if row["id"] == _TWO_COHORTS:
        for name, inside, outside in _two_cohorts(row["at"]):
            yield _made(row, "rate", f"{name} on 0 53", 0.0, math.log(inside), between_settings())
            arms = f"{name} off 0 53 / {name} on 0 53"
            sd = math.hypot(judged("between_ratios"), judged("counting_unknown"))
            yield _made(row, "ratio", arms, 0.0, math.log(outside / inside), sd)
        return
    held = row["id"] in _HELD_OUT
    arms, other = (_HELD_OUT if held else _RATIOS)[row["id"]]
    if "/" not in arms:
        value = math.log(float(row["value"]) * _A_YEAR_PER_100)
        yield _made(row, "rate", arms, 0.0, value, math.inf)
        return
    below = next((float(each["value"]) for each in rows() if each["id"] == other), 1.0)
    counted = judged("counting_unknown")
    if row["low"]:
        counted = math.log(float(row["high"]) / float(row["low"])) / 3.92
    sd = math.inf if held else math.hypot(counted, judged("between_ratios"))
    yield _made(row, "ratio", arms, 0.0, math.log(float(row["value"]) / below), sd)


def between_settings() -> float:
    """Standard deviation between settings of the log rate of deaths."""
    return next(prior.sd for prior in priors() if prior.name == "study_harm")


def _two_cohorts(text: str) -> Iterator[tuple[str, float, float]]:
    """Rates in and out of treatment of both cohorts of the one row that holds four numbers."""
    numbers = [float(number) for number in re.findall(r"[0-9.]+", text)]
    yield "methadone all", numbers[0], numbers[1]
    yield "buprenorphine all", numbers[2], numbers[3]


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
