"""Finished arms on disk, so that an interrupted comparison goes on where it stopped.

One file an arm, named by a hash of all that its numbers depend on. It is written beside and renamed, so that a file
that is there is whole.
"""

import io
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from speciosa.model.records import Parameter
from speciosa.saving import save_whole
from speciosa.study.result import ArmRun


def save(run: ArmRun, path: Path) -> None:
    """Writes one arm."""
    courses = io.BytesIO()
    run.courses.write_parquet(courses)
    about = {
        "name": run.name,
        "substances": run.substances,
        "failed": dict(run.failed),
        "parameters": [asdict(parameter) for parameter in run.parameters],
        "values": list(run.values),
        "typical": list(run.typical),
    }
    arrays: dict[str, NDArray[Any]] = {f"value{i}": v for i, v in enumerate(run.values.values())}
    arrays |= {f"typical{i}": v for i, v in enumerate(run.typical.values())}
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
    arrays["courses"] = np.frombuffer(courses.getvalue(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    save_whole(path, file.getvalue())


def load(path: Path) -> ArmRun | None:
    """Reads one arm; None where there is none or its file cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes())
            return ArmRun(
                name=about["name"],
                values={key: stored[f"value{i}"] for i, key in enumerate(about["values"])},
                courses=pl.read_parquet(io.BytesIO(stored["courses"].tobytes())),
                substances=tuple(about["substances"]),
                parameters=tuple(Parameter(**entry) for entry in about["parameters"]),
                typical={key: stored[f"typical{i}"] for i, key in enumerate(about["typical"])},
                failed=about["failed"],
            )
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, pl.exceptions.PolarsError):
        return None
