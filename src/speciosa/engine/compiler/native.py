"""Compiling plain numerical Python functions to machine code, in a fraction of a second.

The loops of a solver are written as ordinary functions of numbers and arrays; `native` translates them to LLVM, with
the types that the first call has. It knows what such loops need and no more: whole numbers, floats, truth values,
contiguous arrays (their elements, rows and slices), named tuples of these, records by their address (`by_address`),
`for` over a `range`, `while`, `if`, other functions of this kind, and the mathematics in `built_in`. Anything else is
refused. It has no library to infer types through, so that a solver of 500 lines takes a second, where Numba takes most
of a minute. The functions run uncompiled too, which is what the tests compare with.

What differs from Python: whole numbers have 64 bits, indices are neither checked nor counted from the end, division by
zero gives infinity or NaN, and a multiplication with an addition may be rounded once.
"""

import ctypes
import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from speciosa.engine.compiler.cache import Entry, obtain, source_hash
from speciosa.engine.compiler.machine import Loaded, object_code, signature
from speciosa.engine.compiler.processor import processor
from speciosa.engine.compiler.types import Kind, Scalar, c_types, flatten, kind_of
from speciosa.engine.compiler.write import Writer, vector_loops

_LOCK = threading.Lock()
_KINDS: dict[Kind, Kind] = {}
_ENTRY = "speciosa_entry"
_ENGINE = Path(__file__).parents[1]
_C_TYPES: dict[str, Any] = {
    "": None,
    "int": ctypes.c_int64,
    "float": ctypes.c_double,
    "bool": ctypes.c_bool,
}


@dataclass(frozen=True, slots=True)
class Held:
    """An argument that is passed again and again, taken apart once; its arrays must stay where they are.

    Attributes:
        value: the argument.
        kind: its kind.
        parts: what it is passed as.
    """

    value: Any
    kind: Kind
    parts: tuple[Any, ...]


def held(value: Any) -> Held:
    """Takes an argument apart, so that a call need not.

    Example:
        >>> import numpy as np
        >>> held(np.zeros(3)).parts[1:]
        (3,)
    """
    kind, into = _same(kind_of(value)), list[Any]()
    flatten(value, kind, into)
    return Held(value, kind, tuple(into))


def _same(kind: Kind) -> Kind:
    """One object for all kinds that are alike, whose identity stands for it."""
    return _KINDS.setdefault(kind, kind)


class Native:
    """A function that is compiled when it is first called, once for each combination of argument types.

    Attributes:
        function: the function as it was written.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._compiled: dict[tuple[int, ...], tuple[Any, Loaded]] = {}

    def __call__(self, *args: Any) -> Any:
        """Runs the compiled function; arguments may be `held`."""
        kinds: list[Kind] = []
        values: list[Any] = []
        for arg in args:
            if type(arg) is Held:
                kinds.append(arg.kind)
                values.extend(arg.parts)
                continue
            kind = _same(kind_of(arg))
            kinds.append(kind)
            flatten(arg, kind, values)
        key = tuple(map(id, kinds))
        if key not in self._compiled:
            with _LOCK:
                if key not in self._compiled:
                    self._compiled[key] = self._load(tuple(kinds))
        return self._compiled[key][0](*values)

    def llvm_text(self, *args: Any) -> tuple[str, Kind | None]:
        """The function and all that it calls as LLVM text, for arguments like these; and the kind of its result."""
        return self._text(tuple(kind_of(arg) for arg in args))

    def _text(self, kinds: tuple[Kind, ...]) -> tuple[str, Kind | None]:
        writer = Writer()
        result = writer.entry(_ENTRY, self.function, kinds)
        return str(writer.module), result

    def _load(self, kinds: tuple[Kind, ...]) -> tuple[Any, Loaded]:

        def written() -> tuple[str, Callable[[], Entry]]:
            text, result = self._text(kinds)
            if not (result is None or isinstance(result, Scalar)):
                raise TypeError(f"{self.function.__name__} returns more than a number.")
            name = "" if result is None else result.name
            about = f"native {name} {signature()}\n{text}"
            key = hashlib.sha256(about.encode()).hexdigest()
            return key, lambda: Entry(_compiled(text), 0, {name: 0})

        entry = obtain(self._name(kinds), written)
        loaded = Loaded(entry.code)
        (name,) = entry.start
        wanted = [part for kind in kinds for part in c_types(kind)]
        kind = ctypes.CFUNCTYPE(_C_TYPES[name], *wanted)
        return kind(loaded.address(_ENTRY)), loaded

    def _name(self, kinds: tuple[Kind, ...]) -> str:
        """What the machine code depends on: the sources of the engine, the types, the processor."""
        about = (self.function.__module__, self.function.__qualname__, repr(kinds))
        module = self.function.__code__.co_filename
        return hashlib.sha256(
            "\n".join([*about, _sources(str(Path(module).parent)), signature()]).encode()
        ).hexdigest()


def native(function: Callable[..., Any]) -> Native:
    """Marks the entry to compiled code; the functions that it calls need no mark.

    Example:
        >>> import numpy as np
        >>> from speciosa.engine.linear.exp import exp_in_place
        >>> x = np.array([0.0, 1.0, 2.0])
        >>> native(exp_in_place)(2, x)
        >>> x.round(5).tolist()
        [1.0, 2.71828, 2.0]
    """
    return Native(function)


@lru_cache(maxsize=8)
def _sources(folder: str) -> str:
    """Hash of what the engine does, and all files of the floor of a function; of one outside the house those beside it."""
    here = Path(folder)
    if _ENGINE in (here, *here.parents):
        return source_hash()
    floor = next((one for one in (here, *here.parents) if one.parent == _ENGINE.parent), None)
    return source_hash(floor if floor is not None else here)


def _compiled(text: str) -> bytes:
    return object_code(_with_attributes(text), unrolled=False)


def _with_attributes(text: str) -> str:
    """Lets LLVM use the widest registers of the processor."""
    width = 64 * processor().width
    marked = re.sub(r"(?m)^(define [^\n]*\))[^\n]*$", r"\1 #0", text)
    marked = vector_loops(marked)
    return f'{marked}\nattributes #0 = {{ nounwind "prefer-vector-width"="{width}" }}\n'
