"""What each pool comes to, kept beside the figures that it rests on, so that a claim is shown at once.

`data/pool-results.json` holds for each pool its numbers in words and a fingerprint of its definition and of the rows
behind it. While the fingerprint is that of today's facts the kept result is given; after any change of a row or of the
definition the pool is computed again. ``python -m speciosa.evidence.pool_results`` writes the file.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speciosa.errors import UnknownNameError
from speciosa.facts.lookup import row_of
from speciosa.saving import save_whole

if TYPE_CHECKING:
    from speciosa.evidence.pools import PooledEvidence

FILE = Path(str(files("speciosa.evidence"))) / "data" / "pool-results.json"
REMARKS = {"checked", "location", "note", "original"}


@dataclass(frozen=True, slots=True)
class PoolResult:
    """A pool in words and on the natural scale; `pools.pooled` gives the analysis behind it.

    Attributes:
        id, title, note: as in the definition.
        estimate, ci_low, ci_high: natural scale.
        direction: ``above`` or ``below`` no effect if the interval excludes it, else ``unclear``.
        sentence: the pool in one sentence with its numbers.
        rows, recalled: fact ids behind the number; those whose figures were seen in no document.
        certainty: the level of certainty, None where none was judged.
    """

    id: str
    title: str
    note: str
    estimate: float
    ci_low: float
    ci_high: float
    direction: str
    sentence: str
    rows: tuple[str, ...]
    recalled: tuple[str, ...]
    certainty: str | None

    @classmethod
    def of(cls, found: "PooledEvidence") -> "PoolResult":
        """The result of an analysis."""
        estimate, low, high = found.interval
        return cls(
            id=found.id,
            title=found.title,
            note=found.note,
            estimate=estimate,
            ci_low=low,
            ci_high=high,
            direction=found.direction,
            sentence=found.sentence(),
            rows=found.rows,
            recalled=found.recalled,
            certainty=found.certainty.level if found.certainty else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """The result for programs."""
        return {
            "pool": self.id,
            "estimate": self.estimate,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "rows": list(self.rows),
            "recalled": list(self.recalled),
            "certainty": self.certainty,
            "sentence": self.sentence,
        }


def pool_result(pool_id: str) -> PoolResult:
    """What a pool comes to by the facts of today.

    Raises:
        UnknownNameError: no such pool.

    Example:
        >>> found = pool_result("buprenorphine-methadone-retention")
        >>> round(found.estimate, 2), found.direction
        (0.83, 'below')
    """
    entry = _kept().get(pool_id)
    if entry is None or entry["fingerprint"] != fingerprint(pool_id):
        return compute(pool_id)
    values = {name: value for name, value in entry.items() if name != "fingerprint"}
    values |= {"rows": tuple(entry["rows"]), "recalled": tuple(entry["recalled"])}
    return PoolResult(id=pool_id, **values)


def compute(pool_id: str) -> PoolResult:
    """The result from the analysis itself."""
    from speciosa.evidence.pools import pooled

    return PoolResult.of(pooled(pool_id))


def fingerprint(pool_id: str) -> str:
    """A digest of a pool's definition and of the corrected rows that it names, remarks aside."""
    spec = definitions().get(pool_id)
    if spec is None:
        raise UnknownNameError("pool", pool_id, definitions())
    rows = [row_of(row).cells for group in groups(spec) for row in group]
    cells = [{name: cell for name, cell in row.items() if name not in REMARKS} for row in rows]
    text = json.dumps([spec, cells], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def groups(spec: Mapping[str, Any]) -> list[list[str]]:
    """The rows of a definition by study: one row each, or those whose treated arms are summed."""
    single = [[row] for row in spec.get("rows", spec.get("values", []))]
    return single + [list(rows) for rows in spec.get("combine", [])]


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """The definitions of all pools, in the order of the file."""
    return tomllib.loads((FILE.parent / "pools.toml").read_text(encoding="utf-8"))


@cache
def _kept() -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return kept


def write() -> None:
    """Computes every pool and keeps the results."""
    kept = {}
    for name in definitions():
        found = compute(name)
        entry = {key: getattr(found, key) for key in PoolResult.__dataclass_fields__ if key != "id"}
        kept[name] = {"fingerprint": fingerprint(name)} | entry
    save_whole(FILE, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write()
