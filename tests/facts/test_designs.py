"""What a study is called by its design: randomised only where the record of what was read says so."""

import re

import polars as pl
import pytest

from speciosa import facts

_RANDOMISED = re.compile(r"RCT|random", re.IGNORECASE)


@pytest.mark.parametrize("table", ["studies", "risks"])
def test_a_confirmed_row_is_called_randomised_only_by_its_record(table: str) -> None:
    untold = []
    for row in facts.table(table).iter_rows(named=True):
        record = facts.confirmation(row["id"])
        if record is None or not _RANDOMISED.search(row["design"] or ""):
            continue
        told = f"{record.about} {record.place} {record.note}"
        if "randomi" not in told:
            untold.append(row["id"])
    assert not untold


@pytest.mark.parametrize(
    ("row", "design"),
    [
        ("treatment-0180", "systematic review of prospective experimental studies"),
        ("treatment-0185", "systematic review of randomised and controlled clinical trials"),
        ("treatment-0200", "systematic review of randomised and quasi-randomised trials"),
        ("treatment-0192", "pooled RCTs"),
    ],
)
def test_a_review_says_what_it_let_in(row: str, design: str) -> None:
    found = facts.table("studies").filter(pl.col("id") == row)
    assert found["design"].to_list() == [design]


@pytest.mark.parametrize("table", ["studies", "risks", "planning"])
def test_a_record_says_what_was_measured(table: str) -> None:
    unsaid = [
        row
        for row in facts.table(table)["id"]
        if (record := facts.confirmation(row)) is not None
        and "outcome=" not in record.about
        and "finding=" not in record.printed
    ]
    assert not unsaid


_HOW = (
    "cross-sectional", "crossover", "fixed sequence", "one group", "open-label", "parallel",
    "double-blind", "single-blind", "within-subjects", "case series",
)  # fmt: skip


@pytest.mark.parametrize("table", ["studies", "risks"])
def test_how_a_confirmed_study_was_done_is_told_by_its_record(table: str) -> None:
    untold = []
    for row in facts.table(table).iter_rows(named=True):
        record = facts.confirmation(row["id"])
        if record is None:
            continue
        told = f"{record.about} {record.place} {record.note}".replace("-", " ")
        design = (row["design"] or "").replace("open label", "open-label")
        untold += [
            (row["id"], word)
            for word in _HOW
            if word in design and word.replace("-", " ").rstrip("s") not in told
        ]
    assert not untold


def test_late_rows_of_a_trial_randomised_twice_say_who_changed_arms() -> None:
    late = [
        facts.confirmation(row["id"])
        for row in facts.table("withdrawal-by-day").iter_rows(named=True)
        if row["trial"] == "CTN-0030" and (row["day_from"] or 0) >= 15
    ]
    assert len(late) == 16
    assert all(
        "of these in people then of the other arm" in record.note for record in late if record
    )
