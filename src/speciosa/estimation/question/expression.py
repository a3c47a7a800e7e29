"""Expressions of columns in a fit file, such as ``WT * (1 + apgar * (APGR < 5))``: read, checked, evaluated with derivatives."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, nearest

Floats = NDArray[np.float64]
LONGEST, DEEPEST = 2000, 60
_FUNCTIONS: dict[str, tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]] = {
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "abs": (np.abs, np.sign),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
}
_COMPARED: dict[type[ast.cmpop], Callable[[Floats, Floats], NDArray[np.bool_]]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_WRITTEN = "numbers, columns, coefficients, + - * / **, comparisons, and, or, not, exp, log, sqrt, abs, sin, cos, min, max"


@dataclass(frozen=True)
class Values:
    """Values of an expression for every record, and derivatives by each coefficient, ``(records, coefficients)``."""

    value: Floats
    slope: Floats


@dataclass(frozen=True)
class Expression:
    """An expression that has been read.

    Attributes:
        text: as written.
        names: of columns and coefficients in it.
        texts: columns of text that are compared with a text, and the text.
        tree: its syntax, which has been checked.

    Example:
        >>> e, faults = read_expression("WT * (1 + a * (APGR < 5))", "here")
        >>> sorted(e.names), faults
        (['APGR', 'WT', 'a'], [])
        >>> columns = {"WT": np.array([2.0, 3.0]), "APGR": np.array([4.0, 7.0])}
        >>> found = e.evaluate(columns, {"a": 0.5}, {"a": 0})
        >>> found.value.tolist(), found.slope.tolist()
        ([3.0, 3.0], [[2.0], [0.0]])
    """

    text: str
    names: frozenset[str]
    texts: frozenset[tuple[str, str]]
    tree: ast.expr

    def evaluate(
        self,
        columns: Mapping[str, Floats],
        coefficients: Mapping[str, float],
        places: Mapping[str, int],
        texts: Mapping[str, NDArray[np.str_]] | None = None,
    ) -> Values:
        """Values for every record; `places` says which column of the derivatives a coefficient has."""
        count = len(next(iter(columns.values()), np.zeros(1)))
        with np.errstate(all="ignore"):
            return _Evaluation(columns, coefficients, places, texts or {}, count).of(self.tree)


@dataclass(frozen=True)
class _Evaluation:
    columns: Mapping[str, Floats]
    coefficients: Mapping[str, float]
    places: Mapping[str, int]
    texts: Mapping[str, NDArray[np.str_]]
    count: int

    def of(self, node: ast.expr) -> Values:
        """The values of a node."""
        flat = np.zeros((self.count, len(self.places)))
        if isinstance(node, ast.Constant):
            return Values(np.full(self.count, float(node.value)), flat)  # type: ignore[arg-type]
        if isinstance(node, ast.Name):
            if node.id in self.coefficients:
                if node.id in self.places:
                    flat[:, self.places[node.id]] = 1.0
                return Values(np.full(self.count, self.coefficients[node.id]), flat)
            return Values(self.columns[node.id.upper()], flat)
        if isinstance(node, ast.BinOp):
            return self._operate(node.op, self.of(node.left), self.of(node.right))
        if isinstance(node, ast.UnaryOp):
            inner = self.of(node.operand)
            if isinstance(node.op, ast.Not):
                return Values((inner.value == 0).astype(float), flat)
            sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
            return Values(sign * inner.value, sign * inner.slope)
        if isinstance(node, ast.BoolOp):
            truths = [self.of(part).value != 0 for part in node.values]
            both = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            return Values(both.reduce(truths).astype(float), flat)
        if isinstance(node, ast.Compare):
            return Values(self._compared(node).astype(float), flat)
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        return self._called(node.func.id, [self.of(part) for part in node.args])

    def _compared(self, node: ast.Compare) -> NDArray[np.bool_]:
        parts = [node.left, *node.comparators]
        whole = np.ones(self.count, dtype=bool)
        for op, one, other in zip(node.ops, parts, parts[1:], strict=False):
            if isinstance(other, ast.Constant) and isinstance(other.value, str):
                assert isinstance(one, ast.Name)
                same = self.texts[one.id.upper()] == other.value.casefold()
                whole &= same if isinstance(op, ast.Eq) else ~same
            else:
                whole &= _COMPARED[type(op)](self.of(one).value, self.of(other).value)
        return whole

    def _operate(self, op: ast.operator, x: Values, y: Values) -> Values:
        a, b = x.value[:, None], y.value[:, None]
        if isinstance(op, ast.Add):
            return Values(x.value + y.value, x.slope + y.slope)
        if isinstance(op, ast.Sub):
            return Values(x.value - y.value, x.slope - y.slope)
        if isinstance(op, ast.Mult):
            return Values(x.value * y.value, x.slope * b + a * y.slope)
        if isinstance(op, ast.Div):
            return Values(x.value / y.value, x.slope / b - a * y.slope / b**2)
        value = x.value**y.value
        slope = b * a ** (b - 1) * x.slope
        if y.slope.any():
            slope = slope + value[:, None] * np.log(a) * y.slope
        return Values(value, slope)

    def _called(self, name: str, parts: list[Values]) -> Values:
        if name in ("min", "max"):
            result = parts[0]
            for other in parts[1:]:
                first = (
                    result.value <= other.value if name == "min" else result.value >= other.value
                )
                result = Values(
                    np.where(first, result.value, other.value),
                    np.where(first[:, None], result.slope, other.slope),
                )
            return result
        function, derivative = _FUNCTIONS[name]
        x = parts[0]
        return Values(function(x.value), derivative(x.value)[:, None] * x.slope)


def read_expression(text: str, where: str) -> tuple[Expression | None, list[Fault]]:
    """Reads an expression; what is wrong with its form comes back beside it. Names are checked with the data."""
    if len(text) > LONGEST:
        return None, [Fault(where, f"at most {LONGEST} characters", str(len(text)))]
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
        column = getattr(wrong, "offset", None)
        at = f", column {column}" if column else ""
        return None, [Fault(f"{where}{at}", f"an expression of {_WRITTEN}", repr(text[:80]))]
    faults: list[Fault] = []
    names: set[str] = set()
    texts: set[tuple[str, str]] = set()
    _inspect(tree, where, 0, names, texts, faults)
    found = Expression(text, frozenset(names), frozenset(texts), tree) if not faults else None
    return found, faults


def _inspect(
    node: ast.AST,
    where: str,
    depth: int,
    names: set[str],
    texts: set[tuple[str, str]],
    faults: list[Fault],
) -> None:
    column = getattr(node, "col_offset", 0) + 1
    here = f"{where}, column {column}"
    if depth > DEEPEST:
        faults.append(Fault(here, f"at most {DEEPEST} brackets in one another", "more"))
        return
    inner = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            faults.append(Fault(here, "a number", repr(node.value)[:40]))
        elif not abs(node.value) < 1e300:
            faults.append(Fault(here, "a finite number", "a larger one"))
        return
    if isinstance(node, ast.Name):
        names.add(node.id)
        return
    if isinstance(node, ast.Compare):
        inner = _compared_texts(node, texts)
        allowed = all(type(op) in _COMPARED for op in node.ops)
    elif isinstance(node, ast.Call):
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        allowed = not node.keywords and (
            (function in _FUNCTIONS and len(node.args) == 1)
            or (function in ("min", "max") and len(node.args) > 1)
        )
        if function and function not in (*_FUNCTIONS, "min", "max"):
            close = nearest(function, [*_FUNCTIONS, "min", "max"])
            fix = f"Did you mean {close[0]}?" if close else ""
            faults.append(Fault(here, "a function: exp, log, sqrt, abs, min, max", function, fix))
            return
        inner = list(node.args)
    else:
        allowed = isinstance(node, ast.BinOp | ast.UnaryOp | ast.BoolOp) and not isinstance(
            getattr(node, "op", None),
            ast.FloorDiv | ast.Mod | ast.MatMult | ast.LShift | ast.RShift | ast.BitAnd | ast.BitOr
            | ast.BitXor | ast.Invert,
        )  # fmt: skip
        inner = [part for part in inner if isinstance(part, ast.expr)]
    if not allowed:
        faults.append(Fault(here, _WRITTEN, type(node).__name__.casefold()))
        return
    for part in inner:
        _inspect(part, where, depth + 1, names, texts, faults)


def _compared_texts(node: ast.Compare, texts: set[tuple[str, str]]) -> list[ast.AST]:
    """The parts to look at further; a column that is compared with a text is noted."""
    parts: list[ast.AST] = [node.left, *node.comparators]
    if (
        len(parts) == 2
        and isinstance(node.left, ast.Name)
        and isinstance(parts[1], ast.Constant)
        and isinstance(parts[1].value, str)
        and isinstance(node.ops[0], ast.Eq | ast.NotEq)
    ):
        texts.add((node.left.id, parts[1].value))
        return []
    return parts
