"""Retention in CTN-0027 (START), counted from the day of each person's last dose, and the rows of facts that it gives.

1,269 adults with opioid use disorder, buprenorphine-naloxone or methadone for 24 weeks (Hser 2014,
doi:10.1111/add.12333). Counts by day from public.ctn0094data, MIT licence; see ``data/README.md``.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from speciosa import facts
from speciosa.errors import EvidenceError, Fault

LAST_DAY = 168
ROWS = {"treatment-0010": 161, "treatment-0072": 77}
"""Rows of the fact base that hold this trial's retention, and the day they count it on."""


@dataclass(frozen=True, slots=True)
class Retained:
    """People of one arm who still got a dose on or after a day."""

    arm: str
    day: int
    retained: int
    n: int

    @property
    def share(self) -> float:
        """Share of the arm."""
        return self.retained / self.n


@dataclass(frozen=True, slots=True)
class Recount:
    """A row of the fact base beside what its rule counts.

    Attributes:
        row: its id.
        rule: in words.
        stored, counted: events and people on buprenorphine-naloxone, then on methadone.
    """

    row: str
    rule: str
    stored: tuple[int, ...]
    counted: tuple[int, ...]

    @property
    def agrees(self) -> bool:
        """Whether the row holds what its rule counts."""
        return self.stored == self.counted


def retained(day: int) -> tuple[Retained, Retained]:
    """People with a dose on or after `day` from randomisation: buprenorphine, methadone.

    Args:
        day: 0 to 168; the trial's last week starts on day 161.

    Raises:
        EvidenceError: a day outside the trial.

    Example:
        >>> [(r.arm, r.retained, r.n) for r in retained(161)]
        [('buprenorphine', 339, 740), ('methadone', 386, 529)]
    """
    if not 0 <= day <= LAST_DAY:
        raise EvidenceError(Fault("day", f"0 to {LAST_DAY}", str(day)))
    rows = _counts()
    arms = sorted({arm for arm, _, _ in rows})
    found = [
        Retained(
            arm,
            day,
            sum(people for a, last, people in rows if a == arm and last >= day),
            sum(people for a, _, people in rows if a == arm),
        )
        for arm in arms
    ]
    return found[0], found[1]


def recounted() -> tuple[Recount, ...]:
    """Every row of this trial's retention beside what its rule counts.

    Example:
        >>> [(found.row, found.agrees) for found in recounted()]
        [('treatment-0010', True), ('treatment-0072', True)]
    """
    return tuple(_recount(row, day) for row, day in ROWS.items())


def _recount(row: str, day: int) -> Recount:
    (fact,) = facts.records("studies", id=row)
    buprenorphine, methadone = retained(day)
    return Recount(
        row,
        f"people of CTN-0027 with a dose above 0 mg on or after day {day} from randomisation",
        tuple(int(n or 0) for n in (fact.events_t, fact.n_t, fact.events_c, fact.n_c)),
        (buprenorphine.retained, buprenorphine.n, methadone.retained, methadone.n),
    )


@cache
def _counts() -> tuple[tuple[str, int, int], ...]:
    """Arm, day of the last dose (-1: never dosed), people."""
    text = (files("speciosa.evidence") / "data" / "ctn0027-last-dose.csv").read_text("utf-8")
    return tuple(
        (row["arm"], int(row["last_dose_day"] or -1), int(row["people"]))
        for row in csv.DictReader(text.splitlines())
    )
