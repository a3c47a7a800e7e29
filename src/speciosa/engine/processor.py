"""The processor that kernels are written for."""

from dataclasses import dataclass
from functools import lru_cache

import llvmlite.binding as llvm


@dataclass(frozen=True)
class Processor:
    """The processor that code is compiled for."""

    name: str
    features: str

    @property
    def width(self) -> int:
        """Doubles in the widest register that kernels use."""
        if "+avx512f" in self.features:
            return 8
        return 4 if "+avx2" in self.features else 2


@lru_cache(maxsize=1)
def processor() -> Processor:
    """The processor of this machine."""
    return Processor(llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
