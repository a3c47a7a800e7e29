"""Running a study: each arm as one model, on the same virtual patients and the same draws."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Lock

import numpy as np
import polars as pl
from numpy.typing import NDArray

from speciosa.engine import Endpoint, Result, simulate
from speciosa.engine.choice import Method
from speciosa.outcomes import Outcomes
from speciosa.pharmacology.breathing.physiology import solver
from speciosa.pharmacology.calibrated import related
from speciosa.population import Population, VirtualPatients
from speciosa.progress import Progress, silent
from speciosa.regimen import Regimen
from speciosa.study.arm_model import COURSES, arm_model
from speciosa.study.endpoints import STOPS, TOLD, OutcomeDefinition, wanted
from speciosa.study.endpoints import definitions as known_outcomes
from speciosa.study.lock import arm_hash
from speciosa.study.people import people
from speciosa.study.question.schema import Arm, Study
from speciosa.study.reading import endpoints_of, patient_values
from speciosa.study.result import ArmRun, StudyRun
from speciosa.study.store import load, save
from speciosa.study.summarise import summarise

COURSE_PATIENTS, COURSE_DRAWS, COURSE_STEP_H = 25, 16, 2.0
# The uncertainty of the parameters is a thousand times larger; tests hold outcomes at this tolerance to tight ones.
RTOL = 5e-4
_ROWS_AT_A_TIME = 8192
Values = Mapping[str, NDArray[np.float64]]


def run_study(
    study: Study,
    *,
    folder: Path | None = None,
    threads: int | None = None,
    chunk: int | None = None,
    fresh: bool = False,
    rtol: float = RTOL,
    progress: Progress = silent,
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
    """
    definitions = {d.key: d for d in wanted(study.follow_up.outcomes, study.indication)}
    requested = STOPS in definitions
    definitions.setdefault(STOPS, known_outcomes()[STOPS])
    count = _Count(study, progress)

    def simulated(number: int) -> ArmRun:
        arm = study.arms[number]
        path = None if folder is None else folder / f"{arm_hash(study, number, rtol)}.npz"
        run = None if path is None or fresh else load(path)
        if run is None:
            run = _Simulation(study, arm, definitions, threads, chunk, rtol).run(count.add)
            if path is not None:
                save(run, path)
        else:
            count.add(study.population.patients * study.population.draws)
        return replace(run, name=arm.name)

    # Two at a time: while one arm is solved on all cores, the equations of the next are written.
    pool = ThreadPoolExecutor(2 if threads != 1 else 1)
    try:
        pending = [pool.submit(simulated, number) for number in range(len(study.arms))]
        arms = [future.result() for future in pending]
    except BaseException as error:
        count.stop()
        # Who interrupts at the keyboard does not wait for the patients that are being solved.
        pool.shutdown(wait=not isinstance(error, KeyboardInterrupt), cancel_futures=True)
        raise
    pool.shutdown()
    if not requested and not any(_stop_breathing(arm) for arm in arms):
        del definitions[STOPS]
    outcomes = Outcomes.concat(summarise(arm, definitions) for arm in arms)
    return StudyRun(study, definitions, tuple(arms), outcomes)


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


class _Simulation:
    """One arm on its way from regimen to statistics."""

    def __init__(
        self,
        study: Study,
        arm: Arm,
        definitions: Mapping[str, OutcomeDefinition],
        threads: int | None,
        chunk: int | None,
        rtol: float,
    ) -> None:
        self.study, self.arm, self.rtol = study, arm, rtol
        self.threads, self.chunk = threads, chunk
        built = arm_model(arm, definitions)
        self.plan, self.substances, self.effects = built.plan, built.substances, built.effects
        self.definitions = [d for d in definitions.values() if d.output in built.effects]
        self.equations = built.equations
        chosen = solver(self.equations)
        self.method: Method = "robust" if chosen == "auto" else chosen
        targets = set(self.equations.target_names)
        kept = [dose for dose in self.plan.regimen().doses if dose.product in targets]
        self.regimen = Regimen(tuple(kept))
        stop = _stop_h(study, arm)
        self.endpoints = endpoints_of(self.definitions, self.substances, stop, study.until_h)
        self.population = Population.of(
            self.equations,
            people(self.equations.covariates, study.population.covariates, arm.covariates),
            uncertainty_blocks=related(),
            seed=study.population.seed,
            same_people=True,
        )

    def run(self, advance: Callable[[int], None]) -> ArmRun:
        size = self.study.population
        parts: list[Result] = []
        advance(0)
        blocks = list(self._blocks())
        first = self.population.draw(size.patients, blocks[0])
        for draws in blocks:
            people = first if draws == blocks[0] else self.population.draw(size.patients, draws)
            parts.append(self._solve(people.values, self.endpoints))
            advance(len(people))
        shape = (size.draws, size.patients)
        found = {
            name: np.concatenate([part.endpoints[name] for part in parts]).reshape(shape)
            for name in parts[0].endpoints
        }
        bad = np.concatenate([part.status for part in parts])
        failed = {
            str(r): int(n)
            for r, n in zip(*np.unique(bad[bad != "ok"], return_counts=True), strict=True)
        }
        return ArmRun(
            name=self.arm.name,
            values=patient_values(found, self.definitions, self.substances, self.endpoints),
            courses=self._courses(self._followed(first)),
            substances=self.substances,
            parameters=tuple(self.equations.parameters),
            typical=self._typical(),
            failed=failed,
        )

    def _blocks(self) -> Iterator[range]:
        size = self.study.population
        step = max(1, (self.chunk or _ROWS_AT_A_TIME) // size.patients)
        for begin in range(0, size.draws, step):
            yield range(begin, min(begin + step, size.draws))

    def _solve(
        self,
        people: Values,
        endpoints: Sequence[Endpoint] = (),
        times: NDArray[np.float64] | None = None,
        outputs: Sequence[str] | None = None,
    ) -> Result:
        return simulate(
            self.equations,
            self.regimen,
            parameters={name: value.ravel() for name, value in people.items()},
            endpoints=tuple(endpoints),
            times=times,
            until=self.study.until_h,
            outputs=outputs,
            rtol=self.rtol,
            method=self.method,
            trajectories=times is not None,
            threads=self.threads,
        )

    def _typical(self) -> Values:
        draws = self.study.population.draws
        found = self.population.typical_values(draws) if draws > 1 else {}
        return {name: value for name, value in found.items() if np.ptp(value) > 0}

    def _followed(self, first: VirtualPatients) -> Values:
        """The patients whose time courses are kept, most often some of the first that were solved."""
        size = self.study.population
        patients, draws = min(COURSE_PATIENTS, size.patients), min(COURSE_DRAWS, size.draws)
        people = first
        if draws > len(first.draws):
            people = self.population.draw(range(patients), range(draws))
        return {name: value[:draws, :patients] for name, value in people.values.items()}

    def _courses(self, people: Values) -> pl.DataFrame:
        times = np.arange(0.0, self.study.until_h + 1e-9, COURSE_STEP_H)
        shown = [*self.substances, *(name for name in COURSES if name in self.effects)]
        result = self._solve(people, times=times, outputs=shown)
        rows = np.stack([result[output][result.ok] for output in shown])
        low, median, high = np.full((3, len(shown) * len(times)), np.nan)
        if result.ok.any():
            low, median, high = np.quantile(rows, [0.05, 0.5, 0.95], axis=1).reshape(3, -1)
        return pl.DataFrame(
            {
                "output": [output for output in shown for _ in times],
                "unit": [result.units[output] for output in shown for _ in times],
                "time_h": np.tile(times, len(shown)),
                "median": median,
                "low": low,
                "high": high,
            }
        )


def _stop_h(study: Study, arm: Arm) -> float:
    """When the arm's treatment ends; an arm without doses ends with the longest of the others."""
    stop = arm.stop_h or max((other.stop_h for other in study.arms), default=0.0)
    return min(stop or study.until_h, study.until_h)
