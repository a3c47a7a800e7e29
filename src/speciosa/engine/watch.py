"""What is followed along a solution so that endpoints can be read from it at the end.

Endpoints that need the same are followed once: a peak and its time, an area and a mean, times above and below a level.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.codes import (
    ABOVE,
    AREA,
    AT,
    BELOW,
    MEAN,
    PEAK,
    PEAK_TIME,
    TROUGH,
    TROUGH_TIME,
)
from speciosa.engine.compiler.by_address import ByAddress
from speciosa.engine.endpoint import KINDS, Endpoint

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# in the order in which they are followed: extremes, areas, levels, values at a time
_FOLLOWED = {
    PEAK: 0,
    PEAK_TIME: 0,
    TROUGH: 1,
    TROUGH_TIME: 1,
    AREA: 2,
    MEAN: 2,
    ABOVE: 3,
    BELOW: 3,
    AT: 4,
}


@dataclass(frozen=True)
class Watch(ByAddress):
    """Endpoints, and what is followed for them.

    Attributes:
        kind: of each endpoint.
        row: what each endpoint is read from.
        followed: per row: 0 largest, 1 smallest value, 2 area, 3 time above a level, 4 value at `begin`; in this order.
        output, begin, end, level: per row.
    """

    kind: Integers
    row: Integers
    followed: Integers
    output: Integers
    begin: Floats
    end: Floats
    level: Floats

    @staticmethod
    def of(
        endpoints: Sequence[Endpoint], outputs: Sequence[str], begin: float, until: float
    ) -> "Watch":
        """For endpoints of a model's outputs, with follow-up from `begin` to `until`."""
        kinds = [KINDS.index(e.kind) for e in endpoints]
        keys = [
            (
                _FOLLOWED[kind],
                outputs.index(e.output),
                begin if e.start_h is None else float(e.start_h),
                until if e.end_h is None else float(e.end_h),
                float(e.threshold) if kind in (ABOVE, BELOW) else 0.0,
            )
            for kind, e in zip(kinds, endpoints, strict=True)
        ]
        rows = sorted(set(keys))
        followed, output, begins, ends, level = zip(*rows, strict=True) if rows else [()] * 5
        return Watch(
            np.array(kinds, dtype=np.int64),
            np.array([rows.index(key) for key in keys], dtype=np.int64),
            np.array(followed, dtype=np.int64),
            np.array(output, dtype=np.int64),
            np.array(begins, dtype=float),
            np.array(ends, dtype=float),
            np.array(level, dtype=float),
        )

    def count(self, most: int) -> int:
        """Rows that follow what is numbered `most` or less."""
        return int(np.sum(self.followed <= most))
