"""Solving that ends soon when it is interrupted: compiled code looks every so often whether it is still wanted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.stepper.run import run_chunk
from speciosa.engine.stepper.task import Patients, Solved, Task


@contextmanager
def stoppable(threads: int, stop: NDArray[np.int64]) -> Iterator[ThreadPoolExecutor]:
    """Threads that give up what they solve, by setting `stop`, when the one that waits for them is interrupted."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    except BaseException:
        stop[0] = 1
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def solve_stoppably(task: Task, patients: Patients) -> Solved:
    """Solves one chunk, which an interruption ends."""
    stop = np.zeros(1, dtype=np.int64)
    with stoppable(1, stop) as pool:
        return pool.submit(run_chunk, replace(task, stop=stop), patients).result()
