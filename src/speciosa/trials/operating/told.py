"""What must be said of a simulated trial: its design in a sentence, what is assumed, what to be wary of."""

from collections.abc import Mapping
from math import ceil, sqrt
from typing import TYPE_CHECKING

from speciosa import facts
from speciosa.pharmacology.effect.effect_outputs import OUTPUTS
from speciosa.study.question.schema import Arm
from speciosa.trials.conduct.block import taken_in
from speciosa.trials.conduct.rules import assumed
from speciosa.trials.people.solve import UNBLINDING
from speciosa.trials.question.layout import ESCALATING
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_condition, read_hours, read_summary

if TYPE_CHECKING:
    from speciosa.trials.operating.result import TrialResult
    from speciosa.trials.operating.sizing import Sized
    from speciosa.trials.people.pool import Pool

_TENTH, _HALF_LIVES = 0.1, 5
_WORDS = {
    "treatment policy": "whatever happens after {event}",
    "hypothetical": "as if there were no {event}",
    "composite": "with {event} counted as failure",
    "while on treatment": "up to {event}",
    "principal stratum": "in those who would have no {event} in either arm",
}
_SIGNS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
_EVENTS = {"discontinued": "stop of the treatment", "rescue": "rescue", "death": "death"}


def in_words(output: str) -> str:
    """What an output is, such as ``clinical (chronic) pain, 0 to 10``."""
    return OUTPUTS[output].meaning if output in OUTPUTS else output


def sentence(trial: Trial, size: int | None) -> str:
    """Design and estimand as one sentence: population, arms, variable, events and their strategies, summary."""
    measure, design = trial.endpoint, trial.design
    if design.kind in ESCALATING:
        name = {"3+3": "3+3", "crm": "continual reassessment", "boin": "BOIN"}[design.kind]
        return (
            f"{', '.join(arm.name for arm in trial.arms)} are tried in this order by {name}, looking for the dose at which "
            f"{design.target:.0%} of people have {design.toxicity} at some time within {design.visits[-1]}."
        )
    met = (
        _WORDS[how].format(event=_EVENTS[event]) for event, how in trial.estimand.strategy.items()
    )
    strategies = "".join(f", {words}" for words in met)
    output = in_words(measure.output)
    what = f"{output}, at {measure.at or trial.design.visits[-1]}"
    if trial.design.kind == "crossover":
        what = f"{output}, at the end of each period"
    if read_summary(measure.summary).kind == "time":
        what = f"time to {_EVENTS[measure.event]}"
    aim = f", not worse by more than {measure.margin:g}" if measure.margin else ""
    return (
        f"{_randomised(trial, size)} and compared by {measure.summary} of {what}{aim}{strategies}, with {trial.method} "
        f"at a one-sided level of {trial.design.alpha:g}."
    )


def _randomised(trial: Trial, size: int | None) -> str:
    """Who is randomised to what."""
    design = trial.design
    names = [arm.name for arm in trial.arms if arm.name != trial.reference]
    who = "people"
    if trial.population.include:
        asked = read_condition(trial.population.include)
        who = f"people whose {in_words(asked.output)}, is {_SIGNS[asked.sign]} {asked.level:g}"
    who = f"{size} {who}" if size is not None else who
    looks = ""
    if design.looks:
        looks = (
            f", looked at after {', '.join(f'{look:.0%}' for look in design.looks)} of the people"
        )
    if design.kind == "withdrawal":
        how = f"tapered over {design.taper}" if design.taper else "stopped at once"
        answer = (
            f" and whose {in_words(trial.endpoint.output)}, changes by {design.respond} or more"
            if design.respond
            else ""
        )
        return (
            f"{who} who take {names[0]} for {design.randomise}{answer} are randomised to go on with it or to {trial.reference}, "
            f"the drug being {how}{looks},"
        )
    if design.kind == "crossover":
        gap = f" with {design.washout} between" if design.washout else ""
        return f"{who} take {names[0]} and {trial.reference} for {design.period} each{gap}, in an order that is randomised{looks},"
    if design.kind == "mcpmod":
        shapes = ", ".join(design.models)
        return (
            f"{who} are randomised to {', '.join(names)} or {trial.reference}, tested for a dose response of the shapes "
            f"{shapes},"
        )
    return (
        f"{who} are randomised to {', '.join(names)} or {trial.reference} in parallel groups{looks}"
    )


def rests_on(trial: Trial) -> tuple[str, ...]:
    """What the answer rests on that is assumed rather than seen, a sentence each."""
    found = []
    for arm in trial.arms:
        told = _assumed_effect(arm)
        if told:
            found.append(f"{arm.name}: {told}")
    usual = assumed()["course"].get(trial.endpoint.output, assumed()["course"]["other"])
    said = trial.course.model_dump(exclude_none=True, exclude_defaults=True)
    rest = {"visit_sd", "placebo", "placebo_sd", "tau", "drift"} - set(said)
    if rest and trial.design.kind not in ESCALATING:
        rows = f" (facts {', '.join(usual['rows'])})" if usual["rows"] else ""
        found.append(f"Measurements: {usual['how']}{rows}.")
    if trial.dropout.model != "none":
        leaving = assumed()["leaving"][trial.dropout.model]
        found.append(f"Drop-out ({trial.dropout.model}): {leaving['how']}.")
    if trial.adherence.taken < 1:
        found.append(
            f"Adherence: {trial.adherence.taken:.0%} take their treatment, the others none of it; in truth people take a part."
        )
    return tuple(found)


def _assumed_effect(arm: Arm) -> str:
    """Whether an arm holds a substance whose benefit no controlled trial has shown."""
    from speciosa.pharmacology.dosing import schedule

    substances = schedule(arm.treatment).substances
    kratom = [name for name in substances if facts.substance(name).group.startswith("kratom")]
    if kratom:
        return (
            "the effect of kratom's alkaloids is assumed: it follows from receptors and laboratory studies; "
            "no controlled trial has measured it in patients."
        )
    return ""


def warnings_of(result: "TrialResult", pool: "Pool", sized: "Sized | None") -> tuple[str, ...]:
    """What a reader must know."""
    trial, first = result.trial, result.comparisons[0]
    found = []
    count = result.replicates.trials
    shown = abs(first.power - trial.design.alpha)
    if first.power_se > _TENTH * shown:
        found.append(
            _few(
                "power", first.power_se, "the difference of the power from the level", shown, count
            )
        )
    if result.assurance is not None and result.assurance_se is not None:
        gap = abs(result.assurance - first.power)
        error = sqrt(result.assurance_se**2 + first.power_se**2)
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
    if "death" in trial.estimand.strategy:
        found.append(
            "Nobody dies in these trials: no model of death in such a trial is there; its strategy has nothing to act on."
        )
    found += _of_design(result, pool)
    if len(result.comparisons) > 1:
        found.append(
            "Each arm is compared at the level of the trial; the error of all comparisons together is larger."
        )
    found += [f"Assumed: {line}" for line in result.rests]
    return tuple(found)


def _of_pool(result: "TrialResult", pool: "Pool") -> list[str]:
    """That the pool is too small for the difference that it shows: its people are a sample too."""
    if result.plan.method in ("proportion", "log-rank", "cox"):
        return []
    at = 1 if result.plan.method == "crossover" else result.plan.at
    arm = pool.arms[result.plan.compared[0]].stay[0, :, at]
    gap = arm - pool.arms[result.plan.reference].stay[0, :, at]
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


def _few(what: str, error: float, against: str, shown: float, count: int) -> str:
    text = f"The Monte-Carlo error of {what}, {error:.2g}, is more than a tenth of {against} ({shown:.2g})"
    if shown > 0:
        need = count * (error / (_TENTH * shown)) ** 2
        if need < 1e6:
            return f"{text}: about {ceil(need / 100) * 100} replicates would show it."
    return f"{text}."
