"""What an SBML model declares, as entries: constants, formulas and states, each with its expression and how it begins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sympy

Kind = Literal["constant", "formula", "state"]


@dataclass(frozen=True)
class Entry:
    """One quantity.

    Attributes:
        name: of its symbol.
        kind: constant in one run, an expression of others, or with a rate of its own.
        begins: at time 0, in terms of other quantities then; None where the file says nothing.
        expression: of a formula its value, of a state its change in a unit of the document's time.
        what: the element, in words.
    """

    name: str
    kind: Kind
    begins: sympy.Expr | None
    expression: sympy.Expr | None
    what: str

    @property
    def symbol(self) -> sympy.Symbol:
        """What equations call it."""
        return symbol(self.name)


@dataclass(frozen=True)
class Species:
    """What a species' name means.

    Attributes:
        source: libSBML's.
        size: of its compartment.
        by_amount: whether its name stands for an amount rather than a concentration.
        ruled: whether a rule gives it.
        moved: whether reactions change it.
    """

    source: Any
    size: sympy.Expr
    by_amount: bool
    ruled: bool
    moved: bool

    @property
    def entry_name(self) -> str:
        """Of the entry behind it: an amount, unless a rule gives what the name stands for."""
        name = str(self.source.getId())
        return name if self.ruled else f"{name}.n"

    @property
    def means(self) -> sympy.Expr:
        """What its name stands for in mathematics."""
        own = symbol(self.entry_name)
        return own if self.ruled or self.by_amount else own / self.size

    @property
    def amount(self) -> sympy.Expr:
        """How much of it there is."""
        own = symbol(self.entry_name)
        return own * self.size if self.ruled and not self.by_amount else own


def own_name(name: str) -> str:
    """The name in a `Model`, which has a time of its own."""
    return "time.variable" if name == "time" else name


def symbol(name: str) -> sympy.Symbol:
    """The symbol of a name of a `Model`."""
    return sympy.Symbol(own_name(name), real=True)


def each(items: Any) -> Iterator[Any]:
    """The elements of one of libSBML's lists."""
    return (items.get(number) for number in range(items.size()))


def parts_of(reaction: Any) -> Iterator[tuple[int, Any]]:
    """What a reaction uses up (-1) and makes (1)."""
    yield from ((-1, part) for part in each(reaction.getListOfReactants()))
    yield from ((1, part) for part in each(reaction.getListOfProducts()))


class Circle(ValueError):
    """Quantities that are each other's cause; the text names one."""


@dataclass
class Beginnings:
    """Every quantity at time 0, as an expression of constants that have a number.

    Args:
        entries: of the model.
        time: the symbol of time.
    """

    entries: Sequence[Entry]
    time: sympy.Symbol
    _of: dict[sympy.Symbol, sympy.Expr] = field(default_factory=dict)
    _known: dict[sympy.Symbol, sympy.Expr] = field(default_factory=dict)
    _open: set[sympy.Symbol] = field(default_factory=set)

    def __post_init__(self) -> None:
        """A formula begins as it is computed, anything else as it is declared; a number stays a constant."""
        for entry in self.entries:
            begins = entry.expression if entry.kind == "formula" else entry.begins
            if begins is not None and not (entry.kind == "constant" and begins.is_number):
                self._of[entry.symbol] = begins

    def at_start(self, expression: sympy.Expr) -> sympy.Expr:
        """An expression at time 0.

        Raises:
            Circle: quantities begin as each other.
        """
        swap: dict[sympy.Basic, sympy.Basic] = {self.time: sympy.Integer(0)}
        for one in expression.free_symbols:
            if one in self._of:
                swap[one] = self._begin(one)
        return expression.xreplace(swap)

    def _begin(self, one: sympy.Symbol) -> sympy.Expr:
        if one in self._open:
            raise Circle(str(one))
        if one not in self._known:
            self._open.add(one)
            self._known[one] = self.at_start(self._of[one])
            self._open.discard(one)
        return self._known[one]


def numbers_of(entries: Sequence[Entry], beginnings: Beginnings) -> Mapping[sympy.Symbol, float]:
    """The values of constants, as far as they come to a number."""
    plain = {
        entry.symbol: sympy.Float(float(entry.begins))
        for entry in entries
        if entry.kind == "constant" and entry.begins is not None and entry.begins.is_number
    }
    found = {name: float(value) for name, value in plain.items()}
    for entry in entries:
        if entry.kind == "constant" and entry.begins is not None and entry.symbol not in plain:
            value = beginnings.at_start(entry.begins).xreplace(plain).evalf()
            if value.is_number and value.is_real:
                found[entry.symbol] = float(value)
    return found
