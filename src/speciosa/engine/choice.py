"""Choosing the solver from the equations.

A linear model is solved in closed form, unless there are decisions or occasions. Otherwise a typical patient with the
longest of the schedules is solved with the explicit solver at two tolerances: where a much looser one saves few steps,
stability and not accuracy limits the step, so the model is stiff, and the solver that does less work for the typical
patient is taken. The choice is remembered, so that a population solved by many calls is tried once. ``robust`` tries
no solver and compiles one kernel: the closed form where it fits, otherwise Rodas5P, which no model makes slow.

How strictly the error of a step is judged is tried out as well: what errors of steps make of the error of the outputs
differs from model to model by a factor of thirty, and more where something grows by itself.
"""

import hashlib
from dataclasses import fields, replace
from typing import Literal

import numpy as np

from speciosa.engine.inputs import Follow
from speciosa.engine.problem import Problem, usual_strictness
from speciosa.engine.source import typical
from speciosa.engine.stepper.stopping import solve_stoppably
from speciosa.engine.stepper.task import Patients, Solved

Method = Literal["auto", "robust", "closed form", "tsit5", "rodas4", "rodas5p"]
METHODS: tuple[Method, ...] = ("auto", "robust", "closed form", "tsit5", "rodas4", "rodas5p")
_LOOSER = 100.0
_STIFF_SAVING = 1.6
_FEW_STEPS = 50
_MOST_STEPS = 200_000
# a step of Rodas5P takes about this many times as long as a step of Tsit5
_WORK_RATIO = 1.7
_MOST_REMEMBERED = 256
_remembered: dict[str, Method] = {}
_strictness: dict[str, float] = {}
# The error over the peak that the typical patient may show, as a share of `rtol`, and what a stricter trial aims at. With
# ``robust`` only what is beyond all proportion counts: it is for large models at tolerances that leave room.
_MOST_ERROR, _MOST_ROBUST, _AIM = 0.3, 10.0, 0.12
_FINER, _FINER_ROBUST, _TRIALS, _LOOKS = 8.0, 1000.0, 6, 385
# an error below this is not taken as it is: the steps between are worth two more trials, which aim closer
_LOW, _AIM_BETWEEN = 0.1, 0.2
_LEAST = 1e-13


def choose_method(problem: Problem, requested: Method = "auto") -> Method:
    """The solver for a problem."""
    if requested not in ("auto", "robust"):
        return requested
    if closed_form_fits(problem):
        return "closed form"
    if requested == "robust":
        return "rodas5p"
    key = _trial_key(problem)
    if key not in _remembered:
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = _try_out(problem)
    return _remembered[key]


def choose_strictness(problem: Problem, method: Method, requested: Method = "auto") -> Problem:
    """The problem with an error of steps that keeps that of the typical patient's outputs well below `rtol` of their peaks."""
    if method == "closed form":
        return problem
    most = _MOST_ROBUST if requested == "robust" else _MOST_ERROR
    key = f"{_trial_key(problem)} {method} {most}"
    if key not in _strictness:
        if len(_strictness) >= _MOST_REMEMBERED:
            _strictness.clear()
        _strictness[key] = _tried_strictness(problem, method, most)
    return replace(problem, strictness=_strictness[key])


def _tried_strictness(problem: Problem, method: Method, most: float) -> float:
    times = np.linspace(problem.begin, problem.follow.until, _LOOKS)
    trial = replace(
        problem.without_observations(),
        kept=problem.equations.output_names,
        follow=Follow(times, problem.follow.until),
        most_steps=_MOST_STEPS,
    )
    strictness, looser = usual_strictness(method), None
    for _ in range(_TRIALS):
        finer = _FINER if most == _MOST_ERROR else _FINER_ROBUST
        error = _trial_error(trial, method, strictness, finer)
        if error is None:
            break
        if not error > most:
            if looser is not None and error < _LOW:
                between = _between(looser, (strictness, error))
                again = _trial_error(trial, method, between, finer)
                return between if again is not None and again <= most else strictness
            break
        most, looser = _MOST_ERROR, (strictness, error)
        strictness = max(strictness * max(_AIM / error, 1e-3), _LEAST / problem.rtol)
    return strictness


def _trial_error(trial: Problem, method: Method, strictness: float, finer: float) -> float | None:
    """The largest error of an output of the typical patient over its peak, as a share of `rtol`; None where solving fails."""
    rough = _typical(replace(trial, strictness=strictness), method)
    fine = _typical(replace(trial, strictness=strictness / finer), method)
    if rough.codes[0] or fine.codes[0]:
        return None
    peaks = np.abs(fine.trajectories).max(axis=(1, 2))
    gaps = np.abs(rough.trajectories - fine.trajectories).max(axis=(1, 2))
    return float(np.max(gaps[peaks > 0] / peaks[peaks > 0], initial=0.0)) / trial.rtol


def _between(loose: tuple[float, float], strict: tuple[float, float]) -> float:
    """The strictness that makes the error aimed at, where that is a power of it through two trials."""
    error = max(strict[1], 1e-12)
    power = np.log(loose[0] / strict[0]) / np.log(loose[1] / error)
    return float(strict[0] * (_AIM_BETWEEN / error) ** power)


def _trial_key(problem: Problem) -> str:
    """What the trial depends on: typical values, decisions, follow-up, tolerances, the longest schedule."""
    settings = (problem.begin, problem.follow.until, problem.rtol, problem.atol, problem.decisions)
    digest = hashlib.sha256(f"{problem.equations.fingerprint} {settings}".encode())
    schedule = problem.schedule
    longest = _longest(problem)
    records = slice(*schedule.first[longest : longest + 2])
    for field in fields(schedule):
        if field.name not in ("first", "of_patient"):
            digest.update(getattr(schedule, field.name)[records].tobytes())
    return digest.hexdigest()


def _try_out(problem: Problem) -> Method:
    explicit = _steps(problem, "tsit5")
    if explicit < _FEW_STEPS:
        return "tsit5"
    if explicit < _MOST_STEPS:
        loose = _steps(replace(problem, rtol=min(problem.rtol * _LOOSER, 1e-2)), "tsit5")
        if explicit > _STIFF_SAVING * loose:
            return "tsit5"
    return "rodas5p" if explicit > _WORK_RATIO * _steps(problem, "rodas5p") else "tsit5"


def closed_form_fits(problem: Problem) -> bool:
    """Whether the closed form can solve a problem: a linear model without decisions or endpoints of curved outputs."""
    if problem.decisions or problem.varying:
        return False
    from speciosa.engine.linear.endpoints import supports_endpoints

    return supports_endpoints(problem.equations, problem.endpoints)


def _steps(problem: Problem, method: str) -> int:
    """Steps that the typical patient takes with the longest schedule."""
    solved = _typical(replace(problem.without_observations(), most_steps=_MOST_STEPS), method)
    return int(solved.steps[0]) if solved.codes[0] == 0 else _MOST_STEPS


def _typical(trial: Problem, method: str) -> Solved:
    """The typical patient with the longest schedule."""
    parameters, covariates = typical(trial.equations).values(0, 1)
    chunk = Patients(parameters, covariates, np.array([_longest(trial)]), np.empty(0))
    return solve_stoppably(trial.task(method), chunk)


def _longest(problem: Problem) -> int:
    """The schedule with most records: a patient who gets nothing says nothing of the others."""
    return int(np.argmax(np.diff(problem.schedule.first)))
