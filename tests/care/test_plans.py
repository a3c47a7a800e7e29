"""Plans: what is read, what is refused and how, and that runs hold what the contract promises."""

from dataclasses import replace

import numpy as np
import pytest

from speciosa.care import read_plan
from speciosa.care.mechanism import readings
from speciosa.care.read import SHIPPED, parse_plan
from speciosa.care.run import pathway
from speciosa.care.stepping.arrays import DEAD_OTHER, DEAD_OVERDOSE, Counts
from speciosa.errors import InputError

PLAN = """
title = "Two months"
[population]
people = 60
draws = 12
seed = 5
[[arms]]
name = "Buprenorphine"
start = "16 mg buprenorphine_naloxone sublingual daily"
[[arms]]
name = "Nothing"
start = "untreated"
[follow_up]
until = "8 wk"
"""


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as found:
        parse_plan(text, "plan.toml")
    return [str(fault) for fault in found.value.faults]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_plans_can_be_read(name):
    plan = read_plan(name)
    assert len(plan.arms) >= 5 and plan.until_d >= 364


def test_every_fault_is_told_at_once_with_its_line():
    text = """title = "Faults"
[population]
people = 3
supply = { fentanyl = 2 }
characteristics = "ctn-0099"
[[arms]]
name = "A"
start = "16 mg buprenorfine sublingual daily"
return_to_treatment = "0.3"
behavioural = "prayer"
[[arms]]
name = "A"
start = "stable"
retention = "for ever"
after_leaving = { using = 0.7, abstinent = 0.6 }
[[arms]]
name = "C"
start = "400 mg ibuprofen oral every 8 h"
[follow_up]
until = "24"
outcomes = ["happiness"]
"""
    found = "\n".join(faults(text))
    for line, words in (
        (3, "10 or more"), (4, "0 or more up to 1"), (5, "ctn-0027"), (8, "buprenorfine"),
        (9, "unit of time"), (10, "contingency management"), (12, "a name of its own"),
        (13, "regimen, placebo, untreated or detoxification"), (14, "as buprenorphine"),
        (15, "1.3 in all"), (18, "ibuprofen"), (20, "a time with its unit"), (21, "retention"),
    ):  # fmt: skip
        assert any(f"line {line}," in fault and words in fault for fault in found.splitlines()), (
            line,
            words,
            found,
        )


def test_what_cannot_follow_or_be_a_placebo_is_told():
    follows = PLAN.replace(
        'start = "untreated"', 'start = "untreated"\nthen = "detoxification"\nafter = "2 wk"'
    )
    assert any("treatment that ends" in fault for fault in faults(follows))
    pain = PLAN.replace("seed = 5", 'seed = 5\ncondition = "chronic pain"').replace(
        '"untreated"', '"placebo"'
    )
    assert any("calibrated without pain" in fault for fault in faults(pain))


def test_shares_of_people_are_read_within_0_to_1():
    who = "seed = 5\ncharacteristics = { homeless = 0.3, justice = 1.2 }"
    text = PLAN.replace("seed = 5", who)
    assert any("justice" in fault and "0 or more up to 1" in fault for fault in faults(text))
    read = parse_plan(text.replace("1.2", "0.2")).characteristics
    assert (read.homeless, read.justice) == (0.3, 0.2)


def test_follow_up_beyond_what_was_calibrated_is_a_warning():
    assert not parse_plan(PLAN).notes
    assert "extrapolation" in parse_plan(PLAN.replace("8 wk", "3 y")).notes[0]


@pytest.fixture(scope="module")
def plan():
    return parse_plan(PLAN)


@pytest.fixture(scope="module")
def run(plan):
    return pathway(plan, threads=1)


def test_nobody_is_lost_and_the_dead_stay_dead(run):
    for arm in run.arms:
        occupied = arm.counts.occupied
        assert (occupied.sum(axis=2) == run.plan.people).all()
        assert (np.diff(occupied[:, :, DEAD_OVERDOSE:].sum(axis=2), axis=1) >= 0).all()
        assert (np.diff(arm.counts.retained, axis=1) <= 0).all()
        assert (np.diff(arm.counts.relapsed, axis=1) >= 0).all()


def test_the_untreated_are_never_treated(run):
    counts = run.arms[1].counts
    assert counts.occupied[:, :, 0].sum() == 0 and counts.time.sum() == 0


def test_threads_and_blocks_change_nothing(plan, run, monkeypatch):
    monkeypatch.setattr("speciosa.care.run._ROWS_AT_A_TIME", 150)
    again = pathway(plan, threads=3)
    assert again.outcomes.table.equals(run.outcomes.table)
    for one, other in zip(run.arms, again.arms, strict=True):
        assert all((x == y).all() for x, y in zip(one.counts, other.counts, strict=True))
        assert one.changes.equals(other.changes)


def test_people_are_the_same_in_every_arm(plan):
    twice = replace(plan, arms=(plan.arms[0], replace(plan.arms[0], name="Again")))
    one, other = pathway(twice, threads=1).arms
    assert one.changes.equals(other.changes)


def test_a_change_of_state_is_where_the_counts_have_it(run):
    arm = run.arms[0]
    first = arm.changes.group_by("person", maintain_order=True).first()
    started = (first["state"] == "treated").sum()
    assert started == arm.counts.occupied[0, 0, 0]
    assert arm.changes["day"].max() <= run.plan.until_d


def test_deaths_after_leaving_come_from_lost_tolerance():
    """Overdose deaths peak in the four weeks after treatment is left; where tolerance is held there is no peak.

    Deaths from other causes rise then, too, by a ratio that is recorded and not derived; without lost tolerance that is all.
    """
    text = PLAN.replace("8 wk", "52 wk").replace("draws = 12", "draws = 100")
    text = text.replace("16 mg buprenorphine_naloxone sublingual", "80 mg methadone oral")

    def deadly(counts: Counts, row: int, first: int, last: int) -> float:
        """Deaths by overdose a day, in some weeks since start (0) or stop (1)."""
        where = (slice(None), row, slice(first, last))
        return counts.fatal_hazard[where].sum() / counts.time[where].sum()

    def after(tolerant: bool) -> tuple[float, float, float]:
        run = pathway(parse_plan(text), threads=1, tolerant=tolerant)
        counts = run.arms[0].counts
        treated, early, late = (
            deadly(counts, *when) for when in ((0, 2, 53), (1, 0, 4), (1, 12, 53))
        )
        soon, later = (
            counts.other_hazard[:, 1, weeks].sum() / counts.time[:, 1, weeks].sum()
            for weeks in (slice(0, 4), slice(12, 53))
        )
        return early / treated, early / late, soon / later

    above_treated, above_later, others = after(tolerant=True)
    assert above_treated > 4 and above_later > 1.5
    above_treated, above_later, held = after(tolerant=False)
    assert above_treated < 2 and above_later < 1.1
    assert held == pytest.approx(others, rel=0.05) and held > 1.2


def test_methadone_is_deadliest_while_it_accumulates_and_buprenorphine_is_not():
    """A use in the first two weeks against one later: tolerance has not yet followed methadone; buprenorphine protects at once."""
    text = PLAN.replace("8 wk", "16 wk").replace("draws = 12", "draws = 30")
    text = text.replace(
        'name = "Nothing"\nstart = "untreated"', 'name = "M"\nstart = "80 mg methadone oral daily"'
    )

    def rise(counts: Counts) -> float:
        per_use = [
            counts.overdose_hazard[:, 0, weeks].sum() / counts.use_time[:, 0, weeks].sum()
            for weeks in (slice(0, 2), slice(6, 16))
        ]
        return per_use[0] / per_use[1]

    plan = parse_plan(text)
    buprenorphine, methadone = (rise(arm.counts) for arm in pathway(plan, threads=1).arms)
    assert methadone > 1.3 * buprenorphine
    read = readings(plan.arms[1].start, 120.0, 12)
    assert (np.diff(read.drive, axis=1) > 0).all()
    held, _ = (rise(arm.counts) for arm in pathway(plan, threads=1, tolerant=False).arms[::-1])
    assert held < methadone


def test_nothing_but_overdose_makes_the_deaths_of_people_with_pain_differ():
    who = 'seed = 5\ncondition = "chronic pain"\ncharacteristics = "chronic-pain"'
    text = PLAN.replace("seed = 5", who).replace("8 wk", "104 wk")
    arms = pathway(parse_plan(text), threads=1).arms
    dead = [arm.counts.occupied[:, -1] for arm in arms]
    apart = np.abs(dead[0] - dead[1])
    assert dead[1][:, DEAD_OTHER].sum() > 0
    assert (apart[:, DEAD_OTHER] <= apart[:, DEAD_OVERDOSE]).all()


def test_a_draw_of_the_mechanism_is_the_same_among_few_and_many():
    regimen = "16 mg buprenorphine_naloxone sublingual daily"
    few, many = readings(regimen, 120.0, 3), readings(regimen, 120.0, 8)
    assert (few.log_stops == many.log_stops[:3]).all()
    assert (few.occupancy == many.occupancy[:3]).all()
