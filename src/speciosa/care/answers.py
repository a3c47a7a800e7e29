"""Keeps what the shipped plan says of claims for the ledger: ``python -m speciosa.care.answers``; about a minute."""

import hashlib
from dataclasses import asdict
from importlib.resources import files

from speciosa.care.claims import answers
from speciosa.care.read import read_plan
from speciosa.care.run import pathway
from speciosa.delimited import as_csv
from speciosa.evidence.ledger.plan_answers import FILE, PlanAnswer
from speciosa.saving import save_whole

PLAN = "opioid-use-disorder"
_RESTS_ON = (
    "data/posterior.csv", "data/priors.toml", "data/judgements.toml", "data/modifiers.csv", "data/people.toml",
    f"shipped/{PLAN}.toml",
)  # fmt: skip


def made() -> str:
    """Identifies the plan and the numbers of the slow clock; those of medicines, tolerance and withdrawal are not part of it."""
    care = files("speciosa.care")
    content = b"".join((care / name).read_bytes() for name in _RESTS_ON)
    return hashlib.sha256(content).hexdigest()[:16]


def main() -> None:
    """Runs the plan and writes its answers."""
    found = answers(pathway(read_plan(PLAN)), PLAN, made())
    rows = []
    for answer in found:
        cells = asdict(answer)
        rows.append([f"{cell:.4g}" if isinstance(cell, float) else cell for cell in cells.values()])
    save_whole(FILE, as_csv(list(PlanAnswer.__dataclass_fields__), rows))


if __name__ == "__main__":
    main()
