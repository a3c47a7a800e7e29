"""Solving a pool: each arm as it goes on, and as it is when the treatment stops at a visit."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from speciosa.engine import Endpoint
from speciosa.progress import Progress, silent
from speciosa.study.question.schema import Arm, Study
from speciosa.trials.people.pool import Pool, Worlds
from speciosa.trials.people.reading import (
    ADVERSE,
    COWS,
    DAY_H,
    FREE,
    Missed,
    at_visits,
    reader,
    simulation_of,
    stacked,
)
from speciosa.trials.people.titration import Meeting, titrated
from speciosa.trials.people.worlds import followed_by, solved_arms, until
from speciosa.trials.question.check import rescue_arm, study_of_trial
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_condition, read_hours

Array = NDArray[np.float64]
SEVERE_COWS, STOPS_BELOW = 25.0, 0.1
HARMS = ("severe withdrawal", "breathing stops")
UNBLINDING, MILD_COWS = "withdrawal (COWS 5 or more)", 5.0


def solve_pool(
    trial: Trial,
    *,
    typical: bool,
    stops: bool,
    meeting: Meeting | None = None,
    missed: Missed | None = None,
    worlds: Sequence[Worlds] = (),
    threads: int | None = None,
    progress: Progress = silent,
) -> Pool:
    """Solves every arm for the same people.

    Args:
        trial: the question.
        typical: whether uncertain parameters have their typical values (one draw) rather than the draws asked for.
        stops: whether the courses after a stop of the treatment at each visit are solved too.
        meeting: how people are titrated; nobody is where None.
        missed: doses that each person leaves out; none where None.
        worlds: the first arms, where they are solved already.
        threads: of the solver; all cores if None. Results do not depend on it.
        progress: called with stage, people done, people in all.
    """
    study = solved_study(trial, typical)
    arms = study.arms
    total = len(arms) * study.population.patients * study.population.draws
    done, found = 0, list(worlds)
    for number in range(len(found), len(arms)):
        found.append(
            world_of(trial, number, typical, stops, meeting=meeting, missed=missed, threads=threads)
        )
        done += total // len(arms)
        progress("patients", done, total)
    rescue = _rescue(study, trial, typical, threads)
    entry = None
    if trial.design.kind == "withdrawal":
        entry = _entry(
            study, next(a for a in arms if a.name != trial.reference), trial, typical, threads
        )
    begin = trial.design.begin_h
    chance = None if meeting is None else meeting.chance
    pool = Pool(tuple(found), trial.design.shown_h, rescue, entry, begin / 168.0, chance=chance)
    return _complete(pool)


def solved_study(trial: Trial, typical: bool) -> Study:
    """The arms of a pool and its people as a study."""
    study = study_of_trial(trial)
    if typical:
        few = study.population.model_copy(update={"draws": 1})
        study = study.model_copy(update={"population": few})
    return study.model_copy(update={"arms": solved_arms(trial)})


def world_of(
    trial: Trial,
    number: int,
    typical: bool,
    stops: bool,
    *,
    meeting: Meeting | None = None,
    missed: Missed | None = None,
    threads: int | None = None,
) -> Worlds:
    """One arm of a pool; see `solve_pool`."""
    study = solved_study(trial, typical)
    arm = study.arms[number]
    return _world(study, arm, trial, typical, stops, threads, meeting, missed)


def _entry(study: Study, arm: Arm, trial: Trial, typical: bool, threads: int | None) -> Array:
    """The output before the run-in and at its end, shape ``(draws, people, 2)``."""
    output = trial.endpoint.output
    read = reader(simulation_of(study, arm, output, threads), study, typical)
    found = read(at_visits(output, (0.0, trial.design.begin_h)), None)
    return stacked(found, output, 2)


def harm_rates(
    trial: Trial, *, typical: bool, threads: int | None = None, progress: Progress = silent
) -> Array:
    """Share of people whom each arm harms at any time, as the design says what harms, shape ``(draws, arms)``."""
    study = study_of_trial(trial)
    condition = read_condition(trial.design.toxicity)
    draws = 1 if typical else study.population.draws
    study = study.model_copy(
        update={"population": study.population.model_copy(update={"draws": draws})}
    )
    kind: Literal["peak", "trough"] = "peak" if condition.sign.startswith(">") else "trough"
    rates = []
    for number, arm in enumerate(study.arms, start=1):
        read = reader(simulation_of(study, arm, condition.output, threads), study, typical)
        until_h = trial.design.times_h[-1]
        worst = read([Endpoint(condition.output, kind, 0.0, until_h, name="worst")], None)["worst"]
        harmed = np.where(np.isnan(worst), np.nan, condition.holds(worst))
        rates.append(np.nanmean(harmed, axis=1))
        progress("patients", number, len(study.arms))
    return np.stack(rates, axis=1)


def _world(
    study: Study,
    arm: Arm,
    trial: Trial,
    typical: bool,
    solves: bool,
    threads: int | None,
    meeting: Meeting | None,
    missed: Missed | None,
) -> Worlds:
    output, begin = trial.endpoint.output, trial.design.begin_h
    times = tuple(time + begin for time in trial.design.shown_h)
    simulation = simulation_of(study, arm, output, threads)
    paths = None
    if meeting is not None and arm.treatment.doses:
        paths = titrated(simulation, study, trial, typical, meeting, missed)
    read = reader(simulation, study, typical, paths, missed if arm.treatment.doses else None)
    effects = simulation.effects
    adverse = [name for name in ADVERSE if name in effects]
    shown = dict.fromkeys((output, *adverse, *([COWS] if COWS in effects else [])))
    endpoints = [each for name in shown for each in at_visits(name, times)]
    if COWS in effects:
        endpoints.append(Endpoint(COWS, "peak", begin, times[-1], name="worst"))
    between = list(pairwise(times))
    if FREE in effects:
        endpoints += [
            Endpoint(FREE, "trough", a, b, name=f"least {number}")
            for number, (a, b) in enumerate(between)
        ]
    found = read(endpoints, None)
    nothing = np.zeros((*found[f"{output} 0"].shape, len(times)))
    well = nothing + 1.0
    for name in adverse:
        well = well * (1 - stacked(found, name, len(times)))
    harms: dict[str, Array] = {}
    dies = None
    if "worst" in found:
        harms[HARMS[0]] = (found["worst"] >= SEVERE_COWS).astype(np.float64)
        if trial.design.kind == "withdrawal":
            harms[UNBLINDING] = (found["worst"] >= MILD_COWS).astype(np.float64)
    if FREE in effects:
        still = np.stack([found[f"least {n}"] < STOPS_BELOW for n in range(len(between))])
        harms[HARMS[1]] = np.asarray(still.any(axis=0), dtype=np.float64)
        if still.any():
            dies = np.where(still.any(axis=0), still.argmax(axis=0), len(times) - 1)
    stopped = None
    if solves and arm.treatment.doses:
        visits = at_visits(output, times)
        stopped = tuple(
            stacked(read(visits, partial(until, stop_h=when)), output, len(times))
            for when in times[:-1]
        )
    return Worlds(
        arm.name,
        stacked(found, output, len(times)),
        1 - well,
        stacked(found, COWS, len(times)) if COWS in shown else nothing,
        stopped,
        harms,
        dies,
        None if paths is None else paths.levels[:, :, -1],
        _switched(study, arm, trial, typical, threads) if solves else None,
    )


def _switched(
    study: Study, arm: Arm, trial: Trial, typical: bool, threads: int | None
) -> tuple[Array, ...] | None:
    """The output where another treatment follows a stop after each visit."""
    if trial.switch is None:
        return None
    output, times = trial.endpoint.output, trial.design.shown_h
    found = []
    for when in times[:-1]:
        after = followed_by(arm, trial.switch.doses, when, times[-1])
        read = reader(simulation_of(study, after, output, threads), study, typical)
        found.append(stacked(read(at_visits(output, times), None), output, len(times)))
    return tuple(found)


def half_lives_h(trial: Trial, threads: int | None = None) -> dict[str, float]:
    """How fast what a crossover gives leaves the body: half-lives over the second and third day after the period.

    The median of the people; a substance of which nothing is left then has none.
    """
    study = study_of_trial(trial)
    last = read_hours(trial.design.period)
    span = f"{last + 3 * DAY_H:g} h"
    study = study.model_copy(
        update={
            "follow_up": study.follow_up.model_copy(update={"until": span}),
            "population": study.population.model_copy(update={"draws": 1}),
        }
    )
    found: dict[str, float] = {}
    for arm in trial.arms:
        doses = until(arm.treatment, last)
        if not doses.doses:
            continue
        only = Arm(name=arm.name, regimen=str(doses), confirm=arm.confirm)
        simulation = simulation_of(study, only, trial.endpoint.output, threads)
        read = reader(simulation, study, True)
        times = (last + DAY_H, last + 3 * DAY_H)
        values = read(
            [
                Endpoint(name, "at", time, name=f"{name} {number}")
                for name in simulation.substances
                for number, time in enumerate(times)
            ],
            None,
        )
        for name in simulation.substances:
            early, late = values[f"{name} 0"], values[f"{name} 1"]
            there = (early > 1e-6) & (late > 0) & (late < early)
            if there.mean() > 0.5:
                hours = 2 * DAY_H * np.log(2) / np.log(early[there] / late[there])
                found[name] = max(found.get(name, 0.0), float(np.median(hours)))
    return found


def _rescue(study: Study, trial: Trial, typical: bool, threads: int | None) -> Array | None:
    """Share of the endpoint's output that a week of rescue alone leaves, by person."""
    arm = rescue_arm(trial)
    if arm is None:
        return None
    output, week = trial.endpoint.output, 168.0
    span = max(week, trial.design.times_h[-1])
    longer = study.model_copy(
        update={"follow_up": study.follow_up.model_copy(update={"until": f"{span:g} h"})}
    )
    last = [Endpoint(output, "mean", week - DAY_H, week, name="last day")]
    found = []
    for each in (arm, Arm(name="none", regimen="none")):
        read = reader(simulation_of(longer, each, output, threads), longer, typical)
        found.append(read(last, None)["last day"])
    given, nothing = found
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(nothing > 0, given / nothing, 1.0)
    left[np.isnan(given) | np.isnan(nothing)] = np.nan
    return left


def _complete(pool: Pool) -> Pool:
    """The pool without people whose solution failed in any arm of any draw."""
    bad = np.zeros(pool.people, dtype=bool)
    for arm in pool.arms:
        for values in (arm.stay, *(arm.stopped or ()), *(arm.switched or ())):
            bad |= np.isnan(values).any(axis=(0, 2))
    if pool.rescue is not None:
        bad |= np.isnan(pool.rescue).any(axis=0)
    if pool.entry is not None:
        bad |= np.isnan(pool.entry).any(axis=(0, 2))
    return pool.without(bad) if bad.any() else pool
