"""How the compiled driver reaches its data: one table of addresses.

Every function of the driver takes the address of this table. A field is the address of an array of doubles or of
64-bit integers, or a plain number. Passing dozens of arrays instead would cost more than the solver does.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.stepper.field import FIELDS


class Context:
    """Fills the table, and keeps alive what its addresses point to."""

    def __init__(self) -> None:
        self.table = np.zeros(len(FIELDS), dtype=np.int64)
        self._alive: list[Any] = []

    def number(self, **values: int) -> None:
        """Sets plain numbers."""
        for name, value in values.items():
            self.table[FIELDS[name]] = value

    def float64_arrays(self, **arrays: Any) -> None:
        """Sets addresses of arrays of doubles; numbers become arrays of one."""
        for name, array in arrays.items():
            self._set(name, np.ascontiguousarray(array, dtype=np.float64), array)

    def int64_arrays(self, **arrays: Any) -> None:
        """Sets addresses of arrays of integers."""
        for name, array in arrays.items():
            self._set(name, np.ascontiguousarray(array, dtype=np.int64), array)

    def _set(self, name: str, array: NDArray[Any], given: Any) -> None:
        self._alive.append((array, given))
        self.table[FIELDS[name]] = array.ctypes.data

    @property
    def address(self) -> int:
        """The address of the table."""
        return int(self.table.ctypes.data)
