"""`speciosa design boin`, `crm` and `mcpmod`: finding a dose."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from speciosa.cli.trials.answers import number, numbers, told
from speciosa.cli.trials.options import Alpha, Json, Sided


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
    from speciosa.trials.design import boin as make
    from speciosa.trials.design import boin_characteristics

    design = make(target, cohorts=cohorts, cohort_size=size)
    found = design.as_dict()
    if toxicity:
        rates = numbers("toxicity", toxicity)
        done = boin_characteristics(design, rates, trials=trials, seed=seed, start=start)
        found |= done.as_dict()
    told(found, as_json)


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
    from speciosa.trials.design import crm as advise
    from speciosa.trials.design import crm_characteristics

    guesses = numbers("prior", prior)
    found: dict[str, Any] = {}
    if levels or not toxicity:
        doses = [int(n) if n == int(n) else n for n in numbers("levels", levels)] if levels else []
        seen = [int(n) if n == int(n) else n for n in numbers("events", events)] if events else []
        advice = advise(guesses, target, doses, seen, model=model, method=method)  # type: ignore[arg-type]
        found |= advice.as_dict()
    if toxicity and method != "bayes":
        raise InputError(Fault("method", "bayes, where trials are simulated", method))
    if toxicity:
        done = crm_characteristics(
            guesses,
            target,
            numbers("toxicity", toxicity),
            people=people,
            start=start,
            cohort_size=size,
            trials=trials,
            seed=seed,
            model=model,
        )
        found |= done.as_dict()
    told(found, as_json)


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
    from speciosa.trials.design import contrast_power
    from speciosa.trials.design import mcpmod as run

    shapes = _shapes(model or [])
    found: dict[str, Any] = {}
    if file is not None:
        given, seen = _columns(file, dose, response)
        found = run(given, seen, shapes, alpha=alpha, sided=sided, delta=effect).as_dict()
    if file is None or doses:
        planned = numbers("doses", doses)
        groups = [round(n) for n in numbers("people", people)]
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
    told(found, as_json)


def _needed(options: Mapping[str, float | None]) -> None:
    from speciosa.errors import Fault, InputError

    missing = [name for name, value in options.items() if value is None]
    if missing:
        raise InputError([Fault(f"--{name}", "a number, for power", "none") for name in missing])


def _shapes(texts: Sequence[str]) -> dict[str, Any]:
    """Shapes by name; the second of a kind is told apart by its guesses."""
    from speciosa.errors import Fault, InputError
    from speciosa.trials.design import Shape

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
            if number(row[name]) is None:
                faults.append(Fault(f"{file.name}, line {line}, {name}", "a number", row[name]))
        pairs.append((number(row[dose]) or 0.0, number(row[response]) or 0.0))
    if faults:
        raise InputError(faults)
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
