"""Running a study: each arm as one model, on the same virtual patients and the same draws."""

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from speciosa.outcomes import Outcomes
from speciosa.progress import Progress, silent
from speciosa.study.endpoints import STOPS, TOLD, OutcomeDefinition, read_outcomes, wanted
from speciosa.study.lock import arm_hash
from speciosa.study.question.schema import Study
from speciosa.study.result import ArmRun, StudyRun
from speciosa.study.simulation import ArmSimulation, blocks_of
from speciosa.study.store import load, save
from speciosa.study.summarise import summarise

if TYPE_CHECKING:
    from speciosa.workers import Cluster

# The uncertainty of the parameters is a thousand times larger; tests hold outcomes at this tolerance to tight ones.
RTOL = 1e-3


def run_study(
    study: Study,
    *,
    folder: Path | None = None,
    threads: int | None = None,
    chunk: int | None = None,
    fresh: bool = False,
    rtol: float = RTOL,
    progress: Progress = silent,
    cluster: "Cluster | None" = None,
    values_only: bool = False,
) -> StudyRun:
    """Simulates every arm of a study.

    Args:
        study: the question.
        folder: where finished arms are kept and taken from; None keeps nothing.
        threads: of the solver; all cores if None. Results do not depend on it.
        chunk: patients solved at a time; results do not depend on it.
        fresh: whether to ignore arms finished before.
        rtol: relative tolerance of the solver.
        progress: called with stage, patients done, patients in all.
        cluster: workers that simulate; this process if None. Results do not depend on it.
        values_only: whether to leave out time courses and typical parameters; in this process only, and kept in a folder of
            its own where any is kept.

    Raises:
        ClusterError: the workers could not finish; what they finished is kept in `folder`.
    """
    definitions = read_outcomes(study.follow_up.outcomes, study.indication)
    count = _Count(study, progress)
    arms: dict[int, ArmRun] = {}
    paths = [_path(folder, study, number, rtol) for number in range(len(study.arms))]
    for number, path in enumerate(paths):
        run = None if path is None or fresh else load(path)
        if run is not None:
            arms[number] = run
            count.add(study.population.patients * study.population.draws)
    rest = [number for number in range(len(study.arms)) if number not in arms]

    def finished(number: int, run: ArmRun) -> None:
        arms[number] = run
        path = paths[number]
        if path is not None:
            save(run, path)

    if cluster is None:
        _here(study, rest, definitions, threads, chunk, rtol, count, finished, values_only)
    elif rest:
        from speciosa.study.spread import spread_arms

        spread_arms(
            study, rest, cluster, folder=folder, chunk=chunk, rtol=rtol,
            fresh=fresh, advance=count.add, finished=finished,
        )  # fmt: skip
    ordered = tuple(replace(arms[number], name=arm.name) for number, arm in enumerate(study.arms))
    requested = {entry.key for entry in wanted(study.follow_up.outcomes, study.indication)}
    if STOPS not in requested and not any(map(_stop_breathing, ordered)):
        del definitions[STOPS]
    outcomes = Outcomes.concat(summarise(arm, definitions) for arm in ordered)
    return StudyRun(study, definitions, ordered, outcomes)


def _path(folder: Path | None, study: Study, number: int, rtol: float) -> Path | None:
    """Where a finished arm is kept."""
    return None if folder is None else folder / f"{arm_hash(study, number, rtol)}.npz"


def _here(
    study: Study,
    numbers: list[int],
    definitions: Mapping[str, OutcomeDefinition],
    threads: int | None,
    chunk: int | None,
    rtol: float,
    count: "_Count",
    finished: Callable[[int, ArmRun], None],
    values_only: bool,
) -> None:
    """Simulates arms in this process."""

    def simulated(number: int) -> None:
        arm = ArmSimulation(study, study.arms[number], definitions, threads, rtol)
        count.add(0)
        blocks = []
        for draws in blocks_of(study, chunk):
            blocks.append(arm.block(draws))
            count.add(len(draws) * study.population.patients)
        finished(number, arm.joined(blocks, None if values_only else arm.courses()))

    # Two at a time: while one arm is solved on all cores, the equations of the next are written.
    pool = ThreadPoolExecutor(2 if threads != 1 else 1)
    try:
        for pending in [pool.submit(simulated, number) for number in numbers]:
            pending.result()
    except BaseException as error:
        count.stop()
        # Who interrupts at the keyboard does not wait for the patients that are being solved.
        pool.shutdown(wait=not isinstance(error, KeyboardInterrupt), cancel_futures=True)
        raise
    pool.shutdown()


def _stop_breathing(arm: ArmRun) -> bool:
    """Whether more of the virtual people of an arm stop breathing than a reader is spared."""
    found = arm.values.get(STOPS)
    known = found[np.isfinite(found)] if found is not None else np.empty(0)
    return bool(known.size) and bool(known.mean() > TOLD)


class _Count:
    """Patients solved so far in all arms, told as they come."""

    def __init__(self, study: Study, progress: Progress) -> None:
        self._total = len(study.arms) * study.population.patients * study.population.draws
        self._done, self._stopped = 0, False
        self._progress, self._lock = progress, Lock()

    def add(self, patients: int) -> None:
        """Adds patients; ends the arm that adds them once the run has been stopped."""
        with self._lock:
            if self._stopped:
                raise CancelledError
            self._done += patients
            self._progress("patients", self._done, self._total)

    def stop(self) -> None:
        self._stopped = True
