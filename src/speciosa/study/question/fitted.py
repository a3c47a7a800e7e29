"""What a study takes from fits of its own: numbers of substances of the library, estimated from a data set."""

import json
from pathlib import Path
from typing import Any

from speciosa.errors import Fault

Place = tuple[str | int, ...]
_LARGEST = 50_000_000


def filled(table: dict[str, Any], folder: Path | None) -> list[tuple[Place, Fault]]:
    """Reads the files of fits that a study names into its table, and tells which cannot be.

    Args:
        table: of the study.
        folder: of the study file; None where the study is no file.
    """
    entries = table.get("fitted")
    faults: list[tuple[Place, Fault]] = []
    if not isinstance(entries, list):
        return faults
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or entry.get("parameters"):
            continue
        path: Place = ("fitted", number, "file")
        name = entry.get("file")
        if not isinstance(name, str) or not name:
            fix = 'Add file = "results/fit.json".'
            faults.append((path, Fault("file", "the fit.json of a fit", "none", fix)))
            continue
        found = _read(name, folder)
        if isinstance(found, Fault):
            faults.append((path, found))
        else:
            entry.update(found)
    return faults


def _read(name: str, folder: Path | None) -> Fault | dict[str, Any]:
    if folder is None:
        return Fault("file", "a study in a file, beside which the fit is", repr(name))
    place = folder / name
    try:
        if place.stat().st_size > _LARGEST:
            return Fault("file", "the fit.json of a fit", "a file beyond 50 MB")
        told = json.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        return Fault("file", "a readable file", error.strerror or str(error))
    except ValueError:
        return Fault("file", "the fit.json of a fit", f"{name}, which is no JSON")
    library = told.get("library") if isinstance(told, dict) else None
    if not isinstance(library, dict) or not library.get("parameters"):
        fix = 'Fit with substance = "morphine" in [model], whose numbers a study knows.'
        return Fault("file", "a fit of a substance of the library", name, fix)
    return {key: library[key] for key in ("substance", "method", "parameters") if key in library}
