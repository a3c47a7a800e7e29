"""The loop over people against what can be computed without it."""

import numpy as np
import pytest
from scipy.linalg import expm

from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.loop import follow
from speciosa.care.stepping.numbers import keys

DAYS = 364
PEOPLE, DRAWS = 4000, 5


def people(draws: int = DRAWS, many: int = PEOPLE) -> a.People:
    one = np.ones((draws, many))
    return a.People(keys(7, range(draws), many), one, one, one, one, one)


def tables(leave, relapse, *, length=1e9, interval=1.0, detox=0, **scalars) -> a.Tables:
    """One phase, with cumulative hazards of leaving and relapse as functions of days."""
    days = np.arange(DAYS + 2.0)
    scalar = np.zeros((DRAWS, a.SCALARS))
    scalar[:, [a.STARTS, a.TOLERANCE_RATE, a.BREATHING_RATE]] = 1.0, 0.2, 0.2
    scalar[:, [a.BUILD_UP, a.SEEN_FOR]] = 1e6
    for name, value in scalars.items():
        scalar[:, getattr(a, name)] = value
    shape = (DRAWS, 1, len(days))
    two = (DRAWS, 2, len(days))
    return a.Tables(
        np.ascontiguousarray(np.broadcast_to(leave(days), shape)),
        np.full(shape, 0.25),
        np.ascontiguousarray(np.broadcast_to(relapse(days), two)),
        np.full((DRAWS, 2, a.PERIODS, 5), 0.001),
        np.full((DRAWS, 1, a.PERIODS), 0.4),
        scalar,
        np.array([length]),
        np.array([0.0]),
        np.array([interval]),
        np.array([detox], dtype=np.int64),
        np.array([0], dtype=np.int64),
        np.array([0], dtype=np.int64),
        np.array([a.USING], dtype=np.int64),
    )


def occupied(of: a.Tables) -> np.ndarray:
    counts = a.no_counts(DRAWS, DAYS // 7)
    follow(of, people(), float(DAYS), -1, counts, a.no_changes(0))
    return counts.occupied.sum(axis=0) / (PEOPLE * DRAWS)


def test_constant_hazards_give_the_matrix_exponential():
    rates = dict(
        USES_AT_ONCE=0.3, USING_SHARE=0.9, REMIT=0.01, RETURN=0.006, RETURN_ABSTINENT=0.5,
        USES_A_DAY=3.0, FATAL=0.1, OTHER_ON=2e-4, OTHER_OFF=5e-4,
    )  # fmt: skip
    found = occupied(tables(lambda d: 0.012 * d, lambda d: 0.02 * d, **rates))
    treated, using, clean, overdose, other = range(5)
    q = np.zeros((5, 5))
    q[treated, using], q[treated, clean] = 0.012 * 0.3, 0.012 * 0.7
    q[using, clean], q[using, treated] = 0.01, 0.006
    q[clean, using], q[clean, treated] = 0.02, 0.003
    q[treated, overdose] = 0.2 * 3.0 * 0.001 * 0.1
    q[using, overdose] = 0.9 * 3.0 * 0.001 * 0.1
    q[treated, other], q[[using, clean], other] = 2e-4, 5e-4
    q -= np.diag(q.sum(axis=1))
    for week in (1, 4, 13, 26, 52):
        expected = expm(q * 7.0 * week)[treated]
        error = 4.0 * np.sqrt(expected * (1 - expected) / (PEOPLE * DRAWS)) + 1e-4
        seen = found[week][[a.TREATED, a.USING, a.ABSTINENT, a.DEAD_OVERDOSE, a.DEAD_OTHER]]
        assert (np.abs(seen - expected) < error).all(), (week, seen, expected)


def test_weibull_hazards_give_the_renewal_integral():
    """Treated, abstinent and treated again: the share treated solves p(t) = S(t) + int g(u) p(t - u) du."""
    shape, scale, back, step = 0.7, 60.0, 0.02, 0.125
    found = occupied(
        tables(lambda d: (d / scale) ** shape, lambda d: 0.0 * d, RETURN=back, RETURN_ABSTINENT=1.0)
    )
    t = np.arange(0.0, DAYS + step, step)
    # Straight cumulative hazards between days, as the tables have them.
    days = np.arange(DAYS + 2.0)
    stays = np.exp(-np.interp(t, days, (days / scale) ** shape))
    leaves = -np.diff(stays)
    # The time of one round is that of leaving and then that of return.
    away = np.exp(-back * t)
    returns = -np.diff(away)
    round_ = np.convolve(leaves, returns)[: len(t) - 1]
    treated = stays.copy()
    for k in range(1, len(t)):
        treated[k] += round_[:k] @ treated[k - 1 :: -1][:k]
    for week in (1, 2, 4, 8, 13, 26, 52):
        expected = treated[int(week * 7 / step)]
        error = 4.0 * np.sqrt(expected * (1 - expected) / (PEOPLE * DRAWS)) + 2e-3
        assert abs(found[week][a.TREATED] - expected) < error, (week, found[week], expected)


def test_a_person_meets_the_same_chances_in_every_draw_block_and_number_of_people():
    few, many = keys(3, range(2, 4), 5), keys(3, range(6), 50)
    assert (few == many[2:4, :5]).all()


def test_an_injection_covers_its_interval():
    found = occupied(tables(lambda d: 0.05 * d, lambda d: 0.0 * d, interval=28.0))
    assert found[3, a.TREATED] == 1.0
    expected = np.exp(-0.05 * 28)
    assert abs(found[5, a.TREATED] - expected) < 0.015
    assert abs(found[7, a.TREATED] - expected) < 0.015


def test_a_planned_stop_comes_on_its_day():
    found = occupied(tables(lambda d: 0.0 * d, lambda d: 0.0 * d, length=70.0))
    assert found[10, a.TREATED] == 1.0 and found[11, a.TREATED] == 0.0
    assert found[52, a.ABSTINENT] == 1.0


def test_those_who_return_to_use_soon_wait_an_exponential_time():
    found = occupied(
        tables(
            lambda d: 0.0 * d, lambda d: 0.0 * d, length=70.0, USES_AFTER_PLAN=0.6, SOON_TIME=5.0
        )
    )
    for week in (11, 12, 16):
        expected = 0.6 * (1.0 - np.exp(-(7.0 * week - 70.0) / 5.0))
        error = 4.0 * np.sqrt(expected * (1 - expected) / (PEOPLE * DRAWS))
        assert abs(found[week, a.USING] - expected) < error, week


def test_overdoses_that_no_tolerance_explains_come_in_every_state():
    hazard = dict(BACKGROUND=1e-3, FATAL=1.0, USES_AT_ONCE=0.0)
    found = occupied(tables(lambda d: 0.01 * d, lambda d: 0.0 * d, **hazard))
    expected = 1.0 - np.exp(-1e-3 * DAYS)
    assert abs(found[52, a.DEAD_OVERDOSE] - expected) < 0.015


def test_people_who_come_with_little_tolerance_die_sooner():
    """One use kills the more often the less tolerance of breathing is left; habitual use of everybody keeps it where it was."""
    rates = dict(
        USES_A_DAY=3.0, FATAL=1.0, HABIT_DRIVE=0.5, USING_SHARE=0.2, AWAY=1e6, TOLERANT=1.0
    )
    low, usual = (
        occupied(steep(tables(lambda d: 0.0 * d, lambda d: 0.0 * d, **rates, ENTERS_LOW=share)))
        for share in (1.0, 0.0)
    )
    expected = 1.0 - np.exp(-0.2 * 3.0 * 1e-4 * 7.0)
    assert abs(usual[1, a.DEAD_OVERDOSE] - expected) < 0.001
    assert low[1, a.DEAD_OVERDOSE] > 4.0 * usual[1, a.DEAD_OVERDOSE]
    assert low[2, a.DEAD_OVERDOSE] - low[1, a.DEAD_OVERDOSE] < low[1, a.DEAD_OVERDOSE]


def steep(of: a.Tables) -> a.Tables:
    """A use that stops breathing 20 times as often without tolerance as at half of it, the habit of these people."""
    grid = np.array([2e-3, 1.05e-3, 1e-4, 1e-4, 1e-4])
    return of._replace(fails=np.ascontiguousarray(np.broadcast_to(grid, of.fails.shape)))


def test_more_die_of_other_causes_in_the_four_weeks_after_a_start_and_after_a_stop_and_then_no_more():
    rates = dict(REMIT=0.01, OTHER_ON=2e-4, OTHER_OFF=5e-4, ENTERING_MORE=0.5, LEAVING_MORE=2.0)
    rates["CHANGED_FOR"] = 28.0
    counts = a.no_counts(DRAWS, DAYS // 7)
    of = tables(
        lambda d: 0.012 * d, lambda d: 0.02 * d, RETURN=0.006, RETURN_ABSTINENT=0.5, **rates
    )
    follow(of, people(), float(DAYS), -1, counts, a.no_changes(0))
    for row, usual, more in ((0, 2e-4, 1.5), (1, 5e-4, 3.0)):
        where = (slice(None), row, slice(0, 20))
        a_day = counts.other_hazard[where].sum(axis=0) / counts.time[where].sum(axis=0)
        assert a_day[:4] == pytest.approx(more * usual), row
        assert a_day[4:] == pytest.approx(usual, rel=0.02), row


@pytest.mark.parametrize("interval", [1.0, 28.0])
def test_who_leaves_a_treatment_without_having_used_does_not_return_to_use_at_once(interval):
    rates = dict(USES_AT_ONCE=1.0, SOON_TIME=1.0, USING_SHARE=0.9)
    using = {}
    for clean in (0.0, 1.0):
        of = tables(
            lambda d: 0.02 * d, lambda d: 0.0 * d, interval=interval, BEGINS_CLEAN=clean, **rates
        )
        using[clean] = occupied(of)[:, a.USING]
    assert (using[1.0] == 0.0).all() and using[0.0][-1] > 0.5


def test_the_first_use_of_who_begins_without_comes_at_the_hazard_of_relapse():
    of = tables(lambda d: 0.0 * d, lambda d: 0.02 * d, BEGINS_CLEAN=1.0)
    counts = a.no_counts(DRAWS, DAYS // 7)
    follow(of, people(), float(DAYS), -1, counts, a.no_changes(0))
    share = counts.days.sum(axis=0) / (PEOPLE * DRAWS * 7.0)
    for week in (1, 4, 10):
        middle = 7.0 * week - 3.5
        expected = 0.2 * (1.0 - np.exp(-0.02 * middle))  # odds of 0.25 are a fifth of days
        assert share[week] == pytest.approx(expected, abs=0.004)
