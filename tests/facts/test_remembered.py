"""The audit says how many of the observations that the models are compared with rest on memory."""

import csv

from speciosa.facts.auditing.run import audit
from speciosa.facts.splits import observation_files
from speciosa.facts.tables import DATA


def test_the_audit_counts_observations_from_memory():
    seen = []
    for path in observation_files(DATA):
        with path.open(newline="", encoding="utf-8") as file:
            seen += [row["seen"] for row in csv.DictReader(file)]
    found, remembered = audit(), seen.count("recall")
    assert found.observations == (len(seen), remembered)
    assert f"{len(seen)}, of which {remembered} are from memory" in str(found)
    counted = {"rows": len(seen), "from_memory": remembered}
    assert found.as_dict()["observations"] == counted
