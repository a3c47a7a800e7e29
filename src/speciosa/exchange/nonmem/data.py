"""A data set that was read: its records as numbers, and whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)
"""What EVID says."""


@dataclass(frozen=True)
class NonmemData:
    """Records of individuals, each in the order of the file.

    Attributes:
        name: of the file.
        columns: every numeric column by its name in capitals, NaN where nothing is written; shape ``(records,)``.
        line: of the file where each record stands.
        individual: index of whose record it is, from 0.
        ids: what ID says of each individual.
        period: counts an individual's resets after which time begins anew.
        time_h: hours from the first record of an individual's period where clock times or dates are written, otherwise
            as written.
        event: 0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose (EVID).
        amount, rate, duration_h, interval_h: AMT, RATE (per hour; -1 and -2 as written), DUR, II; 0 where nothing is.
        additional, steady_state, compartment: ADDL, SS, CMT; 0 where nothing is written.
        observed: DV; NaN where it is missing or MDV is 1, and on records that observe nothing.
        left_out: columns that hold text.
        texts: their cells, without regard to case, by record.
        endpoints: names in DVID or YTYPE where it holds text; the column then counts them from 1.
    """

    name: str
    columns: Mapping[str, NDArray[np.float64]]
    line: NDArray[np.int64]
    individual: NDArray[np.int64]
    ids: NDArray[np.float64]
    period: NDArray[np.int64]
    time_h: NDArray[np.float64]
    event: NDArray[np.int64]
    amount: NDArray[np.float64]
    rate: NDArray[np.float64]
    duration_h: NDArray[np.float64]
    interval_h: NDArray[np.float64]
    additional: NDArray[np.int64]
    steady_state: NDArray[np.int64]
    compartment: NDArray[np.int64]
    observed: NDArray[np.float64]
    left_out: tuple[str, ...] = ()
    texts: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    endpoints: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.line)

    @property
    def doses(self) -> NDArray[np.bool_]:
        """Which records give a dose."""
        return np.isin(self.event, (DOSE, RESET_AND_DOSE))

    @property
    def observations(self) -> NDArray[np.bool_]:
        """Which records ask for a prediction."""
        found: NDArray[np.bool_] = self.event == OBSERVATION
        return found

    @property
    def frame(self) -> "pl.DataFrame":
        """The columns as written, missing cells empty."""
        import polars as pl

        return pl.DataFrame(dict(self.columns)).fill_nan(None)
