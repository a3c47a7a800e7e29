"""Sums over the stages of a step, as loops: the code of a step holds one copy of the rates, however many stages there are.

A step written out in full takes more instructions than a processor can decode in the time that it takes to do them.
"""

from collections.abc import Callable, Sequence

from llvmlite import ir

from speciosa.engine.compiler.processor import processor
from speciosa.engine.kernel.frame import Frame
from speciosa.engine.kernel.rows import Row
from speciosa.engine.kernel.vector import Vec, index

IN_REGISTERS = 16
"""A stage of at most so many states is still in registers when the next one needs it."""

# sums that are kept in registers at a time, by the doubles in a register: AVX-512 has twice as many registers as the others
_AT_ONCE = {8: 20, 4: 4, 2: 2}


def weighted_sum(
    frame: Frame,
    start: Sequence[Vec],
    stages: tuple[ir.Value, ir.Value],
    weights: tuple[ir.Value, ir.Value],
    newest: Sequence[Vec] = (),
    scale: Vec | None = None,
) -> list[Vec]:
    """`start` and the rows ``stage`` of all states, times their weights.

    Args:
        frame: the function being written.
        start: one a state.
        stages: the first and the last.
        weights: a table, and where in it the weight of stage 0 stands.
        newest: the last stage, where it is still in registers.
        scale: of the weights.
    """
    b, states, (first_stage, last) = frame.b, len(start), stages
    table, row = weights

    def weight_of(stage: ir.Value) -> Vec:
        weight = frame.pick(table, b.add(row, stage))
        return weight if scale is None else weight * scale

    def add_from(first: int) -> Callable[[ir.Value, list[Vec]], list[Vec]]:
        def add(stage: ir.Value, values: list[Vec]) -> list[Vec]:
            begin = b.add(b.mul(stage, index(states)), index(first))
            return _added(values, weight_of(stage), frame.rows_of(Row.STAGE, len(values), begin))

        return add

    end = last if newest else b.add(last, index(1))
    sums: list[Vec] = []
    some = _AT_ONCE[processor().width]
    for first in range(0, states, some):
        part = start[first : first + some]
        sums += frame.fold(first_stage, end, part, add_from(first))
    return _added(sums, weight_of(last), newest) if newest else sums


def _added(sums: Sequence[Vec], weight: Vec, values: Sequence[Vec]) -> list[Vec]:
    return [total + weight * value for total, value in zip(sums, values, strict=True)]


def padded(rows: Sequence[Sequence[float]], size: int) -> list[float]:
    """Rows of weights one after another, each filled with zeros to the same size."""
    return [weight for row in rows for weight in (*row, *[0.0] * (size - len(row)))]
