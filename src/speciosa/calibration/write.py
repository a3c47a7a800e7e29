"""Writing the calibration: estimates, correlations and what differs between studies, as fact files."""

import csv
import io
from pathlib import Path

import numpy as np

from speciosa.calibration.plasma import TOLD, Calibration
from speciosa.facts.uncertainty import FLOORS
from speciosa.saving import save_whole
from speciosa.validation.between_studies import STRENGTH

RELATED = 0.05
"""Correlations weaker than this are not written."""


def write(calibration: Calibration, folder: Path, name: str = "plasma") -> list[Path]:
    """Writes the files of one calibration into `folder`, each beside and then renamed; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {test.kind for test in calibration.tested}
    if "ratio" in told:
        told.add(STRENGTH)
    return [
        _csv(folder / f"estimates-{name}.csv", _estimates(calibration)),
        _csv(folder / f"correlations-{name}.csv", _correlations(calibration)),
        _csv(
            folder / "between_studies.csv",
            [
                {"kind": kind, "sd": f"{sd:.3f}", "source": "calibration"}
                for kind, sd in sorted(calibration.between.items())
                if kind in told
            ],
        ),
    ]


def _estimates(calibration: Calibration) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for group in calibration.groups:
        studies = len({row.study for row in group.rows})
        for number in _told(group.fit.sd, group.fit.z):
            free, z, sd = group.free[number], group.fit.z[number], group.fit.sd[number]
            rows.append(
                {
                    "parameter": free.name,
                    "value": f"{free.value(z):.5g}",
                    "unit": free.unit,
                    "cv": f"{max(free.cv(sd, z), FLOORS['calibration']):.4f}",
                    "prior_value": f"{free.prior.center:.5g}",
                    "prior_cv": f"{free.prior.cv:.4f}",
                    "shift_in_prior_sd": f"{z:.3f}",
                    "rows": len(group.rows),
                    "studies": studies,
                    "source": "calibration",
                }
            )
    return sorted(rows, key=lambda row: str(row["parameter"]))


def _told(sd: np.ndarray, z: np.ndarray) -> list[int]:
    """The parameters of which the observations said something."""
    return [n for n in range(len(z)) if sd[n] < TOLD or abs(z[n]) > 0.1]


def _correlations(calibration: Calibration) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for group in calibration.groups:
        told = _told(group.fit.sd, group.fit.z)
        sd = group.fit.sd[told]
        matrix = group.fit.covariance[np.ix_(told, told)] / np.outer(sd, sd)
        kept = np.where(np.abs(matrix) >= RELATED, matrix, 0.0)
        kept = _positive(kept)
        for i in range(len(told)):
            for j in range(i):
                if abs(kept[i, j]) >= RELATED / 2:
                    one, other = sorted((group.free[told[i]].name, group.free[told[j]].name))
                    rows.append(
                        {
                            "one": one,
                            "other": other,
                            "correlation": f"{kept[i, j]:.3f}",
                            "source": "calibration",
                        }
                    )
    return sorted(rows, key=lambda row: (str(row["one"]), str(row["other"])))


def _positive(matrix: np.ndarray) -> np.ndarray:
    """Draws off-diagonal elements towards 0 until the matrix is safely positive definite."""
    size = len(matrix)
    if size == 0:
        return matrix
    shrink = 1.0
    while True:
        tried = np.eye(size) + shrink * (matrix - np.eye(size))
        if np.linalg.eigvalsh(tried)[0] > 0.02:
            return tried
        shrink *= 0.97


def _csv(path: Path, rows: list[dict[str, object]]) -> Path:
    text = io.StringIO(newline="")
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return save_whole(path, text.getvalue())
