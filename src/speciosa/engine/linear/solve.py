"""Linear models solved exactly: by their modes, or by matrix exponentials where modes lose digits.

Doses, infusions, lags, steady states, resets, replaced states and changing covariates of every patient are those of
its `Schedule`. There is no step size and no error of integration: what remains is rounding, some 1e-12 of the peak.
"""

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.linear.chunk import LinearChunk
from speciosa.engine.linear.system import linear_system
from speciosa.engine.schedule import Schedule
from speciosa.model import Equations

Values = NDArray[np.float64]

_BATCH = 2048


def supports(equations: Equations) -> bool:
    """Whether a model is linear: every rate affine in the states, with coefficients constant between events."""
    return linear_system(equations) is not None


def simulate_chunk(
    equations: Equations,
    schedule: Schedule,
    of_row: NDArray[np.int32],
    parameters: Values,
    covariates: Values,
    times: Values,
    before: bool = False,
    into: Values | None = None,
    first: int = 0,
) -> tuple[Values, NDArray[np.int8]]:
    """Outputs of many patients at common times.

    Args:
        equations: a linear model.
        schedule: the distinct schedules.
        of_row: the schedule of each row, shape ``(rows,)``.
        parameters: shape ``(parameters, rows)``.
        covariates: before any change, shape ``(covariates, rows)``.
        times: hours in ascending order.
        before: whether what is observed at the time of an event comes before it, rather than after.
        into: where outputs are written, shape ``(outputs, more rows, times)``; a new array where left out.
        first: where in `into` the first row stands.

    Returns:
        Outputs, shape ``(outputs, rows, times)``, NaN where a row failed; and the status code of each row.
    """
    earliest = float(times[0]) if len(times) else 0.0
    chunk = LinearChunk.of(equations, schedule, of_row, parameters, covariates, earliest)
    rows = len(of_row)
    outputs = np.empty((len(equations.outputs), rows, len(times))) if into is None else into
    codes = np.zeros(rows, dtype=np.int64)
    if len(times):
        for start in range(0, rows, _BATCH):
            part = slice(start, min(start + _BATCH, rows))
            some = chunk if rows <= _BATCH else chunk.part(part)
            codes[part] = some.common(times, outputs, first + start, before)
    return outputs[:, first : first + rows], codes.astype(np.int8)
