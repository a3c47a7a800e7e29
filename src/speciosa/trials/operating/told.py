"""What must be said of a simulated trial: its design in a sentence, what is assumed, what to be wary of."""

from math import ceil, sqrt
from typing import TYPE_CHECKING

from speciosa import facts
from speciosa.study.question.schema import Arm
from speciosa.trials.conduct.rules import assumed
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_summary

if TYPE_CHECKING:
    from speciosa.trials.operating.result import TrialResult
    from speciosa.trials.operating.sizing import Sized
    from speciosa.trials.people.pool import Pool

_TENTH = 0.1
_WORDS = {
    "treatment policy": "whatever happens after {event}",
    "hypothetical": "as if there were no {event}",
    "composite": "with {event} counted as failure",
    "while on treatment": "up to {event}",
    "principal stratum": "in those who would have no {event} in either arm",
}
_EVENTS = {"discontinued": "stop of the treatment", "rescue": "rescue", "death": "death"}


def sentence(trial: Trial, size: int | None) -> str:
    """Design and estimand as one sentence: population, arms, variable, events and their strategies, summary."""
    design, measure = trial.design, trial.endpoint
    names = [arm.name for arm in trial.arms if arm.name != trial.reference]
    who = f"people with {trial.population.include}" if trial.population.include else "people"
    number = f"{size} " if size is not None else ""
    kind = {
        "parallel": "parallel groups",
        "group-sequential": "parallel groups with looks before the end",
    }[design.kind]
    looks = (
        f", looked at after {', '.join(f'{look:.0%}' for look in design.looks)} of the people"
        if design.looks
        else ""
    )
    strategies = "; ".join(
        _WORDS[how].format(event=_EVENTS[event]) for event, how in trial.estimand.strategy.items()
    )
    what = (
        f"time to {_EVENTS[measure.event]}"
        if read_summary(measure.summary).kind == "time"
        else f"{measure.output} at {measure.at or design.visits[-1]}"
    )
    aim = f", not worse by more than {measure.margin:g}" if measure.margin else ""
    return (
        f"{number}{who} are randomised to {', '.join(names)} or {trial.reference} in {kind}{looks} "
        f"and compared by {measure.summary} of {what}{aim}, {strategies}, with {trial.method} "
        f"at a one-sided level of {design.alpha:g}."
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
    if rest:
        rows = f" (facts {', '.join(usual['rows'])})" if usual["rows"] else ""
        found.append(f"Measurements: {usual['how']}{rows}.")
    if trial.dropout.model != "none":
        leaving = assumed()["leaving"][trial.dropout.model]
        found.append(f"Drop-out ({trial.dropout.model}): {leaving['how']}.")
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
    if len(result.comparisons) > 1:
        found.append(
            "Each arm is compared at the level of the trial; the error of all comparisons together is larger."
        )
    found += [f"Assumed: {line}" for line in result.rests]
    return tuple(found)


def _few(what: str, error: float, against: str, shown: float, count: int) -> str:
    text = f"The Monte-Carlo error of {what}, {error:.2g}, is more than a tenth of {against} ({shown:.2g})"
    if shown > 0:
        need = count * (error / (_TENTH * shown)) ** 2
        if need < 1e6:
            return f"{text}: about {ceil(need / 100) * 100} replicates would show it."
    return f"{text}."
