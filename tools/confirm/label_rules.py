"""Rules of what is taken together: passages of labels and of safety notices, as one public repository keeps them.

Usage: python tools/confirm/label_rules.py AUSHADHI.git     (Bahuleyandr/aushadhi)

Each passage there carries the regulator, the section of the label and its date, and was compared with openFDA, DailyMed or gov.uk
by its keepers. ``label-rules.csv`` beside this script says which passage bears which rule, whether it excludes the pair,
what it says in words of our own, and which substances of the rule it does not name. A label prints that it excludes something;
other grades are our reading of it and are not confirmed. A rule whose passage has gone is printed.
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
        entry = kept.get(row["passage"], {})
        passages = [each for each in entry.get("evidence", ()) if each["fragments"]]
        if not passages:
            print(f"{row['rule']}: no passage of {row['passage']}")
            continue
        first, excluded = passages[0], row["excluded"] == "yes"
        product = first["product"].split(" (")[0].replace(";", ",")
        section = "; ".join(dict.fromkeys(each["section"] for each in first["fragments"]))
        yield {
            "fact": row["rule"],
            "printed": f"finding={row['finding']}" + "; severity=contraindicated" * excluded,
            "not_stated": "; ".join(
                ["severity"] * (not excluded) + ["mechanism"] * (row["mechanism"] == "no")
            ),
            "about": f"drug={product}; comparison=taken together",
            "place": f"label or notice of {first['source_date']}, {section} ({row['passage']})",
            "confirmed_by": "label",
            "passage": mark,
            "note": row["beyond"] and f"beyond this record, by judgement: {row['beyond']}",
        }


if __name__ == "__main__":
    write("interactions.csv", borne(Path(sys.argv[1])))
