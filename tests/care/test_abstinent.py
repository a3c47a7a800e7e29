"""People who begin without use: detoxified, released from prison, or abstinent for a time."""

from dataclasses import replace

import numpy as np
import pytest

from speciosa.care.calibrate.published import NODES, WEIGHTS
from speciosa.care.hazards.setting import Setting
from speciosa.care.hazards.tables import tables
from speciosa.care.mechanism import untreated
from speciosa.care.parameters import judged, posterior, values
from speciosa.care.people import factors, groups
from speciosa.care.read import parse_plan
from speciosa.care.run import pathway
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.loop import follow
from speciosa.errors import InputError

DRAWS, PEOPLE = 4, 1000
PLAN = f"""
title = "Without use"
[population]
people = {PEOPLE}
draws = {DRAWS}
[[arms]]
name = "using"
start = "untreated"
[[arms]]
name = "detoxified"
start = "untreated"
begins = "abstinent"
[[arms]]
name = "for two months"
start = "untreated"
begins = "abstinent"
abstinent_for = "60 d"
[[arms]]
name = "placebo"
start = "placebo"
[[arms]]
name = "placebo, detoxified"
start = "placebo"
begins = "abstinent"
[[arms]]
name = "naltrexone"
start = "380 mg naltrexone_depot depot every 28 d"
detoxification = "0 d"
[follow_up]
until = "24 wk"
"""


@pytest.fixture(scope="module")
def run():
    return pathway(parse_plan(PLAN), threads=1, urine=True)


@pytest.fixture(scope="module")
def counts(run):
    return {arm.pathway.arm.name: arm.counts for arm in run.arms}


def test_all_begin_in_the_state_that_the_plan_says(counts):
    first = {name: each.occupied[:, 0].argmax(axis=1)[0] for name, each in counts.items()}
    assert first["using"] == a.USING and first["placebo"] == a.TREATED
    assert first["detoxified"] == first["for two months"] == a.ABSTINENT
    unused = counts["naltrexone"].occupied[:, 0]
    assert (unused[:, a.USING] == 0).all() and (unused[:, a.ABSTINENT] > 0).all()


@pytest.mark.parametrize("held", [0.0, 60.0])
def test_who_has_returned_to_use_is_the_closed_form(held):
    """Some return soon, after an exponential time; the others after a Weibull time that has run for the days held."""
    setting = replace(_setting(), clean=True, clean_d=held)
    table = tables([], -1, setting)
    table.scalar[:, [a.REMIT, a.BACKGROUND, a.FATAL]] = 0.0
    counts, v = _followed(table, setting), setting.values
    u = v["uses_after_plan"] * np.exp(-held / v["soon_time"])
    soon = u / (u + 1.0 - v["uses_after_plan"])
    for week in (1, 4, 8):
        days = 7.0 * week
        hazard = (
            ((held + days) ** v["relapse_shape"] - held ** v["relapse_shape"])
            / v["relapse_time"] ** v["relapse_shape"]
        ) * np.exp(v["study_relapse"])  # fmt: skip
        frailty = np.exp(judged("relapse_frailty") * v["frailty_leave"][:, None] * NODES)
        later = 1.0 - np.exp(-frailty * hazard[:, None]) @ (WEIGHTS / WEIGHTS.sum())
        expected = soon * (1.0 - np.exp(-days / v["soon_time"])) + (1.0 - soon) * later
        seen = 1.0 - counts.occupied[:, week, a.ABSTINENT] / 4000.0
        # Hazards are constant within a day of the first four weeks.
        assert seen == pytest.approx(expected, abs=0.03)
        assert (counts.lapsed[:, week] <= 4000.0 * (seen + 1e-9)).all()


def test_people_without_use_relapse_less_and_the_later_the_longer_they_have_not_used(counts):
    relapsed = {name: each.relapsed[:, 24].mean() / PEOPLE for name, each in counts.items()}
    assert relapsed["for two months"] < relapsed["detoxified"] - 0.05 < relapsed["using"] - 0.1
    assert relapsed["placebo, detoxified"] < relapsed["placebo"] - 0.015
    assert relapsed["naltrexone"] < relapsed["placebo, detoxified"] - 0.05


def test_a_detoxified_person_on_a_placebo_uses_when_one_without_treatment_would(counts):
    inert, none = counts["placebo, detoxified"], counts["detoxified"]
    # Use that begins again grows over weeks, and on a placebo it is there at once.
    for week in (4, 8):
        ratio = inert.lapsed[:, week].mean() / none.lapsed[:, week].mean()
        assert 0.95 < ratio < 1.3
    assert inert.lapsed[:, 1].mean() < counts["placebo"].lapsed[:, 1].mean() - 0.2 * PEOPLE


def test_ten_days_of_use_come_after_the_first_and_tests_are_of_people_who_come(counts):
    for each in counts.values():
        assert (np.diff(each.tenth, axis=1) >= 0).all()
        # Ten days are those expected, a first use is one that is drawn.
        assert (each.tenth <= each.lapsed + 0.05 * PEOPLE).all()
        assert (each.positive + each.negative <= PEOPLE + 1e-6).all()
    assert (counts["detoxified"].tenth[:, 1] == 0).all()  # seven days are no ten


def test_tolerance_is_lost_before_people_come(counts):
    """Among those who return to use the first weeks are deadlier than for people whose use went on."""
    setting = _setting()
    found = {}
    for clean in (False, True):
        one = replace(setting, clean=clean)
        table = tables([], -1, one)
        table.scalar[:, a.ENTERS_LOW] = 0.0
        table.scalar[:, [a.BACKGROUND, a.FATAL]] = 0.0
        table.scalar[:, a.USES_A_DAY] *= 20.0  # more of them, so that they can be counted
        each = _followed(table, one)
        found[clean] = each.overdoses[:, :3].sum() / each.days[:, :3].sum()
    assert found[True] > 1.5 * found[False]


def test_more_deaths_after_a_stop_last_as_long_as_the_data_say():
    assert judged("changed") == 28.0
    setting = _setting()
    table = tables([], -1, setting)
    assert (table.scalar[:, a.CHANGED_FOR] == 28.0).all()


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ('begins = "drunk"', "begins"),
        ('abstinent_for = "60 d"', "abstinent_for"),
        ('begins = "using"\nabstinent_for = "60 d"', "abstinent_for"),
        ('begins = "abstinent"\ndetoxification = "10 d"', "begins"),
    ],
)
def test_what_cannot_begin_so_is_told(entries, told):
    text = PLAN.split("[[arms]]")[0] + f'[[arms]]\nname = "x"\nstart = "placebo"\n{entries}\n'
    with pytest.raises(InputError, match=told):
        parse_plan(text)


def test_naltrexone_is_not_begun_in_use():
    text = PLAN.replace('detoxification = "0 d"', 'detoxification = "0 d"\nbegins = "using"')
    with pytest.raises(InputError, match="withdrawal"):
        parse_plan(text)


def _setting() -> Setting:
    v = values(posterior()[:DRAWS])
    return Setting(v, untreated(120.0, DRAWS), {}, 56, 0.0, 0.0, v["return"], v["attends"])


def _followed(table: a.Tables, setting: Setting) -> a.Counts:
    counts = a.no_counts(DRAWS, 8)
    who = factors(groups()["ctn-0027"], setting.values, 1, range(DRAWS), 4000)
    follow(table, who, 56.0, -1, counts, a.no_changes(0))
    return counts
