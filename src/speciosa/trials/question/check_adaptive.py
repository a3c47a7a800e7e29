"""What trials need that adapt: sizes that grow, arms that are dropped, treatments that are changed, doses that are titrated."""

from collections.abc import Iterator
from typing import Any

from speciosa.errors import Fault, InputError, nearest
from speciosa.pharmacology.effect.effect_outputs import OUTPUTS
from speciosa.trials.design.arms import MOST_LOOKS
from speciosa.trials.design.multi_arm import SHAPES
from speciosa.trials.design.promising import promising
from speciosa.trials.design.sequential import group_sequential
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_condition, read_hours, read_summary

Path = tuple[str | int, ...]
Found = tuple[Path, Fault, tuple[Path, ...]]
_PEOPLE = 1000
_MEANS = ("t test", "ancova", "mmrm", "wilcoxon", "imputation", "proportion", "logistic")


def check_adaptive(trial: Trial) -> Iterator[Found]:
    """What the kind of the design needs besides, and what belongs to another kind."""
    kind = trial.design.kind
    if kind == "re-estimation":
        yield from _growing(trial)
    if kind == "multi-arm multi-stage":
        yield from _several(trial)
    if kind == "smart":
        yield from _strategies(trial)
    if kind == "titration":
        yield from _titrated(trial)
    if kind != "smart" and trial.options:
        yield _fault(("options",), "none: options belong to smart", len(trial.options), ("design", "kind"))  # fmt: skip
    if trial.blinding.unblinded and kind in ("crossover", "smart"):
        expected = "0: who finds out is not built for crossovers and strategies"
        yield _fault(("blinding", "unblinded"), expected, f"{trial.blinding.unblinded:g}", ("design", "kind"))  # fmt: skip
    if trial.blinding.unblinded and not trial.blinding.expectation:
        expected = "what knowing adds to the response, such as expectation = 0.5"
        yield _fault(("blinding", "expectation"), expected, "0", ("blinding",))


def _fault(where: Path, expected: str, found: Any, *rests: Path, fix: str = "") -> Found:
    return where, Fault(str(where[-1]), expected, str(found), fix), tuple(rests)


def _growing(trial: Trial) -> Iterator[Found]:
    design = trial.design
    if len(trial.arms) != 2:
        yield _fault(("arms",), "two arms, of a trial that grows", len(trial.arms))
    if len(design.looks) != 2:
        expected = "two looks, such as [0.5, 1.0], after the first of which the size is set anew"
        yield _fault(("design", "looks"), expected, list(design.looks))
    if design.promising is not None and design.promising >= design.aim:
        expected = f"a conditional power below the aim of {design.aim:g}"
        yield _fault(("design", "promising"), expected, f"{design.promising:g}", ("design", "aim"))
    elif len(design.looks) == 2:
        yield from _zone(trial)
    yield from _method(trial)


def _zone(trial: Trial) -> Iterator[Found]:
    """A rule of growth that cannot be, such as one by which a plain test loses its error."""
    design, keys = trial.design, {"low": "promising", "interim": "looks"}
    try:
        bounds = group_sequential(
            design.looks, spending=design.spending, alpha=design.alpha, futility=design.futility, binding=design.binding,
            gamma=design.gamma, rho=design.rho, delta=design.delta,
        )  # fmt: skip
    except InputError:
        return  # told with the boundaries
    try:
        promising(
            _PEOPLE, interim=design.looks[0], most=design.most, alpha=design.alpha, aim=design.aim, low=design.promising,
            test=design.combine, z_final=bounds.z_upper[1],
        )  # fmt: skip
    except InputError as error:
        for fault in error.faults:
            path: Path = ("design", keys.get(fault.where, fault.where))
            yield path, fault, (("design", "looks"), ("design", "aim"), ("design", "combine"))


def _several(trial: Trial) -> Iterator[Found]:
    design = trial.design
    if len(trial.arms) < 3:
        yield _fault(("arms",), "three arms or more: two that are tried, and a reference", len(trial.arms))  # fmt: skip
    if not 2 <= len(design.looks) <= MOST_LOOKS:
        expected = f"2 to {MOST_LOOKS} looks, such as [0.5, 1.0]"
        yield _fault(("design", "looks"), expected, list(design.looks))
    if design.spending not in SHAPES:
        expected = f"one of {', '.join(SHAPES)}, bounds of several arms"
        yield _fault(("design", "spending"), expected, repr(design.spending), ("design", "kind"))
    shares = {arm.allocation for arm in trial.arms if arm.name != trial.reference}
    if len(shares) > 1:
        yield _fault(("arms",), "one allocation for all arms but the reference", sorted(shares))
    yield from _method(trial)


def _method(trial: Trial) -> Iterator[Found]:
    if trial.method not in _MEANS:
        expected = f"one of {', '.join(_MEANS)}, whose people tell as much at each look"
        yield _fault(("analysis", "method"), expected, repr(trial.method), ("design", "kind"), ("endpoint",))  # fmt: skip


def _strategies(trial: Trial) -> Iterator[Found]:
    design = trial.design
    between = design.visits[1:-1]
    if not design.decide or read_hours(design.decide) not in [read_hours(t) for t in between]:
        expected = "a visit between the first and the last"
        expected += f": {', '.join(between)}" if between else ""
        found = repr(design.decide) if design.decide else "none"
        yield _fault(("design", "decide"), expected, found, ("design", "visits"))
    if not design.respond:
        yield _fault(("design", "respond"), "what an answer is, such as '-30%'", "none")
    if not trial.options:
        expected = "[[options]]: what follows a first treatment that has not helped"
        yield _fault(("options",), expected, "none", ("design", "kind"))
    names = [arm.name for arm in trial.arms]
    for number, option in enumerate(trial.options):
        if option.after and option.after not in names:
            near = nearest(option.after, names)
            fix = f"Did you mean {near[0]!r}?" if near else ""
            yield _fault(
                ("options", number, "after"),
                "a first treatment: " + ", ".join(names),
                repr(option.after),
                ("arms",),
                fix=fix,
            )
        for key in ("comedication", "taper", "covariates"):
            if getattr(option, key) not in ("", "none"):
                expected = "nothing: it is that of the first treatment"
                yield _fault(("options", number, key), expected, repr(getattr(option, key)))
    told = [path.name for path in trial.strategies]
    if len(set(told)) < len(told):
        yield _fault(("options",), "each option of a first treatment by a name of its own", ", ".join(told), ("arms",))  # fmt: skip
    elif len(told) < 2:
        yield _fault(("options",), "two strategies or more", ", ".join(told), ("arms",))
    if design.reference and design.reference not in told:
        near = nearest(design.reference, told)
        fix = f"Did you mean {near[0]!r}?" if near else ""
        yield _fault(
            ("design", "reference"),
            "a strategy: " + ", ".join(told),
            repr(design.reference),
            ("arms",),
            ("options",),
            fix=fix,
        )
    if read_summary(trial.endpoint.summary).kind != "mean":
        yield _fault(
            ("endpoint", "summary"),
            "mean difference, by which strategies are compared",
            trial.endpoint.summary,
        )
    if trial.method != "strategies":
        yield _fault(("analysis", "method"), "strategies, for strategies", repr(trial.method), ("design", "kind"))  # fmt: skip
    if design.looks:
        yield _fault(("design", "looks"), "one look, at the end", list(design.looks))
    if trial.endpoint.margin:
        yield _fault(("endpoint", "margin"), "0, for strategies", f"{trial.endpoint.margin:g}")


def _titrated(trial: Trial) -> Iterator[Found]:
    design = trial.design
    rising = all(0 < a < b for a, b in zip(design.steps, design.steps[1:], strict=False))
    if len(design.steps) < 2 or not rising or len(design.steps) > 8:
        expected = "two to eight multiples of the dose that rise, such as [1, 2, 3]"
        yield _fault(("design", "steps"), expected, list(design.steps))
    between = design.visits[1:-1]
    times = [read_hours(text) for text in between]
    asked = [read_hours(text) for text in design.adjust]
    rises = all(a < b for a, b in zip(asked, asked[1:], strict=False))
    if not asked or not rises or any(time not in times for time in asked):
        expected = "visits between the first and the last, in their order"
        expected += f", of {', '.join(between)}" if between else ""
        yield _fault(("design", "adjust"), expected, list(design.adjust), ("design", "visits"))
    if not design.up:
        expected = f"the measurement that asks for more, such as '{trial.endpoint.output} > 4'"
        yield _fault(("design", "up"), expected, "none", ("endpoint", "output"))
    elif read_condition(design.up).output != trial.endpoint.output:
        expected = f"a condition on the endpoint's output, {trial.endpoint.output}"
        if trial.endpoint.output in OUTPUTS:
            yield _fault(("design", "up"), expected, repr(design.up), ("endpoint", "output"))
    for number, arm in enumerate(trial.arms):
        if arm.companions.doses:
            expected = "none: all doses of a titrated arm change together"
            yield _fault(("arms", number, "comedication"), expected, arm.comedication)
