"""Values while a function is translated; see `native`."""

from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from speciosa.engine.compiler.types import BOOL, FLOAT, INT, Kind, Pack, Record, Scalar, parts

_WIDTH = {BOOL: 0, INT: 1, FLOAT: 2}


@dataclass(frozen=True)
class Value:
    """A value while a function is written: its kind and its LLVM parts."""

    kind: Kind
    parts: list[ir.Value]

    def unpacked(self) -> list["Value"]:
        """The parts of a named tuple or of several results."""
        assert isinstance(self.kind, Record | Pack)
        values, at = [], 0
        for kind in self.kind.kinds:
            count = len(parts(kind))
            values.append(Value(kind, self.parts[at : at + count]))
            at += count
        return values


@dataclass(frozen=True)
class Known:
    """Something that exists while a function is written: a function, a module, a class."""

    object: Any


def promoted(one: Kind, other: Kind) -> Kind | None:
    """The kind that holds both; None where there is none."""
    if one == other:
        return one
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one if _WIDTH[one] > _WIDTH[other] else other
    if isinstance(one, Pack) and isinstance(other, Pack) and len(one.kinds) == len(other.kinds):
        both = [promoted(a, b) for a, b in zip(one.kinds, other.kinds, strict=True)]
        return Pack(tuple(kind for kind in both if kind is not None)) if None not in both else None
    return None
