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
from functools import lru_cache
from pathlib import Path
from typing import Any

from speciosa.engine.compiler.cache import Entry, meaning, obtain, source_hash
from speciosa.engine.compiler.machine import Loaded, object_code, signature
from speciosa.engine.compiler.processor import processor
from speciosa.engine.compiler.types import Kind, Scalar, c_types, flatten, kind_of
from speciosa.engine.compiler.write import Writer, vector_loops

_LOCK = threading.Lock()
_ENTRY = "speciosa_entry"
_ENGINE = Path(__file__).parents[1]
_C_TYPES: dict[str, Any] = {
    "": None,
    "int": ctypes.c_int64,
    "float": ctypes.c_double,
    "bool": ctypes.c_bool,
}


class Native:
    """A function that is compiled when it is first called, once for each combination of argument types.

    Attributes:
        function: the function as it was written.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._compiled: dict[tuple[Kind, ...], tuple[Any, Loaded]] = {}

    def __call__(self, *args: Any) -> Any:
        """Runs the compiled function."""
        kinds = tuple(kind_of(arg) for arg in args)
        if kinds not in self._compiled:
            with _LOCK:
                if kinds not in self._compiled:
                    self._compiled[kinds] = self._load(kinds)
        values: list[Any] = []
        for arg, kind in zip(args, kinds, strict=True):
            flatten(arg, kind, values)
        return self._compiled[kinds][0](*values)

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
    """Hash of what all files beside a function do, and the engine."""
    here = Path(folder)
    if _ENGINE in (here, *here.parents):
        return source_hash()
    digest = hashlib.sha256(source_hash().encode())
    for path in sorted(here.glob("*.py")):
        digest.update(meaning(path.read_bytes()).encode())
    return digest.hexdigest()


def _compiled(text: str) -> bytes:
    return object_code(_with_attributes(text), unrolled=False)


def _with_attributes(text: str) -> str:
    """Lets LLVM use the widest registers of the processor."""
    width = 64 * processor().width
    marked = re.sub(r"(?m)^(define [^\n]*\))[^\n]*$", r"\1 #0", text)
    marked = vector_loops(marked)
    return f'{marked}\nattributes #0 = {{ nounwind "prefer-vector-width"="{width}" }}\n'
