"""What an assay and a sampling add to a prediction: residual error, drawn for each observation record."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, nearest
from speciosa.population.streams import normals

Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ResidualError:
    """Standard deviations of what is drawn for an observation: ``y = f exp(e) + f p + a``, all three independent and normal.

    Attributes:
        additive: of a, in the unit of the output.
        proportional: of p, a share of the prediction.
        exponential: of e, on the logarithm of the prediction.

    Example:
        >>> ResidualError(additive=0.1, proportional=0.2).exponential
        0.0
    """

    additive: float = 0.0
    proportional: float = 0.0
    exponential: float = 0.0


Residuals = ResidualError | Mapping[str, ResidualError]


def residual_faults(
    residual: Residuals | None, outputs: tuple[str, ...], seed: int
) -> Iterator[Fault]:
    """Standard deviations that cannot be, outputs that the model does not have, a seed that is no whole number."""
    for name, one in _by_output(residual, outputs).items():
        if name not in outputs:
            close = nearest(name, outputs) or list(outputs)
            fix = f"Known: {', '.join(close)}."
            yield Fault(f"residual, {name}", "an output of the model", repr(name), fix)
        for field in fields(one):
            value = getattr(one, field.name)
            if not (isinstance(value, int | float) and 0 <= value < math.inf):
                where = f"residual, {name}, {field.name}"
                yield Fault(where, "a standard deviation of 0 or more", repr(value))
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        yield Fault("seed", "a whole number of 0 or more", repr(seed))


def observed(predicted: Real, wanted: NDArray[np.str_], residual: Residuals, seed: int) -> Real:
    """Predictions with residual error; record k has the same random numbers whatever the others are.

    Args:
        predicted: of each record.
        wanted: the output of each.
        residual: of each output; an output that is not named has none.
        seed: of the random numbers.
    """
    outputs = tuple(dict.fromkeys(wanted.tolist()))
    found = predicted.copy()
    records = range(len(predicted))
    drawn = {
        field.name: normals(seed, f"residual {field.name}", records)[0]
        for field in fields(ResidualError)
    }
    for name, one in _by_output(residual, outputs).items():
        of = wanted == name
        f, z = predicted[of], {kind: values[of] for kind, values in drawn.items()}
        found[of] = (
            f * np.exp(one.exponential * z["exponential"])
            + f * one.proportional * z["proportional"]
            + one.additive * z["additive"]
        )
    return found


def _by_output(residual: Residuals | None, outputs: tuple[str, ...]) -> Mapping[str, ResidualError]:
    if residual is None:
        return {}
    return dict.fromkeys(outputs, residual) if isinstance(residual, ResidualError) else residual
