"""A formula as `y ~ a + b*c`: its response, its terms, and the columns that they stand for.

Source of the notation: Wilkinson GN, Rogers CE. J R Stat Soc C 1973;22:392 (doi:10.2307/2346786).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, InputError

Array = NDArray[np.float64]
_NAME = re.compile(r"[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True)
class Formula:
    """A response and terms; a term is the set of variables that it joins.

    Example:
        >>> Formula.read("y ~ a + b*c").terms
        (('a',), ('b',), ('c',), ('b', 'c'))
    """

    response: str
    terms: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls, text: str) -> "Formula":
        """Reads a formula of ``+``, ``:`` and ``*``; an intercept is always there.

        Raises:
            InputError: anything else in it.
        """
        left, mark, right = text.partition("~")
        response, faults = left.strip(), list[Fault]()
        if not mark or not _NAME.fullmatch(response):
            found = text if not mark else response or "nothing"
            faults.append(Fault("formula", "a response, ~ and terms, as y ~ a + b*c", found))
        terms: list[tuple[str, ...]] = []
        for part in (part.strip() for part in right.split("+")):
            if part == "1":
                continue
            factors = [[n.strip() for n in f.split(":")] for f in part.split("*")]
            wrong = [n for f in factors for n in f if not _NAME.fullmatch(n)]
            if wrong and mark:
                words = f"{part!r}" if part else "nothing between two signs"
                fix = "Only +, : and * of names are read; the intercept is always there."
                faults.append(Fault("formula", "names of columns", words, fix))
                continue
            terms += _expanded(factors)
        if faults:
            raise InputError(faults)
        return cls(response, tuple(sorted(dict.fromkeys(terms), key=len)))

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the terms, each once."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term))


def _expanded(factors: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """What ``a*b`` stands for: a, b and a:b."""
    return [
        tuple(dict.fromkeys(name for factor in chosen for name in factor))
        for size in range(1, len(factors) + 1)
        for chosen in combinations(factors, size)
    ]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a design matrix: the level of each of its factors, and the numbers that it multiplies.

    Attributes:
        levels: factor and level, in the order of the term.
        numbers: names of variables that are numbers.
    """

    levels: tuple[tuple[str, str], ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As R names it: ``aB:cD``; ``(Intercept)``."""
        words = [f"{factor}{level}" for factor, level in self.levels] + list(self.numbers)
        return ":".join(words) or "(Intercept)"


def design_columns(formula: Formula, levels: Mapping[str, Sequence[str]]) -> list[Column]:
    """The columns of a formula, the first level of each factor being its reference.

    A factor in a term is coded without its first level where the rest of the term is in the model too, else with all levels.

    Args:
        formula: with its terms.
        levels: of each factor; variables without are numbers.

    Example:
        >>> [c.name for c in design_columns(Formula.read("y ~ a*b"), {"a": ("P", "T"), "b": ("1", "2")})]
        ['(Intercept)', 'aT', 'b2', 'aT:b2']
    """
    known = {frozenset[str](), *map(frozenset, formula.terms)}
    columns = [Column()]
    for term in formula.terms:
        factors = [name for name in term if name in levels]
        numbers = tuple(name for name in term if name not in levels)
        choices = [
            [(name, level) for level in levels[name][frozenset(term) - {name} in known :]]
            for name in factors
        ]
        columns += [Column(tuple(chosen), numbers) for chosen in product(*choices)]
    return columns


def design_matrix(
    columns: Sequence[Column],
    factors: Mapping[str, Sequence[str]],
    numbers: Mapping[str, Array],
    rows: int,
) -> Array:
    """The design matrix, shape (rows, columns).

    Args:
        columns: by `design_columns`.
        factors: the level of each row, by factor.
        numbers: the value of each row, by variable.
        rows: how many.
    """
    matrix = np.ones((rows, len(columns)))
    held = {name: np.asarray(values) for name, values in factors.items()}
    for place, column in enumerate(columns):
        for factor, level in column.levels:
            matrix[:, place] *= held[factor] == level
        for name in column.numbers:
            matrix[:, place] *= numbers[name]
    return matrix
