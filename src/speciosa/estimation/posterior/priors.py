"""Prior densities of the coordinates of a fit, with their gradients."""

from dataclasses import dataclass

import numpy as np
from scipy.special import logit

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.covariance import Block
from speciosa.estimation.objective.design import Design
from speciosa.estimation.question.schema import KINDS, Prior

_TYPICAL_SD, _RESIDUAL_SD = 2.0, 1.5
"""Of logarithms about their starts: a factor of 50, and of 20, either way."""
_COEFFICIENT_SD = 2.0
_WIDE = 10.0
"""A typical value that is normal: so many times its start, or 10 where that is below 1."""
_DEVIATION = 1.0
"""Scale of the half-normal prior of a standard deviation on a logarithmic or logit scale; on another three times its start."""


@dataclass(frozen=True)
class Priors:
    """Priors of all coordinates.

    Attributes:
        mean, sd: of the normal ones, by coordinate; infinite where there is another.
        scales: of the standard deviations of random effects, half-normal: of each block, in its order.
        blocks: of random effects.
        eta: of the correlations (Lewandowski, Kurowicka and Joe 2009, doi:10.1016/j.jmva.2009.04.008); 1 is uniform.
    """

    mean: Floats
    sd: Floats
    scales: tuple[Floats, ...]
    blocks: tuple[Block, ...]
    eta: float

    def density(self, x: Floats) -> tuple[float, Floats]:
        """Logarithm of the density of the coordinates, up to a constant, and its gradient."""
        off = (x - self.mean) / self.sd
        value, slope = -0.5 * float(off @ off), -off / self.sd
        for block, scale in zip(self.blocks, self.scales, strict=True):
            if block.first >= 0:
                value += self._block(block, scale, x, slope)
        return value, slope

    def _block(self, block: Block, scale: Floats, x: Floats, slope: Floats) -> float:
        """Half-normal standard deviations and correlations, in the rows of the Cholesky factor; adds to the gradient.

        A row of m numbers beside its diagonal is a length s, the standard deviation, and a direction, of which the element of
        the diagonal is c; its volume is ``s^m / c`` times that of s and of the numbers beside c, and the density of
        the correlations has ``c^(n - i + 2 eta - 2)`` of row i.
        """
        n, at, total = block.size, block.first, 0.0
        for i in range(n):
            columns = at + np.arange(i + 1)
            row = x[columns].copy()
            row[i] = np.exp(row[i])
            square = float(row @ row)
            s, power = np.sqrt(square), n - 1 - i + 2 * self.eta - 1
            if n == 1:
                power = 0.0
            total += -0.5 * square / scale[i] ** 2 + x[columns[i]]
            total += power * (x[columns[i]] - np.log(s)) - i * np.log(s)
            by_log_s = -square / scale[i] ** 2 - power - i
            by_row = by_log_s * row / square
            by_row[i] = by_row[i] * row[i] + power + 1.0
            slope[columns] += by_row
            at += i + 1
        return total


def _put(
    mean: Floats,
    sd: Floats,
    column: int,
    said: Prior | None,
    scale: str,
    wide: float,
    shape: float = 1.0,
) -> None:
    sd[column] = wide
    if said is None:
        return
    sd[column] = said.sd
    if said.mean is not None and scale == "box-cox":
        mean[column] = (said.mean**shape - 1) / shape
    elif said.mean is not None:
        mean[column] = {"log-normal": np.log, "logit-normal": logit}.get(scale, float)(said.mean)


def priors_of(design: Design) -> Priors:
    """Those of the fit file, and wide ones about the starts of the rest."""
    said, start = design.question.priors, design.start()
    mean, sd = start.copy(), np.full(len(start), np.inf)
    for column, k in enumerate(design.typical):
        parameter = design.parameters[k]
        wide = (
            _WIDE * max(abs(parameter.start), 1.0) if parameter.scale == "normal" else _TYPICAL_SD
        )
        _put(mean, sd, column, said.get(parameter.name), parameter.scale, wide, parameter.shape)
    for i, name in enumerate(design.coefficients):
        _put(mean, sd, len(design.typical) + i, said.get(name), "normal", _COEFFICIENT_SD)
    at = 0
    for error in design.question.errors:
        kinds = KINDS[error.kind] or ("threshold",) * len(error.starts)
        for kind, name in zip(kinds, error.parameter_names, strict=True):
            column = int(design.residual_columns[at])
            at += 1
            if column >= 0:
                plain = kind in ("threshold", "exponent")
                wide = 5.0 if plain else _RESIDUAL_SD
                scale = "normal" if plain else "log-normal"
                _put(mean, sd, column, said.get(name), scale, wide)
    scales = []
    blocks = (*design.blocks[0], *design.blocks[1])
    of = [design.varying] * len(design.blocks[0]) + [design.changing] * len(design.blocks[1])
    for block, places in zip(blocks, of, strict=True):
        between = places is design.varying
        own = []
        for i, place in enumerate(block.places):
            parameter = design.parameters[places[place]]
            prior = said.get(f"{'omega2' if between else 'pi2'}.{parameter.name}")
            wide = 3 * np.sqrt(block.start[i, i]) if parameter.scale == "normal" else _DEVIATION
            own.append(prior.sd if prior is not None else float(wide))
        scales.append(np.array(own))
    return Priors(mean, sd, tuple(scales), blocks, design.question.lkj)
