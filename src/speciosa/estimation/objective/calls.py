"""What compiled calls take that go through one subject after another: room of each thread, and what stays the same."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from speciosa.engine.compiler.native import Held, held
from speciosa.estimation.closed_form.room import ClosedForm
from speciosa.estimation.equations.room import OwnModel
from speciosa.estimation.jet.arithmetic import Jets
from speciosa.estimation.jet.table import Integers, derivative_places, table
from speciosa.estimation.likelihood.kinds import ROWS
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.objective.subject import Said, Space

_FEW, _PARTS = 10, 4
"""Subjects of a thread below which it is not worth its start; parts of its work, so that threads end together."""


def in_parts(some: Callable[[int, int, int], None], threads: int, subjects: int) -> None:
    """Calls with a begin, an end and a thread until all subjects are done; each thread with subjects of its own."""
    threads = min(threads, subjects // _FEW)
    if threads < 2:
        some(0, subjects, 0)
        return
    some(0, 1, 0)  # compiled before threads ask for it
    ends = np.linspace(1, subjects, threads * _PARTS + 1).astype(int).tolist()

    def turn(thread: int) -> None:
        for k in range(thread, threads * _PARTS, threads):
            some(ends[k], ends[k + 1], thread)

    with ThreadPoolExecutor(threads) as pool:
        for one in [pool.submit(turn, thread) for thread in range(threads)]:
            one.result()


def threads_of(
    joint: Joint, near: int, wide: tuple[int, int], told: tuple[int, int]
) -> tuple[tuple[Held, Held], ...]:
    """Of each thread, the model with its data, and room.

    Args:
        joint: the model with its data.
        near: order of derivatives by the random effects.
        wide: number and order of the derivatives by all active variables.
        told: number and order of the derivatives of an observation.
    """
    kernel = joint.kernel
    assert isinstance(kernel, ClosedForm | OwnModel)
    found = []
    for _ in range(kernel.threads if isinstance(kernel, OwnModel) else 1):
        space = _space(joint, near, wide, told)
        if isinstance(kernel, ClosedForm):
            work: Any = kernel.work()
        else:
            work = kernel.work(kernel.space(max(space.near.size, space.wide.size)))
        found.append((held(work), held(space)))
    return tuple(found)


def said_of(joint: Joint, order: int) -> tuple[Said, Integers]:
    """What is the same in every call, and which residual parameters are free."""
    design, likelihood = joint.design, joint.design.prepared.likelihood
    active = np.concatenate([design.random, design.other]).astype(np.int64)
    free = np.flatnonzero(design.residual_columns >= 0)
    directions = np.full(max(len(design.residual_columns), 1), -1, dtype=np.int64)
    none = directions.copy()
    directions[free] = 1 + np.arange(len(free))
    subjects = np.arange(joint.subjects + 1)
    logged = np.zeros(len(likelihood.subject), dtype=np.int64)
    logged[likelihood.logged] = 1
    place, factor = np.zeros(1, dtype=np.int64), np.zeros(1)
    if order > 2:
        where, times = derivative_places(len(active), 3)
        place, factor = where.ravel(), times.ravel()
    said = Said(
        np.searchsorted(design.prepared.group_subject, subjects),
        np.searchsorted(likelihood.subject, subjects),
        logged,
        likelihood.observed,
        design.random,
        active,
        none,
        directions,
        place,
        factor,
    )
    return said, free


def _space(joint: Joint, near: int, wide: tuple[int, int], told: tuple[int, int]) -> Space:
    kernel, n = joint.kernel, joint.design.effects
    assert isinstance(kernel, ClosedForm | OwnModel)
    inner, outer = kernel.room(n, near), kernel.room(*wide)
    observations = len(joint.design.prepared.lines)
    return Space(
        inner,
        outer,
        _jets(1, near),
        _jets(*told),
        np.zeros((len(joint.design.prepared.group_subject), len(joint.design.parameters))),
        np.zeros((observations, inner.size)),
        np.zeros((observations, outer.size)),
        *np.zeros((3, max(n, 1))),
        *np.zeros((3, max(n * n, 1))),
    )


def _jets(directions: int, order: int) -> Jets:
    t = table(directions, order)
    rows = np.zeros((ROWS, t.size))
    return Jets(rows, t.first, t.left, t.right, t.order, t.size, t.directions)
