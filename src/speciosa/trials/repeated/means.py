"""Least-squares means: the model's prediction in each arm and visit, the rest of the model held at its middle.

Source: Searle SR, Speed FM, Milliken GA. Am Stat 1980;34:216 (doi:10.1080/00031305.1980.10483031).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, InputError
from speciosa.trials.repeated.formula import Column, Formula
from speciosa.trials.repeated.records import Records

Array = NDArray[np.float64]


def treatment(formula: Formula, records: Records, visit: str, arm: str | None) -> str | None:
    """The factor whose levels are compared.

    Raises:
        InputError: a name that is no factor of the formula, or several factors that interact with the visit and none named.
    """
    others = [name for name in records.levels if name != visit]
    if arm is not None:
        if arm not in others:
            raise InputError(Fault("arm", f"one of {', '.join(others) or 'no factor'}", arm))
        return arm
    crossed = [name for name in others if any({name, visit} <= set(term) for term in formula.terms)]
    found = crossed or (others if len(others) == 1 else [])
    if len(found) > 1:
        names = ", ".join(found)
        raise InputError(Fault("arm", f"which of {names} is compared", "none named"))
    return found[0] if found else None


def cell_means(
    columns: Sequence[Column], records: Records, visit: str, arm: str | None
) -> dict[tuple[str, str], Array]:
    """Weights of the coefficients that make the mean of each arm and visit.

    Other factors count with equal weights for their levels, numbers at their mean over the rows used.

    Args:
        columns: of the design.
        records: with levels and numbers.
        visit: column of the visit.
        arm: the factor compared; None gives means by visit, with an empty name of the arm.
    """
    averages = {name: float(values.mean()) for name, values in records.numbers.items()}
    found = {}
    for level in records.levels[arm] if arm else ("",):
        for name in records.visits:
            held = {visit: name} | ({arm: level} if arm else {})
            found[level, name] = np.array(
                [_weight(c, held, records.levels, averages) for c in columns]
            )
    return found


def _weight(
    column: Column,
    held: Mapping[str, str],
    levels: Mapping[str, Sequence[str]],
    averages: Mapping[str, float],
) -> float:
    weight = 1.0
    for factor, level in column.levels:
        weight *= float(held[factor] == level) if factor in held else 1 / len(levels[factor])
    for name in column.numbers:
        weight *= averages[name]
    return weight
