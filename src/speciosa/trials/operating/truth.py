"""The true estimand: what each person of a great sample goes through in both arms, by the strategies for events.

A simulator knows both potential outcomes of everybody, with and without events, so the truth needs no model: the same people with
the same chance stand in both arms, everybody is seen at every visit, and events under the hypothetical strategy do not happen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.analysis.counts import negative_binomial
from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.events import cox, responders
from speciosa.trials.analysis.means import wilcoxon
from speciosa.trials.conduct.block import run_block
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.operating.plan import Plan
from speciosa.trials.people.pool import Pool
from speciosa.trials.question.schema import DEATH

_SEED_STEP = 0x5EED
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Truth:
    """The true value of a comparison.

    Attributes:
        value: arm minus reference, in the terms of the analysis.
        se: its Monte-Carlo error.
        stratum: share of people whom it is about.
    """

    value: float
    se: float
    stratum: float = 1.0


def truth(pool: Pool, plan: Plan, arm: int, people: int, draw: int = 0) -> Truth:
    """The true estimand of one arm against the reference.

    Args:
        pool: of people.
        plan: of the trial.
        arm: number of the arm.
        people: of the sample.
        draw: of the uncertain parameters.
    """
    parts = [
        _pair(pool, plan, arm, begin, min(_AT_ONCE, people - begin), draw)
        for begin in range(0, people, _AT_ONCE)
    ]
    if plan.method in ("cox", "log-rank", "wilcoxon", "negative binomial"):
        whole = _joined(parts)
        if plan.method == "wilcoxon":
            found = wilcoxon(whole, plan.better, 0.025)
        elif plan.method == "negative binomial":
            found = negative_binomial(whole, -1, 0.025)
        else:
            found = cox(whole, -1, 0.025)
        se = float(found.high[0] - found.low[0]) / (2 * 1.959963984540054)
        return Truth(float(found.estimate[0]), se, float(whole.kept.mean()))
    gaps = []
    share = []
    for part in parts:
        half = part.y.shape[2] // 2
        value = part.y[0] if plan.method == "crossover" else part.y[-1]
        if plan.method in ("proportion", "logistic"):
            value = responders(part, plan.change).astype(float)
        both = part.kept[0, :half] & part.kept[0, half:]
        share.append(both)
        gaps.append((value[0, :half] - value[0, half:])[both])
    gap = np.concatenate(gaps)
    if not gap.size:
        return Truth(float("nan"), float("nan"), 0.0)
    return Truth(
        float(gap.mean()), float(gap.std() / np.sqrt(gap.size)), float(np.concatenate(share).mean())
    )


def _pair(pool: Pool, plan: Plan, arm: int, begin: int, people: int, draw: int) -> Compared:
    """The same people in both arms: first all in the arm, then all in the reference."""
    streams = Streams.of((plan.seed + _SEED_STEP) % 2**63, range(begin, begin + 1), people)
    twice = Streams(np.tile(streams.start, (1, 2)))
    both, option = (arm, plan.reference), None
    if plan.paths:
        paths = [plan.paths[number] for number in both]
        both = (paths[0].first, paths[1].first)
        option = np.repeat(np.array([path.then for path in paths]), people)
    elif plan.orders:  # of the first period, in orders that begin with them
        first = [order[0] for order in plan.orders]
        both = (first.index(arm), first.index(plan.reference))
    block = run_block(
        pool,
        plan.rules,
        np.repeat(np.array(both), people),
        twice,
        draw=np.array([draw]),
        stops=plan.strategies.get("discontinued") != "hypothetical",
        switches=plan.strategies.get("switch") != "hypothetical",
        rescue=plan.strategies.get("rescue") != "hypothetical",
        dies=plan.strategies.get("death", DEATH) != "hypothetical",
        blinded=True,
        option=option,
    )
    return plan.whole(block, np.arange(2 * people) < people)


def _joined(parts: list[Compared]) -> Compared:
    return Compared(
        np.concatenate([p.baseline for p in parts], 1),
        np.concatenate([p.y for p in parts], 2),
        np.concatenate([p.seen for p in parts], 2),
        np.concatenate([p.treated for p in parts]),
        np.concatenate([p.kept for p in parts], 1),
        np.concatenate([p.time for p in parts], 1),
        np.concatenate([p.event for p in parts], 1),
        None,
        (_counted(parts, 0), _counted(parts, 1)),
    )


def _counted(parts: list[Compared], which: int) -> NDArray[np.float64]:
    return np.concatenate([p.counts[which] for p in parts if p.counts is not None], 1)
