"""`speciosa design size`: how many people, for means, rates, survival and treatment strategies."""

from typing import Annotated

import typer

from speciosa.cli.trials.answers import numbers, told
from speciosa.cli.trials.options import (
    Alpha,
    Futility,
    Json,
    Looks,
    People,
    Power,
    Ratio,
    Sided,
    Spending,
    SpendingShape,
)
from speciosa.cli.trials.sequential import sequential_of

app = typer.Typer(
    help="How many people: of a difference of means, of rates, or in survival.",
    no_args_is_help=True,
)


@app.command("means")
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
    from speciosa.trials.design import size_means

    design = sequential_of(looks, spending, shape, alpha, power, sided, futility)
    found = size_means(
        effect, sd, power=power, size=size, alpha=alpha, sided=sided, ratio=ratio, design=design
    )
    told(found.as_dict(), as_json)


@app.command("rates")
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
    from speciosa.trials.design import size_rates

    design = sequential_of(looks, spending, shape, alpha, power, sided, futility)
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
    told(found.as_dict(), as_json)


@app.command("survival")
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
    from speciosa.trials.design import size_survival

    design = sequential_of(looks, spending, shape, alpha, power, sided, futility)
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
    told(found.as_dict(), as_json)


@app.command("smart")
def smart(
    effect: Annotated[float, typer.Option(help="Difference in standard deviations.")],
    response: Annotated[
        str, typer.Option(help="Share that answers to the first treatment; or one for each.")
    ] = "0.5",
    power: Power = None,
    size: People = None,
    alpha: Alpha = 0.025,
    sided: Sided = 1,
    correlation: Annotated[float, typer.Option(help="Of endpoint and baseline.")] = 0.0,
    again: Annotated[
        str, typer.Option(help="non-responders, everybody, or non-responders of one.")
    ] = "non-responders",
    as_json: Json = False,
) -> None:
    """People to compare two treatment strategies of a sequential multiple assignment trial.

    Example: speciosa design size smart --effect 0.3 --response 0.4 --power 0.8
    """
    from speciosa.trials.design import size_smart

    found = size_smart(
        effect,
        response=numbers("response", response),
        power=power,
        size=size,
        alpha=alpha,
        sided=sided,
        correlation=correlation,
        again=again,
    )
    told(found.as_dict(), as_json)
