"""Which studies calibrate and which check is a rule, and the audit holds it."""

import csv
import hashlib
from pathlib import Path

import pytest

from speciosa.facts.bibliography import Reference, references
from speciosa.facts.splits import (
    identifier,
    observation_files,
    split_by_rule,
    split_faults,
    split_of,
)
from speciosa.facts.tables import DATA

NEW = Reference("New2026study", "article", "t", doi="10.1000/New.2026")


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        (NEW, "10.1000/new.2026"),
        (Reference("K", "article", "t", doi="https://doi.org/10.1/A b", pmid="1"), "10.1/ab"),
        (Reference("K", "article", "t", pmid="7", nct="NCT1"), "7"),
        (Reference("K", "article", "t", nct="NCT01"), "NCT01"),
        (Reference("Label0000X", "misc", "t"), "label0000x"),
    ],
)
def test_a_study_is_named_by_its_doi_else_pmid_else_nct_else_key(reference, wanted):
    assert identifier(reference) == wanted


def test_five_of_sixteen_first_digits_check():
    names = [f"10.1000/{n}" for n in range(2000)]
    for name in names[:50]:
        first = hashlib.sha256(name.encode()).hexdigest()[0]
        assert split_by_rule(name) == ("check" if first in "01234" else "fit")
    share = sum(split_by_rule(name) == "check" for name in names) / len(names)
    assert share == pytest.approx(5 / 16, abs=0.03)


def tree(folder: Path, *rows: dict[str, str]) -> Path:
    root = folder / "src" / "speciosa" / "facts" / "data"
    root.mkdir(parents=True)
    (root / "split-kept.csv").write_text("file,id,split\nrows.csv,old,check\n", encoding="utf-8")
    observations = folder / "src" / "speciosa" / "validation" / "observations"
    observations.mkdir(parents=True)
    with (observations / "rows.csv").open("w", encoding="utf-8") as out:
        writer = csv.DictWriter(out, ["id", "reference", "split", "note"])
        writer.writeheader()
        writer.writerows(rows)
    return root


def test_the_audit_refuses_a_split_that_was_chosen(tmp_path):
    right = split_of(NEW)
    wrong = {"fit": "check", "check": "fit"}[right]
    root = tree(
        tmp_path,
        {"id": "good", "reference": NEW.key, "split": right},
        {"id": "chosen", "reference": NEW.key, "split": wrong},
        {"id": "old", "reference": "whatever", "split": "check"},
        {"id": "unknown", "reference": "nobody", "split": "fit"},
        {"id": "out", "reference": NEW.key, "split": "aside", "note": "set aside: unreadable"},
        {"id": "hidden", "reference": NEW.key, "split": "aside", "note": ""},
    )
    found = {fault.where.split(", ")[1] for fault in split_faults(root, {NEW.key: NEW})}
    assert found == {"chosen", "unknown", "hidden"}


def test_a_row_from_before_the_rule_keeps_its_split(tmp_path):
    root = tree(tmp_path, {"id": "old", "reference": NEW.key, "split": "fit"})
    assert [fault.expected for fault in split_faults(root, {NEW.key: NEW})] == [
        "check, as kept from before the rule"
    ]


def test_the_observations_of_the_repository_keep_the_rule():
    assert len(observation_files(DATA)) >= 6
    assert not list(split_faults(DATA, references()))
