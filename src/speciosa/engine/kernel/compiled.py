"""A model compiled for a solver, from the cache where it is there."""

import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from speciosa.engine.codes import WIDTH
from speciosa.engine.compiler import cache
from speciosa.engine.compiler.machine import Loaded, assembly, compile_object, signature
from speciosa.engine.kernel.assemble import FUNCTIONS, assemble
from speciosa.engine.kernel.plan import Plan
from speciosa.model import Equations

_FORMAT = "1"


@dataclass(frozen=True)
class CompiledModel:
    """The machine code of a model and where its workspace keeps what.

    Attributes:
        method: solver.
        rows: rows of the workspace.
        start: first row of each quantity.
        addresses: where each function begins.
    """

    method: str
    rows: int
    start: dict[str, int]
    addresses: dict[str, int]
    code: Loaded

    def workspace(self) -> NDArray[np.float64]:
        """A workspace of zeros, aligned as the code needs it."""
        size, line = self.rows * WIDTH, 8
        room = np.zeros(size + line)
        skip = (-room.ctypes.data // 8) % line
        return room[skip : skip + size]


_loaded: dict[str, CompiledModel] = {}
_locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_locks_lock = threading.Lock()


def kernel_key(equations: Equations, extra: Sequence[sympy.Expr], method: str) -> str:
    """What a kernel depends on: equations, conditions of decisions, solver, versions, processor."""
    text = [_FORMAT, equations.structure, method, signature(), cache.source_hash()]
    text += [sympy.srepr(equations.inline(expression)) for expression in extra]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()


def compiled(equations: Equations, extra: Sequence[sympy.Expr], method: str) -> CompiledModel:
    """The kernel of a model: from memory, from the cache, or compiled now."""
    key = kernel_key(equations, extra, method)
    with _locks_lock:
        lock = _locks[key]
    with lock:  # two threads that ask for one model compile it once; other models do not wait
        if key not in _loaded:
            entry = cache.obtain(key, lambda: _written(equations, extra, method))
            code = Loaded(entry.code)
            addresses = {name: code.address(name) for name in FUNCTIONS}
            _loaded[key] = CompiledModel(method, entry.rows, entry.start, addresses, code)
        return _loaded[key]


def _written(
    equations: Equations, extra: Sequence[sympy.Expr], method: str
) -> tuple[str, Callable[[], cache.Entry]]:
    """The code of a kernel: its hash, and what compiles it."""
    text, rows = assemble(Plan(equations, extra), method)
    about = f"kernel {rows.count} {sorted(rows.start.items())} {signature()}\n{text}"
    key = hashlib.sha256(about.encode()).hexdigest()
    return key, lambda: cache.Entry(compile_object(text), rows.count, rows.start)


@lru_cache(maxsize=8)
def kernel_assembly(equations: Equations, method: str) -> str:
    """The kernel of a model in assembly language, to read."""
    text, _ = assemble(Plan(equations), method)
    return assembly(text)


def symbolic(expression: Any) -> sympy.Expr:
    """A number or condition as an expression: a condition is 1 where it holds, 0 elsewhere."""
    value = sympy.sympify(expression)
    if isinstance(value, sympy.Expr):
        return value
    return sympy.Piecewise((sympy.Integer(1), value), (sympy.Integer(0), True))
