"""Solving a model for a population: the one entry point."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from speciosa.engine.asked import Output, Solver, one_of
from speciosa.engine.choice import (
    METHODS,
    Method,
    choose_method,
    choose_strictness,
    closed_form_fits,
)
from speciosa.engine.codes import FAR
from speciosa.engine.decisions import Decision, decision_faults
from speciosa.engine.endpoint import Endpoint, endpoint_faults
from speciosa.engine.inputs import Table, follow_up, in_hours, is_frame, read_table
from speciosa.engine.last_dose import last_dose_faults
from speciosa.engine.problem import Problem
from speciosa.engine.result import Result
from speciosa.engine.schedule import PopulationDoses, Schedule
from speciosa.engine.solving import Progress, solve_population
from speciosa.engine.source import Drawn, Listed, Source
from speciosa.errors import Fault, InputError, nearest
from speciosa.model import Equations, Model


def simulate(
    model: Model | Equations,
    doses: PopulationDoses,
    *,
    patients: int | None = None,
    parameters: Table | None = None,
    times: ArrayLike | None = None,
    until: float | str | None = None,
    every: float | str | None = None,
    seed: int = 0,
    draws: int = 1,
    endpoints: Sequence[Endpoint] = (),
    outputs: Sequence[str] | None = None,
    trajectories: bool = True,
    decisions: Sequence[Decision] = (),
    steady_state: bool = False,
    occasions_h: Sequence[float] = (),
    observe: Literal["after", "before"] = "after",
    rtol: float = Solver.rtol,
    atol: float | None = None,
    method: Method = "auto",
    threads: int | None = None,
    chunk: int | None = None,
    most_steps: int = Solver.most_steps,
    max_step: float | str | None = None,
    output: Output | None = None,
    solver: Solver | None = None,
    progress: Progress | None = None,
) -> Result:
    """Solves a model for every patient.

    Args:
        model: the equations.
        doses: regimen text, `Regimen` or events for all patients, or a list with one of these a patient.
        patients: how many to draw from the model's variability; one typical patient where neither this nor
            `parameters` is given.
        parameters: a table with one row a patient instead: columns are parameters and covariates, what is left out
            has its typical value.
        times: hours of observation, ascending; or `until` and `every`, as hours or text such as ``"14 d"``.
        until: end of follow-up.
        every: observe from 0 to `until` at this interval.
        seed: of the drawn patients.
        draws: draws of the uncertain parameters; each holds all patients.
        endpoints: summaries computed while solving.
        outputs: which outputs to keep trajectories of; all where left out.
        trajectories: False keeps endpoints only, so that memory does not grow with `times`.
        decisions: what is done when a condition holds.
        steady_state: every series of doses begins at its steady state.
        occasions_h: when occasions begin; parameters with variability between occasions take a new value at each. Only
            with drawn patients.
        observe: whether what is observed at the time of a dose comes after it or before it.
        rtol: relative tolerance; errors stay below about this share of each output's peak.
        atol: absolute tolerance in the unit of each state; a share of the state's peak so far where left out.
        method: the solver; chosen from the equations where ``auto``; ``robust`` chooses without trying and compiling a
            second one.
        threads: how many at once; all processors where left out.
        chunk: patients solved at a time; results do not depend on it.
        most_steps: a patient that needs more is reported as failed.
        max_step: the longest step, as hours or text, where the equations hold a pulse of time so short and smooth that
            steps might pass over it. Conditions on time need none: solving stops where they change.
        output: what is observed, as an object in the place of `times`, `until`, `every`, `endpoints`, `outputs`, `trajectories` and
            `observe`.
        solver: how it is solved, in the place of `method`, `rtol`, `atol`, `most_steps` and `max_step`.
        progress: called with a stage, the patients done and the patients in all.

    Raises:
        InputError: everything wrong with the input, at once.

    Example:
        >>> m = Model("bolus")
        >>> k, a = m.parameter("k", 0.1, "1/h"), m.state("a", "mg")
        >>> m.rate(a, -k * a)
        >>> amount = m.output("amount", a, "mg")
        >>> m.dose_target("iv", a)
        >>> simulate(m, "100 mg iv", times=[0, 10])["amount"].round(3).tolist()
        [[100.0, 36.788]]
    """
    equations = model.build() if isinstance(model, Model) else model
    faults: list[Fault] = []
    short = Output(times, until, every, endpoints, outputs, trajectories, observe)
    seen = one_of("output", output, short, faults)
    how = one_of("solver", solver, Solver(method, rtol, atol, most_steps, max_step), faults)
    schedule = _schedule(doses, equations, patients, draws, parameters, steady_state, faults)
    open_end = seen.times is None and seen.until is None
    last = schedule.last_h if schedule is not None and open_end else 0.0
    follow = follow_up(seen.times, seen.until, seen.every, seen.endpoints, last, faults)
    faults += endpoint_faults(tuple(seen.endpoints), equations, follow.until)
    faults += decision_faults(decisions, equations)
    steady = schedule is not None and bool(schedule.steady.any())
    faults += last_dose_faults(equations, steady, [decision.action for decision in decisions])
    drawn = parameters is None and patients is not None
    faults += _occasion_faults(occasions_h, drawn)
    if equations.events and steady:
        faults.append(Fault("doses", "no steady state in a model with events", "one"))
    counts = {"patients": patients, "draws": draws, "threads": threads, "chunk": chunk}
    faults += _count_faults(counts | {"most_steps": how.most_steps})
    longest = _longest_step(how.max_step, faults)
    faults += _setting_faults(how, seen, equations)
    source = _source(equations, patients, draws, parameters, seed, faults)
    if faults or schedule is None:
        raise InputError(dict.fromkeys(faults))
    kept = equations.output_names if seen.outputs is None else seen.outputs
    problem = Problem(
        equations,
        schedule,
        follow,
        tuple(seen.endpoints),
        tuple(decisions),
        tuple(kept) if seen.trajectories else (),
        how.rtol,
        how.atol,
        how.most_steps,
        seen.observe == "before",
        tuple(float(t) for t in occasions_h) if drawn else (),
        longest,
    )
    if how.method == "closed form" and not closed_form_fits(problem):
        raise InputError(_no_closed_form(problem))
    chosen = choose_method(problem, how.method)
    problem = choose_strictness(problem, chosen, how.method)
    return solve_population(problem, source, chosen, threads or _processors(), chunk, progress)


def _schedule(
    doses: PopulationDoses,
    equations: Equations,
    patients: int | None,
    draws: int,
    parameters: Table | None,
    steady_state: bool,
    faults: list[Fault],
) -> Schedule | None:
    count = patients
    if not _is_count(patients) or not _is_count(draws):
        count = None
    elif count is None and (is_frame(parameters) or isinstance(parameters, Mapping)):
        lengths = [np.size(parameters[name]) for name in dict(_items(parameters))]
        count = max(lengths, default=1) // max(draws, 1)
    try:
        return Schedule.of(doses, equations, count or 1, steady_state=steady_state)
    except InputError as error:
        faults.extend(error.faults)
        return None


def _source(
    equations: Equations,
    patients: int | None,
    draws: int,
    parameters: Table | None,
    seed: int,
    faults: list[Fault],
) -> Source:
    """Where a patient's numbers come from: drawn, or a row of a table."""
    if parameters is None:
        return Drawn(equations, patients, draws, seed)
    many, versions = patients if _is_count(patients) else None, draws if _is_count(draws) else 1
    values, covariates, rows = read_table(parameters, equations, many, versions, faults)
    return Listed(values, covariates, rows // versions)


def _longest_step(max_step: float | str | None, faults: list[Fault]) -> float:
    longest = FAR if max_step is None else in_hours(max_step, "max_step", faults)
    if longest <= 0:
        faults.append(Fault("max_step", "a time above 0", str(max_step)))
    return longest


def _items(table: Table) -> list[tuple[str, object]]:
    return [(name, None) for name in (table.columns if is_frame(table) else table)]


def _is_count(number: object) -> bool:
    return number is None or (isinstance(number, int | np.integer) and bool(number >= 1))


def _no_closed_form(problem: Problem) -> Fault:
    more = problem.decisions or problem.occasions_h
    why = "decisions or occasions" if more else "a model that is not linear"
    if problem.equations.events:
        why = "events"
    return Fault("method 'closed form'", "a linear model without decisions or events", why)


def _occasion_faults(occasions_h: Sequence[float], drawn: bool) -> Iterator[Fault]:
    if not len(occasions_h):
        return
    if not drawn:
        yield Fault("occasions_h", "drawn patients", "a table or a typical patient")
    numbers = all(isinstance(t, int | float | np.integer) and np.isfinite(t) for t in occasions_h)
    if not (numbers and (np.diff(occasions_h) > 0).all()):
        yield Fault("occasions_h", "increasing finite times", str(list(occasions_h)))


def _count_faults(counts: dict[str, int | None]) -> Iterator[Fault]:
    for name, number in counts.items():
        if not _is_count(number):
            yield Fault(name, "a whole number, at least 1", str(number))


def _setting_faults(how: Solver, seen: Output, equations: Equations) -> Iterator[Fault]:
    if not 1e-14 <= how.rtol <= 0.1:
        yield Fault("rtol", "a number from 1e-14 to 0.1", str(how.rtol))
    if how.atol is not None and not 0 <= how.atol < float("inf"):
        yield Fault("atol", "0 or more", str(how.atol))
    if how.method not in METHODS:
        yield Fault("method", f"one of {', '.join(METHODS)}", repr(how.method))
    if seen.observe not in ("after", "before"):
        yield Fault("observe", "after or before", repr(seen.observe))
    for name in seen.outputs or ():
        if name not in equations.output_names:
            close = nearest(name, equations.output_names) or list(equations.output_names)
            yield Fault(
                "outputs", "outputs of the model", repr(name), f"Known: {', '.join(close)}."
            )


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
