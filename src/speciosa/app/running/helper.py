"""Other processes that solve previews while the app's own talks to browsers: Python runs on one core a process."""

import gc
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path

from speciosa.study import Study
from speciosa.study.result import StudyRun
from speciosa.study.run import run_study

CHUNK = 512
_LOOK_S = 0.02


class Helpers:
    """Processes that solve; none where the computer has one core.

    Args:
        most: processes.
        first: a study that each solves before it is asked.
    """

    def __init__(self, most: int, first: Study) -> None:
        count = min(most, (os.cpu_count() or 1) - 1)
        self._free = threading.Semaphore(count)
        self._pool: ProcessPoolExecutor | None = None
        if count:
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(count, mp_context=spawn, initializer=_settle)
            # Each has its equations at hand before it is asked.
            for ready in [self._pool.submit(_solved, first, None) for _ in range(count)]:
                ready.result()

    def solve(self, study: Study, folder: Path, wanted: Callable[[], None]) -> StudyRun | None:
        """The run of a study; None where no helper is free or it failed, so that the caller solves it.

        Args:
            study: the question.
            folder: where finished arms lie.
            wanted: called while the helper works; what it raises ends the waiting.
        """
        if self._pool is None or not self._free.acquire(blocking=False):
            return None
        try:
            work = self._pool.submit(_solved, study, folder)
        except (BrokenExecutor, RuntimeError):
            self._pool = None
            return None
        work.add_done_callback(lambda _: self._free.release())
        while True:
            try:
                return work.result(timeout=_LOOK_S)
            except BrokenExecutor:
                self._pool = None
                return None
            except TimeoutError:
                wanted()

    def close(self) -> None:
        """Ends the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


def _solved(study: Study, folder: Path | None) -> StudyRun | None:
    try:
        return run_study(study, folder=folder, threads=1, chunk=CHUNK)
    except Exception:  # The app's own process meets the same error, and tells it.
        return None


def _settle() -> None:
    """Leaves Ctrl+C to the app's own process, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
