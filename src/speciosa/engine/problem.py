"""A simulation without its patients."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from speciosa.engine import codes
from speciosa.engine.decisions import Decision, decision_table, extra_expressions
from speciosa.engine.endpoint import Endpoint
from speciosa.engine.inputs import Follow
from speciosa.engine.kernel.compiled import compiled
from speciosa.engine.schedule import Schedule
from speciosa.engine.stepper.task import Settings, Task
from speciosa.engine.watch import Watch
from speciosa.model import Equations

# Errors are judged against this share of a state's largest size so far where the state is smaller than that: a state
# that has all but vanished between doses need not be known to six digits of itself.
_PEAK_SHARE = 0.1
_SMALLEST = 1e-100
# The error of a step that is accepted, over `rtol`: where trying out starts (`choice.choose_strictness`). Rodas5P judges a
# step by its solution of order 4 and goes on with the one of order 5, which is better by far in most models, but not in
# all; within the step it is not, so steps that are looked into are shorter.
_LOCAL_TOLERANCE = {"tsit5": 0.7, "rodas4": 0.5, "rodas5p": 8.0}


def usual_strictness(method: str) -> float:
    """The error of a step that a solver accepts, over the tolerance asked for, where no trial has said otherwise."""
    return _LOCAL_TOLERANCE[method]


@dataclass(frozen=True)
class Problem:
    """What is solved, observed and decided, and how closely."""

    equations: Equations
    schedule: Schedule
    follow: Follow
    endpoints: tuple[Endpoint, ...]
    decisions: tuple[Decision, ...]
    kept: tuple[str, ...]
    rtol: float
    atol: float | None
    most_steps: int
    before: bool
    occasions_h: tuple[float, ...] = ()
    max_step_h: float = codes.FAR
    strictness: float | None = None
    """The error of a step that is accepted, over `rtol`; that of the solver (`usual_strictness`) where left out."""

    @property
    def times(self) -> NDArray[np.float64]:
        """Times of observation; none without trajectories."""
        return self.follow.times if self.kept else np.empty(0)

    @property
    def begin(self) -> float:
        """When solving begins for a patient without an earlier dose."""
        observed = [float(t) for t in self.times[:1]]
        return min([0.0, *observed, *(e.start_h for e in self.endpoints if e.start_h is not None)])

    @property
    def varying(self) -> list[str]:
        """Parameters that take a new value at each occasion."""
        if not self.occasions_h:
            return []
        return [p.name for p in self.equations.parameters if p.between_occasion_sd > 0]

    @cached_property
    def watch(self) -> Watch:
        """What is followed for the endpoints."""
        return Watch.of(self.endpoints, self.equations.output_names, self.begin, self.follow.until)

    def task(self, method: str) -> Task:
        """All that a chunk needs beside its patients, for a compiled solver."""
        extra = extra_expressions(self.decisions, self.equations)
        watch = self.watch
        names = self.equations.output_names
        until = self.follow.until
        halts = np.unique(np.concatenate([watch.begin, watch.end, self.occasions_h, [until]]))
        usual = usual_strictness(method)
        rtol = self.rtol * (usual if self.strictness is None else self.strictness)
        floor = _SMALLEST if self.atol is None else max(_SMALLEST, self.atol / self.rtol)
        settings = Settings(
            self.begin,
            until,
            rtol,
            _PEAK_SHARE if self.atol is None else 0.0,
            np.full(len(self.equations.states), floor),
            self.most_steps,
            self.before,
            self.max_step_h,
        )
        parameters = [p.name for p in self.equations.parameters]
        positions = [parameters.index(name) for name in self.varying]
        return Task(
            self.equations,
            compiled(self.equations, extra, method),
            self.schedule,
            self.times,
            np.array([names.index(name) for name in self.kept], dtype=np.int64),
            watch,
            decision_table(self.decisions, self.equations),
            np.append(halts, codes.FAR),
            np.array(self.occasions_h, dtype=float),
            np.array(positions, dtype=np.int64),
            settings,
        )

    def without_observations(self) -> "Problem":
        """The same, only solved; for trying out a solver."""
        return replace(self, endpoints=(), kept=(), occasions_h=())
