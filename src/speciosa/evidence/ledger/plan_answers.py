"""What simulated treatment plans say of a claim, kept as numbers beside the recorded verdict.

`data/plan-answers.csv` holds a row a comparison: medians and 90% intervals over the draws of a shipped plan. A plan is a model, so
that its answer stands beside the verdict and moves none. ``python -m speciosa.care.answers`` writes the file and
``speciosa pathway PLAN`` gives the same numbers.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

FILE = Path(str(files("speciosa.evidence"))) / "data" / "plan-answers.csv"


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """One comparison of two arms of a plan.

    Attributes:
        claim: its id.
        plan: as it ships.
        arm: what is compared, with the scenario of leaving where there are several.
        versus: with what.
        outcome: compared, `arm` minus `versus`.
        unit: of it.
        median, low, high: of the difference over the draws, with the 5% and 95% quantiles.
        fewer: share of draws in which `arm` has less.
        basis: ``simulated``, or ``assumed`` where retention is.
        made: identifies the plan and the numbers of the slow clock.
    """

    claim: str
    plan: str
    arm: str
    versus: str
    outcome: str
    unit: str
    median: float
    low: float
    high: float
    fewer: float
    basis: str
    made: str

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        return (
            f"{self.arm} against {self.versus}: {self.median:+.1f} {self.unit} (90% interval {self.low:+.1f} to {self.high:+.1f}); "
            f"fewer in {self.fewer:.0%} of draws ({self.basis})."
        )


def planned(claim_id: str) -> tuple[PlanAnswer, ...]:
    """The kept comparisons that bear on a claim.

    Example:
        >>> {answer.plan for answer in planned("c13")}
        {'opioid-use-disorder'}
    """
    return tuple(answer for answer in kept() if answer.claim == claim_id)


@cache
def kept() -> tuple[PlanAnswer, ...]:
    """Every kept comparison."""
    return tuple(
        PlanAnswer(
            row["claim"], row["plan"], row["arm"], row["versus"], row["outcome"], row["unit"], float(row["median"]),
            float(row["low"]), float(row["high"]), float(row["fewer"]), row["basis"], row["made"],
        )
        for row in csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())
    )  # fmt: skip
