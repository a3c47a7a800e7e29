"""The table of virtual patients, by draw of the uncertain parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class VirtualPatients:
    """Patients by draw of the uncertain parameters.

    Attributes:
        patients: their numbers.
        draws: numbers of the draws.
        values: by name of parameter or covariate, shape ``(draws, patients)``; a categorical covariate as its number.
        occasions: by name of a parameter that varies between occasions, shape ``(draws, patients, occasions)``.
        groups: by name of a categorical covariate, the label of each group's position.
        members: by name of a categorical covariate, position of each patient's group, shape ``(draws, patients)``.
        units: by name.
    """

    patients: range
    draws: range
    values: Mapping[str, NDArray[np.float64]]
    occasions: Mapping[str, NDArray[np.float64]]
    groups: Mapping[str, tuple[str, ...]]
    members: Mapping[str, NDArray[np.int64]]
    units: Mapping[str, str]

    def __len__(self) -> int:
        return len(self.draws) * len(self.patients)

    def table(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Values in the order of `names`, one row a patient of a draw, draw by draw: ``(draws * patients, names)``."""
        columns = [self.values[name].ravel() for name in names]
        return np.stack(columns, axis=1) if columns else np.empty((len(self), 0))

    def frame(self) -> "pl.DataFrame":
        """One row a patient of a draw: ``draw``, ``patient``, covariates (labels where categorical), parameters.

        Values that differ between occasions stand in columns ``name@1``, ``name@2``, ...
        """
        import polars as pl

        columns: dict[str, pl.Series | NDArray[np.float64] | NDArray[np.int64]] = {
            "draw": np.repeat(np.asarray(self.draws), len(self.patients)),
            "patient": np.tile(np.asarray(self.patients), len(self.draws)),
        }
        for name, value in self.values.items():
            if name in self.groups:
                labels = np.asarray(self.groups[name], dtype=object)[self.members[name].ravel()]
                columns[name] = pl.Series(labels.tolist(), dtype=pl.Enum(self.groups[name]))
            else:
                columns[name] = value.ravel()
        for name, value in self.occasions.items():
            for occasion in range(value.shape[-1]):
                columns[f"{name}@{occasion + 1}"] = value[..., occasion].ravel()
        return pl.DataFrame(columns)
