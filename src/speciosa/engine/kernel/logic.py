"""Conditions spelled out in and, or and not: all that code for conditions has to know."""

import sympy
from sympy.logic.boolalg import Boolean, Equivalent

JOINED = (sympy.And, sympy.Or, sympy.Not)


def spelled_out(node: Boolean) -> Boolean:
    """A condition of another kind in terms of and, or and not.

    Raises:
        TypeError: for what is no condition of models.

    Example:
        >>> a, b = sympy.symbols("a b")
        >>> spelled_out(sympy.Implies(a, b))
        b | ~a
    """
    if isinstance(node, JOINED):
        return node
    if isinstance(node, sympy.Xor):
        total = node.args[0]
        for part in node.args[1:]:
            total = sympy.Or(sympy.And(total, sympy.Not(part)), sympy.And(sympy.Not(total), part))
        return total
    if isinstance(node, sympy.Implies):
        return sympy.Or(sympy.Not(node.args[0]), node.args[1])
    if isinstance(node, sympy.ITE):
        asked, yes, no = node.args
        return sympy.Or(sympy.And(asked, yes), sympy.And(sympy.Not(asked), no))
    if isinstance(node, Equivalent):
        return sympy.Or(sympy.And(*node.args), sympy.And(*map(sympy.Not, node.args)))
    raise TypeError(f"{type(node).__name__} is not a condition of models.")
