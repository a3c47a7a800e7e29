"""The fast clock: what the pharmacological model says of a regimen in a habitual user, read once and kept.

For each draw of the uncertain parameters, means over a few people: how much of the mu receptor is taken and how strong
withdrawal is on each day of treatment and after its stop, where tolerance settles, how much pain goes, and how much opioid in
plasma stops breathing. The last is read from a slow infusion of fentanyl: the concentration in plasma at which free
breathing falls below a tenth of that at rest. Only its ratios between situations are used, so that the opioid and the way of
taking it need not be those of the person.
"""

import hashlib
import io
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speciosa.engine import simulate
from speciosa.facts.products import product
from speciosa.progress import Progress, silent
from speciosa.regimen import Regimen, parse_regimen
from speciosa.saving import keep, kept
from speciosa.study.endpoints import read_outcomes
from speciosa.study.lock import arm_hash
from speciosa.study.question.read import study_of
from speciosa.study.question.schema import Study
from speciosa.study.run import RTOL
from speciosa.study.simulation import ArmSimulation

Floats = NDArray[np.float64]

PEOPLE, DRAWS = 3, 100
"""Virtual people a draw, and draws of the uncertain parameters unless fewer are asked for; a draw is the same in both."""
AFTER_D = 28
_STOPS_BELOW = 0.1
_RAMP_H, _RAMP_MG = 3.0, 40.0
_STEP_H = 6.0
_LATER_D = (0, 3, 7, 14, 28)
"""Days after the last opioid at which the concentration that stops breathing is read, without a medicine."""


@dataclass(frozen=True)
class Readings:
    """Weekly summaries of the mechanism under one regimen, by draw; days count from the first dose.

    Attributes:
        occupancy: share of the mu receptor that is taken, mean of each day in treatment, ``(draws, days)``.
        cows: withdrawal score, mean of each day in treatment, ``(draws, days)``.
        cows_after: the same on each day after the stop, ``(draws, AFTER_D)``.
        tolerance: tolerance on the last day, 0 to 1, ``(draws,)``.
        breathing: tolerance of breathing then, ``(draws,)``.
        relief: share of pain that is gone on the last day, of people whose pain falls by 30% or more, ``(draws,)``.
        log_stops: log of the concentration of fentanyl that stops breathing on the last day, ``(draws,)``.
    """

    occupancy: Floats
    cows: Floats
    cows_after: Floats
    tolerance: Floats
    breathing: Floats
    relief: Floats
    log_stops: Floats


@dataclass(frozen=True)
class Untreated:
    """What the mechanism says of habitual users who stop, by draw.

    Attributes:
        tolerance: at habitual use, ``(draws,)``.
        cows_after: withdrawal score on each day after the last opioid, ``(draws, AFTER_D)``.
        rate: how fast tolerance follows, 1/d, ``(draws,)``.
        breathing_rate: how fast that of breathing follows it, 1/d, ``(draws,)``.
        breathing: tolerance of breathing at some days after the last opioid, ``(draws, days)``.
        log_stops: log of the concentration that stops breathing then, ``(draws, days)``.
    """

    tolerance: Floats
    cows_after: Floats
    rate: Floats
    breathing_rate: Floats
    breathing: Floats
    log_stops: Floats


def readings(
    regimen: str,
    habitual_mme: float,
    draws: int = DRAWS,
    *,
    seed: int = 1,
    progress: Progress = silent,
) -> Readings:
    """Summaries of a regimen that goes on, in people with a habitual use before it.

    Args:
        regimen: such as ``16 mg buprenorphine sublingual every 24 h``, without a count.
        habitual_mme: use before treatment, mg of morphine a day or its equal.
        draws: of the uncertain parameters.
        seed: of the virtual people.
        progress: called with stage, done, total.
    """
    days = _days(regimen)
    text = written_out(regimen, days)
    study = _study(text, habitual_mme, days + AFTER_D, seed, draws)
    ramp = f"{_RAMP_MG:g} mg fentanyl iv at {24 * days:g} h over {_RAMP_H:g} h"
    ramped = _study(f"{text}; {ramp}", habitual_mme, days + 1, seed, draws)

    def made() -> dict[str, Floats]:
        progress(f"mechanism of {regimen}", 0, 2)
        course = _Course(study)
        daily = _daily(course, days + AFTER_D)
        progress(f"mechanism of {regimen}", 1, 2)
        stopped = _Course(ramped).stopped(24.0 * days)
        progress(f"mechanism of {regimen}", 2, 2)
        rate, slow = course.rates()
        usual = course.at("tolerance", np.array([0.0]))[:, 0]
        return {
            "occupancy": daily["mor_occupancy"][:, :days],
            "cows": daily["cows"][:, :days],
            "cows_after": daily["cows"][:, days:],
            "tolerance": daily["tolerance"][:, days - 1],
            "breathing": _followed(daily["tolerance"][:, :days], usual, rate, slow),
            "relief": course.relief(days),
            "log_stops": stopped,
        }

    return Readings(**_remembered("readings", (study, ramped), made, Readings))


def untreated(
    habitual_mme: float, draws: int = DRAWS, *, seed: int = 1, progress: Progress = silent
) -> Untreated:
    """Summaries of habitual users who stop at once and take nothing.

    Args:
        habitual_mme: use before, mg of morphine a day or its equal.
        draws: of the uncertain parameters.
        seed: of the virtual people.
        progress: called with stage, done, total.
    """
    studies = [
        _study(
            f"{_RAMP_MG:g} mg fentanyl iv at {24 * d:g} h over {_RAMP_H:g} h",
            habitual_mme,
            d + 1,
            seed,
            draws,
        )
        for d in _LATER_D
    ]
    plain = _study("none", habitual_mme, AFTER_D, seed, draws)

    def made() -> dict[str, Floats]:
        course = _Course(plain)
        daily = _daily(course, AFTER_D)
        rate, slow = course.rates()
        usual = course.at("tolerance", np.array([0.0]))[:, 0]
        later = np.array(_LATER_D, dtype=float)
        breathing = np.stack([_left(usual, rate, slow, day) for day in later], axis=1)
        stops = []
        for done, (day, each) in enumerate(zip(later, studies, strict=True)):
            progress("mechanism without a medicine", done, len(studies))
            stops.append(_Course(each).stopped(24.0 * day))
        return {
            "tolerance": usual,
            "cows_after": daily["cows"],
            "rate": rate,
            "breathing_rate": slow,
            "breathing": breathing,
            "log_stops": np.stack(stops, axis=1),
        }

    return Untreated(**_remembered("untreated", (plain, *studies), made, Untreated))


def written_out(regimen: str, days: int) -> str:
    """A regimen that goes on, for some days and with its induction, as a study reads it.

    Example:
        >>> written_out("16 mg buprenorphine sublingual every 24 h", 28)
        '8 mg buprenorphine sublingual at 18 h; 16 mg buprenorphine sublingual every 24 h x 27 at 42 h'
    """
    parts = []
    for dose in parse_regimen(counted(regimen, days)).doses:
        every = dose.every_h or 24.0
        rule = _induction(dose.product or "") if dose.route != "depot" and every <= 24 else None
        steps = _lower(rule, dose.amount) if rule is not None else []
        if rule is None:
            parts.append(str(dose))
            continue
        (first,) = parse_regimen(rule["before"][0]).doses
        begin = _ends(steps[-1]) if steps else first.at_h
        if len(steps) == len(rule["before"]):
            begin = rule["until_h"]
        count = max(1, int((24 * days - begin) / every) + 1)
        rest = f"{dose.amount:.12g} {dose.unit} {dose.product} {dose.route or ''}".strip()
        parts += [*steps, f"{rest} every {every:g} h x {count} at {begin:g} h"]
    return "; ".join(parts)


def _lower(rule: Mapping[str, Any], amount: float) -> list[str]:
    """The steps of an induction that lie below a dose."""
    return [step for step in rule["before"] if float(step.split()[0]) < amount]


def _ends(step: str) -> float:
    """When the step after a step begins, hours."""
    (dose,) = parse_regimen(step).doses
    return dose.times_h[-1] + 24.0


def counted(regimen: str, days: float) -> str:
    """A regimen with the number of its doses in some days, where it does not say.

    Example:
        >>> counted("5 g kratom_leaf oral every 8 h; 1 mg morphine oral daily", 2)
        '5 g kratom_leaf oral every 8 h for 2 d; 1 mg morphine oral daily for 2 d'
    """
    found = []
    for part in regimen.split(";"):
        words = part.split()
        text = " ".join(words)
        goes_on = {"every", "daily", "bid", "tid", "qid", "qd", "nightly"}.intersection(
            word.casefold() for word in words
        )
        stated = " x " in text or " for " in text
        found.append(f"{text} for {days:g} d" if goes_on and not stated else text)
    return "; ".join(found)


def _days(regimen: str) -> int:
    """Days of treatment that are followed: until its effects are steady."""
    if _covers_d(regimen) > 7:
        return 84
    rules = [_induction(product) for product in _doses(regimen).products]
    return max((int(rule["days"]) for rule in rules if rule is not None), default=28)


def _covers_d(regimen: str) -> float:
    """Days that one dose covers."""
    return max((dose.every_h or 24.0) for dose in _doses(regimen).doses) / 24.0


def _doses(regimen: str) -> Regimen:
    return parse_regimen(counted(regimen, 84))


@lru_cache(maxsize=1)
def _rules() -> dict[str, Any]:
    text = (files("speciosa.care") / "data" / "induction.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _induction(name: str) -> dict[str, Any] | None:
    for substance in product(name).substances:
        if substance in _rules():
            found: dict[str, Any] = _rules()[substance]
            return found
    return None


def _study(regimen: str, habitual_mme: float, days: float, seed: int, draws: int) -> Study:
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


class _Course:
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
        since = np.geomspace(0.004, _RAMP_H, 70)
        times = start_h + since
        found = self.solve(times, ["free_ventilation_fraction", "fentanyl"])
        low = found["free_ventilation_fraction"] < _STOPS_BELOW
        where = np.where(low.any(axis=2), low.argmax(axis=2), len(times) - 1)
        level = np.take_along_axis(found["fentanyl"], where[:, :, None], axis=2)[:, :, 0]
        mean: Floats = np.nanmean(np.log(np.maximum(level, 1e-9)), axis=1)
        return mean


def _daily(course: _Course, days: int) -> dict[str, Floats]:
    """Means of each day, over people, ``(draws, days)``."""
    wanted = [name for name in ("cows", "mor_occupancy", "tolerance") if name in course.arm.effects]
    steps = int(24 / _STEP_H)
    found = course.solve(np.arange(0.0, 24.0 * days, _STEP_H), wanted)
    shape = (course.draws, PEOPLE, days, steps)
    means = {name: np.nanmean(value.reshape(shape), axis=(1, 3)) for name, value in found.items()}
    empty = np.zeros((course.draws, days))
    return {name: means.get(name, empty) for name in ("cows", "mor_occupancy", "tolerance")}


def _left(usual: Floats, rate: Floats, slow: Floats, days: float) -> Floats:
    """Tolerance of breathing some days after the last opioid, from the steady state of habitual use."""
    one, two = np.exp(-rate * days), np.exp(-slow * days)
    gap = np.where(np.abs(slow - rate) < 1e-6, 1.0, slow - rate)
    lag = np.where(np.abs(slow - rate) < 1e-6, slow * days * two, slow * (one - two) / gap)
    found: Floats = usual * (two + lag)
    return found


def _followed(tolerance: Floats, usual: Floats, rate: Floats, slow: Floats) -> Floats:
    """Tolerance of breathing after days of a tolerance, which it follows."""
    del rate
    breathing = usual.copy()
    for day in range(tolerance.shape[1]):
        breathing += (tolerance[:, day] - breathing) * (1.0 - np.exp(-slow))
    return breathing


def _remembered(kind: str, studies: Sequence[Study], made: Any, of: type) -> dict[str, Floats]:
    """What was read before, or is read now and kept; identified by all that its numbers depend on."""
    about = (kind, *(arm_hash(study, 0, RTOL) for study in studies), _own_source())
    key = hashlib.sha256("\n".join(about).encode()).hexdigest()[:24]
    stored = kept("care", key)
    if stored is not None:
        with np.load(io.BytesIO(stored), allow_pickle=False) as file:
            return {field.name: file[field.name] for field in fields(of)}
    found: dict[str, Floats] = made()
    target = io.BytesIO()
    np.savez(target, allow_pickle=False, **found)
    keep("care", key, target.getvalue())
    return found


@lru_cache(maxsize=1)
def _own_source() -> str:
    text = (files("speciosa.care") / "mechanism.py").read_bytes()
    return hashlib.sha256(text + str(_rules()).encode()).hexdigest()
