"""What a simulated trial yields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from speciosa.trials.conduct.block import Block
from speciosa.trials.operating.plan import Plan
from speciosa.trials.operating.replicates import Replicates
from speciosa.trials.operating.truth import Truth
from speciosa.trials.question.schema import Trial


@dataclass(frozen=True)
class Comparison:
    """One arm against the reference over all replicates.

    Attributes:
        arm: its name.
        truth: the true estimand.
        power: share of trials that find the arm better.
        power_se: Monte-Carlo error.
        estimate: mean of the estimates.
        bias: of them against the truth.
        bias_se: Monte-Carlo error.
        coverage: share of intervals that hold the truth.
        coverage_se: Monte-Carlo error.
    """

    arm: str
    truth: Truth
    power: float
    power_se: float
    estimate: float
    bias: float
    bias_se: float
    coverage: float
    coverage_se: float


@dataclass(frozen=True)
class LookResult:
    """What happens at one look: share of trials that stop there, and in which an arm is dropped."""

    fraction: float
    people: int
    z_upper: float
    z_futility: float | None
    efficacy: float
    futility: float
    dropped: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TrialResult:
    """A simulated trial.

    Attributes:
        trial: the question.
        sentence: design and estimand in one sentence.
        plan: as its replicates were run.
        arms: names of the arms (of a crossover, of its orders).
        comparisons: of each arm with the reference; the first is the one that sizes and stops the trial.
        replicates: the trials.
        type_1: share of trials without an effect that find one.
        type_1_se: Monte-Carlo error.
        expected_size: people randomised on average.
        looks: what happens at each.
        size: people randomised at most; None where no size reaches the power.
        size_low: of the interval that Monte-Carlo error leaves a searched size.
        size_high: of it.
        tried: sizes, powers and their errors in a search, or a few sizes about the one given.
        assurance: power averaged over the draws of the uncertain parameters; None with one draw.
        assurance_se: Monte-Carlo error.
        harms: people harmed in a trial, on average.
        estimands: true values of the first comparison where every event is met by one strategy, by its name.
        tipping: how much worse than imputed those who left the arm are taken to be, with the power then and its error.
        example: one trial.
        rests: what the answer rests on that is assumed.
        warnings: what a reader must know.
        sources: fact rows and parameters that the models took.
    """

    trial: Trial
    sentence: str
    plan: Plan
    arms: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    replicates: Replicates
    type_1: float
    type_1_se: float
    expected_size: float
    looks: tuple[LookResult, ...]
    size: int | None
    size_low: int | None
    size_high: int | None
    tried: tuple[tuple[int, float, float], ...]
    assurance: float | None
    assurance_se: float | None
    harms: Mapping[str, float]
    estimands: tuple[tuple[str, Truth], ...]
    tipping: tuple[tuple[float, float, float], ...]
    example: Block
    rests: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def power(self) -> float:
        """Of the first comparison; of a trial that any of its arms may win, that one does."""
        return self.replicates.power()

    def as_dict(self) -> dict[str, Any]:
        """The result as one object of JSON."""
        first = self.comparisons[0]
        return {
            "power": self.power,
            "power_se": self.replicates.power_se(),
            "type_1": self.type_1,
            "bias": _finite(first.bias),
            "coverage": first.coverage,
            "expected_size": self.expected_size,
            "looks": [
                {
                    "fraction": look.fraction,
                    "people": look.people,
                    "z_upper": look.z_upper,
                    "z_futility": look.z_futility,
                    "efficacy": look.efficacy,
                    "futility": look.futility,
                    **({"dropped": dict(look.dropped)} if look.dropped else {}),
                }
                for look in self.looks
            ],
            "size": self.size,
            "size_low": self.size_low,
            "size_high": self.size_high,
            "assurance": self.assurance,
            "harms": dict(self.harms),
            "warnings": list(self.warnings),
        }

    def trials(self) -> pl.DataFrame:
        """One row a trial."""
        found, first = self.replicates, self.comparisons[0]
        ends = ["futility" if futile else "efficacy" if early else "end" for futile, early in zip(
            found.futile, found.look < len(self.looks) - 1, strict=True)]  # fmt: skip
        table = pl.DataFrame(
            {
                "trial": range(found.trials),
                "look": found.look + 1,
                "people": found.people,
                "ended": ends,
                "estimate": found.estimate[0],
                "low": found.low[0],
                "high": found.high[0],
                "z": found.z[0],
                "rejected": found.rejected[0],
                "completed": found.completed,
                "rescued": found.rescued,
                **{name: values for name, values in found.harmed.items()},
            }
        ).with_columns(truth=pl.lit(first.truth.value))
        for row, other in enumerate(self.comparisons[1:], start=1):
            table = table.with_columns(
                pl.Series(f"estimate: {other.arm}", found.estimate[row]),
                pl.Series(f"rejected: {other.arm}", found.rejected[row]),
            )
        return table

    def patients(self) -> pl.DataFrame:
        """One example trial, one row a person and visit, in columns named after those of ADaM's basic data structure."""
        from speciosa.trials.operating.tables import patients_table

        return patients_table(self)


def _finite(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None
