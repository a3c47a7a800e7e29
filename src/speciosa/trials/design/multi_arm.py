"""Multi-arm multi-stage designs: several arms, one control, looks at which arms are dropped and the trial may stop.

Source: Magirr D, Jaki T, Whitehead J. Biometrika 2012;99:494, doi:10.1093/biomet/ass002; triangular bounds: Whitehead J, Stratton
I. Biometrics 1983;39:227, doi:10.2307/2530822; with one look Dunnett CW. J Am Stat Assoc 1955;50:1096,
doi:10.1080/01621459.1955.10501294.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from math import ceil, inf, isfinite, sqrt
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from speciosa.errors import Fault, InputError
from speciosa.trials.design.arms import MOST_LOOKS, Stops, stops
from speciosa.trials.design.door import Door

SHAPES = ("obrien-fleming", "pocock", "wang-tsiatis", "triangular")
MOST_ARMS = 10
_HIGHEST = 60.0


@dataclass(frozen=True, slots=True)
class MultiArm:
    """A multi-arm multi-stage design; lists are by look.

    Attributes:
        arms: that are compared with the control.
        fractions: of the people of each arm.
        spending: shape of the bounds.
        alpha: one-sided error of all comparisons together, whichever arms have an effect.
        z_upper: bounds of Z above which an arm is found better and the trial stops.
        z_futility: bounds of Z below which an arm is dropped, at the looks before the last; empty without.
        binding: whether the error relies on dropping arms.
        ratio: people of the control for each one of an arm.
        alpha_spent: error of the first kind so far, futility left out unless it binds.
        power: probability that the one arm with the effect is found better and is ahead of the others.
        any_power: probability that some arm is found better then.
        drift: the standardised effect times the root of the people of an arm at the end.
        n_arm: people of an arm, so far, at an effect; empty without an effect.
        n_control: people of the control, so far.
        n_max: people in all if the trial goes to its end with all arms.
        expected_n_H1: expected size where one arm has the effect and the others the uninteresting one.
        expected_n_H0: expected size where no arm has an effect.
    """

    arms: int
    fractions: tuple[float, ...]
    spending: str
    alpha: float
    z_upper: tuple[float, ...]
    z_futility: tuple[float, ...]
    binding: bool
    ratio: float
    alpha_spent: tuple[float, ...]
    power: float
    any_power: float
    drift: float
    n_arm: tuple[int, ...]
    n_control: tuple[int, ...]
    n_max: int | None
    expected_n_H1: float | None
    expected_n_H0: float | None

    def at(self, drifts: Sequence[float]) -> Stops:
        """What the trial does under drifts of its arms; arms are dropped where futility bounds are given."""
        return stops(self.fractions, self.ratio, _lower(self.z_futility, self.z_upper), self.z_upper, drifts)  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """The design as one object of JSON."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


def multi_arm(
    arms: int = 3,
    looks: int | Sequence[float] = 2,
    *,
    spending: str = "obrien-fleming",
    alpha: float = 0.025,
    power: float = 0.9,
    effect: float | None = None,
    uninteresting: float = 0.0,
    sd: float = 1.0,
    ratio: float = 1.0,
    delta: float | None = None,
    futility: Sequence[float] = (),
    binding: bool = False,
) -> MultiArm:
    r"""A multi-arm multi-stage design that keeps the error of all comparisons together (generalised Dunnett).

    Bounds are :math:`c\,t^{\Delta-1/2}`, or triangular, :math:`u = c(1+t)/\sqrt t` and :math:`l = -c(1-3t)/\sqrt t`, with c such
    that the probability of finding any arm better is alpha where none has an effect; then it is at most alpha whatever the arms do.

    Args:
        arms: compared with the control, at most 10.
        looks: how many, equally spaced, or fractions of the people; at most 4.
        spending: ``obrien-fleming``, ``pocock``, ``wang-tsiatis`` or ``triangular``, which has its own futility bounds, and they
            bind.
        alpha: one-sided, of all comparisons together.
        power: that the arm with the effect is found better and is ahead, where the others have the uninteresting effect.
        effect: of interest; None gives no sizes.
        uninteresting: effect of the other arms, for power and size.
        sd: of the endpoint in each arm.
        ratio: people of the control for each one of an arm; the root of the number of arms is the most efficient without looks.
        delta: of Wang and Tsiatis.
        futility: bounds of Z at the looks before the last, below which an arm is dropped.
        binding: whether the bounds for rejection rely on the futility bounds.

    Raises:
        InputError: with all that is wrong.

    Example:
        >>> found = multi_arm(1, 3, spending="triangular", alpha=0.05, power=0.9, effect=1.0, sd=3.0)
        >>> [round(z, 3) for z in found.z_upper], found.n_arm
        ([2.132, 1.885, 1.847], (65, 129, 193))
    """
    times = _checked(arms, looks, spending, alpha, power, effect, uninteresting, sd, ratio, delta, futility)  # fmt: skip
    binds = binding or spending == "triangular"
    upper, low, errors = _bounds(arms, tuple(times), spending, alpha, ratio, delta, tuple(futility), binds)  # fmt: skip
    draft = MultiArm(
        arms, tuple(times), spending, alpha, upper, low, binds, ratio, errors, power, power, 0.0, (), (), None, None, None,
    )  # fmt: skip
    return _sized(draft, effect, uninteresting, sd)


def multi_arm_bounds(
    arms: int,
    looks: Sequence[float],
    *,
    spending: str,
    alpha: float,
    ratio: float = 1.0,
    delta: float | None = None,
    futility: Sequence[float] = (),
    binding: bool = False,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The bounds alone, for rejection and for futility; see `multi_arm`.

    Example:
        >>> multi_arm_bounds(4, (1.0,), spending="pocock", alpha=0.05)[0][0].__round__(3)
        2.16
    """
    times = _checked(arms, looks, spending, alpha, 0.9, None, 0.0, 1.0, ratio, delta, futility)
    binds = binding or spending == "triangular"
    return _bounds(arms, tuple(times), spending, alpha, ratio, delta, tuple(futility), binds)[:2]


@lru_cache(maxsize=32)
def _bounds(
    arms: int, times: tuple[float, ...], spending: str, alpha: float, ratio: float, delta: float | None,
    futility: tuple[float, ...], binds: bool,
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:  # fmt: skip
    """Bounds for rejection and for futility, and the error spent by look."""
    exponent = {"obrien-fleming": 0.0, "pocock": 0.5}.get(spending, delta or 0.0)

    def bounds(c: float) -> tuple[list[float], list[float]]:
        if spending == "triangular":
            upper = [c * (1 + t) / sqrt(t) for t in times]
            return upper, [-c * (1 - 3 * t) / sqrt(t) for t in times[:-1]]
        return [c * t ** (exponent - 0.5) for t in times], [float(z) for z in futility]

    none = (0.0,) * arms

    def under_null(c: float) -> Stops:
        upper, low = bounds(c)
        return stops(times, ratio, _lower(low if binds else (), upper), upper, none, ahead=False)

    half = 0.5 if spending == "triangular" else 1.0
    least, most = half * float(-ndtri(alpha)) * 0.3, half * float(-ndtri(alpha / arms)) * 2 + 1
    c = brentq(lambda c: float(under_null(c).rejects[-1]) - alpha, least, most, xtol=1e-7)
    upper, low = bounds(c)
    _crossed(low, upper)
    return tuple(upper), tuple(low), tuple(map(float, under_null(c).rejects))


def _lower(futility: Sequence[float], upper: Sequence[float]) -> tuple[float, ...]:
    """Lower bounds of all looks; at the last one not to reject is to stop."""
    if futility:
        return (*futility, upper[-1])
    return (*((-inf,) * (len(upper) - 1)), upper[-1])


def _sized(draft: MultiArm, effect: float | None, uninteresting: float, sd: float) -> MultiArm:
    """The design with the drift that reaches its power, and the people that takes."""
    share = uninteresting / effect if effect else 0.0

    def drifts(drift: float) -> tuple[float, ...]:
        return (drift, *((drift * share,) * (draft.arms - 1)))

    aim = draft.power
    if draft.at(drifts(_HIGHEST)).best[0] < aim:
        expected = (
            f"an effect further below that of interest, from which a power of {aim:g} tells it"
        )
        raise InputError(Fault("uninteresting", expected, f"{uninteresting:g}"))
    drift = brentq(lambda d: float(draft.at(drifts(d)).best[0]) - aim, 0.0, _HIGHEST, xtol=1e-6)
    found = draft.at(drifts(drift))
    values = asdict(draft) | {"drift": float(drift), "any_power": float(found.rejects[-1])}
    if effect is not None:
        people = (drift * sd / effect) ** 2
        each = tuple(ceil(people * t - 1e-9) for t in draft.fractions)
        control = tuple(ceil(people * t * draft.ratio - 1e-9) for t in draft.fractions)
        values |= {
            "n_arm": each,
            "n_control": control,
            "n_max": draft.arms * each[-1] + control[-1],
            "expected_n_H1": _expected(draft, found, people),
            "expected_n_H0": _expected(draft, draft.at((0.0,) * draft.arms), people),
        }
    return MultiArm(**values)


def _expected(design: MultiArm, found: Stops, people: float) -> float:
    steps = np.diff(design.fractions, prepend=0.0) * people
    return float(found.running.sum(0) @ steps + design.ratio * found.going @ steps)


def _checked(
    arms: int, looks: int | Sequence[float], spending: str, alpha: float, power: float, effect: float | None,
    uninteresting: float, sd: float, ratio: float, delta: float | None, futility: Sequence[float],
) -> list[float]:  # fmt: skip
    door = Door()
    door.whole("arms", arms, 1, MOST_ARMS)
    times: list[float] = []
    if isinstance(looks, int):
        times = [k / looks for k in range(1, min(looks, MOST_LOOKS + 1) + 1)]
    elif not isinstance(looks, float | str):
        times = list(looks)
    if not 1 <= len(times) <= MOST_LOOKS:
        found = looks if isinstance(looks, int | float | str) else len(times)
        door.fault("looks", f"1 to {MOST_LOOKS} looks", found)
    elif (
        not all(map(isfinite, times))
        or times[-1] != 1
        or any(b - a < 0.01 for a, b in zip((0.0, *times), times, strict=False))
    ):
        shown = ", ".join(f"{t:g}" for t in times)
        door.fault("looks", "fractions that increase by 0.01 or more, the last one 1", shown)
    door.one_of("spending", spending, SHAPES)
    door.between("alpha", alpha, 0, 0.5)
    door.between("power", power, alpha if 0 < alpha < 0.5 else 0, 1)
    door.between("sd", sd, 0, inf)
    door.between("ratio", ratio, 0.1, 10, closed=True)
    if effect is not None:
        door.between("effect", effect, 0, inf)
    if effect is None and uninteresting:
        door.fault("uninteresting", "none without an effect", f"{uninteresting:g}")
    if effect is not None and effect > 0 and not 0 <= uninteresting < effect:
        door.fault("uninteresting", f"an effect from 0 below {effect:g}", f"{uninteresting:g}")
    if (spending == "wang-tsiatis") != (delta is not None):
        expected = "a number, since spending is wang-tsiatis" if delta is None else "none: it belongs to wang-tsiatis"  # fmt: skip
        door.fault("delta", expected, "none" if delta is None else f"{delta:g}")
    elif delta is not None:
        door.between("delta", delta, -2, 0.5, closed=True)
    if len(futility) and spending == "triangular":
        door.fault("futility", "none: triangular bounds have their own", len(futility))
    elif len(futility) not in (0, max(len(times) - 1, 0)) or not all(map(isfinite, futility)):
        door.fault("futility", f"{len(times) - 1} finite bounds, one for each look before the last", len(futility))  # fmt: skip
    door.close()
    return [float(t) for t in times]


def _crossed(futility: Sequence[float], upper: Sequence[float]) -> None:
    door = Door()
    for look, (low, high) in enumerate(zip(futility, upper, strict=False), 1):
        if low >= high:
            expected = f"a bound below that for rejection, {high:.4f}"
            door.fault(f"futility, look {look}", expected, low)
    door.close()
