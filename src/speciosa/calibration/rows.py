"""Observations as data of the fit: how exact each is, and how its models are solved at many parameter points."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from speciosa.calibration.free import Free, free_parameters, table
from speciosa.engine import simulate
from speciosa.facts.uncertainty import expected_range, interval
from speciosa.model import Equations
from speciosa.pharmacology.assembly import system
from speciosa.regimen import Regimen
from speciosa.validation.arms import Arm
from speciosa.validation.bench import (
    Solved,
    Wanted,
    arms_of,
    count_of,
    individual,
    lay_out,
    times_of,
)
from speciosa.validation.between_studies import kind
from speciosa.validation.metrics import Array, statistic
from speciosa.validation.observed.observations import Observation
from speciosa.validation.solving import people

USUAL_SPREAD = 0.35
"""Coefficient of variation between subjects where a row prints none."""

PEOPLE = 300
"""Virtual patients behind the difference between a population's statistic and the typical patient's, before a first fit."""

DRAWS = 120
"""Draws of the parameters behind that difference after a fit; with a dozen people a study about 1,500 patients."""


@dataclass(frozen=True)
class Setup:
    """One arm ready to be solved at any parameters: its model before calibration, times, and free parameters."""

    want: Wanted
    equations: Equations
    times: Array
    free: dict[str, Free]

    @property
    def _doses(self) -> Regimen:
        return self.want.plan.regimen(self.equations.target_names)

    def solve(self, rows: Sequence[Mapping[str, float]]) -> Solved:
        """The typical patient at several points, each a mapping of parameters to values in the model."""
        patient = self.want.arm.patient.implied
        columns = table(self.equations, patient, [dict(row) for row in rows])
        result = simulate(self.equations, self._doses, parameters=columns, times=self.times)
        courses = {name: np.asarray(result[name]) for name in self.want.outputs}
        weight = columns.get("weight", np.full(len(rows), 70.0))
        return Solved(self.times, courses, weight, len(rows), 1)

    def population(self, typical: Mapping[str, Array], patients: int, seed: int) -> Solved:
        """Virtual patients about each of several typical values (in the model) of the free parameters."""
        about = {name: typical[name] for name in self.free}
        draws = max((len(values) for values in about.values()), default=1)
        who = people(self.equations, self.want.arm.patient, seed)
        drawn = who.draw(patients, draws if draws > 1 else None, typical=about)
        names = [p.name for p in self.equations.parameters]
        names += [c.name for c in self.equations.covariates]
        columns = {name: drawn.values[name].ravel() for name in names}
        result = simulate(self.equations, self._doses, parameters=columns, times=self.times)
        courses = {name: np.asarray(result[name]) for name in self.want.outputs}
        weight = columns.get("weight", np.full(draws * patients, 70.0))
        return Solved(self.times, courses, weight, draws, patients)


@dataclass(frozen=True)
class Data:
    """Everything the fit needs of the observations."""

    rows: tuple[Observation, ...]
    setups: Mapping[Arm, Setup]
    left_out: tuple[tuple[str, str], ...]

    @property
    def wanted(self) -> dict[Arm, Wanted]:
        """The arms as the bench has them."""
        return {arm: setup.want for arm, setup in self.setups.items()}

    def free(self, row: Observation) -> dict[str, Free]:
        """The free parameters that a row depends on."""
        return {k: v for arm in arms_of(row) for k, v in self.setups[arm].free.items()}


def gather(rows: Sequence[Observation]) -> Data:
    """Lays out rows that are exposures or ratios of them; the rest, and what cannot be solved, is left out by name."""
    fitting = [row for row in rows if not row.is_effect and row.value > 0]
    left = [(row.id, "an effect or not above 0") for row in rows if row not in fitting]
    wanted, failed = lay_out(fitting)
    left += list(failed.items())
    setups = {}
    for arm, want in wanted.items():
        model = system(
            want.plan.substances, tuple(want.outputs), ways=want.plan.ways, calibrated=False
        )
        equations = model.build()
        setups[arm] = Setup(want, equations, times_of(want), free_parameters([equations]))
    kept = tuple(row for row in fitting if row.id not in failed)
    return Data(kept, setups, tuple(left))


def logarithms(
    rows: Sequence[Observation], solved: Mapping[Arm, Solved], wanted: Mapping[Arm, Wanted]
) -> Array:
    """Logarithm of the metric of each row at every point, shape ``(points, rows)``."""
    values = [individual(row, solved, wanted, 1)[:, 0] for row in rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(np.stack(values, axis=1)))


def corrections(
    data: Data,
    rows: Sequence[Observation],
    typical: Mapping[str, float],
    drawn: Mapping[str, Array],
    seed: int = 1,
) -> Array:
    """By how much the logarithm of the prediction of each row differs from that in the typical patient.

    What is predicted is the median over draws of the statistic of as many people as the study had. It is nearer to 1 than the
    ratio of exposures in the typical patient where an interaction is strong: half of the people, and half of the draws, have
    less of the enzyme than is typical, and what is lost there is not won in the others.

    Args:
        data: the arms of the rows.
        rows: what was observed.
        typical: the value of each free parameter in the typical patient, as the models have it.
        drawn: draws of it; where there is one, the people are many, else as many as the study had.
        seed: of the people.
    """
    arms = list(dict.fromkeys(arm for row in rows for arm in arms_of(row)))
    setups = {arm: data.setups[arm] for arm in arms}
    several = max((len(values) for values in drawn.values()), default=1) > 1
    many = {
        arm: setup.population(drawn, setup.want.patients if several else PEOPLE, seed)
        for arm, setup in setups.items()
    }
    one = {
        arm: setup.solve([{name: typical[name] for name in setup.free}])
        for arm, setup in setups.items()
    }
    found = []
    for row in rows:
        middle = individual(row, one, data.wanted, 1)[0, 0]
        count = count_of(row) if several else PEOPLE
        of_people = np.nanmedian(
            statistic(individual(row, many, data.wanted, count), row.statistic)
        )
        ratio = of_people / middle if middle > 0 and of_people > 0 else np.nan
        found.append(np.log(ratio) if np.isfinite(ratio) else 0.0)
    return np.asarray(np.clip(np.array(found), -0.5, 0.5))


def spreads(rows: Sequence[Observation], between: Mapping[str, float]) -> Array:
    """Standard deviation of each residual on the log scale.

    Ratios weigh alike whatever their size, though strong ones differ more between studies: else those that tell most of an
    inhibitor would count least.
    """
    together = Counter((row.study, row.analyte, kind(row)) for row in rows)
    return np.array(
        [
            np.hypot(
                standard_error(row),
                between[kind(row)] * np.sqrt(together[row.study, row.analyte, kind(row)]),
            )
            for row in rows
        ]
    )


def standard_error(row: Observation) -> float:
    """Relative standard error of the statistic of a row, from what is printed or usual.

    A plus-minus whose kind the source does not name is taken for a standard deviation.

    Example:
        >>> from speciosa.validation.observed.reading import read_row
        >>> cells = dict(id="a", doses="none", analyte="m", metric="Cmax", value="20", unit="ng/mL", n="16",
        ...              spread_type="sd", spread="8")
        >>> round(standard_error(read_row(cells, "a", {"m": "morphine"}, {})[0]), 3)
        0.1
        >>> cells["spread_type"] = "±"
        >>> round(standard_error(read_row(cells, "a", {"m": "morphine"}, {})[0]), 3)
        0.1
    """
    n = max(row.n or 8, 2)
    usual = USUAL_SPREAD / np.sqrt(n)
    try:
        printed = _relative(row, n)
    except (ValueError, ArithmeticError):
        printed = 0.0
    return float(np.clip(printed or usual, 0.02, 0.5))


def _relative(row: Observation, n: int) -> float:
    if row.spread_type in {"none", ""} or not row.spread:
        return 0.0
    if row.spread_type in {"sd", "se", "cv%", "unstated"}:
        size = float(row.spread) / (100.0 if row.spread_type == "cv%" else row.value)
        return float(size if row.spread_type == "se" else size / np.sqrt(n))
    low, high = interval(row.spread)
    width = float(np.log(high / low)) if low > 0 else (high - low) / row.value
    if row.spread_type in {"ci90", "ci95"}:
        return float(width / (3.29 if row.spread_type == "ci90" else 3.92))
    sd = width / (1.349 if row.spread_type == "iqr" else expected_range(n))
    return float(sd / np.sqrt(n))
