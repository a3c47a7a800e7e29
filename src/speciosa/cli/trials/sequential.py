"""`speciosa design group-sequential`, and the looks of other designs."""

from typing import TYPE_CHECKING, Annotated

import typer

from speciosa.cli.trials.answers import numbers, told
from speciosa.cli.trials.options import (
    Alpha,
    Binding,
    Delta,
    Futility,
    Gamma,
    Json,
    Looks,
    People,
    Rho,
    Sided,
    Spending,
)

if TYPE_CHECKING:
    from speciosa.trials.design.sequential import GroupSequential


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
    from speciosa.trials.design import power_at

    if bool(effects) != (size is not None):
        found = "effects alone" if effects else "a size alone"
        raise InputError(Fault("size, effects", "both or none", found))
    given = (looks, spending, alpha, power, sided, gamma, rho, delta, futility, binding)
    design = design_of(*given)
    found_all = design.as_dict()
    if size is not None:
        at = power_at(design, size, numbers("effects", effects))
        found_all |= {
            "size": at.size,
            "effects": list(at.effects),
            "overall_reject": list(at.overall_reject),
            "expected_n": list(at.expected_n),
            "cumulative_reject": [list(row) for row in at.cumulative_reject],
        }
    told(found_all, as_json)


def design_of(
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
    """The design that the options describe."""
    from speciosa.trials.design import group_sequential as make

    times = int(looks) if looks.strip().isdigit() else numbers("looks", looks)
    return make(
        times,
        spending=spending,
        alpha=alpha,
        power=power,
        sided=sided,
        gamma=gamma,
        rho=rho,
        delta=delta,
        futility=numbers("futility", futility) if futility else (),
        binding=binding,
    )


def sequential_of(
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
    return design_of(looks, spending, alpha, aim, sided, gamma, rho, delta, futility, False)
