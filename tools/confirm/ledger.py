"""Reading files of a git repository, and writing records of confirmation."""

import csv
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from speciosa.facts.confirming import Confirmation
from speciosa.facts.tables import DATA

COLUMNS = tuple(Confirmation.model_fields)


def blob(repository: Path, revision: str, path: str) -> tuple[str, str]:
    """The text of a file at a revision, and the mark of its content."""
    name = f"{revision}:{path}"
    text = _git(repository, "show", name)
    return text, "git:" + _git(repository, "rev-parse", name).strip()


def raw(repository: Path, revision: str, path: str) -> tuple[bytes, str]:
    """The bytes of a file at a revision, and the mark of its content."""
    name = f"{revision}:{path}"
    found = subprocess.run(
        ["git", "-C", str(repository), "show", name], check=True, capture_output=True
    )
    return found.stdout, "git:" + _git(repository, "rev-parse", name).strip()


def _git(repository: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *words], check=True, capture_output=True, text=True
    )
    return done.stdout


def write(file: str, records: Iterable[Mapping[str, str]]) -> None:
    """Adds records to a file of ``confirmations``, sorted by fact; one that differs from what stands is printed, not written.

    What stands may have been edited after its source was read again. To have a record written anew, take its line out first.
    """
    path = next(DATA.glob("**/confirmations")) / file
    kept: dict[str, Mapping[str, str]] = {}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as handle:
            kept = {row["fact"]: row for row in csv.DictReader(handle)}
    day = datetime.now(UTC).date().isoformat()
    added = 0
    for record in records:
        fact = record["fact"]
        if fact not in kept:
            kept[fact] = {"confirmed_on": day, **record}
            added += 1
        elif other := differences(kept[fact], record):
            print(f"{fact}: stands as edited, {', '.join(other)}")
    if added:
        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.DictWriter(handle, COLUMNS, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept[name] for name in sorted(kept))
    print(f"{added} records added to {file}")


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The columns, without the day, in which a record that stands differs from a new one."""
    return [
        name
        for name in COLUMNS
        if name != "confirmed_on" and old.get(name, "") != new.get(name, "")
    ]
