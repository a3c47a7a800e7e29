"""The files of a fit: tables, and a lock file that says with what it was made."""

import hashlib
import io
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from speciosa.estimation.result import Fit
from speciosa.saving import save_whole

if TYPE_CHECKING:
    import polars as pl

_COMPUTE = ("speciosa", "numpy", "scipy", "llvmlite", "polars")


def save_fit(fit: Fit, folder: Path) -> list[Path]:
    """Writes a fit to a folder: four tables (and the draws of a posterior), the result as JSON, and the lock file."""
    drawn = [] if fit.draws is None else [save_whole(folder / "draws.parquet", _parquet(fit.draws))]
    return [
        *drawn,
        save_whole(folder / "estimates.parquet", _parquet(fit.estimates)),
        save_whole(folder / "subjects.parquet", _parquet(fit.subject_table)),
        save_whole(folder / "predictions.parquet", _parquet(fit.predictions)),
        save_whole(folder / "simulated.parquet", _parquet(fit.simulated_table())),
        save_whole(folder / "fit.json", json.dumps(fit.as_dict(), allow_nan=False) + "\n"),
        save_whole(folder / "fit.lock.toml", tomli_w.dumps(lock_table(fit))),
    ]


def lock_table(fit: Fit) -> dict[str, Any]:
    """The content of the lock file: the fit file as it was, versions, and a hash of the data set."""
    data = fit.question.data.file
    return {
        "lock": {
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in _COMPUTE},
            },
            "data": {"file": data.name, "sha256": hashlib.sha256(data.read_bytes()).hexdigest()},
        },
        "fit": fit.question.text,
    }


def _parquet(frame: "pl.DataFrame") -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file)
    return file.getvalue()
