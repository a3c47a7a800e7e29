"""What a run of a plan leaves: outcomes, state changes, and what must be the same for the same numbers."""

import io
from importlib.resources import files
from pathlib import Path

import polars as pl
import tomli_w

from speciosa.care.run import PathwayRun
from speciosa.identity import hash_of, versions
from speciosa.saving import save_whole
from speciosa.study.lock import hashes


def save_run(run: PathwayRun, folder: Path) -> None:
    """Writes ``outcomes.parquet``, ``people.parquet`` and ``pathway.lock.toml``."""
    run.outcomes.write(folder / "outcomes.parquet")
    changes = pl.concat(
        arm.changes.select(pl.lit(arm.pathway.name).alias("arm"), pl.all()) for arm in run.arms
    )
    table = io.BytesIO()
    changes.write_parquet(table)
    save_whole(folder / "people.parquet", table.getvalue())
    save_whole(folder / "pathway.lock.toml", tomli_w.dumps(_lock(run)))


def _lock(run: PathwayRun) -> dict[str, object]:
    care = files("speciosa.care")
    return {
        "lock": {
            "versions": dict(versions()),
            "hashes": {
                **hashes(),
                "care": hash_of([care], (".py", ".toml", ".csv")),
            },
        },
        "plan": run.plan.text,
    }
