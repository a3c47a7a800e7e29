"""Draws a sample of confirmed facts for a second look, so that anyone can repeat the draw.

Usage: python tools/confirm/sample.py 60 20261129 > sample.csv
       python tools/confirm/sample.py 30 20261204 weakest > sample.csv
       python tools/confirm/sample.py 60 20261207 parameters risks > sample.csv

Each confirmed id gets the hash of the seed and the id; those with the smallest hashes are drawn. A fact that is confirmed
later can so push one out of the sample, but does not shuffle the others. Columns: the fact, what is stated, what was printed,
where, and empty columns for the verdict. With `weakest` only those are drawn from whose place names no number of a public
library or repository by which the passage is found again: abstracts and labels that were read on the page of somebody else.
With names of tables only their rows are drawn from, each table in proportion to its confirmed rows.
"""

import csv
import hashlib
import re
import sys

from speciosa import facts

COLUMNS = ("fact", "states", "printed", "follows", "place", "verdict", "note")
FOUND_BY_NUMBER = re.compile(r"pubmed|PMC\d|PMID|jpuckett|NPDI|nature\.com|hindawi")
"""Places with a number, or with a page of the publisher that shows the table itself."""


def drawn(size: int, seed: int, words: tuple[str, ...] = ()) -> list[str]:
    """Ids of the sample, in the order of the draw."""
    records = [row.cells for row in facts.rows("confirmations")]
    ids = {record["fact"] for record in records if "weakest" not in words or _weak(record)}
    tables = [word for word in words if word != "weakest"]
    if not tables:
        return _first(ids, size, seed)
    rows = {name: ids & {row.cells["id"] for row in facts.rows(name)} for name in tables}
    every = sum(map(len, rows.values()))
    share = {name: size * len(found) / every for name, found in rows.items()}
    take = {name: int(part) for name, part in share.items()}
    for name in sorted(share, key=lambda each: take[each] - share[each])[
        : size - sum(take.values())
    ]:
        take[name] += 1
    return [each for name in tables for each in _first(rows[name], take[name], seed)]


def _first(ids: set[str], size: int, seed: int) -> list[str]:
    return sorted(ids, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).hexdigest())[
        :size
    ]


def _weak(record: dict[str, str]) -> bool:
    """Whether a passage was marked by its figures and its place names no number by which to find it."""
    numbered = FOUND_BY_NUMBER.search(record["place"])
    return record["passage"].startswith("figures:") and not numbered


def main(size: int, seed: int, words: tuple[str, ...] = ()) -> None:
    """Writes the sample to standard output."""
    records = {row.cells["fact"]: row.cells for row in facts.rows("confirmations")}
    cells = {row.cells["id"]: row.cells for table in facts.TABLES for row in facts.rows(table)}
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name in drawn(size, seed, words):
        record = records[name]
        stated = [f"{key}={text}" for key, text in cells[name].items() if text and key in _STATED]
        writer.writerow(
            [name, "; ".join(stated), record["printed"], record["follows"], record["place"], "", ""]
        )


_STATED = {
    "substance", "system", "parameter", "study", "analyte", "metric", "endpoint", "outcome", "treatment", "value", "unit",
    "estimate", "measure", "ci_low", "ci_high", "spread_type", "spread", "spread_low", "spread_high", "n", "events",
    "events_t", "n_t", "events_c", "n_c", "dose", "dose_unit", "route", "formulation", "rate", "low", "high", "species",
    "population", "regimen", "reference",
}  # fmt: skip

if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), tuple(sys.argv[3:]))
