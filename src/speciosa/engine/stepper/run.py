"""From Python to the compiled driver: one call solves one chunk of patients."""

import numpy as np

from speciosa.engine.compiler.native import native
from speciosa.engine.stepper.driver import solve
from speciosa.engine.stepper.fill import loop_of
from speciosa.engine.stepper.loop import Results
from speciosa.engine.stepper.task import Patients as Patients
from speciosa.engine.stepper.task import Real, Solved, Task

_driver = native(solve)


def run_chunk(
    task: Task, patients: Patients, trajectories: Real | None = None, first: int = 0
) -> Solved:
    """Solves the patients of a chunk. Other threads run meanwhile.

    Args:
        task: what all chunks share.
        patients: of this chunk.
        trajectories: of all patients, to be written to from row `first` on; of this chunk alone where left out.
        first: see `trajectories`.
    """
    rows = len(patients.schedule)
    decisions, width = len(task.decisions.action), task.decisions.times.shape[1]
    if trajectories is None:
        trajectories = np.empty((len(task.kept), rows, len(task.times)))
    results = Results(
        trajectories,
        first,
        np.empty((len(task.watch.kind), rows)),
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows, dtype=np.int64),
        np.empty(rows),
        np.empty(rows),
        np.zeros((decisions, rows, width), dtype=np.int64),
    )
    _driver(loop_of(task, patients, results))
    return Solved(
        trajectories[:, first : first + rows],
        results.endpoints,
        results.codes,
        results.steps,
        results.error,
        results.ended,
        results.log,
    )
