"""MathML of SBML as SymPy expressions: functions of the document inlined, truth and number told apart."""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import libsbml
import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

AVOGADRO = 6.02214179e23
"""As SBML Level 3 defines the symbol (CODATA 2006)."""
DEEPEST_CALL = 50


class CannotSay(ValueError):
    """Mathematics that a model here cannot hold; the text names it."""


class Formulas:
    """Translates the mathematics of one document.

    Args:
        lookup: the expression that a name of the model stands for.
        time: the document's own time.
        functions: its function definitions, by name.
    """

    def __init__(
        self, lookup: Callable[[str], sympy.Expr], time: sympy.Expr, functions: Mapping[str, Any]
    ) -> None:
        self._lookup, self._time, self._functions = lookup, time, functions

    def number(
        self, node: Any, local: Mapping[str, sympy.Expr] | None = None, depth: int = 0
    ) -> sympy.Expr:
        """An expression; truth counts 1 and 0."""
        return _number(self._any(node, local or {}, depth))

    def condition(self, node: Any) -> Boolean:
        """A condition; a number holds where it is not 0."""
        return _truth(self._any(node, {}, 0))

    def _any(self, node: Any, local: Mapping[str, sympy.Basic], depth: int) -> sympy.Basic:
        kind = node.getType()
        if kind in _NUMBERS:
            return _literal(node, kind)
        if kind == libsbml.AST_NAME:
            name = node.getName()
            return local[name] if name in local else self._lookup(name)
        if kind == libsbml.AST_NAME_TIME:
            return self._time
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == libsbml.AST_FUNCTION:
            return self._call(node, local, depth)
        if kind == libsbml.AST_FUNCTION_PIECEWISE:
            return self._piecewise(node, local, depth)
        parts = [self._any(node.getChild(n), local, depth) for n in range(node.getNumChildren())]
        if kind in _TRUTH:
            return _TRUTH[kind]([_truth(part) for part in parts])
        if kind in _COMPARED:
            return _compared(_COMPARED[kind], [_number(part) for part in parts])
        if kind in _OF_NUMBERS:
            return _OF_NUMBERS[kind]([_number(part) for part in parts])
        raise CannotSay(node.getName() or f"an operator of kind {kind}")

    def _call(self, node: Any, local: Mapping[str, sympy.Basic], depth: int) -> sympy.Basic:
        name = node.getName()
        known = self._functions.get(name)
        if known is None or known.getBody() is None:
            raise CannotSay(f"the function {name}")
        if depth > DEEPEST_CALL:
            raise CannotSay(f"the function {name}, which calls itself")
        given = [self._any(node.getChild(n), local, depth) for n in range(node.getNumChildren())]
        names = [known.getArgument(n).getName() for n in range(known.getNumArguments())]
        if len(names) != len(given):
            raise CannotSay(f"{name} of {len(given)} arguments, which takes {len(names)}")
        return self._any(known.getBody(), dict(zip(names, given, strict=True)), depth + 1)

    def _piecewise(self, node: Any, local: Mapping[str, sympy.Basic], depth: int) -> sympy.Basic:
        parts = [self._any(node.getChild(n), local, depth) for n in range(node.getNumChildren())]
        pairs = [(_number(parts[n]), _truth(parts[n + 1])) for n in range(0, len(parts) - 1, 2)]
        if len(parts) % 2:
            pairs.append((_number(parts[-1]), sympy.true))
        if not pairs:
            raise CannotSay("a piecewise without a piece")
        return (
            sympy.Piecewise(*pairs, evaluate=False) if len(pairs) > 1 else sympy.Piecewise(*pairs)
        )


def _literal(node: Any, kind: int) -> sympy.Expr:
    if kind == libsbml.AST_INTEGER:
        return sympy.Integer(node.getInteger())
    if kind == libsbml.AST_RATIONAL:
        return sympy.Rational(node.getNumerator(), node.getDenominator())
    value = node.getReal()
    if value != value:
        raise CannotSay("a number that is none (NaN)")
    return (
        sympy.oo
        if value == float("inf")
        else -sympy.oo
        if value == -float("inf")
        else sympy.Float(value)
    )


def _number(value: sympy.Basic) -> sympy.Expr:
    # to SymPy a symbol may be true or false as well
    return value if isinstance(value, sympy.Expr) else sympy.Piecewise((1, value), (0, True))


def _truth(value: sympy.Basic) -> Boolean:
    return sympy.Ne(value, 0) if isinstance(value, sympy.Expr) else value


def _compared(relation: type[Relational], parts: list[sympy.Expr]) -> Boolean:
    if relation is sympy.Ne and len(parts) == 2:
        return sympy.Ne(*parts)
    return sympy.And(*(relation(one, other) for one, other in zip(parts, parts[1:], strict=False)))


def _minus(parts: list[sympy.Expr]) -> sympy.Expr:
    return -parts[0] if len(parts) == 1 else parts[0] - parts[1]


def _log(parts: list[sympy.Expr]) -> sympy.Expr:
    if len(parts) == 1:
        return sympy.log(parts[0]) / sympy.log(10)
    return sympy.log(parts[1]) / sympy.log(parts[0])


def _root(parts: list[sympy.Expr]) -> sympy.Expr:
    degree, value = (2, parts[0]) if len(parts) == 1 else parts
    return value ** (1 / sympy.sympify(degree))


def _remainder(parts: list[sympy.Expr]) -> sympy.Expr:
    return parts[0] - parts[1] * _quotient(parts)


def _quotient(parts: list[sympy.Expr]) -> sympy.Expr:
    ratio = parts[0] / parts[1]
    return sympy.sign(ratio) * sympy.floor(sympy.Abs(ratio))


def _one(function: Callable[[sympy.Expr], sympy.Expr]) -> Callable[[list[sympy.Expr]], sympy.Expr]:
    return lambda parts: function(parts[0])


_NUMBERS = frozenset(
    {libsbml.AST_INTEGER, libsbml.AST_REAL, libsbml.AST_REAL_E, libsbml.AST_RATIONAL}
)
_CONSTANTS: dict[int, sympy.Basic] = {
    libsbml.AST_CONSTANT_E: sympy.E,
    libsbml.AST_CONSTANT_PI: sympy.pi,
    libsbml.AST_CONSTANT_TRUE: sympy.true,
    libsbml.AST_CONSTANT_FALSE: sympy.false,
    libsbml.AST_NAME_AVOGADRO: sympy.Float(AVOGADRO),
}
_TRUTH: dict[int, Callable[[list[Boolean]], Boolean]] = {
    libsbml.AST_LOGICAL_AND: lambda parts: sympy.And(*parts),
    libsbml.AST_LOGICAL_OR: lambda parts: sympy.Or(*parts),
    libsbml.AST_LOGICAL_NOT: lambda parts: sympy.Not(parts[0]),
    libsbml.AST_LOGICAL_XOR: lambda parts: reduce(sympy.Xor, parts, sympy.false),
    libsbml.AST_LOGICAL_IMPLIES: lambda parts: sympy.Or(sympy.Not(parts[0]), parts[1]),
}
_COMPARED: dict[int, type[Relational]] = {
    libsbml.AST_RELATIONAL_EQ: sympy.Eq,
    libsbml.AST_RELATIONAL_NEQ: sympy.Ne,
    libsbml.AST_RELATIONAL_LT: sympy.StrictLessThan,
    libsbml.AST_RELATIONAL_LEQ: sympy.LessThan,
    libsbml.AST_RELATIONAL_GT: sympy.StrictGreaterThan,
    libsbml.AST_RELATIONAL_GEQ: sympy.GreaterThan,
}
_tan = lambda x: sympy.sin(x) / sympy.cos(x)  # noqa: E731
_OF_NUMBERS: dict[int, Callable[[list[sympy.Expr]], sympy.Expr]] = {
    libsbml.AST_PLUS: lambda parts: sympy.Add(*parts),
    libsbml.AST_TIMES: lambda parts: sympy.Mul(*parts),
    libsbml.AST_MINUS: _minus,
    libsbml.AST_DIVIDE: lambda parts: parts[0] / parts[1],
    libsbml.AST_POWER: lambda parts: parts[0] ** parts[1],
    libsbml.AST_FUNCTION_POWER: lambda parts: parts[0] ** parts[1],
    libsbml.AST_FUNCTION_ROOT: _root,
    libsbml.AST_FUNCTION_LOG: _log,
    libsbml.AST_FUNCTION_LN: _one(sympy.log),
    libsbml.AST_FUNCTION_EXP: _one(sympy.exp),
    libsbml.AST_FUNCTION_ABS: _one(sympy.Abs),
    libsbml.AST_FUNCTION_MAX: lambda parts: sympy.Max(*parts),
    libsbml.AST_FUNCTION_MIN: lambda parts: sympy.Min(*parts),
    libsbml.AST_FUNCTION_FLOOR: _one(sympy.floor),
    libsbml.AST_FUNCTION_CEILING: _one(sympy.ceiling),
    libsbml.AST_FUNCTION_FACTORIAL: _one(sympy.factorial),
    libsbml.AST_FUNCTION_QUOTIENT: _quotient,
    libsbml.AST_FUNCTION_REM: _remainder,
    libsbml.AST_FUNCTION_SIN: _one(sympy.sin),
    libsbml.AST_FUNCTION_COS: _one(sympy.cos),
    libsbml.AST_FUNCTION_TAN: _one(_tan),
    libsbml.AST_FUNCTION_SEC: _one(lambda x: 1 / sympy.cos(x)),
    libsbml.AST_FUNCTION_CSC: _one(lambda x: 1 / sympy.sin(x)),
    libsbml.AST_FUNCTION_COT: _one(lambda x: sympy.cos(x) / sympy.sin(x)),
    libsbml.AST_FUNCTION_SINH: _one(sympy.sinh),
    libsbml.AST_FUNCTION_COSH: _one(sympy.cosh),
    libsbml.AST_FUNCTION_TANH: _one(sympy.tanh),
    libsbml.AST_FUNCTION_SECH: _one(lambda x: 1 / sympy.cosh(x)),
    libsbml.AST_FUNCTION_CSCH: _one(lambda x: 1 / sympy.sinh(x)),
    libsbml.AST_FUNCTION_COTH: _one(lambda x: 1 / sympy.tanh(x)),
    libsbml.AST_FUNCTION_ARCSIN: _one(sympy.asin),
    libsbml.AST_FUNCTION_ARCCOS: _one(sympy.acos),
    libsbml.AST_FUNCTION_ARCTAN: _one(sympy.atan),
    libsbml.AST_FUNCTION_ARCSEC: _one(lambda x: sympy.acos(1 / x)),
    libsbml.AST_FUNCTION_ARCCSC: _one(lambda x: sympy.asin(1 / x)),
    libsbml.AST_FUNCTION_ARCCOT: _one(lambda x: sympy.atan(1 / x)),
    libsbml.AST_FUNCTION_ARCSINH: _one(lambda x: sympy.log(x + sympy.sqrt(x**2 + 1))),
    libsbml.AST_FUNCTION_ARCCOSH: _one(lambda x: sympy.log(x + sympy.sqrt(x**2 - 1))),
    libsbml.AST_FUNCTION_ARCTANH: _one(lambda x: sympy.log((1 + x) / (1 - x)) / 2),
    libsbml.AST_FUNCTION_ARCSECH: _one(lambda x: sympy.log(1 / x + sympy.sqrt(1 / x**2 - 1))),
    libsbml.AST_FUNCTION_ARCCSCH: _one(lambda x: sympy.log(1 / x + sympy.sqrt(1 / x**2 + 1))),
    libsbml.AST_FUNCTION_ARCCOTH: _one(lambda x: sympy.log((x + 1) / (x - 1)) / 2),
}
