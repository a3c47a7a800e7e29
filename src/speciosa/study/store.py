"""Finished arms on disk, so that an interrupted comparison goes on where it stopped.

One file an arm, named by a hash of all that its numbers depend on. It is written beside and renamed, so that a file
that is there is whole.
"""

import io
import json
import zipfile
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

import numpy as np
import polars as pl

from speciosa.model.records import Parameter
from speciosa.saving import save_whole
from speciosa.study.result import ArmRun
from speciosa.study.simulation import Block

_COLUMNS = attrgetter(*(column.name for column in fields(Parameter)))


def save(run: ArmRun, path: Path) -> None:
    """Writes one arm."""
    courses = io.BytesIO()
    run.courses.write_ipc_stream(courses)
    about = {
        "key": path.stem,
        "name": run.name,
        "substances": run.substances,
        "failed": dict(run.failed),
        "parameters": [_COLUMNS(parameter) for parameter in run.parameters],
        "values": list(run.values),
        "typical": list(run.typical),
    }
    file = io.BytesIO()
    np.savez(
        file,
        allow_pickle=False,
        about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        courses=np.frombuffer(courses.getvalue(), dtype=np.uint8),
        values=np.array(list(run.values.values())),
        typical=np.array(list(run.typical.values())),
    )
    save_whole(path, file.getvalue())


def load(path: Path) -> ArmRun | None:
    """Reads one arm; None where there is none, or its file is another's or cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes())
            if about["key"] != path.stem:
                return None
            return ArmRun(
                name=about["name"],
                values=dict(zip(about["values"], stored["values"], strict=True)),
                courses=pl.read_ipc_stream(stored["courses"].tobytes()),
                substances=tuple(about["substances"]),
                parameters=tuple(Parameter(*columns) for columns in about["parameters"]),
                typical=dict(zip(about["typical"], stored["typical"], strict=True)),
                failed=about["failed"],
            )
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, pl.exceptions.PolarsError):
        return None


def save_block(block: Block, path: Path) -> None:
    """Writes the solved patients of some draws of an arm."""
    file = io.BytesIO()
    np.savez(
        file,
        allow_pickle=False,
        key=np.array(path.stem),
        status=block.status,
        names=np.array(list(block.endpoints), dtype=np.str_),
        values=np.array(list(block.endpoints.values())),
    )
    save_whole(path, file.getvalue())


def load_block(path: Path) -> Block | None:
    """Reads a block; None where there is none, or its file is another's or cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            if str(stored["key"]) != path.stem:
                return None
            names = [str(name) for name in stored["names"]]
            return Block(dict(zip(names, stored["values"], strict=True)), stored["status"])
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None
