"""What must be the same for a run to give the same numbers, and the file that records it.

``study.lock.toml`` holds the study itself, the versions of what computed it, and hashes of the facts, the calibration
and the equations. A study can be run from it: identical versions and hashes give identical numbers, and any that differ
are named.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomli_w

from speciosa.facts.folders import folders, own_folder
from speciosa.identity import hash_of, versions
from speciosa.saving import save_whole
from speciosa.study.question.schema import Study

CODE = (
    "model", "engine", "pharmacology", "population", "study", "facts", "workers", "complaints.py", "delimited.py", "errors.py",
    "identity.py", "outcomes.py", "prescribing.py", "progress.py", "regimen.py", "saving.py", "toml_lines.py", "toml_text.py",
    "shown.py", "unit_scale.py", "unit_text.py", "units.py",
)  # fmt: skip
"""All that the numbers of a study come from, below the package; the data of the facts count apart."""


def lock_table(study: Study, sources: Sequence[str] = ()) -> dict[str, Any]:
    """The content of a lock file.

    Args:
        study: what was asked.
        sources: fact rows and calibrated parameters that the models took.
    """
    named = {"facts": str(own_folder())} if study.facts else {}
    return {
        "lock": {
            "versions": versions(),
            "hashes": hashes(),
            "facts_used": sorted(set(sources)),
        },
        "study": {**study.model_dump(mode="json", exclude_none=True), **named},
    }


def write_lock(path: Path, study: Study, sources: Sequence[str]) -> None:
    """Writes the lock file."""
    save_whole(path, tomli_w.dumps(lock_table(study, sources)))


def differences(lock: Mapping[str, Any]) -> list[str]:
    """What differs now from what a lock file records; empty where the numbers will be identical."""
    now = lock_table_of_now()
    found = []
    for kind in ("versions", "hashes"):
        for name, value in lock.get(kind, {}).items():
            if now[kind].get(name) != value:
                found.append(f"{name}: then {value}, now {now[kind].get(name, 'absent')}")
    return found


def lock_table_of_now() -> dict[str, Mapping[str, str]]:
    """Versions and hashes of this installation."""
    return {
        "versions": versions(),
        "hashes": hashes(),
    }


@lru_cache(maxsize=1)
def hashes() -> Mapping[str, str]:
    """Hashes of the facts and of the code that turns them into numbers."""
    root = files("speciosa")
    return {
        "facts": hash_of([root / "facts" / "data", *folders()[1:]]),
        "code": hash_of([root / name for name in CODE], (".py", ".toml"), without="data"),
    }


def arm_hash(study: Study, arm: int, rtol: float = 0.0) -> str:
    """Identifies all that the numbers of one arm depend on, the tolerance of the solver among them."""
    chosen = study.arms[arm]
    # An arm without doses ends with the longest of the others.
    ends = "" if chosen.stop_h else str(max(other.stop_h for other in study.arms))
    about = (
        study.population.model_dump_json(),
        chosen.model_dump_json(exclude={"name", "note", "source"}),
        study.follow_up.model_dump_json(),
        study.indication,
        *(one.model_dump_json() for one in study.fitted),
        ends,
        repr(rtol),
        str(sorted((*hashes().items(), *versions().items()))),
    )
    return hashlib.sha256("\n".join(about).encode()).hexdigest()[:24]
