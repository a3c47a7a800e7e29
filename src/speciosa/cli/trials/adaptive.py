"""`speciosa design multi-arm` and `re-estimation`: trials that drop arms, and trials that grow."""

from typing import Annotated

import typer

from speciosa.cli.trials.answers import numbers, told
from speciosa.cli.trials.options import Alpha, Binding, Delta, Futility, Json, Looks


def multi_arm(
    arms: Annotated[int, typer.Option(help="Compared with the control.")] = 3,
    looks: Looks = "2",
    spending: Annotated[
        str, typer.Option(help="obrien-fleming, pocock, wang-tsiatis or triangular.")
    ] = "obrien-fleming",
    alpha: Alpha = 0.025,
    power: Annotated[float, typer.Option(help="To be reached.")] = 0.9,
    effect: Annotated[float | None, typer.Option(help="Of interest, to ask sizes.")] = None,
    uninteresting: Annotated[float, typer.Option(help="Effect of the other arms.")] = 0.0,
    sd: Annotated[float, typer.Option(help="Standard deviation in each arm.")] = 1.0,
    ratio: Annotated[float, typer.Option(help="Control people for each of an arm.")] = 1.0,
    delta: Delta = None,
    futility: Futility = "",
    binding: Binding = False,
    as_json: Json = False,
) -> None:
    """Bounds, power and sizes of several arms against one control with looks (MAMS).

    Example: speciosa design multi-arm --arms 3 --looks 2 --spending triangular --effect 0.5
    """
    from speciosa.trials.design import multi_arm as make

    found = make(
        arms,
        int(looks) if looks.strip().isdigit() else numbers("looks", looks),
        spending=spending,
        alpha=alpha,
        power=power,
        effect=effect,
        uninteresting=uninteresting,
        sd=sd,
        ratio=ratio,
        delta=delta,
        futility=numbers("futility", futility) if futility else (),
        binding=binding,
    )
    told(found.as_dict(), as_json)


def re_estimation(
    size: Annotated[float, typer.Option(help="People planned, in two equal arms together.")],
    interim: Annotated[float, typer.Option(help="Share of them before the look.")] = 0.5,
    most: Annotated[float, typer.Option(help="Largest size over the planned.")] = 2.0,
    alpha: Annotated[float, typer.Option(help="One-sided error of the first kind.")] = 0.025,
    aim: Annotated[float, typer.Option(help="Conditional power that is wanted.")] = 0.8,
    low: Annotated[
        float | None, typer.Option(help="Conditional power from which people are added.")
    ] = None,
    test: Annotated[str, typer.Option(help="inverse normal or plain.")] = "inverse normal",
    z: Annotated[str, typer.Option(help="Statistics at the look, to ask what follows.")] = "",
    effects: Annotated[
        str, typer.Option(help="Differences in standard deviations, such as 0,0.2,0.3.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Sample-size re-estimation in the promising zone: zones, sizes, power.

    Example: speciosa design re-estimation --size 442 --interim 0.47 --most 2 --effects 0,0.21,0.27
    """
    from speciosa.trials.design import promising

    rule = promising(size, interim=interim, most=most, alpha=alpha, aim=aim, low=low, test=test)
    found = rule.as_dict()
    if z:
        seen = numbers("z", z)
        found["looked_at"] = [
            {"z": each, "conditional_power": float(rule.conditional_power(each)), "size": float(rule.size_after(each)),
             "bound": float(rule.bound_after(each))}
            for each in seen
        ]  # fmt: skip
    if effects:
        at = rule.at(numbers("effects", effects))
        found["operating"] = [
            {"effect": e, "power": p, "fixed_power": f, "expected_n": n, "grows": g}
            for e, p, f, n, g in zip(
                at.effects, at.power, at.fixed_power, at.expected_n, at.grows, strict=True
            )
        ]
    told(found, as_json)
