"""What one call of the compiled driver solves: the task that all chunks share, the patients of a chunk, their results."""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.compiler.by_address import ByAddress
from speciosa.engine.kernel.compiled import CompiledModel
from speciosa.engine.schedule import Schedule
from speciosa.engine.watch import Watch
from speciosa.model import Equations

Real = NDArray[np.float64]


@dataclass(frozen=True)
class DecisionTable(ByAddress):
    """Decisions as arrays, one entry each; `times` one row each, ended by a time that never comes."""

    times: Annotated[Real, 2]
    action: NDArray[np.int64]
    target: NDArray[np.int64]
    condition: NDArray[np.int64]
    number: NDArray[np.int64]
    every: Real
    count: NDArray[np.int64]
    over: Real
    most: NDArray[np.int64]
    wait: Real


@dataclass(frozen=True)
class Settings(ByAddress):
    """Follow-up, tolerances and limits."""

    begin: float
    end: float
    rtol: float
    peak_share: float
    floor: Real
    most_steps: int
    before: bool
    max_step: float


@dataclass(frozen=True)
class Task:
    """What is the same for all chunks of a simulation.

    Attributes:
        kept: outputs whose trajectories are stored.
        halts: times at which every patient stops, in order, ended by one that never comes.
        occasion_times: begins of the occasions.
        occasion_parameters: positions of the parameters that vary between them.
        stop: solving is given up once this is not 0.
    """

    equations: Equations
    kernel: CompiledModel
    schedule: Schedule
    times: Real
    kept: NDArray[np.int64]
    watch: Watch
    decisions: DecisionTable
    halts: Real
    occasion_times: Real
    occasion_parameters: NDArray[np.int64]
    settings: Settings
    stop: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, dtype=np.int64))


@dataclass(frozen=True)
class Patients(ByAddress):
    """A chunk of patients.

    Attributes:
        parameters, covariates: shape ``(names, rows)``.
        schedule: of each row.
        occasions: values by occasion, shape ``(varying, rows, occasions)``.
    """

    parameters: Annotated[Real, 2]
    covariates: Annotated[Real, 2]
    schedule: NDArray[np.int64]
    occasions: Annotated[Real, 3]


@dataclass(frozen=True)
class Solved:
    """The results of a chunk, as in `Result` but by position; `log` has shape ``(decisions, rows, times)``."""

    trajectories: Real
    endpoints: Real
    codes: NDArray[np.int64]
    steps: NDArray[np.int64]
    error: Real
    ended: Real
    log: NDArray[np.int64]
