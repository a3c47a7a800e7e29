"""Processor time of designs and simulated trials: boundaries, dose finding, and many trials from a pool that is solved.

Usage: python benchmarks/trials.py
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from speciosa.trials import design
from speciosa.trials.conduct.rules import Moves, Rules
from speciosa.trials.operating.plan import Plan
from speciosa.trials.operating.replicates import replicate
from speciosa.trials.people.pool import Pool, Worlds

VISITS_H = (0.0, 336.0, 672.0, 1344.0, 2016.0)
TRIALS, SIZE, PEOPLE = 10_000, 300, 20_000


def pool() -> Pool:
    """People with normal courses in two arms, as if they had been solved."""
    rng, weeks = np.random.default_rng(0), np.asarray(VISITS_H) / VISITS_H[-1]
    course = 6 + 1.5 * rng.standard_normal((PEOPLE, 1)) + rng.standard_normal((PEOPLE, 1)) * weeks
    none = np.zeros((1, PEOPLE, len(VISITS_H)))
    arms = [
        Worlds(name, (course - gain * weeks)[None], none, none, None, {})
        for name, gain in (("drug", 0.5), ("placebo", 0.0))
    ]
    return Pool(tuple(arms), VISITS_H)


def seconds(run: Callable[[], Any]) -> tuple[float, float]:
    """Processor time and time by the clock."""
    began, clock = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - began, time.perf_counter() - clock


def main() -> None:
    """Prints processor seconds, and seconds by the clock."""
    people, rules = pool(), Rules(Moves(visit_sd=1.0))
    rates = (0.05, 0.15, 0.3, 0.45, 0.6)
    plans = {
        f"{TRIALS} trials of {SIZE} by {name}": lambda name=name: replicate(
            people, Plan(rules, (1, 1), 1, 4, name), SIZE, TRIALS
        )
        for name in ("t test", "ancova", "mmrm")
    }
    timed: dict[str, Callable[[], Any]] = {
        "boundaries of five looks": lambda: design.group_sequential(5),
        "bounds of three arms, two looks": lambda: design.multi_arm(3, 2, effect=0.5),
        "100000 BOIN trials of 30": lambda: design.boin_characteristics(
            design.boin(0.3), rates, trials=100_000
        ),
        **plans,
    }
    design.group_sequential(2)
    for name, run in timed.items():
        spent, clock = seconds(run)
        print(f"{name:<36} {spent:8.2f} s, {clock:8.2f} s by the clock")


if __name__ == "__main__":
    main()
