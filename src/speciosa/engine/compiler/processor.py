"""The processor that kernels are written for: this machine's, or a smaller one by choice.

``SPECIOSA_INSTRUCTIONS`` names one of `INSTRUCTION_SETS`: code for processors of that kind, on any that has them. So one
machine tests what others will run, and a cache of compiled code can be shared by unlike machines.
"""

import os
from dataclasses import dataclass
from functools import lru_cache

import llvmlite.binding as llvm

from speciosa.errors import Fault, InputError

VARIABLE = "SPECIOSA_INSTRUCTIONS"


@dataclass(frozen=True)
class Processor:
    """The processor that code is compiled for.

    Attributes:
        name: as LLVM knows it.
        features: what it can do, as LLVM writes it: ``+avx2,+fma``.
    """

    name: str
    features: str

    @property
    def width(self) -> int:
        """Doubles in the widest register that kernels use."""
        if "+avx512f" in self.features:
            return 8
        return 4 if "+avx2" in self.features else 2


INSTRUCTION_SETS = {
    "avx512": Processor("x86-64-v4", "+avx2,+fma,+avx512f,+avx512dq,+avx512vl,+avx512bw,+avx512cd"),
    "avx2": Processor("x86-64-v3", "+avx2,+fma"),
    "sse2": Processor("x86-64", "+sse2"),
}
"""What can be asked for, widest first."""


@lru_cache(maxsize=1)
def processor() -> Processor:
    """The processor of this machine, or the kind that ``SPECIOSA_INSTRUCTIONS`` names.

    Raises:
        InputError: for a kind that is not known, or that this machine is not.
    """
    asked = os.environ.get(VARIABLE)
    if not asked:
        return Processor(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
    if asked not in available():
        others = ", ".join(available()) or "none: leave it out"
        found = f"{asked!r}, which this machine lacks" if asked in INSTRUCTION_SETS else repr(asked)
        raise InputError(
            Fault(VARIABLE, "instructions of this machine", found, f"It has {others}.")
        )
    return INSTRUCTION_SETS[asked]


def available() -> list[str]:
    """The names of `INSTRUCTION_SETS` that this machine has, widest first.

    Example:
        >>> set(available()) <= {"avx512", "avx2", "sse2"}
        True
    """
    features = set(llvm.get_host_cpu_features().flatten().split(","))
    return [
        name
        for name, kind in INSTRUCTION_SETS.items()
        if features.issuperset(kind.features.split(","))
    ]
