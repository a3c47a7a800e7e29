"""Whether a trial can be simulated: design, endpoint, analysis and size, each fault with its place and what it rests on."""

from collections.abc import Iterator, Sequence
from math import ceil

from speciosa.errors import Fault, InputError, nearest
from speciosa.pharmacology.assembly import descendants
from speciosa.pharmacology.dosing import schedule
from speciosa.pharmacology.effect.effect_outputs import OUTPUTS
from speciosa.pharmacology.effect.effects import check as check_effects
from speciosa.pharmacology.limits import danger
from speciosa.study.question.check import check as check_study
from speciosa.study.question.regimens import read_regimen
from speciosa.study.question.schema import Arm as StudyArm
from speciosa.study.question.schema import FollowUp, Population, Study
from speciosa.trials.design.sequential import group_sequential
from speciosa.trials.design.spending import NAMES
from speciosa.trials.question.schema import ESCALATING, Trial
from speciosa.trials.question.words import Condition, read_condition, read_hours, read_summary

Path = tuple[str | int, ...]
Found = tuple[Path, Fault, tuple[Path, ...]]
BUILT = ("parallel", "group-sequential", "withdrawal", "crossover", "mcpmod", *ESCALATING)
NAMED = (
    "parallel", "crossover", "withdrawal", "titration", "3+3", "crm", "boin", "mcpmod", "group-sequential", "smart",
)  # fmt: skip
_METHODS = {
    "mean": ("t test", "ancova", "mmrm", "imputation", "wilcoxon", "crossover"),
    "responders": ("proportion",),
    "time": ("log-rank", "cox"),
}
_FEWEST = 4


def study_of_trial(trial: Trial) -> Study:
    """The arms and people of a trial as a study, followed until the last visit."""
    arms = tuple(
        StudyArm(**{key: getattr(arm, key) for key in arm.model_fields_set if key != "allocation"})
        for arm in trial.arms
    )
    people = {key: getattr(trial.population, key) for key in Population.model_fields}
    return Study(
        title=trial.title,
        question=trial.question or trial.title,
        indication=trial.indication,
        confirm=trial.confirm,
        population=Population(**people),
        arms=arms,
        follow_up=FollowUp(until=f"{trial.design.times_h[-1]:g} h"),
    )


def check(trial: Trial) -> Iterator[Found]:
    """Every reason why `trial` cannot be simulated: path in the file, fault, and further entries that it rests on."""
    yield from _design(trial)
    if trial.design.kind in ESCALATING:
        yield from _escalation(trial)
    else:
        yield from _arms(trial)
        yield from _endpoint(trial)
        yield from _analysis(trial)
        yield from _dropout(trial)
        yield from _rescue(trial)
    for path, fault in check_study(study_of_trial(trial)):
        if path[0] in ("arms", "population"):
            yield path, fault, (("design", "visits"),)


def _design(trial: Trial) -> Iterator[Found]:
    design = trial.design
    if design.kind not in NAMED:
        near = nearest(design.kind, NAMED)
        fix = f"Did you mean {near[0]}?" if near else ""
        yield (
            ("design", "kind"),
            Fault("kind", "one of " + ", ".join(NAMED), repr(design.kind), fix),
            (),
        )
    elif design.kind not in BUILT:
        expected = "a design that can be simulated: " + ", ".join(BUILT)
        yield ("design", "kind"), Fault("kind", expected, f"{design.kind}, which is not built"), ()
    yield from _replicates(trial)
    yield from _run_in(trial)
    yield from _crossover(trial)
    yield from _dose_response(trial)
    if design.spending not in NAMES:
        yield (
            ("design", "spending"),
            Fault("spending", "one of " + ", ".join(NAMES), repr(design.spending)),
            (),
        )
    else:
        yield from _boundaries(trial)
    if design.futility and len(design.futility) != max(len(design.looks) - 1, 0):
        expected = "a bound of z for each look before the last"
        yield (
            ("design", "futility"),
            Fault("futility", expected, f"{len(design.futility)}"),
            (("design", "looks"),),
        )
    if design.kind == "group-sequential" and len(design.looks) < 2:
        yield (
            ("design", "looks"),
            Fault("looks", "two looks or more, such as [0.5, 1.0]", str(list(design.looks))),
            (),
        )
    names = [arm.name for arm in trial.arms]
    if design.reference and design.reference not in names:
        near = nearest(design.reference, names)
        fix = f"Did you mean {near[0]!r}?" if near else ""
        expected = "an arm: " + ", ".join(names)
        yield (
            ("design", "reference"),
            Fault("reference", expected, repr(design.reference), fix),
            (("arms",),),
        )


def _boundaries(trial: Trial) -> Iterator[Found]:
    """Looks for which no boundaries can be found."""
    design = trial.design
    if len(design.futility) not in (0, max(len(design.looks) - 1, 0)):
        return
    try:
        group_sequential(
            design.looks or (1.0,),
            spending=design.spending,
            alpha=design.alpha,
            futility=design.futility,
        )
    except InputError as error:
        for fault in error.faults:
            where: Path = ("design", "looks" if fault.where.startswith("looks") else "spending")
            yield where, fault, (("design", "looks"), ("design", "alpha"), ("design", "futility"))


def _replicates(trial: Trial) -> Iterator[Found]:
    """Too few replicates to tell the power that is searched for from certainty."""
    power, count = trial.design.power, trial.simulation.replicates
    if power is None:
        return
    need = ceil(4 * power / (1 - power) - 1e-9)
    if count < need:
        expected = f"at least {need}, whose Monte-Carlo error is half of what is left of a power of {power:g}"
        yield (
            ("simulation", "replicates"),
            Fault("replicates", expected, str(count)),
            (("design", "power"),),
        )


def _run_in(trial: Trial) -> Iterator[Found]:
    """What a withdrawal trial needs: one drug, nothing as its reference, and a visit at which people are randomised."""
    design = trial.design
    if design.kind != "withdrawal":
        return
    if len(trial.arms) != 2:
        expected = "two arms: the drug, and the reference to which people are switched"
        yield ("arms",), Fault("arms", expected, str(len(trial.arms))), ()
    for number, arm in enumerate(trial.arms):
        if arm.name == trial.reference and arm.treatment.doses:
            expected = "none: the reference is the drug, stopped when people are randomised"
            yield ("arms", number, "regimen"), Fault("regimen", expected, arm.regimen), ()
    between = design.visits[1:-1]
    if not design.randomise or design.begin_h not in [read_hours(text) for text in between]:
        expected = "a visit between the first and the last" + (
            f": {', '.join(between)}" if between else ""
        )
        found = repr(design.randomise) if design.randomise else "none"
        yield ("design", "randomise"), Fault("randomise", expected, found), (("design", "visits"),)


def _crossover(trial: Trial) -> Iterator[Found]:
    """What a crossover needs: two arms, a period, means."""
    design = trial.design
    if design.kind != "crossover":
        return
    if len(trial.arms) != 2:
        expected = "two arms; crossovers of more are not built"
        yield ("arms",), Fault("arms", expected, str(len(trial.arms))), ()
    if not design.period or read_hours(design.period) <= 0:
        yield (
            ("design", "period"),
            Fault("period", "how long each treatment lasts, such as '1 wk'", repr(design.period)),
            (),
        )
    if read_summary(trial.endpoint.summary).kind != "mean":
        yield (
            ("endpoint", "summary"),
            Fault("summary", "mean difference, which a crossover compares", trial.endpoint.summary),
            (),
        )


def _escalation(trial: Trial) -> Iterator[Found]:
    """What a dose-finding trial needs: doses that rise, what harms, and for crm guesses."""
    design = trial.design
    if len(trial.arms) < 2:
        yield (
            ("arms",),
            Fault("arms", "two doses or more, the lowest first", str(len(trial.arms))),
            (),
        )
    if not design.toxicity:
        expected = "what harms a person, such as 'ventilation_fraction < 0.5'"
        yield ("design", "toxicity"), Fault("toxicity", expected, "none"), ()
    elif read_condition(design.toxicity).output not in OUTPUTS:
        output = read_condition(design.toxicity).output
        near = nearest(output, OUTPUTS)
        fix = f"Did you mean {near[0]}?" if near else ""
        yield (
            ("design", "toxicity"),
            Fault("toxicity", "one of " + ", ".join(OUTPUTS), output, fix),
            (),
        )
    if design.kind == "crm":
        rising = all(0 < a < b < 1 for a, b in zip(design.prior, design.prior[1:], strict=False))
        if len(design.prior) != len(trial.arms) or not rising:
            expected = f"{len(trial.arms)} guesses between 0 and 1 that rise, one a dose"
            yield (
                ("design", "prior"),
                Fault("prior", expected, str(list(design.prior))),
                (("arms",),),
            )


def _dose_response(trial: Trial) -> Iterator[Found]:
    """What MCP-Mod needs: a dose an arm, rising from 0, shapes, means."""
    design = trial.design
    if design.kind != "mcpmod":
        return
    rising = all(a < b for a, b in zip(design.doses, design.doses[1:], strict=False))
    if (
        len(design.doses) != len(trial.arms)
        or len(design.doses) < 3
        or not rising
        or design.doses[0] != 0
    ):
        expected = "three doses or more, one an arm, rising from 0"
        yield ("design", "doses"), Fault("doses", expected, str(list(design.doses))), (("arms",),)
    if not design.models:
        yield (
            ("design", "models"),
            Fault("models", 'shapes such as ["emax=0.2", "linear"]', "none"),
            (),
        )
    if trial.arms[0].treatment.doses:
        yield (
            ("arms", 0, "regimen"),
            Fault("regimen", "none: the first arm is the dose 0", trial.arms[0].regimen),
            (),
        )
    if design.looks:
        yield (
            ("design", "looks"),
            Fault("looks", "one look, at the end", str(list(design.looks))),
            (),
        )


def _arms(trial: Trial) -> Iterator[Found]:
    if len(trial.arms) < 2:
        yield ("arms",), Fault("arms", "two arms or more", str(len(trial.arms))), ()
    for number, arm in enumerate(trial.arms):
        try:
            plan = schedule(arm.doses)
        except InputError:
            continue  # told with the arm
        for fault in _without_model(plan.substances, trial):
            yield ("arms", number, "regimen"), fault, (("endpoint", "output"),)
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
    if kind == "time" and measure.event == "rescue" and trial.rescue is None:
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
    whole = [event for event, how in trial.estimand.strategy.items() if how == "while on treatment"]
    if whole and method in ("mmrm", "imputation"):
        expected = "t test, ancova or wilcoxon, which take the last value under treatment"
        yield ("analysis", "method"), Fault("method", expected, method), (*rests, ("estimand",))
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


def _without_model(substances: Sequence[str], trial: Trial) -> Iterator[Fault]:
    """Why the endpoint cannot be computed under these substances."""
    if trial.endpoint.output in OUTPUTS and substances:
        try:
            check_effects(descendants(substances), [trial.endpoint.output])
        except InputError as error:
            yield from error.faults
