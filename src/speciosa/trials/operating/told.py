"""What must be said of a simulated trial: its design in a sentence, and what is assumed."""

from speciosa import facts
from speciosa.pharmacology.effect.effect_outputs import OUTPUTS
from speciosa.study.question.schema import Arm
from speciosa.trials.conduct.rules import assumed
from speciosa.trials.question.layout import ESCALATING
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_condition, read_summary

_WORDS = {
    "treatment policy": "whatever happens after {event}",
    "hypothetical": "as if there were no {event}",
    "composite": "with {event} counted as failure",
    "while on treatment": "up to {event}",
    "principal stratum": "in those who would have no {event} in either arm",
}
_SIGNS = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
_EVENTS = {
    "discontinued": "stop of the treatment",
    "switch": "switch to another treatment",
    "rescue": "rescue",
    "death": "death",
}


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
    met = trial.met
    words = (
        _WORDS[met[event]].format(event=name) for event, name in _EVENTS.items() if event in met
    )
    strategies = "".join(f", {each}" for each in words)
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
        drugs = f"{', '.join(names)} and {trial.reference}"
        return f"{who} take {drugs} for {design.period} each{gap}, in an order that is randomised{looks},"
    if design.kind == "mcpmod":
        shapes = ", ".join(design.models)
        return (
            f"{who} are randomised to {', '.join(names)} or {trial.reference}, tested for a dose response of the shapes "
            f"{shapes},"
        )
    if design.kind == "smart":
        return _in_strategies(trial, who)
    grows = {
        "re-estimation": f", and grows up to {design.most:g} times if that is promising,",
        "multi-arm multi-stage": ", when arms may be dropped and the first that is found better ends the trial,",
    }.get(design.kind, "")
    if design.kind == "titration":
        steps = ", ".join(f"{step:g}" for step in design.steps)
        grows = (
            f", the dose going up at {', '.join(design.adjust)} while {design.up}, and down with an unwanted effect, in steps "
            f"of {steps} times the first"
        )
    return f"{who} are randomised to {', '.join(names)} or {trial.reference} in parallel groups{looks}{grows}"


def _in_strategies(trial: Trial, who: str) -> str:
    """Who is randomised to what, and what follows."""
    design = trial.design
    firsts = " or ".join(arm.name for arm in trial.arms)
    follows = "; ".join(
        f"{' or '.join(o.name for o in trial.options_after(arm.name))} after {arm.name}"
        for arm in trial.arms
        if trial.options_after(arm.name)
    )
    output = in_words(trial.endpoint.output)
    return (
        f"{who} are randomised to {firsts}, and those whose {output}, has not changed by {design.respond} at {design.decide} are "
        f"randomised again, to {follows}; the strategies are held against {trial.reference}"
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
    if trial.adherence.doses < 1:
        found.append(
            f"Adherence: people take {trial.adherence.doses:.0%} of their doses on average (SD {trial.adherence.sd:.0%} between "
            "them), "
            "each dose by chance; in truth doses are missed in runs."
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
