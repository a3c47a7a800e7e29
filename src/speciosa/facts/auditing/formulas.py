"""Formulas by which a number follows from what was printed: arithmetic, other rows, masses of formulas."""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping

from speciosa.errors import FactError
from speciosa.facts.registry import formula_mass

_OPERATIONS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": math.exp, "log": math.log, "log10": math.log10, "sqrt": math.sqrt,
}  # fmt: skip
_REFERRED = re.compile(r"\[([^\]\s]+?)(?:\.([a-z_]+))?\]")
_WITH_UNIT = re.compile(r"(?P<formula>.*?[\w)\]])\s+(?P<unit>[A-Za-z%1][^()\[\]]*)")


def computed(
    formula: str, figures: Mapping[str, float], of_row: Callable[[str, str], float]
) -> tuple[float, str]:
    """The result of a formula of `follows`, and its unit where one is written.

    Args:
        formula: arithmetic over numbers, names and ``[id]``, then a unit if it is not that of the row; ``mass(H2O)``
            is the molar mass of a formula.
        figures: the numbers that names stand for.
        of_row: the number of a row by id and column.

    Raises:
        ValueError: a formula that is no arithmetic, or a name that is not known.

    Example:
        >>> computed("low_half + [a-1] * 2 mg", {"low_half": 1.0}, lambda row, column: 3.0)
        (7.0, 'mg')
        >>> computed("mass(H2O) g/mol", {}, lambda row, column: 0.0)[1]
        'g/mol'
    """
    match = _WITH_UNIT.fullmatch(formula.strip())
    text, unit = (match["formula"], match["unit"].strip()) if match else (formula.strip(), "")
    known = dict(figures)

    def stand_in(found: re.Match[str]) -> str:
        name = f"row_{len(known)}"
        known[name] = of_row(found[1], found[2] or "value")
        return name

    try:
        tree = ast.parse(_REFERRED.sub(stand_in, text).replace("^", "**"), mode="eval")
    except SyntaxError:
        raise ValueError(f"{text!r} is no arithmetic") from None
    try:
        return float(_value(tree.body, known)), unit
    except (ArithmeticError, TypeError, FactError) as error:
        raise ValueError(f"{text!r}: {error}") from None


def _value(node: ast.expr, known: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left, known), _value(node.right, known))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.operand, known))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "mass" and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            return formula_mass(node.args[0].id)
        if node.func.id in _FUNCTIONS and len(node.args) == 1 and not node.keywords:
            return _FUNCTIONS[node.func.id](_value(node.args[0], known))
    raise ValueError(f"{ast.unparse(node)!r} is no number, known name or function")
