"""Drawing virtual patients: who they are, and what their bodies do with a drug."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from speciosa.errors import Fault, InputError
from speciosa.model import Equations, Model
from speciosa.population.covariance import Block, Correlations, correlation_blocks
from speciosa.population.covariates import ByGroup, Categorical, Constant, Covariate
from speciosa.population.patients import VirtualPatients
from speciosa.population.streams import normals
from speciosa.population.variability import Varying, individual

Values = NDArray[np.float64]
_SPARE = 4


@dataclass(frozen=True)
class Population:
    """The people of a study, before any is drawn.

    Attributes:
        parameters: how each parameter varies.
        covariates: by name, the distribution of what can be seen of a patient.
        correlations: between the random effects of two parameters.
        covariate_correlations: between the normal scores of two continuous covariates (a Gaussian copula).
        uncertainty_correlations: between the uncertainties of two typical values.
        uncertainty_blocks: the same, of a library: whole blocks, whose members that this model does not hold still take
            their part, so that draw k of a parameter is the same in every model.
        units: units of the covariates, by name.
        seed: any whole number; the same seed gives the same people in every arm.
        same_people: whether every draw of the uncertain parameters meets the same people (their random effects and
            covariates), rather than new ones.

    Raises:
        InputError: names every fault of every parameter, covariate and correlation.

    Example:
        >>> from speciosa.population.covariates import Normal
        >>> people = Population(
        ...     (Varying("CL", 25.0, "L/h", between_patient_sd=0.4),),
        ...     {"weight": Normal(75, 14, low=45, high=130)}, units={"weight": "kg"}, seed=1,
        ... )
        >>> people.draw(1000).frame().columns
        ['draw', 'patient', 'weight', 'CL']
    """

    parameters: tuple[Varying, ...] = ()
    covariates: Mapping[str, Covariate] = field(default_factory=dict)
    correlations: Correlations = field(default_factory=dict)
    covariate_correlations: Correlations = field(default_factory=dict)
    uncertainty_correlations: Correlations = field(default_factory=dict)
    uncertainty_blocks: tuple[Block, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    same_people: bool = False

    def __post_init__(self) -> None:
        faults = [fault for parameter in self.parameters for fault in parameter.faults()]
        names = [parameter.name for parameter in self.parameters] + list(self.covariates)
        for name in sorted({name for name in names if names.count(name) > 1}):
            faults.append(Fault(name, "one parameter or covariate of this name", "several"))
        for name, covariate in self.covariates.items():
            faults += covariate.faults(f"covariate {name}")
            faults += self._group_faults(name, covariate)
        for blocks in ("_effect_blocks", "_covariate_blocks", "_uncertainty_blocks"):
            try:
                getattr(self, blocks)
            except InputError as error:
                faults += error.faults
        for name in sorted(_twice([*self.uncertainty_blocks], self.uncertainty_correlations)):
            faults.append(Fault(f"uncertainty of {name}", "one block of correlations", "two"))
        if faults:
            raise InputError(faults)

    @classmethod
    def of(
        cls,
        model: Model | Equations,
        covariates: Mapping[str, Covariate] | None = None,
        *,
        covariate_correlations: Correlations | None = None,
        uncertainty_correlations: Correlations | None = None,
        uncertainty_blocks: tuple[Block, ...] = (),
        units: Mapping[str, str] | None = None,
        seed: int = 0,
        same_people: bool = False,
    ) -> "Population":
        """The people that a model describes, with distributions for its covariates.

        A covariate of the model that is not given has the reference patient's value in everybody. Covariates that the
        model does not use may be given, so that arms with different models meet the same people.
        """
        equations = model.build() if isinstance(model, Model) else model
        given = dict(covariates or {})
        reference = {c.name: Constant(c.value) for c in equations.covariates if c.name not in given}
        return cls(
            tuple(Varying.of(parameter) for parameter in equations.parameters),
            given | reference,
            {(c.one, c.other): c.value for c in equations.correlations},
            covariate_correlations or {},
            uncertainty_correlations or {},
            uncertainty_blocks,
            {c.name: c.unit for c in equations.covariates} | dict(units or {}),
            seed,
            same_people,
        )

    def draw(
        self,
        patients: int | range,
        draws: int | range | None = None,
        occasions: int = 1,
        typical: Mapping[str, ArrayLike] | None = None,
    ) -> VirtualPatients:
        """Draws patients; any part of them at a time gives the same people.

        Args:
            patients: how many, or which ones.
            draws: how many draws of the uncertain typical values, or which ones; None takes them as known.
            occasions: how many occasions, for parameters with between-occasion variability.
            typical: typical values drawn elsewhere (a posterior), by parameter, shape ``(draws,)``; they replace those
                drawn here.
        """
        who = range(patients) if isinstance(patients, int) else patients
        which = range(1) if draws is None else range(draws) if isinstance(draws, int) else draws
        self._check_draw(who, which, occasions, typical or {})
        people = range(1) if self.same_people else which
        values, groups, members = self._covariates(who, people)
        centres = self._typical_values(which, uncertain=draws is not None) | {
            name: np.asarray(value, dtype=float) for name, value in (typical or {}).items()
        }
        effects = self._effects(who, people)
        by_occasion = {}
        nothing = np.zeros((len(people), len(who)))
        for parameter in self.parameters:
            centre = centres[parameter.name][:, None]
            effect = effects.get(parameter.name, nothing)
            values[parameter.name] = individual(parameter.distribution, centre, effect)
            if parameter.between_occasion_sd > 0:
                further = self._occasion_effects(parameter, who, people, occasions)
                by_occasion[parameter.name] = individual(
                    parameter.scale, centre[..., None], effect[..., None] + further
                )
        shape = (len(which), len(who))
        full = {name: _spread(value, shape) for name, value in values.items()}
        full_members = {name: _spread(value, shape) for name, value in members.items()}
        units = dict(self.units) | {p.name: p.unit for p in self.parameters}
        return VirtualPatients(who, which, full, by_occasion, groups, full_members, units)

    def typical_values(self, draws: int | range) -> dict[str, Values]:
        """The uncertain typical value of every parameter in each draw, shape ``(draws,)``, as `draw` uses them."""
        return self._typical_values(range(draws) if isinstance(draws, int) else draws, True)

    def rows(
        self, patients: NDArray[np.int64], draws: NDArray[np.int64] | None = None
    ) -> dict[str, Values]:
        """Parameters and covariates of given patients in given draws, by name, shape ``(rows,)``.

        Args:
            patients: the patient of each row, in any order.
            draws: the draw of each row; None takes typical values as known.
        """
        which = np.zeros(len(patients), dtype=np.int64) if draws is None else draws
        if len(patients) == 0:
            return {name: np.empty(0) for name in self._names()}
        low, first = int(patients.min()), int(which.min())
        who, what = range(low, int(patients.max()) + 1), range(first, int(which.max()) + 1)
        if len(who) * len(what) <= _SPARE * len(patients):
            drawn = self.draw(who, None if draws is None else what).values
            return {name: drawn[name][which - first, patients - low] for name in self._names()}
        columns = {name: np.empty(len(patients)) for name in self._names()}
        for here in _together(patients, which):
            part = self.rows(patients[here], None if draws is None else which[here])
            for name, column in columns.items():
                column[here] = part[name]
        return columns

    def _names(self) -> list[str]:
        return [*self.covariates, *(parameter.name for parameter in self.parameters)]

    def _covariates(
        self, who: range, draws: range
    ) -> tuple[dict[str, Values], dict[str, tuple[str, ...]], dict[str, NDArray[np.int64]]]:
        names = tuple(self.covariates)
        scores = self._scores(names, self._covariate_blocks, "covariate", who, draws)
        quantiles = {name: ndtr(score) for name, score in scores.items()}
        groups, members, values = {}, {}, {}
        for name, covariate in self.covariates.items():
            if isinstance(covariate, Categorical):
                groups[name], members[name] = covariate.groups, covariate.group_at(quantiles[name])
        for name, covariate in self.covariates.items():
            if isinstance(covariate, ByGroup):
                by = covariate.covariate
                values[name] = covariate.within(quantiles[name], members[by], groups[by])
            else:
                values[name] = covariate.at(quantiles[name])
        return values, groups, members

    def _effects(self, who: range, draws: range) -> dict[str, Values]:
        sd = {p.name: p.between_patient_sd for p in self.parameters if p.between_patient_sd > 0}
        scores = self._scores(tuple(sd), self._effect_blocks, "between patient", who, draws)
        return {name: sd[name] * score for name, score in scores.items()}

    def _scores(
        self, names: Sequence[str], blocks: tuple[Block, ...], kind: str, who: range, draws: range
    ) -> dict[str, Values]:
        """Standard normal scores by name, shape ``(draws, patients)``, correlated within blocks."""
        independent = {name: normals(self.seed, f"{kind}: {name}", who, draws) for name in names}
        scores = dict(independent)
        for block in blocks:
            for name, row in zip(block.names, block.factor, strict=True):
                if name not in scores:
                    continue
                parts = [(w, other) for w, other in zip(row, block.names, strict=True) if w != 0]
                for _, other in parts:
                    if other not in independent:
                        independent[other] = normals(self.seed, f"{kind}: {other}", who, draws)
                # element by element: a matrix product rounds differently with the number of patients
                scores[name] = np.add.reduce([w * independent[other] for w, other in parts])
        return scores

    def _occasion_effects(
        self, parameter: Varying, who: range, draws: range, occasions: int
    ) -> Values:
        stream = f"between occasion: {parameter.name}"
        columns = [normals(self.seed, stream, who, draws, k) for k in range(occasions)]
        return parameter.between_occasion_sd * np.stack(columns, axis=-1)

    def _typical_values(self, which: range, uncertain: bool) -> dict[str, Values]:
        sd = {
            p.name: p.uncertainty_sd for p in self.parameters if uncertain and p.uncertainty_sd > 0
        }
        blocks = (*self._uncertainty_blocks, *self.uncertainty_blocks) if uncertain else ()
        scores = self._scores(tuple(sd), blocks, "uncertainty", range(1), which)
        centres, nothing = {}, np.zeros(len(which))
        for parameter in self.parameters:
            name = parameter.name
            moved = sd[name] * scores[name][:, 0] if name in sd else nothing
            centres[name] = individual(parameter.scale, parameter.typical, moved)
        return centres

    @cached_property
    def _effect_blocks(self) -> tuple[Block, ...]:
        varying = [p.name for p in self.parameters if p.between_patient_sd > 0]
        return correlation_blocks(varying, self.correlations, "between-patient correlation")

    @cached_property
    def _covariate_blocks(self) -> tuple[Block, ...]:
        varying = [n for n, c in self.covariates.items() if not isinstance(c, Categorical)]
        return correlation_blocks(varying, self.covariate_correlations, "covariate correlation")

    @cached_property
    def _uncertainty_blocks(self) -> tuple[Block, ...]:
        varying = [p.name for p in self.parameters if p.uncertainty_sd > 0]
        return correlation_blocks(
            varying, self.uncertainty_correlations, "correlation of uncertainty"
        )

    def _group_faults(self, name: str, covariate: Covariate) -> list[Fault]:
        if not isinstance(covariate, ByGroup):
            return []
        other = self.covariates.get(covariate.covariate)
        place = f"covariate {name}"
        if not isinstance(other, Categorical):
            return [Fault(place, "groups of a categorical covariate", f"{covariate.covariate!r}")]
        differing = sorted(set(other.frequencies) ^ set(covariate.choices))
        if differing:
            expected = f"one distribution for each group of {covariate.covariate}"
            return [Fault(place, expected, f"{', '.join(differing)} on one side only")]
        return []

    def _check_draw(
        self, who: range, which: range, occasions: int, typical: Mapping[str, ArrayLike]
    ) -> None:
        faults = []
        for what, numbers in (("patients", who), ("draws", which)):
            if numbers.step != 1 or numbers.start < 0 or len(numbers) == 0:
                faults.append(Fault(what, "at least one, consecutive, from 0 up", f"{numbers}"))
        if occasions < 1:
            faults.append(Fault("occasions", "at least 1", f"{occasions}"))
        names = [parameter.name for parameter in self.parameters]
        for name, values in typical.items():
            if name not in names:
                faults.append(Fault(f"typical value of {name}", "a parameter", "no such name"))
            elif np.shape(values) != (len(which),) or not np.isfinite(values).all():
                found = f"shape {np.shape(values)}" if np.isfinite(values).all() else "NaN"
                faults.append(Fault(f"typical value of {name}", f"{len(which)} finite", found))
        if faults:
            raise InputError(faults)


def _twice(blocks: Sequence[Block], correlations: Correlations) -> set[str]:
    """Names that stand in more than one block, or in a block and in a correlation of the model's own."""
    named = Counter(name for block in blocks for name in block.names)
    own = {name for pair in correlations for name in pair}
    return {name for name, times in named.items() if name in own or times > 1}


def _spread(values: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    return values if values.shape == shape else np.broadcast_to(values, shape)


def _together(patients: NDArray[np.int64], draws: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Positions of the rows of each draw, and of one draw of each run of neighbouring patients."""
    several = np.unique(draws)
    if len(several) > 1:
        for draw in several:
            yield np.flatnonzero(draws == draw)
        return
    order = np.argsort(patients, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(patients[order]) > 1) + 1)
