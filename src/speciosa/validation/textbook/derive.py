"""The language of `derive`: arithmetic over predictions, for checks that no single prediction answers.

::

    (c08a-c08b)/(1-c08b)                         + - * / and brackets over ids of rows and numbers
    ratio(a, b)                                  a / b
    ordered(a, b, c)                             1 if each is larger than the next, else 0
    below(a, limit)                              1 if a is below limit, else 0
    dose_like(t, 10,c01b, 20,c01c, 30,c01d)      the dose (or time) whose effect is t; see `dose_like`
    min(a, b)   max(a, b)   abs(a)
    overdose('fentanyl', '10 mg', 'naive', 'arrest')   a number of `speciosa overdose`; true is 1, none is 0

`read_formula` finds everything wrong with a text before anything is simulated; `Formula.value` then computes it.
"""

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from speciosa.errors import ConvergenceError, Fault, nearest

OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
BEYOND = 2.0
"""How far past the smallest and the largest dose a like effect is sought, as a factor."""


class NoValueError(ConvergenceError):
    """A formula that has no value, and why."""


@dataclass(frozen=True, slots=True)
class OverdoseRequest:
    """One number of one overdose: opioid, dose, user and which number."""

    opioid: str
    dose: str
    user: str
    key: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A text in the language of `derive`, checked.

    Attributes:
        text: as written.
        names: ids of the rows it needs.
        overdoses: the numbers of overdoses that it needs.
    """

    text: str
    names: frozenset[str]
    overdoses: frozenset[OverdoseRequest]
    _tree: ast.expr = field(repr=False, compare=False)

    def value(
        self,
        predicted: Callable[[str], float],
        overdose: Callable[[OverdoseRequest], float] | None = None,
    ) -> float:
        """Computes the formula.

        Args:
            predicted: the prediction of a row by its id.
            overdose: a number of an overdose; needed where `overdoses` is not empty.

        Raises:
            NoValueError: a division by zero, a flat dose response, or a number that is not finite.

        Example:
            >>> formula, _ = read_formula("ratio(a, b) - 1", "row c, derive", ["a", "b"])
            >>> formula.value({"a": 3.0, "b": 2.0}.__getitem__)
            0.5
        """
        try:
            value = float(_compute(self._tree, predicted, overdose))
        except ZeroDivisionError:
            raise NoValueError(f"{self.text} divides by zero.") from None
        except OverflowError:
            raise NoValueError(f"{self.text} is not a finite number.") from None
        if not math.isfinite(value):
            raise NoValueError(f"{self.text} is not a finite number.")
        return value


def read_formula(
    text: str, where: str, known: Mapping[str, object] | list[str]
) -> tuple[Formula | None, tuple[Fault, ...]]:
    """Reads a text in the language of `derive`, or says all that is wrong with it.

    Args:
        text: such as ``ratio(a, b)``.
        where: row and column, for what is said of faults.
        known: ids that the text may use.

    Example:
        >>> print(read_formula("ratio(a)", "row c, derive", ["a"])[1][0])
        row c, derive: expected 2 arguments in ratio(a, b), found 1 in ratio(a).
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, (Fault(where, "a formula such as ratio(a, b) or (a-b)/(1-b)", repr(text)),)
    try:
        faults = tuple(Fault(where, *fault) for fault in _faults(tree, set(known)))
    except RecursionError:
        return None, (Fault(where, "a formula that is not nested hundreds deep", repr(text[:60])),)
    if faults:
        return None, faults
    names = frozenset(_names(tree))
    calls = frozenset(_request(call) for call in _calls(tree, "overdose"))
    return Formula(text.strip(), names, calls, tree), ()


def dose_like(target: float, *pairs: float) -> float:
    """The dose (or time) whose effect is `target`.

    Effects lie on straight lines over the logarithm of dose; beyond the ends the last line goes on, to at most twice the
    largest or half the smallest dose. Where an end line turns against the whole, the end itself is the answer.

    Args:
        target: the effect.
        pairs: dose, effect, dose, effect, ...

    Raises:
        NoValueError: doses that are not above zero or not apart, or a response that is flat where the target is.

    Example:
        >>> round(dose_like(1.5, 10.0, 1.0, 40.0, 2.0), 6)
        20.0
    """
    points = sorted(zip(pairs[0::2], pairs[1::2], strict=True))
    if any(dose <= 0 for dose, _ in points) or any(a[0] == b[0] for a, b in pairwise(points)):
        raise NoValueError("dose_like needs doses above zero, each once.")
    curve = [(math.log(dose), effect) for dose, effect in points]
    rises = curve[-1][1] > curve[0][1]
    beyond_largest = (target > curve[-1][1]) == rises
    for line in pairwise(curve):
        if min(line[0][1], line[1][1]) <= target <= max(line[0][1], line[1][1]):
            return math.exp(_crossing(target, *line))
    (x0, y0), (x1, y1) = curve[-2:] if beyond_largest else curve[:2]
    edges = (curve[0][0] - math.log(BEYOND), curve[-1][0] + math.log(BEYOND))
    crossing = _crossing(target, (x0, y0), (x1, y1))
    if (y1 > y0) != rises:
        crossing = edges[beyond_largest]
    return math.exp(min(max(crossing, edges[0]), edges[1]))


def _crossing(target: float, start: tuple[float, float], end: tuple[float, float]) -> float:
    if end[1] == start[1]:
        raise NoValueError("The dose response is flat where the target is.")
    return start[0] + (target - start[1]) * (end[0] - start[0]) / (end[1] - start[1])


@dataclass(frozen=True, slots=True)
class _Function:
    compute: Callable[..., float]
    usage: str
    least: int
    most: int | None

    def takes(self, count: int) -> bool:
        return self.least <= count and (self.most is None or count <= self.most)

    @property
    def expected(self) -> str:
        more = "" if self.most == self.least else " or more"
        return f"{self.least}{more} arguments in {self.usage}"


FUNCTIONS: Mapping[str, _Function] = {
    "ratio": _Function(operator.truediv, "ratio(a, b)", 2, 2),
    "ordered": _Function(
        lambda *values: float(all(a > b for a, b in pairwise(values))),
        "ordered(a, b, ...)",
        2,
        None,
    ),
    "below": _Function(lambda a, limit: float(a < limit), "below(a, limit)", 2, 2),
    "dose_like": _Function(dose_like, "dose_like(t, d1,e1, d2,e2, ...)", 5, None),
    "min": _Function(min, "min(a, b, ...)", 2, None),
    "max": _Function(max, "max(a, b, ...)", 2, None),
    "abs": _Function(abs, "abs(a)", 1, 1),
}
OVERDOSE = "overdose('opioid', 'dose', 'user', 'key')"
OVERDOSE_PARTS = 4


def _faults(node: ast.expr, known: set[str]) -> Iterator[tuple[str, str, str]]:
    """What is wrong below a node: expected, found and the way out."""
    match node:
        case ast.Constant(value=bool()):
            yield "a number", repr(node.value), ""
        case ast.Constant(value=int() | float()):
            if not math.isfinite(_number(node)):
                yield "a finite number", _text(node), ""
        case ast.Name():
            if node.id not in known:
                near = nearest(node.id, known)
                hint = f"Did you mean {' or '.join(near)}?" if near else ""
                yield "the id of a row of this file", repr(node.id), hint
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            yield from _faults(node.operand, known)
        case ast.BinOp() if type(node.op) in OPERATORS:
            below = [*_faults(node.left, known), *_faults(node.right, known)]
            yield from below
            if isinstance(node.op, ast.Div) and not below and _always_zero(node.right):
                yield "a divisor other than zero", _text(node), ""
        case ast.Call(func=ast.Name(id="overdose")):
            yield from _overdose_faults(node)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            yield from _call_faults(node, FUNCTIONS[name], known)
        case ast.Call(func=ast.Name(id=name)):
            found = f"{name}(...)" if name not in FUNCTIONS else _text(node)
            near = nearest(name, [*FUNCTIONS, "overdose"])
            hint = f"Did you mean {' or '.join(near)}?" if near and name not in FUNCTIONS else ""
            yield "one of the functions " + ", ".join((*FUNCTIONS, "overdose")), found, hint
        case _:
            yield "numbers, ids, + - * / and the functions of derive", _text(node), ""


def _call_faults(
    node: ast.Call, function: _Function, known: set[str]
) -> Iterator[tuple[str, str, str]]:
    below = [fault for part in node.args for fault in _faults(part, known)]
    yield from below
    count = len(node.args)
    if not function.takes(count):
        yield function.expected, f"{count} in {_text(node)}", ""
    elif function is FUNCTIONS["dose_like"]:
        if count % 2 == 0:
            yield "a dose and an effect in every pair of " + function.usage, _text(node), ""
        for dose in node.args[1::2]:
            if isinstance(dose, ast.Constant) and not below and not _number(dose) > 0:
                yield "doses above zero in " + function.usage, _text(node), ""
    elif function is FUNCTIONS["ratio"] and not below and _always_zero(node.args[1]):
        yield "a divisor other than zero", _text(node), ""


def _overdose_faults(node: ast.Call) -> Iterator[tuple[str, str, str]]:
    texts = [
        part.value
        for part in node.args
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    if node.keywords or len(texts) != len(node.args) or len(texts) != OVERDOSE_PARTS:
        yield f"four texts in quotes, {OVERDOSE}", _text(node), ""


def _always_zero(node: ast.expr) -> bool:
    """Whether a part without ids is zero."""
    if any(True for _ in _names(node)) or any(True for _ in _calls(node, "overdose")):
        return False
    try:
        return _compute(node, _no_row, None) == 0
    except (ArithmeticError, NoValueError):
        return False


def _no_row(name: str) -> float:
    raise NoValueError(name)


def _number(node: ast.Constant) -> float:
    try:
        return float(node.value)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf


def _text(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 80 else text[:77] + "..."


def _names(node: ast.expr) -> Iterator[str]:
    called = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and id(part) not in called:
            yield part.id


def _calls(node: ast.expr, name: str) -> Iterator[ast.Call]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == name:
            yield part


def _request(call: ast.Call) -> OverdoseRequest:
    opioid, dose, user, key = (str(ast.literal_eval(part)).strip() for part in call.args)
    return OverdoseRequest(opioid, dose, user, key)


def _compute(
    node: ast.expr,
    predicted: Callable[[str], float],
    overdose: Callable[[OverdoseRequest], float] | None,
) -> float:
    def value(part: ast.expr) -> float:
        return _compute(part, predicted, overdose)

    match node:
        case ast.Constant():
            return _number(node)
        case ast.Name():
            return predicted(node.id)
        case ast.UnaryOp(op=ast.USub()):
            return -value(node.operand)
        case ast.UnaryOp():
            return value(node.operand)
        case ast.BinOp():
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        case ast.Call(func=ast.Name(id="overdose")) if overdose is not None:
            return overdose(_request(node))
        case ast.Call(func=ast.Name(id=name)):
            return FUNCTIONS[name].compute(*map(value, node.args))
    raise AssertionError(ast.dump(node))
