"""From coordinates to the numbers that are reported, each with its derivatives, its name and the scale of its interval."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.design import Design
from speciosa.estimation.question.schema import KINDS, ErrorModel


@dataclass(frozen=True)
class Reported:
    """Numbers that are reported.

    Attributes:
        names: ``CL``, coefficients, ``plasma.proportional``, ``omega2.CL``, ``omega.CL.V``, ``pi2.CL``.
        values: of them.
        jacobian: by the coordinates, ``(names, coordinates)``.
        scales: on which an interval is symmetric.
        estimated: which are estimated, and not fixed.
    """

    names: tuple[str, ...]
    values: Floats
    jacobian: Floats
    scales: tuple[Literal["log", "logit", "identity"], ...]
    estimated: tuple[bool, ...]

    @property
    def of(self) -> dict[str, float]:
        """Values by name."""
        return dict(zip(self.names, self.values.tolist(), strict=True))


@dataclass
class _Collected:
    size: int
    rows: list[tuple[str, float, Floats, str, bool]]

    def add(self, name: str, value: float, scale: str, slopes: dict[int, float]) -> None:
        """Notes one number; one without derivatives is fixed."""
        row = np.zeros(self.size)
        for column, slope in slopes.items():
            row[column] = slope
        self.rows.append((name, float(value), row, scale, bool(slopes)))


def coordinate_of(told: Reported, name: str) -> int | None:
    """The one coordinate that a number depends on; None where it is fixed, or depends on several."""
    if name not in told.names:
        return None
    moved = np.flatnonzero(told.jacobian[told.names.index(name)])
    return int(moved[0]) if len(moved) == 1 else None


def reported(design: Design, x: Floats) -> Reported:
    """What is reported at coordinates `x`."""
    found = _Collected(len(x), [])
    for k, parameter in enumerate(design.parameters):
        if k not in design.typical:
            found.add(parameter.name, parameter.start, "identity", {})
            continue
        column = design.typical.index(k)
        if parameter.scale == "log-normal":
            value = float(np.exp(x[column]))
            found.add(parameter.name, value, "log", {column: value})
        elif parameter.scale == "logit-normal":
            value = float(1 / (1 + np.exp(-x[column])))
            found.add(parameter.name, value, "logit", {column: value * (1 - value)})
        elif parameter.scale == "box-cox":
            inner = max(1 + parameter.shape * float(x[column]), 1e-300)
            value = float(inner ** (1 / parameter.shape))
            found.add(parameter.name, value, "log", {column: value / inner})
        else:
            found.add(parameter.name, float(x[column]), "identity", {column: 1.0})
    values = design.coefficient_values(x)
    for name, value in values.items():
        at = (
            len(design.typical) + design.coefficients.index(name)
            if name in design.coefficients
            else -1
        )
        found.add(name, value, "identity", {at: 1.0} if at >= 0 else {})
    at = 0
    for error in design.question.errors:
        columns = design.residual_columns[at : at + len(error.starts)]
        _residual(found, error, x, [int(c) for c in columns])
        at += len(error.starts)
    _covariances(found, design, x)
    names, numbers, rows, scales, estimated = zip(*found.rows, strict=True)
    return Reported(names, np.array(numbers), np.array(rows), scales, estimated)


def _residual(found: _Collected, error: ErrorModel, x: Floats, columns: list[int]) -> None:
    if error.kind == "ordered":
        total, slopes = 0.0, {}
        for k, name in enumerate(error.parameter_names):
            if columns[k] < 0:
                found.add(name, error.starts[k], "identity", {})
                continue
            own = float(x[columns[k]]) if k == 0 else float(np.exp(x[columns[k]]))
            total += own
            slopes[columns[k]] = 1.0 if k == 0 else own
            found.add(name, total, "identity", dict(slopes))
        return
    for kind, name, column, start in zip(
        KINDS[error.kind], error.parameter_names, columns, error.starts, strict=True
    ):
        if column < 0:
            found.add(name, start, "identity", {})
        elif kind == "exponent":
            found.add(name, float(x[column]), "identity", {column: 1.0})
        else:
            value = float(np.exp(x[column]))
            found.add(name, value, "log", {column: value})


def _covariances(found: _Collected, design: Design, x: Floats) -> None:
    between, within = design.blocks
    for blocks, of, one, both in (
        (between, design.varying, "omega2", "omega"),
        (within, design.changing, "pi2", "pi"),
    ):
        for block in blocks:
            matrix, slopes = block.covariance(x)
            for i in range(block.size):
                for k in range(i + 1):
                    first = design.parameters[of[block.places[i]]].name
                    second = design.parameters[of[block.places[k]]].name
                    name = f"{one}.{first}" if i == k else f"{both}.{second}.{first}"
                    by = {block.first + s: float(slopes[s, i, k]) for s in range(len(slopes))}
                    scale = "log" if i == k else "identity"
                    found.add(name, float(matrix[i, k]), scale, by)
