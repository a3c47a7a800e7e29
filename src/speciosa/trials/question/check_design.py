"""Whether the design of a trial can be simulated: its kind, looks and boundaries, and what that kind needs."""

from collections.abc import Iterator
from math import ceil

from speciosa.errors import Fault, InputError, nearest
from speciosa.pharmacology.effect.effect_outputs import OUTPUTS
from speciosa.trials.design.arms import MOST_LOOKS
from speciosa.trials.design.multi_arm import SHAPES, multi_arm_bounds
from speciosa.trials.design.sequential import group_sequential
from speciosa.trials.design.spending import NAMES
from speciosa.trials.question.check_adaptive import check_adaptive
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_condition, read_hours, read_summary

Path = tuple[str | int, ...]
Found = tuple[Path, Fault, tuple[Path, ...]]
"""Where in the file, what is wrong, and further entries that it rests on."""
NAMED = (
    "parallel", "crossover", "withdrawal", "titration", "3+3", "crm", "boin", "mcpmod", "group-sequential", "re-estimation",
    "multi-arm multi-stage", "smart",
)  # fmt: skip
_SHAPED = {"hwang-shih-decani": "gamma", "kim-demets": "rho", "wang-tsiatis": "delta"}


def check_design(trial: Trial) -> Iterator[Found]:
    """What is wrong with the kind of the design, its looks, its reference, and what its kind needs."""
    design = trial.design
    if design.kind not in NAMED:
        near = nearest(design.kind, NAMED)
        fix = f"Did you mean {near[0]}?" if near else ""
        yield (
            ("design", "kind"),
            Fault("kind", "one of " + ", ".join(NAMED), repr(design.kind), fix),
            (),
        )
    yield from _replicates(trial)
    yield from _run_in(trial)
    yield from _crossover(trial)
    yield from _dose_response(trial)
    yield from check_adaptive(trial)
    if design.kind == "multi-arm multi-stage":
        yield from _bounds_of_several(trial)
    elif design.spending not in NAMES:
        yield (
            ("design", "spending"),
            Fault("spending", "one of " + ", ".join(NAMES), repr(design.spending)),
            (),
        )
    else:
        yield from _boundaries(trial)
    if (
        design.futility
        and design.kind != "multi-arm multi-stage"
        and len(design.futility) != max(len(design.looks) - 1, 0)
    ):
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
    if design.reference and design.reference not in names and design.kind != "smart":
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
            binding=design.binding,
            gamma=design.gamma,
            rho=design.rho,
            delta=design.delta,
        )
    except InputError as error:
        yield from _told_of_bounds(error)


def _told_of_bounds(error: InputError) -> Iterator[Found]:
    for fault in error.faults:
        first = fault.where.partition(",")[0]
        known = ("looks", "futility", *_SHAPED.values())
        where: Path = ("design", first if first in known else "spending")
        yield where, fault, (("design", "looks"), ("design", "alpha"), ("design", "futility"))


def _bounds_of_several(trial: Trial) -> Iterator[Found]:
    """Looks at several arms for which no bounds can be found; the rest of their faults is told elsewhere."""
    design, arms = trial.design, trial.arms
    shares = [arm.allocation for arm in arms if arm.name != trial.reference]
    own = [arm.allocation for arm in arms if arm.name == trial.reference]
    if design.spending not in SHAPES or not 2 <= len(design.looks) <= MOST_LOOKS or len(arms) < 3:
        return
    if not own or len(set(shares)) != 1:
        return
    try:
        multi_arm_bounds(
            len(shares), design.looks, spending=design.spending, alpha=design.alpha, ratio=own[0] / shares[0],
            delta=design.delta, futility=design.futility, binding=design.binding,
        )  # fmt: skip
    except InputError as error:
        yield from _told_of_bounds(error)


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
    if not 2 <= len(trial.arms) <= 6:
        yield ("arms",), Fault("arms", "two to six arms", str(len(trial.arms))), ()
    elif design.periods != len(trial.arms):
        expected = f"{len(trial.arms)}, as many as arms"
        found = Fault("periods", expected, str(design.periods))
        yield ("design", "periods"), found, (("arms",),)
    if len(trial.arms) > 2 and (trial.endpoint.margin or design.looks):
        expected = "no margin and one look, with more than two treatments"
        yield ("design", "kind"), Fault("kind", expected, "crossover"), (("arms",), ("endpoint",))
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


def check_escalation(trial: Trial) -> Iterator[Found]:
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
