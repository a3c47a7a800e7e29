"""Whether a trial can be simulated: design, endpoint, analysis and size, each fault with its place and what it rests on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from speciosa.errors import Fault, InputError, nearest
from speciosa.pharmacology.assembly import descendants
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.effect.effect_outputs import OUTPUTS
from speciosa.pharmacology.effect.effects import check as check_effects
from speciosa.pharmacology.limits import danger
from speciosa.regimen import Regimen
from speciosa.study.question.check import check as check_study
from speciosa.study.question.regimens import read_regimen
from speciosa.study.question.schema import Arm as StudyArm
from speciosa.study.question.schema import FollowUp, Population, Study
from speciosa.trials.question.check_design import Found, Path, check_design, check_escalation
from speciosa.trials.question.check_estimand import check_estimand
from speciosa.trials.question.layout import ESCALATING
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import Condition, read_condition, read_hours, read_summary

_METHODS = {
    "mean": ("t test", "ancova", "mmrm", "imputation", "wilcoxon", "crossover", "strategies"),
    "responders": ("proportion", "logistic"),
    "time": ("log-rank", "cox"),
    "rate": ("negative binomial",),
}
_FEWEST = 4


def study_of_trial(trial: Trial) -> Study:
    """The arms and people of a trial as a study, followed until the last visit."""
    arms = tuple(_plain(arm) for arm in trial.arms)
    people = {key: getattr(trial.population, key) for key in Population.model_fields}
    return Study(
        title=trial.title,
        question=trial.question or trial.title,
        indication=trial.indication,
        confirm=trial.confirm,
        population=Population(**people),
        arms=arms,
        fitted=trial.fitted,
        follow_up=FollowUp(until=f"{trial.design.times_h[-1]:g} h"),
    )


def _plain(arm: StudyArm) -> StudyArm:
    said = {key: getattr(arm, key) for key in arm.model_fields_set if key in StudyArm.model_fields}
    return StudyArm(**said)


def _further(trial: Trial) -> Study | None:
    """Treatments that are not arms of their own: options, and the highest step of a titration, each in place of an arm."""
    arms = [
        _plain(option).model_copy(update={"name": f"{option.name} ({number})"})
        for number, option in enumerate(trial.options, start=1)
    ]
    if trial.switch is not None:
        arms.append(StudyArm(name="switch", regimen=trial.switch.to))
    steps = trial.design.steps
    if trial.design.kind == "titration" and steps and max(steps) > 0:
        for arm in trial.arms:
            doses = [replace(d, amount=d.amount * max(steps)) for d in arm.treatment.doses]
            arms.append(_plain(arm).model_copy(update={"regimen": str(Regimen(tuple(doses)))}))
    return study_of_trial(trial).model_copy(update={"arms": tuple(arms)}) if arms else None


def check(trial: Trial) -> Iterator[Found]:
    """Every reason why `trial` cannot be simulated: path in the file, fault, and further entries that it rests on."""
    yield from check_design(trial)
    if trial.design.kind in ESCALATING:
        yield from check_escalation(trial)
    else:
        yield from _arms(trial)
        yield from _endpoint(trial)
        yield from _analysis(trial)
        yield from check_estimand(trial)
        yield from _dropout(trial)
        yield from _rescue(trial)
        yield from _switch(trial)
    for path, fault in check_study(study_of_trial(trial)):
        if path[0] in ("arms", "population", "fitted"):
            yield path, fault, (("design", "visits"),)
    further = _further(trial)
    if further is None:
        return
    many = len(trial.options)
    for path, fault in check_study(further):
        if path[0] != "arms" or len(path) < 2:
            continue
        number = int(path[1])
        place: Path = ("options", *path[1:]) if number < many else ("design", "steps")
        if number == many and trial.switch is not None:
            place = ("switch", "to")
        yield place, fault, (("arms",), ("design", "visits"))


def _arms(trial: Trial) -> Iterator[Found]:
    if len(trial.arms) < 2:
        yield ("arms",), Fault("arms", "two arms or more", str(len(trial.arms))), ()
    for part, arms in (("arms", trial.arms), ("options", trial.options)):
        for number, arm in enumerate(arms):
            try:
                plan = schedule(arm.doses)
            except InputError:
                continue  # told with the arm
            for fault in _without_model(plan.substances, trial):
                yield (part, number, "regimen"), fault, (("endpoint", "output"),)
    size = trial.design.size
    least = _FEWEST * sum(arm.allocation for arm in trial.arms)
    if size is not None and size < least:
        expected = f"at least {least} people, {_FEWEST} for each place of the allocation"
        yield ("design", "size"), Fault("size", expected, str(size)), (("arms",),)


def _endpoint(trial: Trial) -> Iterator[Found]:
    measure = trial.endpoint
    if measure.output not in OUTPUTS:
        near = nearest(measure.output, OUTPUTS)
        fix = f"Did you mean {near[0]}?" if near else ""
        expected = "one of " + ", ".join(OUTPUTS)
        yield ("endpoint", "output"), Fault("output", expected, repr(measure.output), fix), ()
    elif not measure.better and OUTPUTS[measure.output].better == "neither":
        expected = "higher or lower, since neither is better of itself"
        yield (
            ("endpoint", "better"),
            Fault(f"better {measure.output}", expected, "none"),
            (("endpoint", "output"),),
        )
    if measure.at:
        begin = trial.design.begin_h
        times = tuple(time + begin for time in trial.design.shown_h)
        when = read_hours(measure.at)
        names = trial.design.shown_visits
        expected = "one of the visits after the first: " + ", ".join(names[1:])
        if when > times[-1]:
            expected = f"a time up to the last visit, {names[-1]}"
        if trial.design.kind == "crossover":
            expected = "nothing: a crossover is read at the end of each period"
        if trial.design.kind == "crossover" or when not in times[1:]:
            yield (
                ("endpoint", "at"),
                Fault("at", expected, repr(measure.at)),
                (("design", "visits"),),
            )
    kind = read_summary(measure.summary).kind
    if kind == "time" and measure.event == "unwanted effect":
        expected = "discontinued or rescue; unwanted effects are counted by a rate ratio"
        yield ("endpoint", "event"), Fault("event", expected, measure.event), ()
    if kind == "rate" and measure.event == "discontinued":
        expected = "unwanted effect or rescue, whose visits are counted"
        yield ("endpoint", "event"), Fault("event", expected, measure.event), ()
    if kind in ("time", "rate") and measure.event == "rescue" and trial.rescue is None:
        yield ("endpoint", "event"), Fault("event", "a part [rescue]", "none"), (("rescue",),)
    if kind == "time" and measure.event == "discontinued" and trial.dropout.model == "none":
        expected = "a part [dropout], which says who stops"
        yield ("endpoint", "event"), Fault("event", expected, "none"), (("dropout",),)
    if kind != "mean" and measure.margin:
        expected = "0: margins are of mean differences"
        yield (
            ("endpoint", "margin"),
            Fault("margin", expected, f"{measure.margin:g}"),
            (("endpoint", "summary"),),
        )
    if trial.population.include:
        condition = read_condition(trial.population.include)
        yield from _same(("population", "include"), condition, trial)


def _same(path: Path, condition: Condition, trial: Trial) -> Iterator[Found]:
    """That a condition is on what is measured."""
    if condition.output != trial.endpoint.output:
        expected = f"a condition on the endpoint's output, {trial.endpoint.output}"
        yield path, Fault("condition", expected, condition.output), (("endpoint", "output"),)


def _analysis(trial: Trial) -> Iterator[Found]:
    kind = read_summary(trial.endpoint.summary).kind
    rests: tuple[Path, ...] = (("endpoint", "summary"), ("design", "visits"), ("endpoint", "at"))
    method, visits = trial.method, trial.at
    if method not in _METHODS[kind]:
        expected = f"one of {', '.join(_METHODS[kind])}, which compare {trial.endpoint.summary}"
        yield ("analysis", "method"), Fault("method", expected, repr(method)), rests
    if (method == "crossover") != (trial.design.kind == "crossover"):
        expected = "crossover for a crossover, and for nothing else"
        yield (
            ("analysis", "method"),
            Fault("method", expected, method),
            (*rests, ("design", "kind")),
        )
    if trial.analysis.tipping and (method != "imputation" or trial.analysis.reference != "MAR"):
        expected = 'method = "imputation" with reference = "MAR", from which tipping points go on'
        yield ("analysis", "tipping"), Fault("tipping", expected, method), rests
    size = trial.design.size
    if method == "mmrm" and size is not None:
        need = visits * (visits + 1) // 2
        smallest = min(arm.allocation for arm in trial.arms) + _reference(trial)
        people = size * smallest // sum(arm.allocation for arm in trial.arms)
        free = people - 3
        if need > free:
            fits = f"heterogeneous toeplitz ({2 * visits - 1} parameters)"
            largest = fits if 2 * visits - 1 <= free else "none of those known: use ancova"
            expected = f"more people than the {need} parameters of an unstructured covariance of {visits} visits"
            found = f"{people} people in the smallest comparison; the largest structure that fits: {largest}"
            yield (
                ("design", "size"),
                Fault("size", expected, found),
                (*rests, ("arms",), ("analysis",)),
            )


def _reference(trial: Trial) -> int:
    found = [arm.allocation for arm in trial.arms if arm.name == trial.reference]
    return found[0] if found else 1


def _dropout(trial: Trial) -> Iterator[Found]:
    completed = trial.dropout.completed
    names = [arm.name for arm in trial.arms]
    if not isinstance(completed, float):
        for name in completed:
            if name not in names:
                near = nearest(name, names)
                fix = f"Did you mean {near[0]!r}?" if near else ""
                expected = "an arm: " + ", ".join(names)
                yield (
                    ("dropout", "completed"),
                    Fault("completed", expected, repr(name), fix),
                    (("arms",),),
                )
        for name in names:
            if name not in completed:
                expected = f"a share for each arm, {name!r} too"
                yield ("dropout", "completed"), Fault("completed", expected, "none"), (("arms",),)
    elif trial.dropout.model != "none" and completed >= 1:
        expected = "the share that completes, such as completed = 0.75"
        yield ("dropout", "completed"), Fault("completed", expected, f"{completed:g}"), ()


def rescue_arm(trial: Trial) -> StudyArm | None:
    """Rescue alone, as often as it may be taken, for a week."""
    words = _rescue_words(trial)
    return StudyArm(name="rescue", regimen=words) if words else None


def _rescue_words(trial: Trial) -> str:
    """The regimen of rescue; empty without."""
    if trial.rescue is None:
        return ""
    a_day = trial.rescue.a_day
    return f"{trial.rescue.dose} every {24 / a_day:.6g} h x {7 * a_day}"


def _rescue(trial: Trial) -> Iterator[Found]:
    rescue = trial.rescue
    if rescue is None:
        return
    yield from _same(("rescue", "when"), rescue.condition, trial)
    try:
        plan = schedule(read_regimen(_rescue_words(trial)))
    except InputError as error:
        for fault in error.faults:
            yield ("rescue", "dose"), Fault("dose", fault.expected, fault.found, fault.fix), ()
        return
    if danger(plan, 0.0) >= 1:
        yield ("rescue", "dose"), Fault("dose", "a rescue that people survive", rescue.dose), ()
    else:
        for fault in _without_model(plan.substances, trial):
            yield ("rescue", "dose"), fault, (("endpoint", "output"),)


def _switch(trial: Trial) -> Iterator[Found]:
    """A treatment after the stop of another, and whether what it rests on is simulated."""
    if trial.switch is None:
        return
    if trial.dropout.model == "none":
        expected = "a part [dropout], which says who stops"
        yield ("switch",), Fault("switch", expected, "none"), (("dropout",),)
    kind = trial.design.kind
    if kind in ("titration", "crossover", "smart", "withdrawal") or trial.adherence.doses < 1:
        expected = "no switch: it is not built for this design, nor where doses are missed"
        yield ("switch",), Fault("switch", expected, kind), (("design", "kind"), ("adherence",))
    try:
        plan = schedule(trial.switch.doses)
    except InputError as error:
        for fault in error.faults:
            yield ("switch", "to"), fault, ()
        return
    for fault in _without_model(plan.substances, trial):
        yield ("switch", "to"), fault, (("endpoint", "output"),)


def _without_model(substances: Sequence[str], trial: Trial) -> Iterator[Fault]:
    """Why the endpoint cannot be computed under these substances."""
    if trial.endpoint.output in OUTPUTS and substances:
        try:
            check_effects(descendants(substances), [trial.endpoint.output])
        except InputError as error:
            yield from error.faults
