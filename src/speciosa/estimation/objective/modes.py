"""The most probable random effects of every subject, all subjects at once, by Newton's method with exact curvature."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.design import Individuals
from speciosa.estimation.objective.joint import Joint, unsolved

_ROUNDS, _HALVINGS = 60, 30
_DONE = 1e-9
"""Half the decrease that a last step promises; the step is taken, after which the error is its square."""
_NEAR = 1e-4
"""Decrease still promised after all rounds with which a mode counts as found."""


@dataclass(frozen=True)
class _At:
    """The joint density at some random effects."""

    value: Floats
    gradient: Floats
    curvature: Floats


Density = Callable[[Floats, Integers], _At]


def find_modes(
    joint: Joint, at: Individuals, start: Floats, typical: Floats | None = None
) -> Floats:
    """The modes, ``(subjects, effects)``.

    Args:
        joint: the model with its data.
        at: parameters without random effects.
        start: where the search begins.
        typical: predictions of which variances are made, where they are not those at the mode (FOCE).

    Raises:
        UnsolvedError: a subject without a finite density where its search begins and at 0.
    """
    effects = start.shape[1]
    if not effects:
        return start
    modes = start.copy()
    todo = np.arange(len(modes))
    now = _density(joint, at, modes, todo, typical)
    bad = ~np.isfinite(now.value)
    if bad.any():
        modes[bad] = 0.0
        now = _density(joint, at, modes, todo, typical)
        bad = ~np.isfinite(now.value)
        if bad.any():
            raise unsolved(joint, np.flatnonzero(bad), modes)
    value, gradient, curvature = now.value, now.gradient, now.curvature
    for _ in range(_ROUNDS):
        step = _steps(gradient, curvature)
        promised = -0.5 * np.einsum("se,se->s", gradient, step)
        last = promised < _DONE
        if last.any():  # a step that promises nothing needs no look at where it leads
            modes[todo[last]] += step[last]
            todo, step, value = todo[~last], step[~last], value[~last]
            if not len(todo):
                return modes
        tried = modes[todo] + step
        now = _density(joint, at, _with(modes, todo, tried), todo, typical)
        taken = np.isfinite(now.value) & (now.value <= value + 1e-9 * np.abs(value) + 1e-9)
        share = np.ones(len(todo))
        for _ in range(_HALVINGS):
            if taken.all():
                break
            share[~taken] *= 0.5
            tried = modes[todo] + share[:, None] * step
            few = todo[~taken]
            again = _density(joint, at, _with(modes, todo, tried), few, typical)
            for old, new in zip(
                (now.value, now.gradient, now.curvature),
                (again.value, again.gradient, again.curvature),
                strict=True,
            ):
                old[~taken] = new
            taken = np.isfinite(now.value) & (now.value <= value + 1e-9 * np.abs(value) + 1e-9)
        modes[todo[taken]] = tried[taken]
        todo = todo[taken]
        if not len(todo):
            return modes
        value, gradient, curvature = now.value[taken], now.gradient[taken], now.curvature[taken]
    left = -0.5 * np.einsum("se,se->s", gradient, _steps(gradient, curvature))
    if (left > _NEAR).any():
        raise unsolved(joint, todo[left > _NEAR], modes, "No mode of the random effects")
    return modes


def _with(modes: Floats, todo: Integers, tried: Floats) -> Floats:
    whole = modes.copy()
    whole[todo] = tried
    return whole


def _steps(gradient: Floats, curvature: Floats) -> Floats:
    """Newton's steps; where the curvature is not that of a minimum, it is made so."""
    roots, vectors = np.linalg.eigh(curvature)
    floor = 1e-8 * np.abs(roots).max(axis=1, keepdims=True) + 1e-300
    roots = np.maximum(np.abs(roots), floor)
    turned = np.einsum("sef,se->sf", vectors, gradient)
    return np.asarray(-np.einsum("sef,sf->se", vectors, turned / roots))


def _density(
    joint: Joint, at: Individuals, effects: Floats, todo: Integers, typical: Floats | None
) -> _At:
    """Of some subjects, with first and second derivatives by their random effects."""
    likelihood = joint.design.prepared.likelihood
    wanted = None
    if len(todo) < joint.subjects:
        chosen = np.zeros(joint.subjects, dtype=bool)
        chosen[todo] = True
        wanted = np.flatnonzero(chosen[likelihood.subject])
    with np.errstate(all="ignore"):
        predicted = joint.predict(at, effects, joint.design.random, 2, todo)
        none = np.zeros(0, dtype=np.int64)
        terms = likelihood.terms(
            predicted.value, at.residual, none, 2, typical=typical, wanted=wanted
        )
        g = predicted.first
        first = terms.first[:, 0, None] * g
        second = terms.second[:, 0, 0, None, None] * (g[:, :, None] * g[:, None, :])
        second += terms.first[:, 0, None, None] * predicted.second
        inverse = at.spread.precision
        b = effects[todo]
        turned = b @ inverse
        value = joint.by_subject(terms.value)[todo] + np.einsum("se,se->s", turned, b)
        if len(predicted.failed):
            value[np.isin(todo, predicted.failed)] = np.inf
        gradient = joint.by_subject(first)[todo] + 2 * turned
        curvature = joint.by_subject(second)[todo] + 2 * inverse
    value = np.where(np.isfinite(value), value, np.inf)
    bad = ~np.isfinite(gradient).all(axis=1) | ~np.isfinite(curvature).all(axis=(1, 2))
    value[bad] = np.inf
    gradient[bad], curvature[bad] = 0.0, np.eye(curvature.shape[1])
    return _At(value, gradient, curvature)
