"""Solving an arm for virtual patients under every draw of the uncertain parameters."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from speciosa.errors import ConvergenceError
from speciosa.model import Equations
from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.breathing.physiology import solver
from speciosa.pharmacology.calibrated import related
from speciosa.pharmacology.covariates import Description, covariates
from speciosa.pharmacology.dosing import SubstanceDoses
from speciosa.pharmacology.exposure.absorption import Way
from speciosa.pharmacology.exposure.phenotypes import Frequencies, groups
from speciosa.population import Constant, Normal, Population
from speciosa.population.covariates import Categorical, Covariate
from speciosa.validation.metrics import Array

WEIGHT = Normal(73.0, 12.0, low=45.0, high=120.0)
"""Body weight of volunteers and patients where a study does not say."""

MOST_FAILED = 0.1
"""A prediction that rests on fewer than nine in ten of the virtual patients is not given."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many draws of the uncertain parameters, and the seed."""

    draws: int = 80
    seed: int = 1


FREE_BREATHING = frozenset(
    {
        "minute_ventilation",
        "free_ventilation_fraction",
        "respiratory_rate",
        "petco2_mmhg",
        "arterial_po2_mmhg",
        "brain_po2_mmhg",
        "blood_flow",
    }
)
LABORATORY_H = 24.0
LASTING = frozenset({"transdermal", "depot"})
"""Where all doses begin within this time by other routes than these, free breathing is followed second by second; in longer
courses it is settled."""


def model_of(plan: SubstanceDoses, outputs: Sequence[str]) -> Equations:
    """The model that an arm and its outputs need."""
    last_h = max((dose.times_h[-1] for dose in plan.doses), default=math.inf)
    soon = last_h <= LABORATORY_H and all(way.route not in LASTING for way in plan.ways)
    followed = soon and not FREE_BREATHING.isdisjoint(outputs)
    return _built(plan.substances, tuple(outputs), plan.ways, followed)


@lru_cache(maxsize=512)
def _built(
    substances: tuple[str, ...], outputs: tuple[str, ...], ways: tuple[Way, ...], followed: bool
) -> Equations:
    return system(substances, outputs, ways=ways, dynamic_co2=followed).build()


def people(equations: Equations, patient: Description, seed: int) -> Population:
    """Who is simulated: as described, and drawn where the description is silent."""
    declared = [record.name for record in equations.covariates]
    who: dict[str, Covariate] = {}
    known = patient.implied
    for name in declared:
        if name in known:
            who[name] = Constant(known[name])
        elif name == "weight":
            who[name] = WEIGHT
        elif (found := groups(name)) is not None:
            who[name] = _drawn(found)
        elif name in covariates():
            who[name] = Constant(covariates()[name].reference)
    return Population.of(equations, who, uncertainty_blocks=related(), seed=seed)


def _drawn(found: Frequencies) -> Covariate:
    """Groups by how common they are."""
    labels = [f"{value:g}" for value in found.values]
    return Categorical(
        dict(zip(labels, found.shares, strict=True)), dict(zip(labels, found.values, strict=True))
    )


def solve(
    plan: SubstanceDoses,
    outputs: Sequence[str],
    patient: Description,
    times: Array,
    *,
    patients: int,
    draws: int | None,
    seed: int,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Outputs of an arm, each of shape ``(draws, patients, times)``, and the covariates ``(draws, patients)``.

    `draws` is the number of draws of the uncertain parameters; None stands for their typical values.

    Raises:
        ConvergenceError: more than `MOST_FAILED` of the patients could not be solved.
    """
    from speciosa.engine import simulate

    equations = model_of(plan, outputs)
    drawn = people(equations, patient, seed).draw(patients, draws)
    names = [record.name for record in equations.parameters]
    names += [record.name for record in equations.covariates]
    columns = {name: drawn.values[name].ravel() for name in names}
    result = simulate(
        equations,
        plan.regimen(equations.target_names),
        parameters=columns,
        times=times,
        method=solver(equations),
    )
    if np.mean(~result.ok) > MOST_FAILED:
        reason = str(result.status[~result.ok][0])
        raise ConvergenceError(
            f"{np.mean(~result.ok):.0%} of the virtual patients failed: {reason}."
        )
    shape = (len(drawn.draws), len(drawn.patients), len(times))
    known = {record.name for record in equations.covariates}
    return (
        {name: np.asarray(result[name]).reshape(shape) for name in outputs},
        {name: value for name, value in drawn.values.items() if name in known},
    )


def typical(
    plan: SubstanceDoses,
    outputs: Sequence[str],
    patient: Description,
    times: Array,
    among: Sequence[str] = (),
) -> Mapping[str, Array]:
    """Outputs of an arm in the typical patient, each of shape ``(1, times)``; of the model with the outputs `among` where given."""
    from speciosa.engine import simulate

    equations = model_of(plan, among or outputs)
    values = {
        record.name: patient.implied.get(record.name, record.value)
        for record in equations.covariates
    }
    table = {record.name: record.value for record in equations.parameters} | values
    columns = {name: np.array([value]) for name, value in table.items()}
    result = simulate(
        equations,
        plan.regimen(equations.target_names),
        parameters=columns,
        times=times,
        method=solver(equations),
    )
    if not result.ok.all():
        raise ConvergenceError(f"The typical patient failed: {result.status[0]}.")
    return {name: np.asarray(result[name]) for name in outputs}
