"""Dose-finding trials on simulated people: the rate at which each dose does harm comes from the pool, the design does the rest."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from speciosa.trials.design.escalation import three_plus_three
from speciosa.trials.design.interval import DoseFinding, boin, boin_characteristics
from speciosa.trials.design.reassessment import crm_characteristics
from speciosa.trials.question.schema import Trial

Rates = NDArray[np.float64]
_DRAWN_TRIALS = 200


@dataclass(frozen=True)
class DoseResult:
    """A simulated dose-finding trial.

    Attributes:
        trial: the question.
        sentence: the design in one sentence.
        arms: names of the doses.
        found: what the design does at the typical rates.
        right: number of the dose whose rate is nearest to the target, from 0.
        assurance: share of trials that choose the dose that is right in their draw; None with one draw.
        rates: of harm by draw and dose; None with one draw.
        rests: what the answer rests on that is assumed.
        warnings: what a reader must know.
    """

    trial: Trial
    sentence: str
    arms: tuple[str, ...]
    found: DoseFinding
    right: int
    assurance: float | None
    rates: Rates | None
    rests: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def power(self) -> float:
        """Share of trials that choose the right dose."""
        return self.found.selected_percent[self.right] / 100

    @property
    def power_se(self) -> float:
        """Its Monte-Carlo error."""
        return self.found.selected_percent_se[self.right] / 100

    @property
    def too_high(self) -> float:
        """Share of trials that choose a dose whose rate is above the target and not the nearest to it."""
        above = self.found.selected_percent[self.right + 1 :]
        return sum(above) / 100

    def as_dict(self) -> dict[str, Any]:
        """The result as one object of JSON: power is the choice of the right dose, type_1 that of one above it."""
        size = sum(self.found.patients)
        return {
            "power": self.power,
            "power_se": self.power_se,
            "type_1": self.too_high,
            "bias": None,
            "coverage": None,
            "expected_size": size,
            "looks": self.doses().to_dicts(),
            "size": self.trial.design.cohorts * self.trial.design.cohort_size,
            "size_low": None,
            "size_high": None,
            "assurance": self.assurance,
            "harms": {self.trial.design.toxicity: float(sum(self.found.toxicities))},
            "warnings": list(self.warnings),
        }

    def doses(self) -> pl.DataFrame:
        """One row a dose."""
        found = self.found
        return pl.DataFrame(
            {
                "dose": self.arms,
                "toxicity": found.toxicity,
                "selected": [percent / 100 for percent in found.selected_percent],
                "people": found.patients,
                "events": found.toxicities,
            }
        )


def designed(trial: Trial, trials: int) -> Callable[[tuple[float, ...]], DoseFinding]:
    """What the design of a trial does at given rates."""
    design, seed = trial.design, trial.simulation.seed

    def run(rates: tuple[float, ...]) -> DoseFinding:
        rising = tuple(float(r) for r in np.maximum.accumulate(rates))
        if design.kind == "3+3":
            return three_plus_three(rising)
        if design.kind == "boin":
            plan = boin(design.target, cohorts=design.cohorts, cohort_size=design.cohort_size)
            return boin_characteristics(plan, rising, trials=trials, seed=seed)
        return crm_characteristics(
            design.prior, design.target, rising, people=design.cohorts * design.cohort_size,
            cohort_size=design.cohort_size, trials=trials, seed=seed, model=design.curve,
        )  # fmt: skip

    return run


def escalated(
    trial: Trial, rates: Rates, drawn: Rates | None, sentence: str, rests: tuple[str, ...]
) -> DoseResult:
    """Runs a dose-finding trial.

    Args:
        trial: the question.
        rates: share of people whom each dose harms, under the typical values, shape ``(doses,)``.
        drawn: the same by draw, shape ``(draws, doses)``; None with one draw.
        sentence: the design in words.
        rests: what it rests on.
    """
    names = tuple(arm.name for arm in trial.arms)
    found = designed(trial, trial.simulation.replicates)(tuple(rates))
    right = _nearest(rates, trial.design.target)
    assurance = None
    if drawn is not None:
        once = designed(trial, _DRAWN_TRIALS)
        shares = [
            once(tuple(row)).selected_percent[_nearest(row, trial.design.target)] for row in drawn
        ]
        assurance = float(np.mean(shares)) / 100
    warnings = []
    if rates.max() < trial.design.target:
        warnings.append(
            f"No dose reaches the target: the highest harms {rates.max():.1%} of people, the target is {trial.design.target:.0%}."
        )
    if rates.min() > trial.design.target:
        warnings.append(
            f"Every dose is above the target: the lowest harms {rates.min():.1%} of people."
        )
    if (np.diff(rates) < 0).any():
        warnings.append(
            "Rates that fell from a dose to the next are taken as equal, since the designs assume that they rise."
        )
    people = trial.population.patients
    error = sqrt(max(float((rates * (1 - rates)).max()), 0.0) / people)
    warnings.append(f"The rates are those of {people} virtual people (error up to {error:.2g}).")
    warnings += [f"Assumed: {line}" for line in rests]
    return DoseResult(
        trial, sentence, names, found, right, assurance, drawn, rests, tuple(warnings)
    )


def _nearest(rates: Rates, target: float) -> int:
    """The dose nearest to the target, the lower of two."""
    return int(np.abs(rates - target).argmin())
