"""The contrast test of MCP-Mod: is there a dose response of any of several shapes, and with what power would a trial show it?

Sources: Bretz F, Pinheiro JC, Branson M. Biometrics 2005;61:738 (doi:10.1111/j.1541-0420.2005.00344.x); Pinheiro J et al.
 Stat Med 2014;33:1646 (doi:10.1002/sim.6052); conventions of the R package DoseFinding, whose numbers the tests hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.design.door import Door
from speciosa.trials.design.rays import critical_value, exceedance, power_of_largest, root
from speciosa.trials.design.shapes import KINDS, Shape

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ContrastTest:
    """Contrasts of each shape and what they say.

    Attributes:
        doses: of the groups.
        contrasts: by shape, one number a dose.
        correlation: of the contrasts, rows in the order of the shapes.
        t: test statistic by shape.
        adjusted_p: by shape, for the number and correlation of the contrasts.
        critical_value: of the largest statistic at `alpha`.
        df: degrees of freedom.
    """

    doses: tuple[float, ...]
    contrasts: Mapping[str, tuple[float, ...]]
    correlation: tuple[tuple[float, ...], ...]
    t: Mapping[str, float]
    adjusted_p: Mapping[str, float]
    critical_value: float
    alpha: float
    sided: int
    df: float


def optimal_contrasts(
    shapes: Mapping[str, Shape], doses: Sequence[float], weights: Sequence[float]
) -> Array:
    r"""The contrasts that detect each shape best, shape (shapes, doses), of length 1.

    .. math:: c \propto W\left(\mu - \frac{\mu^T W 1}{1^T W 1}\right)

    Args:
        shapes: by name.
        doses: of the groups.
        weights: :math:`W`, people in each group.

    Source:
        Bornkamp B. Thesis, TU Dortmund 2006, page 88, as cited by Pinheiro et al. (doi:10.1002/sim.6052).

    Example:
        >>> optimal_contrasts({"linear": Shape("linear")}, (0, 1, 2), (5, 5, 5)).round(4).tolist()
        [[-0.7071, 0.0, 0.7071]]
    """
    share = np.asarray(weights, dtype=float)
    rows = []
    for shape in shapes.values():
        means = shape.response(doses, max(doses))
        row = share * (means - share @ means / share.sum())
        rows.append(row / np.linalg.norm(row))
    return np.array(rows)


def correlation_of(contrasts: Array, weights: Sequence[float]) -> Array:
    """The correlation of the statistics of contrasts, for groups of these sizes."""
    scaled = contrasts / np.sqrt(np.asarray(weights, dtype=float))
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    found: Array = scaled @ scaled.T
    return found


def contrast_test(
    means: Sequence[float],
    sd: float,
    people: Sequence[int],
    doses: Sequence[float],
    shapes: Mapping[str, Shape],
    *,
    alpha: float = 0.025,
    sided: int = 1,
) -> ContrastTest:
    """Tests a dose response against each shape, adjusted for all of them.

    Args:
        means: observed, by dose.
        sd: within groups, pooled.
        people: in each group.
        doses: of the groups, increasing from placebo.
        shapes: by name; with their guesses.
        alpha: level of the largest statistic.
        sided: 1 (a rise), or 2.

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> found = contrast_test((0, 1, 2), 1.0, (9, 9, 9), (0, 1, 2), {"linear": Shape("linear")})
        >>> round(found.t["linear"], 4), round(found.critical_value, 3)
        (4.2426, 2.064)
    """
    _check(doses, people, sd, alpha, sided, shapes)
    contrasts = optimal_contrasts(shapes, doses, people)
    correlation = correlation_of(contrasts, people)
    df, factor = float(sum(people) - len(doses)), root(correlation)
    errors = sd * np.sqrt((contrasts**2 / np.asarray(people, dtype=float)).sum(1))
    t = contrasts @ np.asarray(means, dtype=float) / errors
    sizes = np.abs(t) if sided == 2 else t
    return ContrastTest(
        tuple(map(float, doses)),
        {name: tuple(map(float, row)) for name, row in zip(shapes, contrasts, strict=True)},
        tuple(tuple(map(float, row)) for row in correlation),
        dict(zip(shapes, map(float, t), strict=True)),
        {n: exceedance(factor, float(q), df, sided) for n, q in zip(shapes, sizes, strict=True)},
        critical_value(factor, alpha, df, sided),
        alpha,
        sided,
        df,
    )


def contrast_power(
    doses: Sequence[float],
    people: Sequence[int],
    shapes: Mapping[str, Shape],
    *,
    max_effect: float,
    sd: float,
    alpha: float = 0.025,
    sided: int = 1,
) -> dict[str, float]:
    """The power of the contrast test when each of the shapes is the truth.

    Args:
        doses: of the groups, increasing from placebo.
        people: in each group.
        shapes: by name.
        max_effect: the largest difference from placebo over the doses of the trial range.
        sd: within groups.
        alpha: level of the largest statistic.
        sided: 1 or 2.

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> shapes = {"linear": Shape("linear"), "emax": Shape("emax", (0.2,))}
        >>> power = contrast_power((0, 0.5, 1), (30, 30, 30), shapes, max_effect=0.7, sd=1)
        >>> 0.6 < power["linear"] < 0.8
        True
    """
    _check(doses, people, sd, alpha, sided, shapes, max_effect)
    contrasts = optimal_contrasts(shapes, doses, people)
    factor = root(correlation_of(contrasts, people))
    df = float(sum(people) - len(doses))
    bound = critical_value(factor, alpha, df, sided)
    errors = sd * np.sqrt((contrasts**2 / np.asarray(people, dtype=float)).sum(1))
    found = {}
    for name, shape in shapes.items():
        shift = contrasts @ scaled_means(shape, doses, max_effect) / errors
        found[name] = power_of_largest(factor, shift, bound, df, sided)
    return found


def scaled_means(shape: Shape, doses: Sequence[float], max_effect: float) -> Array:
    """Differences from placebo of a shape whose largest one, over all doses up to the highest, is given."""
    top = max(doses)
    fine = shape.response(np.linspace(0, top, 2001).tolist(), top)
    rise = fine - fine[0]
    scale = max_effect / rise[np.abs(rise).argmax()]
    means: Array = (shape.response(doses, top) - fine[0]) * scale
    return means


def _check(
    doses: Sequence[float],
    people: Sequence[int],
    sd: float,
    alpha: float,
    sided: int,
    shapes: Mapping[str, Shape],
    max_effect: float = 1.0,
) -> None:
    door = Door()
    if len(doses) < 3 or not all(a < b < np.inf for a, b in zip(doses, doses[1:], strict=False)):
        door.fault("doses", "at least 3 that increase", ", ".join(map(str, doses)))
    elif doses[0] < 0:
        door.fault("doses", "doses of at least 0", doses[0])
    else:
        _check_curves(door, doses, shapes)
    if len(people) != len(doses) or any(n < 1 for n in people):
        found = ", ".join(map(str, people))
        door.fault("people", f"{len(doses)} groups of at least 1", found)
    elif sum(people) <= len(doses):
        door.fault("people", f"more than {len(doses)} in all", sum(people))
    door.between("sd", sd, 0, np.inf)
    door.between("alpha", alpha, 0, 0.5)
    door.one_of("sided", sided, (1, 2))
    if not 1 <= len(shapes) <= 20:
        door.fault("models", "1 to 20 shapes", len(shapes))
    if not 0 < abs(max_effect) < np.inf:
        door.fault("max_effect", "a difference other than 0", max_effect)
    door.close()


def _check_curves(door: Door, doses: Sequence[float], shapes: Mapping[str, Shape]) -> None:
    """Each shape must be a curve of finite numbers that tells the doses apart."""
    for name, shape in shapes.items():
        if shape.kind not in KINDS:
            door.fault(f"model {name}", f"one of {', '.join(KINDS)}", shape.kind)
            continue
        with np.errstate(all="ignore"):
            curve = shape.response(doses, max(doses))
            rise = np.ptp(curve)
        if not np.isfinite(curve).all() or not rise > 1e-12 * np.abs(curve).max():
            found = ", ".join(f"{value:.3g}" for value in curve)
            door.fault(f"model {name}", "guesses whose curve tells the doses apart", found)
