"""Rules of what is taken together: passages of labels and of safety notices, as one public repository keeps them.

Usage: python tools/confirm/label_rules.py AUSHADHI.git     (Bahuleyandr/aushadhi)

Each passage there carries the regulator, the section of the label and its date, and was compared with openFDA, DailyMed or gov.uk
by its keepers. ``label-rules.csv`` beside this script says which passage bears which rule, of which drug, date and section, what
else was read (``also``), whether it excludes the pair and tells the mechanism, what it says in words of our own, and what of the
rule is ours (``note``). A label prints that it excludes something; other grades are our reading of it and are not confirmed. A rule
whose passage has gone, or has none of that date, is printed. Words are edited in that table, not in the records.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from ledger import blob, write

PACK = "docs/interaction-review/batch-01-v2/batch-01-v2.jsonl"
BORNE = Path(__file__).with_name("label-rules.csv")


def borne(repository: Path) -> Iterator[dict[str, str]]:
    """The records of the rules of which the repository keeps a passage."""
    text, mark = blob(repository, "HEAD", PACK)
    kept = {entry["rule_id"]: entry for entry in map(json.loads, text.splitlines())}
    with BORNE.open(newline="", encoding="utf-8") as handle:
        wanted = list(csv.DictReader(handle))
    for row in wanted:
        dates = {
            passage["source_date"]
            for passage in kept.get(row["passage"], {}).get("evidence", ())
            if passage["fragments"]
        }
        if row["date"] not in dates:
            print(f"{row['rule']}: no passage of {row['passage']} of {row['date']}")
            continue
        yield record(row, mark)


def record(row: dict[str, str], mark: str) -> dict[str, str]:
    """The record of a rule, with all words of its line in ``label-rules.csv``."""
    excluded = row["excluded"] == "yes"
    return {
        "fact": row["rule"],
        "printed": f"finding={row['finding']}" + "; severity=contraindicated" * excluded,
        "not_stated": "; ".join(
            ["severity"] * (not excluded) + ["mechanism"] * (row["mechanism"] == "no")
        ),
        "about": f"drug={row['drug']}; comparison=taken together",
        "place": f"label or notice of {row['date']}, {row['section']} ({row['passage']}){row['also']}",
        "confirmed_by": "label",
        "passage": mark,
        "note": row["note"],
    }


if __name__ == "__main__":
    write("interactions.csv", borne(Path(sys.argv[1])))
