"""A program of jet arithmetic: one instruction an operation, each with a row of its own for the result. Compiled by `native`."""

import math
from typing import NamedTuple

import numpy as np

from speciosa.engine.linear.exp import exp_of
from speciosa.estimation.jet.arithmetic import (
    Jets,
    add,
    compose,
    constant,
    copy,
    exponential,
    logarithm,
    multiply,
    reciprocal,
)
from speciosa.estimation.jet.table import Floats, Integers

(
    CONSTANT,
    ADD,
    MULTIPLY,
    RECIPROCAL,
    EXP,
    LOG,
    POWER,
    SQRT,
    SINE,
    COSINE,
    TANH,
    ABS,
    LEAST,
    GREATEST,
    BELOW,
    NOT_ABOVE,
    EQUAL,
    BOTH,
    EITHER,
    NOT,
    CHOOSE,
    GENERAL_POWER,
) = range(22)
"""Operations. Comparisons give 1 or 0 without derivatives."""

_HALF_PI = 1.5707963267948966
_TURN = 6.283185307179586


class Tape(NamedTuple):
    """Instructions.

    Attributes:
        operation: what is done.
        a, b, c: rows of the operands.
        into: row of the result.
        value: of a constant, or the exponent of a power.
    """

    operation: Integers
    a: Integers
    b: Integers
    c: Integers
    into: Integers
    value: Floats


def run(j: Jets, tape: Tape, begin: int, end: int) -> None:
    """Carries out the instructions from `begin` up to `end`."""
    for i in range(begin, end):
        op, a, b, into = tape.operation[i], tape.a[i], tape.b[i], tape.into[i]
        if op == MULTIPLY:
            multiply(j, a, b, into)
        elif op == ADD:
            add(j, a, b, into)
        elif op == CONSTANT:
            constant(j, tape.value[i], into)
        elif op == RECIPROCAL:
            reciprocal(j, a, into)
        elif op == EXP:
            exponential(j, a, into)
        elif op == LOG:
            logarithm(j, a, into)
        elif op == POWER:
            _power(j, a, tape.value[i], into)
        elif op <= ABS:
            _function(j, op, a, into)
        elif op == CHOOSE:
            copy(j, b if j.x[a, 0] != 0.0 else tape.c[i], into)
        elif op == GENERAL_POWER:
            _general_power(j, a, b, tape.c[i], into)
        elif op == LEAST or op == GREATEST:
            first = j.x[a, 0] <= j.x[b, 0]
            copy(j, a if first == (op == LEAST) else b, into)
        else:
            constant(j, _truth(op, j.x[a, 0], j.x[b, 0]), into)


def _truth(op: int, x: float, y: float) -> float:
    if op == BELOW:
        return 1.0 if x < y else 0.0
    if op == NOT_ABOVE:
        return 1.0 if x <= y else 0.0
    if op == EQUAL:
        return 1.0 if x == y else 0.0
    if op == BOTH:
        return x * y
    if op == EITHER:
        return max(x, y)
    return 1.0 - x


def _power(j: Jets, a: int, p: float, into: int) -> None:
    """A power with a fixed exponent, 0 to the power of a positive one being 0 without derivatives where these have no limit."""
    x = j.x[a, 0]
    whole = float(np.floor(p))
    if x == 0.0 and whole != p:
        constant(j, 0.0 if p > 0.0 else math.inf, into)
        return
    f3 = 0.0
    f = _number_power(x, p)
    f1 = p * _number_power(x, p - 1.0) if p != 0.0 else 0.0
    f2 = p * (p - 1.0) * _number_power(x, p - 2.0) if p != 0.0 and p != 1.0 else 0.0
    if p != 0.0 and p != 1.0 and p != 2.0:
        f3 = p * (p - 1.0) * (p - 2.0) * _number_power(x, p - 3.0)
    compose(j, a, into, f, f1, f2, f3)


def _general_power(j: Jets, a: int, b: int, room: int, into: int) -> None:
    """A power; that of 0 is 0, or 1 where the exponent is 0, without derivatives."""
    if j.x[a, 0] == 0.0:
        exponent = j.x[b, 0]
        constant(j, 0.0 if exponent > 0.0 else 1.0 if exponent == 0.0 else math.inf, into)
        return
    logarithm(j, a, into)
    multiply(j, b, into, room)
    exponential(j, room, into)


def _number_power(x: float, p: float) -> float:
    whole = float(np.floor(p))
    if whole == p and abs(p) <= 16.0:
        result = 1.0
        for _k in range(int(abs(p))):
            result *= x
        return 1.0 / result if p < 0.0 else result
    if x == 0.0:
        return 0.0 if p > 0.0 else math.inf
    return exp_of(p * math.log(x))


def _function(j: Jets, op: int, a: int, into: int) -> None:
    x = j.x[a, 0]
    if op == SQRT:
        root = math.sqrt(x)
        r = 1.0 / root
        compose(j, a, into, root, 0.5 * r, -0.25 * r * r * r, 0.375 * r * r * r * r * r)
    elif op == TANH:
        t = 1.0 - 2.0 / (1.0 + exp_of(2.0 * x))
        d = 1.0 - t * t
        compose(j, a, into, t, d, -2.0 * t * d, d * (6.0 * t * t - 2.0))
    elif op == ABS:
        sign = 1.0 if x >= 0.0 else -1.0
        compose(j, a, into, abs(x), sign, 0.0, 0.0)
    else:
        s = sine(x)
        c = sine(x + _HALF_PI)
        if op == SINE:
            compose(j, a, into, s, c, -s, -c)
        else:
            compose(j, a, into, c, -s, -c, s)


def sine(x: float) -> float:
    """The sine, by its series about the nearest multiple of pi.

    Example:
        >>> abs(sine(10.3) - math.sin(10.3)) < 1e-14
        True
    """
    turns = float(np.floor(2.0 * x / _TURN + 0.5))
    half = turns - 2.0 * float(np.floor(0.5 * turns))
    y = x - turns * 3.141592653589793 - turns * 1.2246467991473532e-16
    term, total = y, y
    for k in range(1, 14):
        term *= -y * y / ((2.0 * k) * (2.0 * k + 1.0))
        total += term
    return -total if half > 0.5 else total
