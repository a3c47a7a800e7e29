"""The fast clock: what the pharmacological model says of a regimen in a habitual user, read once and kept.

For each draw of the uncertain parameters, means over a few people: how much of the mu receptor is taken and how strong
withdrawal is on each day of treatment and after its stop, where tolerance settles, how much pain goes, and how much opioid in
plasma stops breathing. The last is read from a slow infusion of fentanyl: the concentration in plasma at which free
breathing falls below a tenth of that at rest. Only its ratios between situations are used, so that the opioid and the way of
taking it need not be those of the person.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files

import numpy as np

from speciosa.care.course import (
    RAMP_H,
    RAMP_MG,
    Course,
    Floats,
    daily_means,
    study_of_regimen,
)
from speciosa.care.parameters import judged
from speciosa.care.regimens import begun, days_followed, delayed, rules, written_out
from speciosa.progress import Progress, silent
from speciosa.saving import keep, kept
from speciosa.study.lock import arm_hash
from speciosa.study.question.schema import Study
from speciosa.study.run import RTOL

DRAWS = 100
"""Draws of the uncertain parameters unless fewer are asked for; a draw is the same in both."""
AFTER_D = 28
_LATER_D = (0, 3, 7, 14, 28)
"""Days after the last opioid at which the concentration that stops breathing is read, without a medicine."""
_STARTING_D = (3, 10, 21)
"""Days in treatment at which it is read besides the last day: they stand for the first week, the second and the next two. It is
read in people who used until then, and in people who come after days without use: what a medicine adds to an opioid, or takes
from it, depends on tolerance."""


@dataclass(frozen=True)
class Readings:
    """Weekly summaries of the mechanism under one regimen, by draw; days count from the first dose.

    Attributes:
        occupancy: share of the mu receptor that is taken, mean of each day in treatment, ``(draws, days)``.
        cows: withdrawal score, mean of each day in treatment, ``(draws, days)``.
        cows_after: the same on each day after the stop, ``(draws, AFTER_D)``.
        tolerance: tolerance on the last day, 0 to 1, ``(draws,)``.
        drive: where the medicine drives tolerance in the first week, the second, the next two, and the last, ``(draws, 4)``.
        breathing: tolerance of breathing in the first week, the second, the next two, and on the last day, ``(draws, 4)``.
        relief: share of pain that is gone on the last day, of people whose pain falls by 30% or more, ``(draws,)``.
        log_stops: log of the concentration of fentanyl that stops breathing then, ``(draws, 4)``.
        breathing_away: `breathing` of people who come after `away_d` days without use, ``(draws, 4)``; at last as the others.
        log_stops_away: `log_stops` of them.
    """

    occupancy: Floats
    cows: Floats
    cows_after: Floats
    tolerance: Floats
    drive: Floats
    breathing: Floats
    relief: Floats
    log_stops: Floats
    breathing_away: Floats
    log_stops_away: Floats


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
    days = days_followed(regimen)
    text = written_out(regimen, days)
    study = study_of_regimen(text, habitual_mme, days + AFTER_D, seed, draws)
    read = (*_STARTING_D, days)
    away = int(judged("away"))

    def ramped(day: int, after: int) -> Study:
        doses = delayed(begun(text, day), after)
        whole = f"{doses}; {_ramp(day + after)}"
        return study_of_regimen(whole, habitual_mme, day + after + 1, seed, draws)

    usually = [ramped(day, 0) for day in read]
    late = [ramped(day, away) for day in _STARTING_D]

    def made() -> dict[str, Floats]:
        progress(f"mechanism of {regimen}", 0, 2)
        course = Course(study)
        daily = daily_means(course, days + AFTER_D)
        progress(f"mechanism of {regimen}", 1, 2)
        stops = [Course(each).stopped(24.0 * day) for day, each in zip(read, usually, strict=True)]
        after = [
            Course(each).stopped(24.0 * (day + away))
            for day, each in zip(_STARTING_D, late, strict=True)
        ]
        progress(f"mechanism of {regimen}", 2, 2)
        rate, slow = course.rates()
        usual = course.at("tolerance", np.array([0.0]))[:, 0]
        tolerance = daily["tolerance"][:, :days]
        breathing = [_followed(tolerance[:, :day], usual, slow) for day in read]
        lost = _from(usual * np.exp(-rate * away), tolerance, usual, rate)
        low = _left(usual, rate, slow, away)
        return {
            "occupancy": daily["mor_occupancy"][:, :days],
            "cows": daily["cows"][:, :days],
            "cows_after": daily["cows"][:, days:],
            "tolerance": daily["tolerance"][:, days - 1],
            "drive": _periods(_driven(tolerance, usual, rate)),
            "breathing": np.stack(breathing, axis=1),
            "relief": course.relief(days),
            "log_stops": np.stack(stops, axis=1),
            "breathing_away": np.stack(
                [*(_followed(lost[:, :day], low, slow) for day in _STARTING_D), breathing[-1]],
                axis=1,
            ),
            "log_stops_away": np.stack([*after, stops[-1]], axis=1),
        }

    return Readings(**_remembered("readings", (study, *usually, *late), made, Readings))


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
    studies = [study_of_regimen(_ramp(d), habitual_mme, d + 1, seed, draws) for d in _LATER_D]
    plain = study_of_regimen("none", habitual_mme, AFTER_D, seed, draws)

    def made() -> dict[str, Floats]:
        course = Course(plain)
        daily = daily_means(course, AFTER_D)
        rate, slow = course.rates()
        usual = course.at("tolerance", np.array([0.0]))[:, 0]
        later = np.array(_LATER_D, dtype=float)
        breathing = np.stack([_left(usual, rate, slow, day) for day in later], axis=1)
        stops = []
        for done, (day, each) in enumerate(zip(later, studies, strict=True)):
            progress("mechanism without a medicine", done, len(studies))
            stops.append(Course(each).stopped(24.0 * day))
        return {
            "tolerance": usual,
            "cows_after": daily["cows"],
            "rate": rate,
            "breathing_rate": slow,
            "breathing": breathing,
            "log_stops": np.stack(stops, axis=1),
        }

    return Untreated(**_remembered("untreated", (plain, *studies), made, Untreated))


def _ramp(day: int) -> str:
    """The infusion that stops breathing, on a day."""
    return f"{RAMP_MG:g} mg fentanyl iv at {24 * day:g} h over {RAMP_H:g} h"


def _left(usual: Floats, rate: Floats, slow: Floats, days: float) -> Floats:
    """Tolerance of breathing some days after the last opioid, from the steady state of habitual use."""
    one, two = np.exp(-rate * days), np.exp(-slow * days)
    gap = np.where(np.abs(slow - rate) < 1e-6, 1.0, slow - rate)
    lag = np.where(np.abs(slow - rate) < 1e-6, slow * days * two, slow * (one - two) / gap)
    found: Floats = usual * (two + lag)
    return found


def _driven(tolerance: Floats, usual: Floats, rate: Floats) -> Floats:
    """Where tolerance was driven on each day, by the equation that it follows."""
    before = np.concatenate([usual[:, None], tolerance[:, :-1]], axis=1)
    left = np.exp(-rate)[:, None]
    found: Floats = np.clip((tolerance - before * left) / (1.0 - left), 0.0, 1.0)
    return found


def _periods(drive: Floats) -> Floats:
    """Means of weeks 1, 2, the next two and the last."""
    parts = (drive[:, :7], drive[:, 7:14], drive[:, 14:28], drive[:, -7:])
    return np.stack([part.mean(axis=1) for part in parts], axis=1)


def _from(start: Floats, tolerance: Floats, usual: Floats, rate: Floats) -> Floats:
    """Tolerance by day of people who begin at another one and are driven alike."""
    gap = (start - usual)[:, None] * np.exp(-rate[:, None] * np.arange(1, tolerance.shape[1] + 1))
    found: Floats = tolerance + gap
    return found


def _followed(tolerance: Floats, start: Floats, slow: Floats) -> Floats:
    """Tolerance of breathing after days of a tolerance, which it follows."""
    breathing = start.copy()
    for day in range(tolerance.shape[1]):
        breathing += (tolerance[:, day] - breathing) * (1.0 - np.exp(-slow))
    return breathing


def _remembered(
    kind: str, studies: Sequence[Study], made: Callable[[], dict[str, Floats]], of: type
) -> dict[str, Floats]:
    """What was read before, or is read now and kept; identified by all that its numbers depend on."""
    about = (kind, *(arm_hash(study, 0, RTOL) for study in studies), _own_source())
    key = hashlib.sha256("\n".join(about).encode()).hexdigest()[:24]
    stored = kept("care", key)
    if stored is not None:
        with np.load(io.BytesIO(stored), allow_pickle=False) as file:
            return {field.name: file[field.name] for field in fields(of)}
    found = made()
    target = io.BytesIO()
    np.savez(target, allow_pickle=False, **found)
    keep("care", key, target.getvalue())
    return found


@lru_cache(maxsize=1)
def _own_source() -> str:
    here = files("speciosa.care")
    text = b"".join(
        (here / name).read_bytes() for name in ("mechanism.py", "course.py", "regimens.py")
    )
    return hashlib.sha256(text + str(rules()).encode()).hexdigest()
