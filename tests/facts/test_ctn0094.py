"""Rows counted from patient-level data come out again from the small data of the repository, by the rules in tools."""

import csv
import sys
from pathlib import Path

import pytest

from speciosa import facts
from speciosa.evidence.ledger.ctn0027 import retained

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools" / "confirm"))
import ctn0094_rules as rules  # noqa: E402

SPANS = [
    (7, 1, 3),
    (9, 4, 7),
    (11, 8, 14),
    (13, 15, 21),
    (15, 22, 28),
    (17, 29, 35),
    (19, 36, 42),
    (21, 43, 56),
    (23, 57, 84),
]


def _grades() -> list[tuple[int, int]]:
    path = ROOT / "observations" / "ctn0030-patients.csv"
    people = csv.DictReader(path.read_text().splitlines())
    pairs = (entry.split(":") for person in people for entry in person["grade_by_day"].split())
    return [(int(day), int(grade)) for day, grade in pairs]


@pytest.mark.parametrize(("row", "first", "last"), SPANS)
def test_withdrawal_of_both_arms_comes_out_again(row: int, first: int, last: int) -> None:
    grades = [grade for day, grade in _grades() if first <= day <= last]
    for offset, least in ((0, 1), (1, 2)):
        fact = facts.fact(f"ctn0094public_{row + offset:02d}")
        assert fact.n == len(grades)
        assert fact.value == pytest.approx(rules.at_least(grades, least), abs=5e-4)


def test_the_two_arms_add_up_to_both() -> None:
    by_day = facts.records(
        "withdrawal-by-day", trial="CTN-0030", when="days_since_first_study_dose"
    )
    for row, first, last in SPANS:
        arms = [each for each in by_day if (each.day_from, each.day_to) == (first, last)]
        n = sum(each.n for each in arms)
        some = sum(each.n * (1 - each.frac_none) for each in arms) / n
        fact = facts.fact(f"ctn0094public_{row:02d}")
        assert (fact.n, fact.value) == (n, pytest.approx(some, abs=1e-3))


@pytest.mark.parametrize(("name", "day"), [("treatment-0010", 161), ("treatment-0072", 77)])
def test_retention_comes_out_again(name: str, day: int) -> None:
    fact = facts.fact(name)
    buprenorphine, methadone = retained(day)
    assert (fact.events_t, fact.n_t) == (buprenorphine.retained, buprenorphine.n)
    assert (fact.events_c, fact.n_c) == (methadone.retained, methadone.n)


def test_who_gives_no_urine_is_not_negative() -> None:
    assert rules.negative([80], [], 77, 91)
    assert not rules.negative([80, 87], [87], 77, 91)
    assert not rules.negative([70], [], 77, 91)
    assert rules.negative([80], [92], 77, 91)


def test_a_week_is_seven_days_from_the_day_after_randomisation() -> None:
    assert rules.negative_weeks([0], []) == 0
    assert rules.negative_weeks([1, 7, 8], []) == pytest.approx(2 / 24)
    assert rules.negative_weeks([1, 7, 8], [7]) == pytest.approx(1 / 24)
    assert rules.negative_weeks([168, 169], []) == pytest.approx(1 / 24)


def test_counts_of_small_groups() -> None:
    assert rules.retained([None, 160, 161, 170.5], 161) == 2
    assert rules.severe({1: "Severe Pain", 2: "No Pain", 3: "Missing"}) == (1, 3)
    assert rules.mean_and_sd([0.0, 1.0]) == (0.5, pytest.approx(0.7071, abs=1e-4))
