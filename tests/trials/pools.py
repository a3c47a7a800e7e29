"""Pools of people with normal courses, whose trials have known answers."""

import numpy as np

from speciosa.trials.conduct.rules import Leaving, Moves, Rules
from speciosa.trials.operating.plan import Plan
from speciosa.trials.people.pool import Pool, Worlds

TIMES = (0.0, 336.0, 672.0, 1344.0, 2016.0)


def normal_pool(effect=0.0, people=20_000, sd=1.5, times=TIMES, arms=2, seed=0, after=False):
    """Courses that fall by `effect` in the arms before the last, evenly over the visits; people differ in level and slope."""
    rng = np.random.default_rng(seed)
    weeks = np.asarray(times) / times[-1]
    level = 6 + sd * rng.standard_normal(people)[:, None]
    slope = rng.standard_normal(people)[:, None] * weeks
    none = np.zeros((1, people, len(times)))
    worlds = []
    for arm in range(arms):
        gain = effect if arm < arms - 1 else 0.0
        stay = (level + slope - gain * weeks)[None]
        stopped = None
        if after:  # whoever stops is from the next visit on as without treatment
            stopped = tuple(
                np.where(np.arange(len(times)) > when, (level + slope)[None], stay)
                for when in range(len(times) - 1)
            )
        worlds.append(Worlds(f"arm {arm}", stay, none, none, stopped, {}))
    return Pool(tuple(worlds), times)


def plan(method="t test", *, leaving=None, visit_sd=1.0, arms=2, at=4, **more):
    """A plan of two equal arms, less is better."""
    rules = Rules(Moves(visit_sd=visit_sd), -1, leaving=leaving)
    return Plan(rules, (1,) * arms, arms - 1, at, method, **more)


def leaving(intercept=-2.5, **more):
    """People who stop by what is measured of them."""
    return Leaving((intercept, intercept), **more)
