"""The Jacobian of a block by the chain rule, from each value back through what the block shares.

Derivatives of the written-out rates repeat, for each of the ligands of a receptor, what all have in common. Here each
shared part passes on how a value changes with it, so that a state that enters a sum costs a product or two. (Reverse mode
of automatic differentiation: A. Griewank and A. Walther, Evaluating Derivatives, 2nd edition, SIAM 2008, chapter 3,
doi:10.1137/1.9780898717761.)
"""

from collections.abc import Callable, Sequence

import sympy

Place = tuple[int, int]
Definitions = list[tuple[sympy.Symbol, sympy.Expr]]
_Terms = dict[sympy.Symbol, list[sympy.Expr]]


def derivative(expression: sympy.Basic, symbol: sympy.Symbol) -> sympy.Expr:
    """A derivative, in which that of a jump counts as 0: a step across it is rejected and halved by the error estimate.

    So does that of a power of 0, which is what stands in a branch of a choice such as ``Max(time - lag, 0)**n``.
    """
    slope = sympy.diff(expression, symbol)
    if slope.has(sympy.zoo, sympy.nan):
        slope = slope.xreplace({sympy.zoo: sympy.Integer(0), sympy.nan: sympy.Integer(0)})
    if not slope.has(sympy.DiracDelta):
        return slope
    return slope.replace(lambda node: isinstance(node, sympy.DiracDelta), lambda _: 0)


def jacobian(
    shared: Definitions,
    values: Sequence[sympy.Expr],
    states: Sequence[sympy.Symbol],
    hoist: Callable[[sympy.Basic], sympy.Expr],
) -> tuple[Definitions, dict[Place, sympy.Expr]]:
    """Derivatives of values by states, where they are not 0 everywhere, and the definitions that they need beside `shared`.

    Args:
        shared: parts of the values, each after those it needs.
        values: in terms of states, shared parts and constants.
        states: by which to differentiate.
        hoist: replaces what is constant in a patient.

    Example:
        >>> x, y, s = sympy.symbols("x y s", real=True)
        >>> more, entries = jacobian([(s, x + y)], [s**2, x], [x, y], lambda e: e)
        >>> more, entries
        ([(_a0_0, 2*s)], {(0, 0): _a0_0, (0, 1): _a0_0, (1, 0): 1})
    """
    order = {symbol: k for k, (symbol, _) in enumerate(shared)}
    column = {state: j for j, state in enumerate(states)}
    followed = {*order, *column}
    local = {symbol: _partials(symbol, part, followed) for symbol, part in shared}
    more: Definitions = []
    entries: dict[Place, sympy.Expr] = {}
    for i, value in enumerate(values):
        found: _Terms = {}
        _pass_on(found, sympy.Integer(1), _slopes(value, followed))
        for symbol, _ in reversed(shared):
            if symbol not in found:
                continue
            slope = hoist(sympy.Add(*found.pop(symbol)))
            if slope.args:
                name = sympy.Symbol(f"_a{i}_{order[symbol]}", real=True)
                more.append((name, slope))
                slope = name
            _pass_on(found, slope, local[symbol])
        for state in sorted(found, key=column.__getitem__):
            slope = hoist(sympy.Add(*found[state]))
            if slope != 0:
                entries[i, column[state]] = slope
    return more, entries


def _slopes(expression: sympy.Basic, followed: set[sympy.Symbol]) -> dict[sympy.Symbol, sympy.Expr]:
    if not isinstance(expression, sympy.Expr):  # a condition, of which a choice makes a jump
        return {}
    by = sorted(expression.free_symbols & followed, key=str)
    return {symbol: derivative(expression, symbol) for symbol in by}


def _partials(
    symbol: sympy.Symbol, part: sympy.Basic, followed: set[sympy.Symbol]
) -> dict[sympy.Symbol, sympy.Expr]:
    """How a shared part changes with what it is made of; an inverse by its own square."""
    if isinstance(part, sympy.Pow) and part.exp == -1:
        return {by: -(symbol**2) * slope for by, slope in _slopes(part.base, followed).items()}
    return _slopes(part, followed)


def _pass_on(found: _Terms, slope: sympy.Expr, to: dict[sympy.Symbol, sympy.Expr]) -> None:
    for symbol, partial in to.items():
        if partial != 0:
            found.setdefault(symbol, []).append(slope * partial)
