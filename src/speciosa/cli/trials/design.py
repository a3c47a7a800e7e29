"""`speciosa design`: what of a trial's design has a formula, one kind a command."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from speciosa.trial.design.sequential import GroupSequential

app = typer.Typer(
    help="Boundaries, sizes and dose finding of trials by formula.", no_args_is_help=True
)
size_app = typer.Typer(
    help="How many people: of a difference of means, of rates, or in survival.",
    no_args_is_help=True,
)
app.add_typer(size_app, name="size")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Alpha = Annotated[
    float, typer.Option(help="Error of the first kind; both sides together if two-sided.")
]
Sided = Annotated[int, typer.Option(help="1 or 2.")]
Power = Annotated[float | None, typer.Option(help="To be reached.")]
People = Annotated[float | None, typer.Option("--size", help="People in all, to ask their power.")]
Ratio = Annotated[float, typer.Option(help="Treated people for each control.")]
Looks = Annotated[
    str, typer.Option(help="How many looks, or information fractions such as 0.4,0.75,1.")
]
Spending = Annotated[
    str,
    typer.Option(
        help="obrien-fleming, pocock, wang-tsiatis, lan-demets-obrien-fleming, lan-demets-pocock, hwang-shih-decani, kim-demets."
    ),
]
Gamma = Annotated[float | None, typer.Option(help="Of hwang-shih-decani.")]
Rho = Annotated[float | None, typer.Option(help="Of kim-demets.")]
Delta = Annotated[float | None, typer.Option(help="Of wang-tsiatis.")]
SpendingShape = Annotated[
    float | None, typer.Option(help="Gamma, rho or delta of the spending function that has one.")
]
Futility = Annotated[
    str, typer.Option(help="Bounds of z at the looks before the last, such as 0,0.5.")
]
Binding = Annotated[
    bool, typer.Option("--binding", help="The bounds for rejection rely on stopping for futility.")
]


@app.command("group-sequential")
def group_sequential(
    looks: Looks = "3",
    spending: Spending = "obrien-fleming",
    alpha: Alpha = 0.025,
    power: Annotated[float, typer.Option(help="To be reached.")] = 0.9,
    sided: Sided = 1,
    gamma: Gamma = None,
    rho: Rho = None,
    delta: Delta = None,
    futility: Futility = "",
    binding: Binding = False,
    size: People = None,
    effects: Annotated[
        str,
        typer.Option(help="Differences in standard deviations, such as 0,0.2,0.4, with --size."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Boundaries, power and expected size of a group-sequential trial.

    Example: speciosa design group-sequential --spending obrien-fleming --looks 3 --alpha 0.025 --power 0.9
    """
    from speciosa.errors import Fault, InputError
    from speciosa.trial.design import power_at

    if bool(effects) != (size is not None):
        found = "effects alone" if effects else "a size alone"
        raise InputError(Fault("size, effects", "both or none", found))
    given = (looks, spending, alpha, power, sided, gamma, rho, delta, futility, binding)
    design = _design(*given)
    found_all = design.as_dict()
    if size is not None:
        at = power_at(design, size, _numbers("effects", effects))
        found_all |= {
            "size": at.size,
            "effects": list(at.effects),
            "overall_reject": list(at.overall_reject),
            "expected_n": list(at.expected_n),
            "cumulative_reject": [list(row) for row in at.cumulative_reject],
        }
    _told(found_all, as_json)


def _design(
    looks: str,
    spending: str,
    alpha: float,
    power: float,
    sided: int,
    gamma: float | None,
    rho: float | None,
    delta: float | None,
    futility: str,
    binding: bool,
) -> "GroupSequential":
    from speciosa.trial.design import group_sequential as make

    times = int(looks) if looks.strip().isdigit() else _numbers("looks", looks)
    return make(
        times,
        spending=spending,
        alpha=alpha,
        power=power,
        sided=sided,
        gamma=gamma,
        rho=rho,
        delta=delta,
        futility=_numbers("futility", futility) if futility else (),
        binding=binding,
    )


def _sequential(
    looks: str,
    spending: str,
    shape: float | None,
    alpha: float,
    power: float | None,
    sided: int,
    futility: str,
) -> "GroupSequential | None":
    """The group-sequential design of a size; none without looks."""
    if not looks:
        return None
    of = ("hwang-shih-decani", "kim-demets", "wang-tsiatis")
    gamma, rho, delta = (shape if spending == name else None for name in of)
    aim = 0.9 if power is None else power
    return _design(looks, spending, alpha, aim, sided, gamma, rho, delta, futility, False)


@size_app.command("means")
def means(
    effect: Annotated[float, typer.Option(help="Difference of the means.")],
    sd: Annotated[float, typer.Option(help="Standard deviation in each arm.")] = 1.0,
    power: Power = None,
    size: People = None,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    ratio: Ratio = 1.0,
    looks: Looks = "",
    spending: Spending = "obrien-fleming",
    shape: SpendingShape = None,
    futility: Futility = "",
    as_json: Json = False,
) -> None:
    """People for a difference of two means, by the t test.

    Example: speciosa design size means --effect 1 --sd 2.4 --power 0.8
    """
    from speciosa.trial.design import size_means

    design = _sequential(looks, spending, shape, alpha, power, sided, futility)
    found = size_means(
        effect, sd, power=power, size=size, alpha=alpha, sided=sided, ratio=ratio, design=design
    )
    _told(found.as_dict(), as_json)


@size_app.command("rates")
def rates(
    treated: Annotated[float, typer.Option(help="Rate in the treated arm.")],
    control: Annotated[float, typer.Option(help="Rate in the control arm.")],
    power: Power = None,
    size: People = None,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    ratio: Ratio = 1.0,
    looks: Looks = "",
    spending: Spending = "obrien-fleming",
    shape: SpendingShape = None,
    futility: Futility = "",
    as_json: Json = False,
) -> None:
    """People for a difference of two rates, by the pooled test.

    Example: speciosa design size rates --treated 0.42 --control 0.28 --power 0.8
    """
    from speciosa.trial.design import size_rates

    design = _sequential(looks, spending, shape, alpha, power, sided, futility)
    found = size_rates(
        treated,
        control,
        power=power,
        size=size,
        alpha=alpha,
        sided=sided,
        ratio=ratio,
        design=design,
    )
    _told(found.as_dict(), as_json)


@size_app.command("survival")
def survival(
    hazard_ratio: Annotated[float, typer.Option(help="Treated to control.")],
    median_control: Annotated[float, typer.Option(help="Median time to event in the control arm.")],
    accrual: Annotated[float, typer.Option(help="Time over which people enter.")],
    follow_up: Annotated[float, typer.Option(help="Time from the last entry to the end.")],
    power: Power = None,
    size: People = None,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    ratio: Ratio = 1.0,
    looks: Looks = "",
    spending: Spending = "obrien-fleming",
    shape: SpendingShape = None,
    futility: Futility = "",
    as_json: Json = False,
) -> None:
    """Events and people for the log-rank test.

    Example: speciosa design size survival --hazard-ratio 0.7 --median-control 6 --accrual 12 --follow-up 12 --power 0.8
    """
    from speciosa.trial.design import size_survival

    design = _sequential(looks, spending, shape, alpha, power, sided, futility)
    found = size_survival(
        hazard_ratio,
        median_control,
        accrual,
        follow_up,
        power=power,
        size=size,
        alpha=alpha,
        sided=sided,
        ratio=ratio,
        design=design,
    )
    _told(found.as_dict(), as_json)


@app.command("boin")
def boin(
    target: Annotated[float, typer.Option(help="Toxicity rate that is looked for.")],
    cohorts: Annotated[int, typer.Option(help="At most.")] = 10,
    size: Annotated[int, typer.Option(help="People in a cohort.")] = 3,
    toxicity: Annotated[
        str, typer.Option(help="True rates by dose, such as 0.05,0.15,0.3, to simulate trials.")
    ] = "",
    start: Annotated[int, typer.Option(help="The first dose.")] = 1,
    trials: Annotated[int, typer.Option(help="To be simulated.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Of the random numbers.")] = 1,
    as_json: Json = False,
) -> None:
    """Boundaries, decision table and operating characteristics of a BOIN dose-finding trial.

    Example: speciosa design boin --target 0.3 --cohorts 10 --size 3 --toxicity 0.05,0.15,0.3,0.45,0.6
    """
    from speciosa.trial.design import boin as make
    from speciosa.trial.design import boin_characteristics

    design = make(target, cohorts=cohorts, cohort_size=size)
    found = design.as_dict()
    if toxicity:
        rates = _numbers("toxicity", toxicity)
        done = boin_characteristics(design, rates, trials=trials, seed=seed, start=start)
        found |= done.as_dict()
    _told(found, as_json)


@app.command("crm")
def crm(
    prior: Annotated[str, typer.Option(help="First guesses of toxicity by dose.")],
    target: Annotated[float, typer.Option(help="Toxicity rate that is looked for.")],
    levels: Annotated[str, typer.Option(help="Dose given to each person, from 1.")] = "",
    events: Annotated[str, typer.Option(help="0 or 1 for each person.")] = "",
    model: Annotated[str, typer.Option(help="empiric or logistic.")] = "empiric",
    method: Annotated[str, typer.Option(help="bayes or mle.")] = "bayes",
    toxicity: Annotated[str, typer.Option(help="True rates by dose, to simulate trials.")] = "",
    people: Annotated[int, typer.Option(help="In a simulated trial.")] = 24,
    start: Annotated[int, typer.Option(help="The first dose.")] = 1,
    size: Annotated[int, typer.Option(help="People between two reassessments.")] = 1,
    trials: Annotated[int, typer.Option(help="To be simulated.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the random numbers.")] = 1,
    as_json: Json = False,
) -> None:
    """The dose that a continual reassessment advises, and how a trial by it does.

    Example: speciosa design crm --prior 0.05,0.1,0.2,0.35 --target 0.2 --levels 2,3,3 --events 0,0,1
    """
    from speciosa.errors import Fault, InputError
    from speciosa.trial.design import crm as advise
    from speciosa.trial.design import crm_characteristics

    guesses = _numbers("prior", prior)
    found: dict[str, Any] = {}
    if levels or not toxicity:
        doses = [int(n) if n == int(n) else n for n in _numbers("levels", levels)] if levels else []
        seen = [int(n) if n == int(n) else n for n in _numbers("events", events)] if events else []
        advice = advise(guesses, target, doses, seen, model=model, method=method)  # type: ignore[arg-type]
        found |= advice.as_dict()
    if toxicity and method != "bayes":
        raise InputError(Fault("method", "bayes, where trials are simulated", method))
    if toxicity:
        done = crm_characteristics(
            guesses,
            target,
            _numbers("toxicity", toxicity),
            people=people,
            start=start,
            cohort_size=size,
            trials=trials,
            seed=seed,
            model=model,
        )
        found |= done.as_dict()
    _told(found, as_json)


@app.command("mcpmod")
def mcpmod(
    file: Annotated[
        Path | None, typer.Argument(help="One row a person: dose and response; or none, for power.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A shape with its guesses, repeatable: emax=0.2, linear, linlog=0.01, quadratic=-0.5, exponential=0.3, "
            "logistic=0.5,0.1, sigmoid-emax=0.3,2, beta=0.5,1."
        ),
    ] = None,
    dose: Annotated[str, typer.Option(help="Name of the column.")] = "dose",
    response: Annotated[str, typer.Option(help="Name of the column.")] = "resp",
    effect: Annotated[
        float | None, typer.Option(help="Over placebo, whose dose is wanted.")
    ] = None,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    doses: Annotated[str, typer.Option(help="Of a planned trial, from placebo.")] = "",
    people: Annotated[str, typer.Option(help="In each group: one number, or one a dose.")] = "",
    max_effect: Annotated[float | None, typer.Option(help="The largest, over placebo.")] = None,
    sd: Annotated[float | None, typer.Option(help="Within groups.")] = None,
    as_json: Json = False,
) -> None:
    """A dose response tested against candidate shapes and modelled (MCP-Mod), or the power of such a test.

    Example: speciosa design mcpmod --model emax=0.2 --model linear --doses 0,0.5,1 --people 30 --max-effect 0.5 --sd 1
    """
    from speciosa.trial.design import contrast_power
    from speciosa.trial.design import mcpmod as run

    shapes = _shapes(model or [])
    found: dict[str, Any] = {}
    if file is not None:
        given, seen = _columns(file, dose, response)
        found = run(given, seen, shapes, alpha=alpha, sided=sided, delta=effect).as_dict()
    if file is None or doses:
        planned = _numbers("doses", doses)
        groups = [round(n) for n in _numbers("people", people)]
        groups = groups * len(planned) if len(groups) == 1 else groups
        _needed({"max-effect": max_effect, "sd": sd})
        found["power"] = contrast_power(
            planned,
            groups,
            shapes,
            max_effect=max_effect or 0.0,
            sd=sd or 0.0,
            alpha=alpha,
            sided=sided,
        )
    _told(found, as_json)


def _needed(options: Mapping[str, float | None]) -> None:
    from speciosa.errors import Fault, InputError

    missing = [name for name, value in options.items() if value is None]
    if missing:
        raise InputError([Fault(f"--{name}", "a number, for power", "none") for name in missing])


def _shapes(texts: Sequence[str]) -> dict[str, Any]:
    """Shapes by name; the second of a kind is told apart by its guesses."""
    from speciosa.errors import Fault, InputError
    from speciosa.trial.design import Shape

    faults, shapes = list[Fault](), {}
    for text in texts:
        try:
            shape = Shape.read(text)
        except InputError as error:
            faults += error.faults
        else:
            shapes[text if shape.kind in shapes else shape.kind] = shape
    if not texts:
        faults.append(Fault("--model", "at least one shape", "none", "Such as --model emax=0.2."))
    if faults:
        raise InputError(faults)
    return shapes


def _columns(file: Path, dose: str, response: str) -> tuple[list[float], list[float]]:
    """Two columns of numbers of a table."""
    from speciosa.delimited import read_text_table
    from speciosa.errors import Fault, InputError

    table = read_text_table(file)
    missing = [name for name in (dose, response) if name not in table.names]
    if missing:
        found = ", ".join(table.names)
        raise InputError([Fault(file.name, f"a column {name}", found) for name in missing])
    faults, pairs = list[Fault](), []
    for line, row in table.records():
        for name in (dose, response):
            if _number(row[name]) is None:
                faults.append(Fault(f"{file.name}, line {line}, {name}", "a number", row[name]))
        pairs.append((_number(row[dose]) or 0.0, _number(row[response]) or 0.0))
    if faults:
        raise InputError(faults)
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _number(text: str) -> float | None:
    from math import isfinite

    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def _numbers(where: str, text: str) -> list[float]:
    """Numbers parted by commas."""
    from speciosa.errors import Fault, InputError

    words = [word.strip() for word in text.split(",")]
    faults = [
        Fault(f"--{where}, number {place}", "a number", word or "nothing")
        for place, word in enumerate(words, 1)
        if _number(word) is None
    ]
    if faults:
        raise InputError(faults)
    return [float(word) for word in words]


def _told(found: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, allow_nan=False))
        return
    for name, value in found.items():
        _lines(name, value)


def _lines(name: str, value: Any, indent: str = "") -> None:
    """What was found, one name a line; nothing for what is not there."""
    label = f"{indent}{name.replace('_', ' ')}"
    if isinstance(value, Mapping):
        print(label)
        for key, part in value.items():
            _lines(str(key), part, indent + "  ")
    elif value is not None and value not in ([], ()):
        print(f"{label:<28} {_shown(value)}")


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_shown(part) for part in value)
    if isinstance(value, float):
        return f"{value:.5g}"
    return "-" if value is None else str(value)
