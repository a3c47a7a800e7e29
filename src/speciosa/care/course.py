"""One regimen in a few habitual users, solved by the pharmacological model when asked."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from speciosa.engine import simulate
from speciosa.study.endpoints import read_outcomes
from speciosa.study.question.read import study_of
from speciosa.study.question.schema import Study
from speciosa.study.run import RTOL
from speciosa.study.simulation import ArmSimulation

Floats = NDArray[np.float64]

PEOPLE = 3
"""Virtual people a draw."""
RAMP_H, RAMP_MG = 3.0, 40.0
"""The infusion of fentanyl that stops breathing."""
_STOPS_BELOW = 0.1
_STEP_H = 6.0


def study_of_regimen(
    regimen: str, habitual_mme: float, days: float, seed: int, draws: int
) -> Study:
    """A regimen as a study with one arm, in people with a habitual use before it."""
    table = {
        "title": "Fast clock",
        "question": "What does the mechanism say of this regimen?",
        "indication": "withdrawal",
        "population": {
            "patients": PEOPLE,
            "draws": draws,
            "seed": seed,
            "covariates": f"opioid_history=tolerant {habitual_mme:g} MME" if habitual_mme else "",
        },
        "follow_up": {
            "until": f"{days:g} d",
            "outcomes": ["tolerance", "withdrawal_worst", "breathing_stops"],
        },
        "arms": [{"name": "regimen", "regimen": regimen}],
    }
    return study_of(table, "fast clock", {})


class Course:
    """One regimen, solved when asked."""

    def __init__(self, study: Study) -> None:
        outcomes = read_outcomes(study.follow_up.outcomes, study.indication)
        self.study = study
        self.arm = ArmSimulation(study, study.arms[0], outcomes, None, RTOL)
        self.draws = study.population.draws
        drawn = self.arm.population.draw(PEOPLE, range(self.draws))
        self.values = {name: value.ravel() for name, value in drawn.values.items()}

    def solve(self, times: Floats, outputs: Sequence[str]) -> dict[str, Floats]:
        """Outputs at times, ``(draws, people, times)``; NaN where a patient could not be solved."""
        found = simulate(
            self.arm.solved,
            self.arm.regimen,
            parameters=self.values,
            times=times,
            until=self.study.until_h,
            outputs=list(outputs),
            rtol=RTOL,
            method=self.arm.method,
            trajectories=True,
        )
        shape = (self.draws, PEOPLE, len(times))
        return {
            name: np.where(found.ok[:, None], found[name], np.nan).reshape(shape)
            for name in outputs
        }

    def at(self, output: str, times: Floats) -> Floats:
        """Mean over people at times, ``(draws, times)``."""
        both = np.append(times, times[-1] + 1.0) if len(times) == 1 else times
        mean: Floats = np.nanmean(self.solve(both, [output])[output], axis=1)
        return mean[:, : len(times)]

    def rates(self) -> tuple[Floats, Floats]:
        """How fast tolerance and that of breathing follow, 1/d, by draw."""
        found = []
        for name in ("tolerance_time", "breathing_time"):
            hours = self.values.get(
                f"effects.adaptation.{name}", np.full(self.draws * PEOPLE, 120.0)
            )
            found.append(24.0 / hours.reshape(self.draws, PEOPLE).mean(axis=1))
        return found[0], found[1]

    def relief(self, days: int) -> Floats:
        """Share of people whose pain is 30% less on the last day."""
        if "pain_nrs" not in self.arm.effects:
            return np.zeros(self.draws)
        times = np.append([0.0], 24.0 * (days - 1) + np.arange(0.0, 24.0, _STEP_H))
        pain = self.solve(times, ["pain_nrs"])["pain_nrs"]
        less: Floats = 1.0 - pain[:, :, 1:].mean(axis=2) / pain[:, :, 0]
        share: Floats = np.nanmean(less >= 0.3, axis=1)
        return share

    def stopped(self, start_h: float) -> Floats:
        """Log of the concentration of fentanyl at which free breathing stops, mean over people, by draw."""
        if "free_ventilation_fraction" not in self.arm.effects:
            return np.full(self.draws, np.nan)  # not known of this medicine
        since = np.geomspace(0.004, RAMP_H, 70)
        times = start_h + since
        found = self.solve(times, ["free_ventilation_fraction", "fentanyl"])
        low = found["free_ventilation_fraction"] < _STOPS_BELOW
        where = np.where(low.any(axis=2), low.argmax(axis=2), len(times) - 1)
        level = np.take_along_axis(found["fentanyl"], where[:, :, None], axis=2)[:, :, 0]
        return _mean_of_known(np.log(np.maximum(level, 1e-9)))


def _mean_of_known(values: Floats) -> Floats:
    """Mean over people, of those who could be solved; NaN in a draw without any."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    found: Floats = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
    return found


def daily_means(course: Course, days: int) -> dict[str, Floats]:
    """Means of each day, over people, ``(draws, days)``."""
    wanted = [name for name in ("cows", "mor_occupancy", "tolerance") if name in course.arm.effects]
    steps = int(24 / _STEP_H)
    found = course.solve(np.arange(0.0, 24.0 * days, _STEP_H), wanted)
    shape = (course.draws, PEOPLE, days, steps)
    means = {name: np.nanmean(value.reshape(shape), axis=(1, 3)) for name, value in found.items()}
    empty = np.zeros((course.draws, days))
    return {name: means.get(name, empty) for name in ("cows", "mor_occupancy", "tolerance")}
