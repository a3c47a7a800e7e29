"""What a simulation gives back."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from speciosa.engine.codes import NOT_FINITE as NOT_FINITE
from speciosa.engine.codes import OK as OK
from speciosa.errors import UnknownNameError
from speciosa.shown import Shown

if TYPE_CHECKING:
    import polars as pl

STATUS = (
    "ok",
    "too many steps",
    "not finite",
    "step too small",
    "no steady state",
    "events without end",
)


@dataclass(frozen=True)
class Result(Shown):
    """Trajectories and endpoints of a population.

    A row is one patient in one draw of the uncertain parameters; rows go through the patients of draw 0, then of draw
    1, and so on. A row whose solution failed holds NaN and is named by `failed`.

    Attributes:
        times: hours, shape ``(times,)``; empty without trajectories.
        outputs: trajectories by output, each of shape ``(rows, times)``.
        endpoints: endpoints by name, each of shape ``(rows,)``.
        codes: index into `STATUS`, shape ``(rows,)``.
        patient: patient of each row.
        draw: draw of each row.
        units: unit of each output and endpoint.
        steps: steps taken, shape ``(rows,)``.
        error: estimate of the accumulated error over the peak of the worst state, shape ``(rows,)``.
        ended_h: when follow-up ended, shape ``(rows,)``.
        firings: for each decision, at which of its times it fired, shape ``(rows, times of the decision)``.
        decision_times: hours of each decision.
        method: the solver used.
    """

    times: NDArray[np.float64]
    outputs: dict[str, NDArray[np.float64]]
    endpoints: dict[str, NDArray[np.float64]]
    codes: NDArray[np.int8]
    patient: NDArray[np.int64]
    draw: NDArray[np.int64]
    units: dict[str, str]
    steps: NDArray[np.int64]
    error: NDArray[np.float64]
    ended_h: NDArray[np.float64]
    method: str
    firings: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    decision_times: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """The trajectories of an output, or an endpoint."""
        if name in self.outputs:
            return self.outputs[name]
        if name in self.endpoints:
            return self.endpoints[name]
        raise UnknownNameError("output or endpoint", name, [*self.outputs, *self.endpoints])

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def status(self) -> NDArray[np.str_]:
        """``ok`` or the reason of failure of every row, in words."""
        return np.array(STATUS)[self.codes]

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Which rows were solved."""
        good: NDArray[np.bool_] = self.codes == OK
        return good

    @property
    def failed(self) -> "pl.DataFrame":
        """Rows that were not solved, with the reason."""
        import polars as pl

        bad = ~self.ok
        return pl.DataFrame(
            {"draw": self.draw[bad], "patient": self.patient[bad], "status": self.status[bad]},
            schema={"draw": pl.Int64, "patient": pl.Int64, "status": pl.String},
        )

    def frame(self) -> "pl.DataFrame":
        """Trajectories, one row a patient and time; columns ``draw, patient, time_h`` and ``output [unit]``.

        Patients that failed are left out; see `failed`.
        """
        import polars as pl

        rows = np.flatnonzero(self.ok)
        count = len(self.times)
        columns = {
            "draw": np.repeat(self.draw[rows], count),
            "patient": np.repeat(self.patient[rows], count),
            "time_h": np.tile(self.times, len(rows)),
        }
        values = {
            f"{name} [{self.units[name]}]": array[rows].ravel()
            for name, array in self.outputs.items()
        }
        return pl.DataFrame(columns | values)

    def endpoint_frame(self) -> "pl.DataFrame":
        """Endpoints, one row a patient; columns ``draw, patient`` and ``endpoint [unit]``.

        Patients that failed are left out; see `failed`.
        """
        import polars as pl

        good = self.ok
        values = {f"{k} [{self.units[k]}]": array[good] for k, array in self.endpoints.items()}
        return pl.DataFrame({"draw": self.draw[good], "patient": self.patient[good]} | values)

    def decisions(self) -> "pl.DataFrame":
        """Every firing of a decision, one row each: ``draw, patient, decision, time_h``."""
        import polars as pl

        parts = []
        for name, fired in self.firings.items():
            rows, times = np.nonzero(fired)
            parts.append(
                pl.DataFrame(
                    {
                        "draw": self.draw[rows],
                        "patient": self.patient[rows],
                        "decision": [name] * len(rows),
                        "time_h": self.decision_times[name][times],
                    },
                    schema={
                        "draw": pl.Int64,
                        "patient": pl.Int64,
                        "decision": pl.String,
                        "time_h": pl.Float64,
                    },
                )
            )
        schema = {
            "draw": pl.Int64,
            "patient": pl.Int64,
            "decision": pl.String,
            "time_h": pl.Float64,
        }
        return (
            pl.concat(parts).sort("draw", "patient", "time_h")
            if parts
            else pl.DataFrame(schema=schema)
        )
