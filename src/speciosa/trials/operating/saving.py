"""A simulated trial as files: its replicates, one example trial, and the lock that repeats it."""

import io
from pathlib import Path

import polars as pl
import tomli_w

from speciosa.identity import program
from speciosa.saving import save_whole
from speciosa.trials.operating.escalating import DoseResult
from speciosa.trials.operating.result import TrialResult


def save_trial(result: TrialResult | DoseResult, folder: Path) -> None:
    """Writes ``trials.parquet``, ``patients.parquet`` and ``trial.lock.toml``; the lock file can be run like a trial file.

    Of a dose-finding trial ``trials.parquet`` has one row a dose, and there is no example trial.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(result, TrialResult):
        save_whole(folder / "trials.parquet", _parquet(result.trials()))
        save_whole(folder / "patients.parquet", _parquet(result.patients()))
    else:
        save_whole(folder / "trials.parquet", _parquet(result.doses()))
    table = {
        "lock": {"program": dict(program())},
        "trial": result.trial.model_dump(mode="json", exclude_none=True, exclude_defaults=True),
    }
    save_whole(folder / "trial.lock.toml", tomli_w.dumps(table))


def _parquet(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    table.write_parquet(file)
    return file.getvalue()
