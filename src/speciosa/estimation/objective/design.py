"""From estimated numbers to parameters of every subject: scales, covariates, random effects, and all their derivatives.

Estimated numbers ("coordinates") have no bounds: logarithms of typical values and standard deviations, Cholesky factors.
A parameter on the scale on which individuals vary is ``u = g(theta c(x)) + eta + kappa``, with g the logarithm for log-normal ones.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.objective.covariance import Block, Spread, spread
from speciosa.estimation.objective.evaluation import UnsolvedError
from speciosa.estimation.question.prepare import Prepared
from speciosa.estimation.question.schema import KINDS, ErrorModel, Parameter, Question
from speciosa.estimation.records import BOX_COX, EXPONENTIAL, IDENTITY, LOGISTIC

SCALES = {
    "log-normal": EXPONENTIAL,
    "normal": IDENTITY,
    "logit-normal": LOGISTIC,
    "box-cox": BOX_COX,
}


class Individuals(NamedTuple):
    """Parameters of all groups of records at given coordinates.

    Attributes:
        base: without random effects, ``(groups, parameters)``.
        slope: by every variable of the kernel, ``(groups, parameters, variables)``.
        chain: derivatives of the variables by the coordinates, ``(subjects, variables, coordinates)``.
        residual: parameters of all endpoints.
        spread: covariance of the random effects.
    """

    base: Floats
    slope: Floats
    chain: Floats
    residual: Floats
    spread: Spread


def repeated_individuals(at: Individuals, copies: int) -> Individuals:
    """The same parameters for each of several copies of the subjects; derivatives by the coordinates are of one copy."""
    if copies == 1:
        return at
    base, slope = np.tile(at.base, (copies, 1)), np.tile(at.slope, (copies, 1, 1))
    return at._replace(base=base, slope=slope)


@dataclass(frozen=True)
class Design:
    """How coordinates become parameters of subjects.

    Attributes:
        question: what is asked.
        prepared: the data.
    """

    question: Question
    prepared: Prepared

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Of the model."""
        return self.question.parameters

    @cached_property
    def typical(self) -> tuple[int, ...]:
        """Parameters whose typical value is estimated; their coordinates come first."""
        return tuple(k for k, p in enumerate(self.parameters) if not p.fixed)

    @cached_property
    def coefficients(self) -> tuple[str, ...]:
        """Coefficients that are estimated; their coordinates come second."""
        fixed = self.question.fixed_coefficients
        return tuple(c for c in self.question.coefficients if c not in fixed)

    @cached_property
    def varying(self) -> tuple[int, ...]:
        """Parameters with a random effect between individuals."""
        return tuple(k for k, p in enumerate(self.parameters) if p.between > 0)

    @cached_property
    def changing(self) -> tuple[int, ...]:
        """Parameters with a random effect of the occasion."""
        return tuple(k for k, p in enumerate(self.parameters) if p.occasion > 0)

    @property
    def occasions(self) -> int:
        """Occasions with effects of their own."""
        return self.prepared.occasions if self.changing else 0

    @property
    def effects(self) -> int:
        """Random effects of a subject."""
        return len(self.varying) + len(self.changing) * self.occasions

    @cached_property
    def residual_columns(self) -> Integers:
        """Coordinates of the residual parameters, -1 for those that are fixed."""
        at = len(self.typical) + len(self.coefficients)
        columns = []
        for error in self.question.errors:
            for _ in error.starts:
                columns.append(-1 if error.fixed else at)
                at += 0 if error.fixed else 1
        return np.array(columns, dtype=np.int64)

    @cached_property
    def blocks(self) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
        """Blocks between individuals, and those between occasions."""
        at = len(self.typical) + len(self.coefficients) + int((self.residual_columns >= 0).sum())
        of = {p.name: p for p in self.parameters}
        places = {self.parameters[k].name: i for i, k in enumerate(self.varying)}
        grouped = [*self.question.blocks]
        grouped += [(name,) for name in places if not any(name in b for b in self.question.blocks)]
        grouped.sort(key=lambda names: min(places[n] for n in names))
        between = []
        for names in grouped:
            start = np.diag([of[n].between for n in names])
            for (one, other), value in self.question.covariances.items():
                if one in names and other in names:
                    i, k = names.index(one), names.index(other)
                    start[i, k] = start[k, i] = value
            fixed = all(of[n].fixed_between for n in names)
            block = Block(tuple(places[n] for n in names), -1 if fixed else at, start)
            between.append(block)
            at += block.parameters
        within = []
        for i, k in enumerate(self.changing):
            parameter = self.parameters[k]
            start = np.array([[parameter.occasion]])
            block = Block((i,), -1 if parameter.fixed_between else at, start)
            within.append(block)
            at += block.parameters
        return tuple(between), tuple(within)

    @cached_property
    def size(self) -> int:
        """Number of coordinates."""
        blocks = (*self.blocks[0], *self.blocks[1])
        own = int((self.residual_columns >= 0).sum())
        return len(self.typical) + len(self.coefficients) + own + sum(b.parameters for b in blocks)

    @cached_property
    def spreads(self) -> Integers:
        """Coordinates that are logarithms of standard deviations of random effects, or of a factor's diagonal."""
        found = [
            block.first + i * (i + 3) // 2
            for block in (*self.blocks[0], *self.blocks[1])
            if block.first >= 0
            for i in range(block.size)
        ]
        return np.array(found, dtype=np.int64)

    @cached_property
    def deviations(self) -> Integers:
        """Coordinates that are logarithms of standard deviations of any kind, and of overdispersion."""
        names = [
            name
            for error in self.question.errors
            for name in KINDS[error.kind] or ("threshold",) * len(error.starts)
        ]
        own = [
            int(c)
            for c, name in zip(self.residual_columns, names, strict=True)
            if c >= 0 and name not in ("threshold", "exponent")
        ]
        return np.array(sorted([*own, *self.spreads]), dtype=np.int64)

    def start(self) -> Floats:
        """Coordinates at the starts of the file."""
        found = [_inward(self.parameters[k], self.parameters[k].start) for k in self.typical]
        found += [self.question.coefficients[c] for c in self.coefficients]
        for error in self.question.errors:
            if not error.fixed:
                found += residual_coordinates(error)
        for block in (*self.blocks[0], *self.blocks[1]):
            found += block.to_parameters()
        return np.array(found)

    def coefficient_values(self, x: Floats) -> dict[str, float]:
        """All coefficients of covariates."""
        free = {c: float(x[len(self.typical) + i]) for i, c in enumerate(self.coefficients)}
        return {**self.question.coefficients, **free}

    def residual(self, x: Floats) -> Floats:
        """Parameters of all endpoints on the scales on which they are estimated."""
        fixed = [v for error in self.question.errors for v in residual_coordinates(error)]
        columns = self.residual_columns
        return np.array([x[c] if c >= 0 else v for c, v in zip(columns, fixed, strict=True)])

    def _scaled(self, x: Floats) -> tuple[Floats, Floats]:
        """Parameters of each group without random effects, and their derivatives by the coordinates."""
        groups = len(self.prepared.group_subject)
        base = np.zeros((groups, len(self.parameters)))
        slope = np.zeros((groups, len(self.parameters), len(x)))
        values = self.coefficient_values(x)
        before = len(self.typical)
        places = {c: i for i, c in enumerate(self.coefficients)}
        for k, parameter in enumerate(self.parameters):
            inward = _inward(parameter, parameter.start)
            column = self.typical.index(k) if k in self.typical else -1
            own = x[column] if column >= 0 else inward
            if parameter.covariates is None:
                base[:, k] = own
                if column >= 0:
                    slope[:, k, column] = 1.0
                continue
            columns = self.prepared.columns or {"": np.zeros(groups)}
            found = parameter.covariates.evaluate(columns, values, places, self.prepared.texts)
            value, by = found.value, found.slope
            where = slice(before, before + len(self.coefficients))
            with np.errstate(all="ignore"):
                if parameter.scale == "log-normal":
                    base[:, k] = own + np.log(value)
                    slope[:, k, where] = by / value[:, None]
                    factor: Floats | float = 1.0
                elif parameter.scale == "box-cox":
                    turned, shape = value**parameter.shape, parameter.shape
                    base[:, k] = (turned * (1 + shape * own) - 1) / shape
                    slope[:, k, where] = by * (turned / value * (1 + shape * own))[:, None]
                    factor = turned
                else:
                    base[:, k] = own * value
                    slope[:, k, where] = own * by
                    factor = value
            if column >= 0:
                slope[:, k, column] = factor
        return base, slope

    @cached_property
    def _differing(self) -> Integers:
        """Coordinates that move the groups of one subject by different amounts: each is a variable of its own."""
        groups, subject = len(self.prepared.group_subject), self.prepared.group_subject
        first = np.searchsorted(subject, np.arange(len(self.prepared.ids)))
        if groups == len(self.prepared.ids):
            return np.zeros(0, dtype=np.int64)
        uses: set[int] = set()
        places = {c: len(self.typical) + i for i, c in enumerate(self.coefficients)}
        for k, parameter in enumerate(self.parameters):
            if parameter.covariates is None:
                continue
            names = {n.upper() for n in parameter.covariates.names} & self.prepared.columns.keys()
            moving = any(
                (self.prepared.columns[n] != self.prepared.columns[n][first][subject]).any()
                for n in names
            )
            if not moving:
                continue
            uses |= {places[n] for n in parameter.covariates.names if n in places}
            if parameter.scale in ("normal", "box-cox") and k in self.typical:
                uses.add(self.typical.index(k))
        return np.array(sorted(uses), dtype=np.int64)

    @cached_property
    def variables(self) -> int:
        """Variables of the kernel: parameters, effects of occasions, coordinates that move groups differently."""
        within = len(self.changing) * self.occasions
        return len(self.parameters) + within + len(self._differing)

    @cached_property
    def random(self) -> Integers:
        """The variables that are random effects."""
        first = len(self.parameters)
        within = range(first, first + len(self.changing) * self.occasions)
        return np.array([*self.varying, *within], dtype=np.int64)

    @cached_property
    def other(self) -> Integers:
        """Further variables that coordinates move."""
        first = len(self.parameters) + len(self.changing) * self.occasions
        moved = {k for k in self.typical if k not in self.varying}
        for k, parameter in enumerate(self.parameters):
            used = parameter.covariates is not None and any(
                c in parameter.covariates.names for c in self.coefficients
            )
            if used and k not in self.varying:
                moved.add(k)
        return np.array(
            [*sorted(moved), *range(first, first + len(self._differing))], dtype=np.int64
        )

    def individuals(self, x: Floats) -> Individuals:
        """Parameters of all groups at some coordinates.

        Raises:
            LinAlgError: a covariance that is not positive definite.
            UnsolvedError: a parameter that its covariates make no number.
        """
        if self._affine is not None:
            constant, moved, slope, chain = self._affine
            base = constant + moved @ x
        else:
            base, moved = self._scaled(x)
            slope, chain = self._moved(moved)
        bad = np.argwhere(~np.isfinite(base))
        if len(bad):
            group, k = bad[0]
            who = self.prepared.ids[self.prepared.group_subject[group]]
            raise UnsolvedError(
                f"{self.parameters[k].name} of subject {who:g} is not a number above 0 with its covariates."
            )
        own = spread(*self.blocks, len(self.varying), len(self.changing), self.occasions, x)
        return Individuals(base, slope, chain, self.residual(x), own)

    @cached_property
    def _affine(self) -> tuple[Floats, Floats, Floats, Floats] | None:
        """Parameters at coordinates of 0, their derivatives, slope and chain, where these are the same at all coordinates."""
        used = {n for p in self.parameters if p.covariates is not None for n in p.covariates.names}
        if used & set(self.coefficients):
            return None
        constant, moved = self._scaled(np.zeros(self.size))
        return constant, moved, *self._moved(moved)

    def _moved(self, moved: Floats) -> tuple[Floats, Floats]:
        """Slope and chain from the derivatives of the parameters of all groups by the coordinates."""
        groups, count, size = moved.shape
        subject, occasion = self.prepared.group_subject, self.prepared.group_occasion
        slope = np.zeros((groups, count, self.variables))
        slope[:, np.arange(count), np.arange(count)] = 1.0
        for i, k in enumerate(self.changing):
            slope[np.arange(groups), k, count + occasion * len(self.changing) + i] = 1.0
        first = np.searchsorted(subject, np.arange(len(self.prepared.ids)))
        chain = np.zeros((len(self.prepared.ids), self.variables, size))
        last = count + len(self.changing) * self.occasions
        differing = self._differing
        slope[:, :, last:] = moved[:, :, differing]
        chain[:, :count, :] = moved[first]
        chain[:, :count, differing] = 0.0
        for i, column in enumerate(differing):
            chain[:, last + i, column] = 1.0
        return slope, chain


def _inward(parameter: Parameter, value: float) -> float:
    """A typical value on the scale on which it is estimated."""
    if parameter.scale == "log-normal":
        return float(np.log(value))
    if parameter.scale == "logit-normal":
        return float(np.log(value / (1 - value)))
    if parameter.scale == "box-cox":
        return float((value**parameter.shape - 1) / parameter.shape)
    return float(value)


def residual_coordinates(error: ErrorModel) -> list[float]:
    """Residual parameters on the scales on which they are estimated: logarithms, but for exponents and first thresholds."""
    if error.kind == "ordered":
        gaps = np.diff(error.starts)
        return [float(error.starts[0]), *np.log(gaps).tolist()]
    names = KINDS[error.kind]
    return [
        float(value if name == "exponent" else np.log(value))
        for name, value in zip(names, error.starts, strict=True)
    ]
