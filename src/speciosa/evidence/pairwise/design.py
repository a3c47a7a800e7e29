"""Moderators to the columns of a design: numbers as they are, words as indicators against a first level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from speciosa.errors import EvidenceError, Fault, nearest
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.table.columns import MISSING, NOTHING, resolve


@dataclass(frozen=True, eq=False, slots=True)
class Design:
    """The design of a meta-regression.

    Attributes:
        names: of the coefficients, ``intercept`` first, then ``latitude`` or ``allocation[random]``.
        matrix: shape ``(studies, coefficients)``.
        complete: which studies have all moderators.
    """

    names: tuple[str, ...]
    matrix: Floats
    complete: np.typing.NDArray[np.bool_]


def design_of(table: pl.DataFrame, moderators: Sequence[str]) -> Design:
    """The design of the named moderators.

    A column of numbers enters as it is; any other as indicators of its levels but the first, in
    the order of the alphabet. A study with a missing moderator is marked as incomplete.

    Raises:
        EvidenceError: a column does not exist or has one value only.

    Example:
        >>> frame = pl.DataFrame({"latitude": [44, 13], "design": ["random", "alternate"]})
        >>> design_of(frame, ["design"]).names
        ('intercept', 'design[random]')
    """
    faults: list[Fault] = []
    names, columns = ["intercept"], [np.ones(len(table))]
    complete = np.ones(len(table), bool)
    for wanted in moderators:
        column = wanted if wanted in table.columns else resolve(table, wanted)
        if column is None:
            close = nearest(wanted, table.columns, 1)
            fix = f"Did you mean {close[0]}?" if close else "Known: " + ", ".join(table.columns)
            faults.append(Fault(f"moderator {wanted!r}", "a column of the data", "none", fix))
            continue
        cells = ["" if c is None else str(c).strip() for c in table[column].to_list()]
        numbers = _are_numbers([c for c in cells if c.casefold() not in MISSING])
        present = np.array([c.casefold() not in (MISSING if numbers else NOTHING) for c in cells])
        complete &= present
        levels = sorted({c for c, there in zip(cells, present, strict=True) if there})
        if len(levels) < 2:
            found = f"only {levels[0]!r}" if levels else "nothing"
            faults.append(Fault(f"moderator {wanted!r}", "at least two values", found))
            continue
        if numbers:
            names.append(wanted)
            columns.append(
                np.array([float(c) if p else 0.0 for c, p in zip(cells, present, strict=True)])
            )
        else:
            names.extend(f"{wanted}[{level}]" for level in levels[1:])
            columns.extend(np.array([float(c == level) for c in cells]) for level in levels[1:])
    if faults:
        raise EvidenceError(faults)
    return Design(tuple(names), np.column_stack(columns), complete)


def _are_numbers(levels: Sequence[str]) -> bool:
    try:
        return all(np.isfinite(float(level)) for level in levels)
    except ValueError:
        return False
