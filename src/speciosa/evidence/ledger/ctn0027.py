"""Retention in CTN-0027 (START), counted from the day of each person's last dose.

1,269 adults with opioid use disorder, buprenorphine-naloxone or methadone for 24 weeks (Hser 2014,
doi:10.1111/add.12333). Counts by day from public.ctn0094data, MIT licence; see ``data/README.md``.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from speciosa.errors import EvidenceError, Fault

LAST_DAY = 168


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


@cache
def _counts() -> tuple[tuple[str, int, int], ...]:
    """Arm, day of the last dose (-1: never dosed), people."""
    text = (files("speciosa.evidence") / "data" / "ctn0027-last-dose.csv").read_text("utf-8")
    return tuple(
        (row["arm"], int(row["last_dose_day"] or -1), int(row["people"]))
        for row in csv.DictReader(text.splitlines())
    )
