"""One arm on its way from regimen to statistics: its model, its people, and the blocks of draws that are solved apart.

Random numbers are keyed by seed, draw and patient, so an arm comes out the same in whatever blocks it is solved, in
whatever order and by whichever process.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from speciosa.engine import Endpoint, Result, simulate
from speciosa.engine.choice import Method
from speciosa.model.resting import without_resting
from speciosa.pharmacology.breathing.physiology import solver
from speciosa.pharmacology.calibrated import related
from speciosa.pharmacology.effect.apnoea import POWER, SHARE, sure_ventilation
from speciosa.population import Population
from speciosa.population.covariates import Constant
from speciosa.regimen import Regimen
from speciosa.study.arm_model import COURSES, arm_model
from speciosa.study.endpoints import FREE_BREATHING, STOPS, OutcomeDefinition
from speciosa.study.fits import with_fits
from speciosa.study.people import people
from speciosa.study.question.schema import Arm, Study
from speciosa.study.reading import endpoints_of, patient_values
from speciosa.study.result import ArmRun

# The endpoint by which it is known whose breathing need not be followed, and what is noted for them: as at rest.
_LOWEST, _AT_REST = "lowest ventilation", 1.0
COURSE_PATIENTS, COURSE_DRAWS, COURSE_STEP_H = 25, 16, 2.0
_ROWS_AT_A_TIME = 8192
Values = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Block:
    """The patients of some consecutive draws of an arm, solved.

    Attributes:
        endpoints: by name, one value a patient, draw by draw.
        status: ``ok``, or why the patient's solution failed.
    """

    endpoints: Mapping[str, NDArray[np.float64]]
    status: NDArray[np.str_]


def blocks_of(study: Study, chunk: int | None) -> Iterator[range]:
    """The draws of an arm in blocks of about `chunk` patients."""
    size = study.population
    step = max(1, (chunk or _ROWS_AT_A_TIME) // size.patients)
    for begin in range(0, size.draws, step):
        yield range(begin, min(begin + step, size.draws))


class ArmSimulation:
    """An arm of a study, assembled and ready to be solved.

    Args:
        study: the question.
        arm: one of its arms.
        definitions: the outcomes that are read, by key.
        threads: of the solver; all cores if None.
        rtol: relative tolerance of the solver.
    """

    def __init__(
        self,
        study: Study,
        arm: Arm,
        definitions: Mapping[str, OutcomeDefinition],
        threads: int | None,
        rtol: float,
    ) -> None:
        self.study, self.arm, self.threads, self.rtol = study, arm, threads, rtol
        built = arm_model(arm, definitions)
        self.plan, self.substances, self.effects = built.plan, built.substances, built.effects
        self.definitions = [d for d in definitions.values() if d.output in built.effects]
        self.equations = with_fits(built.equations, study.fitted)
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
        # Nobody has, say, an opioid history: what only moves in people who have one need not be solved. What is there as a
        # rule stays where it is 0, such as an enzyme that some lack, so that these people take no kernel of their own.
        seldom = {record.name for record in self.equations.covariates if record.value == 0}
        covariates = self.population.covariates
        nobody = {name for name in seldom if covariates[name] == Constant(0.0)}
        self.solved = without_resting(self.equations, frozenset(nobody))

    def block(self, draws: range) -> Block:
        """Solves every patient of some draws."""
        drawn = self.population.draw(self.study.population.patients, draws)
        values = {name: value.ravel() for name, value in drawn.values.items()}
        if not self._spares:
            solved = self._solve(values, self.endpoints)
            return Block(solved.endpoints, solved.status)
        of_stops = [each for each in self.endpoints if each.label == STOPS]
        others = [each for each in self.endpoints if each.label != STOPS]
        until = self.study.until_h
        lowest = Endpoint("ventilation_fraction", "trough", 0.0, until, name=_LOWEST)
        solved = self._solve(values, [*others, lowest])
        found = dict(solved.endpoints)
        near = ~(found.pop(_LOWEST) >= sure_ventilation(values[SHARE], values[POWER]))
        found[STOPS] = np.full(len(near), _AT_REST)
        if near.any():
            followed = self._solve({name: v[near] for name, v in values.items()}, of_stops)
            found[STOPS][near] = followed.endpoints[STOPS]
        return Block(found, solved.status)

    def read(
        self,
        draws: range | None,
        endpoints: Sequence[Endpoint],
        regimen: Regimen | None = None,
        some: NDArray[np.bool_] | None = None,
    ) -> Block:
        """Other endpoints of every patient of some draws, or of the typical values where `draws` is None.

        Args:
            draws: of the uncertain parameters.
            endpoints: what is read.
            regimen: instead of the arm's own; of its products.
            some: only these patients, draw by draw; all where None.
        """
        drawn = self.population.draw(self.study.population.patients, draws)
        values = {name: value.ravel() for name, value in drawn.values.items()}
        if some is not None:
            values = {name: value[some] for name, value in values.items()}
        solved = self._solve(values, endpoints, regimen=regimen)
        return Block(solved.endpoints, solved.status)

    @cached_property
    def _spares(self) -> bool:
        """Whether free breathing is followed only in those whose drive falls so far that it may stop.

        Under a habitual opioid `ventilation_fraction` is over what that leaves, which says less.
        """
        use = self.population.covariates.get("opioid_history")
        settled = FREE_BREATHING.isdisjoint(self.effects)
        known = {"free_ventilation_fraction", "ventilation_fraction"} <= set(self.effects)
        asked = any(each.label == STOPS for each in self.endpoints)
        drawn = {SHARE, POWER} <= {record.name for record in self.equations.parameters}
        return asked and known and settled and drawn and use in (None, Constant(0.0))

    def joined(self, blocks: Sequence[Block], courses: pl.DataFrame | None) -> ArmRun:
        """The arm, from all its blocks in order and its time courses; without these, no more than the values of patients."""
        size = self.study.population
        shape = (size.draws, size.patients)
        found = {
            name: np.concatenate([block.endpoints[name] for block in blocks]).reshape(shape)
            for name in blocks[0].endpoints
        }
        bad = np.concatenate([block.status for block in blocks])
        failed = {
            str(r): int(n)
            for r, n in zip(*np.unique(bad[bad != "ok"], return_counts=True), strict=True)
        }
        return ArmRun(
            name=self.arm.name,
            values=patient_values(found, self.definitions, self.substances, self.endpoints),
            courses=_no_courses() if courses is None else courses,
            substances=self.substances,
            parameters=tuple(self.equations.parameters),
            typical={} if courses is None else self._typical(),
            failed=failed,
        )

    def courses(self) -> pl.DataFrame:
        """Time courses over the first patients of the first draws."""
        size = self.study.population
        patients, draws = min(COURSE_PATIENTS, size.patients), min(COURSE_DRAWS, size.draws)
        drawn = self.population.draw(range(patients), range(draws))
        times = np.arange(0.0, self.study.until_h + 1e-9, COURSE_STEP_H)
        shown = [*self.substances, *(name for name in COURSES if name in self.effects)]
        result = self._solve(drawn.values, times=times, outputs=shown)
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

    def _solve(
        self,
        drawn: Values,
        endpoints: Sequence[Endpoint] = (),
        times: NDArray[np.float64] | None = None,
        outputs: Sequence[str] | None = None,
        regimen: Regimen | None = None,
    ) -> Result:
        return simulate(
            self.solved,
            self.regimen if regimen is None else regimen,
            parameters={name: value.ravel() for name, value in drawn.items()},
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
        found = self.population.typical_values(self.study.population.draws)
        return {name: value for name, value in found.items() if np.ptp(value) > 0}


def _no_courses() -> pl.DataFrame:
    columns = {"output": pl.String, "unit": pl.String}
    numbers = dict.fromkeys(("time_h", "median", "low", "high"), pl.Float64)
    return pl.DataFrame(schema={**columns, **numbers})


def _stop_h(study: Study, arm: Arm) -> float:
    """When the arm's treatment ends; an arm without doses ends with the longest of the others."""
    stop = arm.stop_h or max((other.stop_h for other in study.arms), default=0.0)
    return min(stop or study.until_h, study.until_h)
