"""What a reader of a simulated trial must be wary of."""

from collections.abc import Mapping
from math import ceil, sqrt
from typing import TYPE_CHECKING

import numpy as np

from speciosa.trials.conduct.entry import taken_in
from speciosa.trials.people.solve import UNBLINDING
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_hours

if TYPE_CHECKING:
    from speciosa.trials.operating.result import TrialResult
    from speciosa.trials.operating.sizing import Sized
    from speciosa.trials.people.pool import Pool

_TENTH, _HALF_LIVES = 0.1, 5
_SHARES = ("proportion", "logistic")


def warnings_of(result: "TrialResult", pool: "Pool", sized: "Sized | None") -> tuple[str, ...]:
    """What a reader must know."""
    trial, first = result.trial, result.comparisons[0]
    found = []
    count = result.replicates.trials
    power, power_se = result.power, result.replicates.power_se()
    shown = abs(power - trial.design.alpha)
    if power_se > _TENTH * shown:
        found.append(
            _few("power", power_se, "the difference of the power from the level", shown, count)
        )
    if result.assurance is not None and result.assurance_se is not None:
        gap = abs(result.assurance - power)
        error = sqrt(result.assurance_se**2 + power_se**2)
        if error > _TENTH * gap:
            found.append(_few("the difference of assurance and power", error, "it", gap, count))
    failed = int(result.replicates.failed.sum())
    if failed:
        found.append(
            f"{failed} of {count} trials could not be analysed by {trial.method} and count as not rejecting."
        )
    if pool.failed:
        found.append(
            f"{pool.failed} virtual people were left out since their solution failed in an arm."
        )
    found += _of_pool(result, pool)
    if sized is not None and sized.size is None:
        found.append(
            f"No size up to {trial.design.largest} reaches a power of {trial.design.power:g}; "
            "characteristics are those of that size."
        )
    if abs(first.bias) > 4 * first.bias_se and first.bias_se > 0:
        found.append(
            f"{trial.method} misses the estimand: bias {first.bias:.3g} (Monte-Carlo error {first.bias_se:.2g})."
        )
    found += _deaths(result, pool)
    found += _of_design(result, pool)
    if len(result.comparisons) > 1 and not result.plan.several:
        found.append(
            "Each arm is compared at the level of the trial; the error of all comparisons together is larger."
        )
    found += [f"Assumed: {line}" for line in result.rests]
    return tuple(found)


def _deaths(result: "TrialResult", pool: "Pool") -> list[str]:
    """Who dies, and by what rule."""
    dead = [arm for arm in pool.arms if arm.dies is not None]
    if not dead:
        if "death" in result.trial.estimand.strategy:
            return ["Nobody's breathing stops in these trials, so the strategy for death has nothing to act on."]  # fmt: skip
        return []
    last = len(pool.times_h) - 1
    shares = ", ".join(f"{(arm.dies < last).mean():.1%} in {arm.name}" for arm in dead if arm.dies is not None)  # fmt: skip
    return [
        f"Those whose breathing stops die, unless they have left before: {shares}. Nobody is treated for it, and nobody dies of "
        "anything else."
    ]


def _of_pool(result: "TrialResult", pool: "Pool") -> list[str]:
    """That the pool is too small for the difference that it shows: its people are a sample too."""
    plan = result.plan
    if plan.paths or plan.method in (*_SHARES, "log-rank", "cox", "negative binomial"):
        return []
    at = 1 if plan.method == "crossover" else plan.at
    first = [order[0] for order in plan.orders] or list(range(len(pool.arms)))
    arm = pool.arms[first.index(plan.compared[0])].stay[0, :, at]
    gap = arm - pool.arms[first.index(plan.reference)].stay[0, :, at]
    error = float(gap.std() / sqrt(len(gap)))
    shown = abs(result.plan.better * float(gap.mean()) + result.plan.margin)
    if error <= _TENTH * shown or error == 0:
        return []
    text = (
        f"The pool has {len(gap)} people: in another of as many the difference between the arms would vary by {error:.2g}, more "
        f"than a tenth of what is to be shown ({shown:.2g}); the error of the power does not hold that"
    )
    need = len(gap) * (error / (_TENTH * shown)) ** 2 if shown > 0 else float("inf")
    return [f"{text}: patients = {ceil(need / 100) * 100} would do." if need < 1e6 else f"{text}."]


def washout_notes(trial: Trial, half_lives_h: Mapping[str, float]) -> tuple[str, ...]:
    """That a wash-out is shorter than five half-lives of what was given."""
    washout = read_hours(trial.design.washout) if trial.design.washout else 0.0
    slow = {name: hours for name, hours in half_lives_h.items() if washout < _HALF_LIVES * hours}
    if not slow:
        return ()
    name = max(slow, key=lambda each: slow[each])
    others = f", and shorter than five of {len(slow) - 1} more substances" if len(slow) > 1 else ""
    return (
        f"The wash-out of {washout:g} h is {washout / slow[name]:.1f} half-lives of {name} ({slow[name]:.0f} h), fewer than "
        f"{_HALF_LIVES}{others}: what is left of the first period moves the second.",
    )


def _of_design(result: "TrialResult", pool: "Pool") -> list[str]:
    """What the design itself brings with it."""
    trial, found = result.trial, []
    if trial.design.kind == "smart":
        found += _of_strategies(result)
    if trial.design.kind == "titration":
        found += _of_titration(trial, pool)
    if result.plan.several:
        found += _of_several(result)
    if result.plan.again is not None:
        found += _of_growth(result)
    for tip, power, se in result.tipping:
        found.append(
            f"With those who left the arm {tip:g} worse than imputed, the power is {power:.3f} ({se:.3f})."
        )
    if trial.blinding.unblinded:
        found.append(
            f"{trial.blinding.unblinded:.0%} find out what they take; the true value is of people who do not."
        )
    if trial.design.kind == "withdrawal":
        share = taken_in(pool, result.plan.rules, result.plan.seed)
        found.append(
            f"{share:.0%} of those who begin the run-in are randomised; effects are of those who did well on the drug. "
            "Nobody stops during the run-in in these trials."
        )
        withdrawn = [
            f"{worlds.harms[UNBLINDING].mean():.0%} in {worlds.name}"
            for worlds in pool.arms
            if UNBLINDING in worlds.harms
        ]
        if withdrawn:
            found.append(
                f"Withdrawal unblinds: COWS reaches 5 or more after randomisation in {', '.join(withdrawn)}."
            )
    return found


def _of_strategies(result: "TrialResult") -> list[str]:
    """How many change treatment, and what is compared."""
    block = result.example
    again = block.course != block.arm
    shares = [
        f"{again[:, block.arm == number].mean():.0%} of {name}"
        for number, name in enumerate(result.arms)
    ]
    return [
        f"In the example trial {', '.join(shares)} had not answered and went on with another treatment.",
        "Who leaves before the end is missing at random given strategy and baseline only, as far as this analysis knows.",
    ]


def _of_titration(trial: Trial, pool: "Pool") -> list[str]:
    """Where the doses end."""
    steps, found = trial.design.steps, []
    for arm in pool.arms:
        if arm.levels is None:
            continue
        shares = [float((arm.levels == level).mean()) for level in range(len(steps))]
        told = ", ".join(f"{share:.0%} at {step:g}" for share, step in zip(shares, steps, strict=True))  # fmt: skip
        mean = sum(share * step for share, step in zip(shares, steps, strict=True))
        found.append(
            f"{arm.name} ends at {mean:.2f} times its first dose on average ({told} times it)."
        )
    return found


def _of_several(result: "TrialResult") -> list[str]:
    """Which arm is found, and which are dropped."""
    runs, looks = result.replicates, len(result.looks)
    z = np.where(runs.rejected, np.nan_to_num(runs.z, nan=-np.inf), -np.inf)
    best = np.where(runs.rejected.any(0), z.argmax(0), -1)
    found = []
    for row, each in enumerate(result.comparisons):
        found.append(
            f"{each.arm}: found better and ahead of the others in {(best == row).mean():.1%} of trials, dropped in "
            f"{(runs.dropped[row] < looks).mean():.1%}."
        )
    return [
        *found,
        "Estimates of an arm are of the look at which it was dropped or the trial ended, not corrected for either.",
    ]


def _of_growth(result: "TrialResult") -> list[str]:
    """How often the trial grows, and from what conditional power on."""
    runs, rule = result.replicates, result.plan.again_at(result.replicates.size)
    grown = float((runs.people > runs.size).mean())
    return [
        f"{grown:.1%} of trials grow beyond {runs.size} people, to {int(rule.largest)} at most: those with a conditional power "
        "from "
        f"{rule.cp_low:.2f} to {rule.cp_aim:g}. Both stages are tested together ({rule.test}); estimates are not corrected."
    ]


def _few(what: str, error: float, against: str, shown: float, count: int) -> str:
    text = f"The Monte-Carlo error of {what}, {error:.2g}, is more than a tenth of {against} ({shown:.2g})"
    if shown > 0:
        need = count * (error / (_TENTH * shown)) ** 2
        if need < 1e6:
            return f"{text}: about {ceil(need / 100) * 100} replicates would show it."
    return f"{text}."
