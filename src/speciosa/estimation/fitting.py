"""From a fit file to a fit: reading, searching, uncertainty, and what is told of every subject."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from speciosa.errors import Fault, InputError
from speciosa.estimation.assembled import assembled, with_draws, with_uncertainty
from speciosa.estimation.bootstrap import resampled
from speciosa.estimation.closed_form.arrays import ROLES, Structure
from speciosa.estimation.closed_form.room import ClosedForm
from speciosa.estimation.equations.compile import compile_equations
from speciosa.estimation.equations.room import OwnModel
from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.design import SCALES, Design
from speciosa.estimation.objective.evaluation import Evaluation, UnsolvedError
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.objective.marginal import Marginal, marginal
from speciosa.estimation.objective.methods import evaluate
from speciosa.estimation.posterior.sampling import sampled_posterior
from speciosa.estimation.profile import profiled
from speciosa.estimation.question.prepare import Prepared, prepare
from speciosa.estimation.question.read import read_fit
from speciosa.estimation.question.schema import MOST_NODES, Question
from speciosa.estimation.question.structures import STRUCTURES, role_of
from speciosa.estimation.reported import Reported, coordinate_of, reported
from speciosa.estimation.result import Fit
from speciosa.estimation.search import Search, lowest
from speciosa.estimation.starts import searched
from speciosa.estimation.stepwise import chosen_covariates
from speciosa.estimation.uncertainty import Uncertainty, information, uncertainty
from speciosa.progress import Progress, silent

Keep = Callable[[Fit], None]


def fit(
    question: Path | str | Question, *, keep: Keep = lambda found: None, progress: Progress = silent
) -> Fit:
    r"""Fits a population model to a data set.

    Args:
        question: a fit file (see the page on fitting), or one that has been read.
        keep: called with the fit before its uncertainty is worked out, and again after, so that a failure loses nothing.
        progress: told of the search.

    Raises:
        InputError: every fault of the file and its data set.
        UnsolvedError: the objective is not finite at the start.

    Example:
        >>> import tempfile, pathlib
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> rows = ["ID,TIME,AMT,DV"]
        >>> for i, (early, late) in enumerate([(8.1, 2.4), (6.9, 3.1), (7.4, 2.2), (8.8, 3.4)]):
        ...     rows += [f"{i},0,100,.", f"{i},1,.,{early}", f"{i},8,.,{late}"]
        >>> _ = (folder / "bolus.csv").write_text("\n".join(rows))
        >>> _ = (folder / "fit.toml").write_text('''
        ... [data]
        ... file = "bolus.csv"
        ... [model]
        ... structure = "iv_1cpt"
        ... [parameters.CL]
        ... start = 2.0
        ... between = 0.05
        ... [parameters.V]
        ... start = 10.0
        ... [error.plasma]
        ... kind = "proportional"
        ... proportional = 0.1
        ... ''')
        >>> found = fit(folder / "fit.toml")
        >>> found.converged, round(found.numbers["CL"].value, 1)
        (True, 1.6)
    """
    began = time.process_time()
    asked = question if isinstance(question, Question) else read_fit(question)
    if asked.candidates:
        chosen, steps = chosen_covariates(asked, lambda one: _least(one, progress))
        found = fit(chosen, keep=lambda one: keep(replace(one, steps=steps)), progress=progress)
        return replace(found, steps=steps)
    joint = build(asked)
    design, method = joint.design, asked.estimation.method

    def objective(x: Floats, start: Floats) -> Evaluation:
        return evaluate(joint, method, x, start)

    ends, search = searched(joint, objective, progress)
    if method == "NUTS":
        return _posterior(joint, objective, search, ends, began, keep)
    told = reported(design, search.x)
    none = Uncertainty(None, None, np.nan)
    likelihood = _likelihood(joint, search)
    seconds = time.process_time() - began
    found = assembled(joint, search, told, none, likelihood, ends, seconds)
    keep(found)
    if asked.estimation.covariance != "none" and len(search.x):
        sure = _uncertainty(asked, objective, search, told, design)
        seconds = time.process_time() - began
        found = with_uncertainty(found, search, told, sure, ends, seconds)
        keep(found)
    if asked.estimation.profile:
        found = _with_profile(found, design, objective, search, told, progress)
        keep(found)
    if asked.estimation.bootstrap and len(search.x):
        found = _with_bootstrap(found, design, objective, search, progress)
        found = replace(found, seconds=time.process_time() - began)
        keep(found)
    return found


def _least(question: Question, progress: Progress) -> float:
    """The least objective of a question; infinite where it has none."""
    joint, method = build(question), question.estimation.method
    try:
        search = searched(joint, lambda x, start: evaluate(joint, method, x, start), progress)[1]
    except (UnsolvedError, np.linalg.LinAlgError):
        return np.inf
    return search.evaluation.total


def _posterior(
    joint: Joint,
    objective: Callable[[Floats, Floats], Evaluation],
    search: Search,
    ends: tuple[float, ...],
    began: float,
    keep: Keep,
) -> Fit:
    """A fit from draws of the posterior, begun at the maximum of Laplace's approximation."""
    how, design = joint.design.question.estimation, joint.design
    drawn = sampled_posterior(
        joint, search.x, search.evaluation.modes, how.draws, how.tune, how.chains, how.seed
    )
    flat = drawn.x.reshape(-1, len(search.x))
    x = flat.mean(axis=0)
    search = replace(
        search,
        x=x,
        evaluation=objective(x, search.evaluation.modes),
        rounds=len(flat),
        gradient_max=np.nan,
        converged=drawn.trusted,
        message=f"the chains are not to be trusted: {drawn}",
    )
    sure = Uncertainty(np.atleast_2d(np.cov(flat, rowvar=False)), None, np.nan)
    likelihood, told = _likelihood(joint, search), reported(design, x)
    seconds = time.process_time() - began
    found = assembled(joint, search, told, sure, likelihood, ends, seconds)
    found = with_draws(found, [reported(design, one).values for one in flat], str(drawn))
    keep(found)
    return found


def _likelihood(joint: Joint, search: Search) -> Marginal | None:
    how = joint.design.question.estimation
    try:
        return marginal(joint, search.x, search.evaluation.modes, how.seed, how.samples)
    except (UnsolvedError, np.linalg.LinAlgError):
        return None


def _with_profile(
    found: Fit,
    design: Design,
    objective: Callable[[Floats, Floats], Evaluation],
    search: Search,
    told: Reported,
    progress: Progress,
) -> Fit:
    """The fit with intervals by profile likelihood, of numbers that one coordinate stands for."""
    names = design.question.estimation.profile
    low, x = lowest(design.start(), design.deviations), search.x
    ends, left = {}, []
    for done, name in enumerate(names):
        k = coordinate_of(told, name)
        if k is None or k in search.held:
            left.append(name)
            continue
        width = 2 / float(np.sqrt(max(0.5 * search.curvature[k, k], 1e-4)))
        both = profiled(objective, search, k, min(width, 2.0), design.spreads, low)
        which = told.names.index(name)
        values = [reported(design, _with_one(x, k, end)).values[which] for end in both]
        ends[name] = (float(values[0]), float(values[1]))
        progress("profile", done + 1, len(names))
    more = (f"No profile of {', '.join(left)}: it is fixed, unknown, or part of a block.",)
    return replace(found, profile=ends, warnings=found.warnings + (more if left else ()))


def _with_one(x: Floats, k: int, value: float) -> Floats:
    found = x.copy()
    found[k] = np.clip(value, -700.0, 700.0)
    return found


def _with_bootstrap(
    found: Fit,
    design: Design,
    objective: Callable[[Floats, Floats], Evaluation],
    search: Search,
    progress: Progress,
) -> Fit:
    import polars as pl

    how = design.question.estimation
    moved, failed = resampled(
        objective,
        search,
        design.spreads,
        lowest(design.start(), design.deviations),
        how.bootstrap,
        how.seed,
        lambda done: progress("bootstrap", done, how.bootstrap),
    )
    told = [reported(design, x) for x in moved]
    keep = [k for k, name in enumerate(found.numbers) if name in found.estimated]
    values = np.array([one.values[keep] for one in told]).reshape(-1, len(keep))
    table = pl.DataFrame({name: values[:, i] for i, name in enumerate(found.estimated)})
    more = (f"{failed} of {how.bootstrap} replicates of the bootstrap did not converge.",)
    return replace(found, bootstrap=table, warnings=found.warnings + (more if failed else ()))


def build(question: Question) -> Joint:
    """The model with its data.

    Raises:
        InputError: every fault of the data set.
    """
    prepared = prepare(question)
    _affordable(question, prepared)
    if question.equations is not None:
        return Joint(Design(question, prepared), _own_kernel(question, prepared))
    structure = STRUCTURES[question.structure]
    parameter = np.full(ROLES, -1, dtype=np.int64)
    for k, one in enumerate(question.parameters):
        role = role_of(one.name)
        assert role is not None
        parameter[role] = k
    scales = np.array([SCALES[one.scale] for one in question.parameters], dtype=np.int64)
    back = int(question.data.carry == "nocb")
    shapes = np.array([one.shape for one in question.parameters])
    model = Structure(structure.compartments, int(structure.depot), parameter, scales, back, shapes)
    kernel = ClosedForm(model, prepared.records, len(prepared.lines))
    return Joint(Design(question, prepared), kernel)


def _affordable(question: Question, prepared: Prepared) -> None:
    """Refuses more nodes of quadrature than can be had, those of the effects of occasions counted."""
    effects, nodes = Design(question, prepared).effects, question.estimation.nodes
    if question.estimation.method == "AGQ" and nodes**effects > MOST_NODES:
        found = f"{nodes} in each of {effects} random effects, those of every occasion counted"
        fix = "SAEM and IMP take as many random effects as there are."
        expected = f"at most {MOST_NODES:,} nodes in all"
        raise InputError([Fault("estimation, nodes", expected, found, fix)])


def _own_kernel(question: Question, prepared: Prepared) -> OwnModel:
    assert question.equations is not None
    scales = np.array([SCALES[one.scale] for one in question.parameters], dtype=np.int64)
    hazard = next((e.output for e in question.errors if e.kind == "events"), None)
    names = [one.name for one in question.parameters]
    back = question.data.carry == "nocb"
    shapes = np.array([one.shape for one in question.parameters])
    compiled = compile_equations(question.equations, names, scales, shapes, hazard, back)
    outputs = [compiled.outputs.index(e.output or "") for e in question.errors]
    return OwnModel(
        compiled,
        prepared.records,
        np.array(outputs, dtype=np.int64)[prepared.endpoint],
        prepared.likelihood.observed.value.copy(),
        prepared.model_covariates,
        question.estimation.threads or _processors(),
    )


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _uncertainty(
    asked: Question,
    objective: Callable[[Floats, Floats], Evaluation],
    search: Search,
    told: Reported,
    design: Design,
) -> Uncertainty:
    """How sure the estimates are; standard deviations that ended on their bound count as known."""
    at, kind, note = search.evaluation, asked.estimation.covariance, ""
    free = np.setdiff1d(np.arange(len(search.x)), search.held)
    people = len(np.unique(design.prepared.likelihood.subject))
    if kind == "RSR" and people <= len(free):
        kind = "R"
        note = (
            f"Standard errors are those of R, the observed information: the sandwich takes more subjects than numbers, "
            f"and there are {people} for {len(free)}."
        )
    names = [coordinate_names(design)[k] for k in free]

    def gradient(part: Floats) -> Floats:
        x = search.x.copy()
        x[free] = part
        return np.asarray(objective(x, at.modes_after(x - search.x)).gradient[free])

    r = None
    if kind != "S":
        try:
            r = information(gradient, search.x[free], search.curvature[np.ix_(free, free)])
        except (UnsolvedError, np.linalg.LinAlgError) as wrong:
            return Uncertainty(None, None, np.inf, f"R could not be worked out: {wrong}")
    found = uncertainty(kind, replace(at, gradients=at.gradients[:, free]), r, names)
    if found.covariance is None:
        return found
    whole = np.zeros((len(search.x), len(search.x)))
    whole[np.ix_(free, free)] = found.covariance
    return replace(found, covariance=whole, held=search.held, note=note)


def coordinate_names(design: Design) -> list[str]:
    """What each coordinate stands for, by the number that it moves most."""
    told = reported(design, design.start())
    sizes = np.abs(told.jacobian) / np.maximum(np.abs(told.values), 1e-300)[:, None]
    return [told.names[int(np.argmax(sizes[:, k] > 0))] for k in range(told.jacobian.shape[1])]
