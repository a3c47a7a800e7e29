"""Decisions as a user writes them: at given times, a condition on the patient changes what is done."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sympy

from speciosa.engine import codes
from speciosa.engine.kernel.compiled import symbolic
from speciosa.engine.stepper.task import DecisionTable
from speciosa.errors import Fault, nearest
from speciosa.model import Equations, Unit
from speciosa.model.unit_check import UnitMismatch, check_condition, unit_of

_ACTIONS = {"give": codes.GIVE, "stop": codes.STOP, "scale": codes.SCALE, "end": codes.END}
_NO_LIMIT = 1 << 60


@dataclass(frozen=True)
class Decision:
    """Something done to a patient when a condition holds at one of the listed times.

    A decision is taken after the doses of its time and before anything is observed then.

    Attributes:
        name: what it is called in results.
        at_h: when the patient is looked at, hours.
        when: the condition, of states, outputs, parameters, covariates and time, such as ``m["pain"] > 6``; an output
            may be written as ``sympy.Symbol`` of its name. True holds always.
        action: ``give`` a dose (or a series), ``stop`` the doses of a target not yet given, ``scale`` them by a
            factor, or ``end`` follow-up.
        target: dose target; None means all targets (stop, scale).
        amount: the dose in the unit of the target, or the factor; a number or a formula like the condition.
        every_h: for a series given: time between doses.
        count: for a series given: number of doses.
        over_h: for a dose given: the time it enters in.
        most: how often it may fire in one patient; None for no limit.
        wait_h: least time between two firings.

    Example:
        >>> Decision("rescue", [4, 8, 12], when=True, action="give", target="oral", amount=10, wait_h=4).most is None
        True
    """

    name: str
    at_h: Sequence[float]
    when: Any
    action: Literal["give", "stop", "scale", "end"]
    target: str | None = None
    amount: Any = 1.0
    every_h: float | None = None
    count: int = 1
    over_h: float | None = None
    most: int | None = None
    wait_h: float = 0.0


def extra_expressions(decisions: Sequence[Decision], equations: Equations) -> list[sympy.Expr]:
    """What a kernel evaluates beside the outputs: condition and amount of each decision in turn."""
    expressions = []
    for decision in decisions:
        for value in (decision.when, decision.amount):
            expressions.append(symbolic(_resolved(value, equations)))
    return expressions


def decision_table(decisions: Sequence[Decision], equations: Equations) -> DecisionTable:
    """Decisions as arrays."""
    names = equations.target_names
    base = len(equations.outputs)
    return DecisionTable(
        _padded([np.asarray(d.at_h, dtype=float) for d in decisions]),
        np.array([_ACTIONS[d.action] for d in decisions], dtype=np.int64),
        np.array([-1 if d.target is None else names.index(d.target) for d in decisions], np.int64),
        np.array([base + 2 * i for i in range(len(decisions))], dtype=np.int64),
        np.array([base + 2 * i + 1 for i in range(len(decisions))], dtype=np.int64),
        np.array([d.every_h or 0.0 for d in decisions], dtype=float),
        np.array([d.count for d in decisions], dtype=np.int64),
        np.array([d.over_h or 0.0 for d in decisions], dtype=float),
        np.array([_NO_LIMIT if d.most is None else d.most for d in decisions], dtype=np.int64),
        np.array([d.wait_h for d in decisions], dtype=float),
    )


def decision_faults(decisions: Sequence[Decision], equations: Equations) -> Iterator[Fault]:
    """Everything wrong with a list of decisions."""
    seen: set[str] = set()
    units = _units(equations) if decisions else {}
    for decision in decisions:
        where = f"decision {decision.name!r}"
        if decision.name in seen:
            yield Fault(where, "a name used once", "a second one")
        seen.add(decision.name)
        times = np.asarray(decision.at_h, dtype=float)
        if times.ndim != 1 or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            yield Fault(f"{where}, at_h", "increasing finite times", str(list(decision.at_h)))
        if decision.action not in _ACTIONS:
            yield Fault(where, f"an action, one of {', '.join(_ACTIONS)}", repr(decision.action))
        yield from _target_faults(decision, equations, where)
        yield from _formula_faults(decision, equations, units, where)
        if decision.count < 1 or (decision.count > 1 and not decision.every_h):
            yield Fault(where, "a count of 1, or more with an interval", f"{decision.count}")
        for name in ("every_h", "over_h", "wait_h"):
            number = getattr(decision, name)
            if number is not None and not (number >= 0 and math.isfinite(number)):
                yield Fault(f"{where}, {name}", "0 or more", str(number))


def _target_faults(decision: Decision, equations: Equations, where: str) -> Iterator[Fault]:
    names = equations.target_names
    if decision.target is None:
        if decision.action == "give":
            yield Fault(f"{where}, target", "a dose target", "none")
    elif decision.target not in names:
        close = nearest(decision.target, names) or list(names)
        yield Fault(
            f"{where}, target",
            "a dose target",
            repr(decision.target),
            f"Known: {', '.join(close)}.",
        )


def _formula_faults(
    decision: Decision, equations: Equations, units: dict[sympy.Symbol, Unit], where: str
) -> Iterator[Fault]:
    for part in ("when", "amount"):
        value = _resolved(getattr(decision, part), equations)
        unknown = sorted(str(s) for s in value.free_symbols - set(units))
        if unknown:
            known = [str(s) for s in units] + list(equations.output_names)
            close = ", ".join(name for u in unknown for name in nearest(u, known))
            fix = f"Did you mean {close}?" if close else ""
            yield Fault(f"{where}, {part}", "symbols of the model", ", ".join(unknown), fix)
            continue
        try:
            if part == "when":
                if isinstance(value, sympy.Expr):
                    yield Fault(f"{where}, when", "a condition such as pain > 6", str(value))
                else:
                    check_condition(value, units)
            else:
                yield from _amount_faults(decision, value, equations, units, where)
        except UnitMismatch as mismatch:
            yield Fault(f"{where}, {part}", "terms whose units fit", str(mismatch))


def _amount_faults(
    decision: Decision,
    value: sympy.Expr,
    equations: Equations,
    units: dict[sympy.Symbol, Unit],
    where: str,
) -> Iterator[Fault]:
    if value.is_number:
        if not (value.is_finite and value >= 0):
            yield Fault(f"{where}, amount", "a finite number of 0 or more", str(value))
        return
    target = next((t for t in equations.targets if t.name == decision.target), None)
    wanted = Unit.read(target.unit if decision.action == "give" and target else "1")
    found = unit_of(value, units)
    if found is not None and not found.same(wanted):
        yield Fault(f"{where}, amount", f"unit {wanted}", str(found))


def _resolved(value: Any, equations: Equations) -> Any:
    """A formula in which names of outputs are replaced by what they stand for."""
    expression = sympy.sympify(value)
    outputs = {o.name: o.expression for o in equations.outputs}
    states = {s.name for s in equations.states}
    swap = {
        symbol: outputs[symbol.name]
        for symbol in expression.free_symbols
        if symbol.name in outputs and symbol.name not in states
    }
    return equations.inline(expression.xreplace(swap))


def _units(equations: Equations) -> dict[sympy.Symbol, Unit]:
    records = [
        *((p.name, p.unit) for p in equations.parameters),
        *((c.name, c.unit) for c in equations.covariates),
        *((d.name, d.unit) for d in equations.derived),
        *((s.name, s.unit) for s in equations.states),
        ("time", "h"),
    ]
    return {sympy.Symbol(name, real=True): Unit.read(unit) for name, unit in records}


def _padded(times: list[np.ndarray[Any, np.dtype[np.float64]]]) -> Any:
    """Times of several decisions as one array, each row ended by a time that never comes."""
    longest = max((len(one) for one in times), default=0) + 1
    table = np.full((len(times), longest), codes.FAR)
    for row, one in zip(table, times, strict=True):
        row[: len(one)] = one
    return table
