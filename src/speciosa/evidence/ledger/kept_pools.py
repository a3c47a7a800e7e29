"""What each pool comes to, kept beside the figures that it rests on, so that a claim is shown at once.

`data/pool-results.json` holds for each pool its numbers in words and a fingerprint of its definition and of the rows
behind it. While the fingerprint is that of today's facts the kept result is given; after any change of a row or of the
definition the pool is computed again. ``python -m speciosa.evidence.ledger.kept_pools`` writes the file.
"""

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from speciosa.errors import UnknownNameError
from speciosa.evidence.ledger.pool_definitions import definitions, groups
from speciosa.evidence.ledger.pool_result import PoolResult
from speciosa.facts.lookup import row_of
from speciosa.saving import save_whole

FILE = Path(str(files("speciosa.evidence"))) / "data" / "pool-results.json"
REMARKS = {"checked", "location", "note", "original"}


def pool_result(pool_id: str) -> PoolResult:
    """What a pool comes to by the facts of today.

    Raises:
        UnknownNameError: no such pool.

    Example:
        >>> found = pool_result("buprenorphine-methadone-retention")
        >>> round(found.estimate, 2), found.direction
        (0.81, 'unclear')
    """
    entry = _kept().get(pool_id)
    if entry is None or entry["fingerprint"] != fingerprint(pool_id):
        return compute(pool_id)
    values = {name: value for name, value in entry.items() if name != "fingerprint"}
    values |= {"rows": tuple(entry["rows"]), "recalled": tuple(entry["recalled"])}
    return PoolResult(id=pool_id, **values)


def compute(pool_id: str) -> PoolResult:
    """The result from the analysis itself."""
    # the analysis loads SciPy; a kept result is shown without it
    from speciosa.evidence.ledger.pools import pooled

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
