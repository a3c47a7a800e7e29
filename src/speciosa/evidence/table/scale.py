"""On which scale a table states effects: as ratios, or as their logarithms.

A confidence interval of a ratio is symmetric in logarithms, one of a difference as it stands. So an interval tells the
scale of its effect wherever it is symmetric on one of them only, after the rounding of the printed figures. Where no
interval tells and the name of the column does not, the reader asks; nothing is guessed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logit, ndtri

from speciosa.errors import Fault
from speciosa.evidence.effects.measures import Floats, Scale

# Of half the interval: what a limit that was computed from rounded figures may be off.
SLACK = 0.02
# Intervals further off than this are said to be lopsided.
LOPSIDED = 0.10
# An interval beside a standard error may be this much narrower and, by quantiles of t, wider.
NARROWER, WIDER = 0.9, 1.7
_FORWARD: dict[Scale, Callable[[float], float]] = {
    "identity": float,
    "log": lambda x: math.log(x) if x > 0 else -math.inf,
    "logit": lambda x: float(logit(x)) if 0 < x < 1 else math.inf * (1 if x >= 1 else -1),
}
NATURAL_WORDS: dict[Scale, str] = {"log": "ratios", "logit": "proportions"}
_LOGS: dict[Scale, str] = {"log": "logarithms", "logit": "logits"}


@dataclass(frozen=True, eq=False, slots=True)
class Stated:
    """Effects as a table states them, all of shape ``(rows,)``, NaN where a cell is empty.

    Attributes:
        labels: of the rows, for messages.
        effect: as stated.
        se: standard error, if the table has them.
        low, high: limits, if the table has them.
        decimals: to which the effects and limits are printed.
        level: of the intervals.
        natural: what the column's name says of the scale: True for ratios, False for logarithms, None for nothing.
        ours: whether the column is named as this program's own, whose effects are on the analysis scale.
        se_log: whether the name of the standard error says that it is that of the logarithm.
    """

    labels: Sequence[str]
    effect: Floats
    se: Floats | None
    low: Floats | None
    high: Floats | None
    decimals: int
    level: float = 0.95
    natural: bool | None = None
    ours: bool = False
    se_log: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Analysed:
    """Effects and standard errors on the analysis scale, with what was found wrong or worth a note."""

    effect: Floats
    se: Floats
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


def analysed(stated: Stated, scale: Scale, asked: str = "", measure: str = "") -> Analysed:
    """Stated effects on the analysis scale of their measure.

    Args:
        stated: the effects.
        scale: of the measure (`measures.Measure.scale`).
        asked: ``natural`` or ``log`` where the user says which it is.
        measure: code of the measure, for messages.

    Example:
        >>> ratios = Stated(("A", "B"), np.array([0.62, 0.8]), None, np.array([0.41, 0.5]), np.array([0.94, 1.28]), 2)
        >>> analysed(ratios, "log").effect.round(3).tolist()
        [-0.478, -0.223]
    """
    faults = _outside(stated)
    if scale not in NATURAL_WORDS:
        if not faults and measure == "GEN" and not asked and _tells(stated, "log") == "natural":
            fix = "Name their measure, as --measure OR, or --scale log if they are to be pooled as they stand."
            found = (
                "intervals that are symmetric in logarithms only, as of odds, risk or hazard ratios"
            )
            faults = [Fault("effects", "effects with symmetric intervals", found, fix)]
        uneven = _lopsided(stated, "identity") if scale == "identity" and not faults else ()
        return _as_stated(stated, faults, uneven)
    natural, why = _decided(stated, scale, asked)
    if faults or isinstance(why, Fault):
        return _as_stated(stated, [*faults, *([why] if isinstance(why, Fault) else [])], ())
    told = (why,) if why else ()
    if not natural:
        return _as_stated(stated, [], (*told, *_lopsided(stated, "identity")))
    return _turned(stated, scale, told)


def _as_stated(stated: Stated, faults: Sequence[Fault], notes: tuple[str, ...]) -> Analysed:
    z = float(ndtri(0.5 + stated.level / 2))
    se = stated.se if stated.se is not None else np.full(len(stated.effect), np.nan)
    if stated.low is not None and stated.high is not None:
        by_width = (stated.high - stated.low) / (2 * z)
        faults = [*faults, *_other_width(stated, se, by_width, z)]
        se = np.where(np.isnan(se), by_width, se)
    return Analysed(stated.effect, se, tuple(faults), (*notes, *_level(stated)))


def _other_width(stated: Stated, se: Floats, by_width: Floats, z: float) -> list[Fault]:
    """Standard errors that are not those of the intervals beside them; intervals by t may be wider."""
    u = 0.5 * 10.0**-stated.decimals
    fix = "One of them is wrong, or se is a standard deviation: give the one that is right."
    return [
        Fault(f"study {name!r}, se", f"{width:.3g}, as its interval has it", f"{s:g}", fix)
        for name, s, width in zip(stated.labels, se, by_width, strict=True)
        if width > 0 and not NARROWER * s - u / z - u <= width <= WIDER * s + u / z + WIDER * u
        if s == s
    ]


def _level(stated: Stated) -> tuple[str, ...]:
    if stated.level == 0.95 or stated.se is not None:
        return ()
    return (f"Intervals are read as {100 * stated.level:g}% intervals.",)


def _turned(stated: Stated, scale: Scale, notes: tuple[str, ...]) -> Analysed:
    """Natural values on the analysis scale."""
    forward = np.vectorize(_FORWARD[scale], otypes=[float])
    wrong = [
        Fault(f"study {name!r}, effect", f"a value of which a {scale} exists", f"{value:g}")
        for name, value in zip(stated.labels, stated.effect, strict=True)
        if not (math.isnan(value) or math.isfinite(_FORWARD[scale](value)))
    ]
    with np.errstate(invalid="ignore"):
        effect = np.where(np.isnan(stated.effect), np.nan, forward(stated.effect))
    z = float(ndtri(0.5 + stated.level / 2))
    if stated.low is None or stated.high is None:
        assert stated.se is not None
        return Analysed(effect, stated.se, tuple(wrong), notes)
    with np.errstate(invalid="ignore"):
        low, high = forward(stated.low), forward(stated.high)
    unbounded = [
        Fault(f"study {name!r}, interval", "limits above 0", f"{a:g} to {b:g}")
        for name, a, b, x, y in zip(stated.labels, stated.low, stated.high, low, high, strict=True)
        if not (math.isnan(a) or math.isnan(b)) and not (math.isfinite(x) and math.isfinite(y))
    ]
    with np.errstate(invalid="ignore"):
        se = (high - low) / (2 * z)
    if stated.se is not None and stated.se_log:
        se = np.where(np.isnan(stated.se), se, stated.se)
    more = (*_lopsided(stated, scale), *_level(stated))
    return Analysed(effect, se, (*wrong, *unbounded), (*notes, *more))


def _decided(stated: Stated, scale: Scale, asked: str) -> tuple[bool, Fault | str]:
    """Whether the effects are natural values, with a note; or the question that must be answered first."""
    words = NATURAL_WORDS[scale]
    tells = _tells(stated, scale)
    no_interval = stated.low is None or stated.high is None
    question = f"--scale natural if they are {words}, --scale log if they are on the {scale} scale."
    if asked:
        if asked == "natural" and no_interval and not stated.se_log:
            return True, _which_error(scale)
        other = {"natural": "log", "log": "natural"}[asked]
        warn = (
            f"Effects are read as asked, though their intervals are symmetric on the {other} scale."
        )
        return asked == "natural", warn if tells == other else ""
    if tells == "mixed" and stated.natural is None:
        found = "some intervals that are symmetric in logarithms and some that are as they stand"
        return False, Fault("effects", "one scale for all studies", found, question)
    if stated.natural is not None:
        named = "natural" if stated.natural else "log"
        if tells in ("natural", "log") and tells != named:
            shown = f"intervals that are symmetric {'in logarithms' if tells == 'natural' else 'as they stand'} only"
            return False, Fault(
                "effects", f"effects on the {named} scale, as their column says", shown, question
            )
        if stated.natural and no_interval and not stated.se_log:
            return True, _which_error(scale)
        return (
            stated.natural,
            f"Effects are {words}, as their column says." if stated.natural else "",
        )
    if tells == "natural":
        return (
            True,
            f"Effects are read as {words}: their intervals are symmetric in {_LOGS[scale]} only.",
        )
    if tells == "log":
        return False, ""
    if no_interval and stated.ours:
        known = stated.effect[np.isfinite(stated.effect)]
        if (known > 0).all() and len(known):
            return (
                False,
                f"Effects are read as {_LOGS[scale]}, as column effect holds them; --scale natural if they are {words}.",
            )
        return False, ""
    found = "effects whose scale neither their column nor their interval tells"
    return False, Fault("effects", f"{words} or their {_LOGS[scale]}", found, question)


def _which_error(scale: Scale) -> Fault:
    return Fault(
        "standard errors of ratios" if scale == "log" else "standard errors of proportions",
        "intervals, or standard errors of the logarithm" if scale == "log" else "intervals",
        "standard errors of unknown scale",
        "Give the interval, or name the column selogOR (selogHR, ...) if they are those of the logarithm.",
    )


def _tells(stated: Stated, scale: Scale) -> str:
    """``natural``, ``log``, ``mixed`` or nothing: what the intervals say of the scale of their effects."""
    if (stated.effect < 0).any() or (stated.low is not None and (stated.low < 0).any()):
        return "log"
    if stated.low is None or stated.high is None:
        return ""
    votes = set()
    for e, low, high, se in _rows(stated):
        by_error = _by_error(low, high, se, scale, stated)
        here = {g: _symmetric(e, low, high, stated.decimals, g) for g in ("identity", scale)}
        if by_error:
            votes.add(by_error)
        elif here[scale] and not here["identity"]:
            votes.add("natural")
        elif here["identity"] and not here[scale]:
            votes.add("log")
    return "mixed" if len(votes) > 1 else next(iter(votes), "")


def _by_error(low: float, high: float, se: float, scale: Scale, stated: Stated) -> str:
    """What a standard error beside an interval says: whose width it belongs to."""
    if math.isnan(se) or se <= 0:
        return ""
    z = float(ndtri(0.5 + stated.level / 2))
    forward = _FORWARD[scale]
    widths = {"log": (high - low) / (2 * z), "natural": (forward(high) - forward(low)) / (2 * z)}
    near = [name for name, width in widths.items() if abs(width / se - 1) < SLACK]
    # A standard error of the ratio itself fits the interval as it stands only by chance.
    return near[0] if len(near) == 1 and near[0] == "natural" else ""


def _rows(stated: Stated) -> list[tuple[float, float, float, float]]:
    """Effect, limits and standard error of the rows that have an interval."""
    assert stated.low is not None and stated.high is not None
    se = stated.se if stated.se is not None else np.full(len(stated.effect), np.nan)
    rows = zip(stated.effect, stated.low, stated.high, se, strict=True)
    return [row for row in rows if np.isfinite(row[:3]).all() and row[1] < row[2]]


def _symmetric(effect: float, low: float, high: float, decimals: int, scale: Scale) -> bool:
    """Whether an interval can be symmetric about its effect on a scale, given how its figures were rounded."""
    forward, u = _FORWARD[scale], 0.5 * 10.0**-decimals
    middle = [(forward(low + s * u) + forward(high + s * u)) / 2 for s in (-1, 1)]
    half = (forward(high + u) - forward(low + u)) / 2
    slack = SLACK * abs(half)
    return middle[0] - slack <= forward(effect + u) and forward(effect - u) <= middle[1] + slack


def _outside(stated: Stated) -> list[Fault]:
    """Intervals that do not hold their effect, or have no width."""
    if stated.low is None or stated.high is None:
        return []
    return [
        Fault(f"study {name!r}, interval", f"one that holds {e:g}", f"{low:g} to {high:g}")
        for name, e, low, high in zip(
            stated.labels, stated.effect, stated.low, stated.high, strict=True
        )
        if not (math.isnan(e) or math.isnan(low) or math.isnan(high))
        and (not low <= e <= high or low == high)
    ]


def _lopsided(stated: Stated, scale: Scale) -> tuple[str, ...]:
    """A note on intervals whose effect is far from the middle, on the scale they are pooled on."""
    if stated.low is None or stated.high is None:
        return ()
    forward, u = _FORWARD[scale], 0.5 * 10.0**-stated.decimals
    names = []
    for name, e, low, high in zip(
        stated.labels, stated.effect, stated.low, stated.high, strict=True
    ):
        values = [forward(x) for x in (e, low, high) if not math.isnan(x)]
        if len(values) < 3 or not all(map(math.isfinite, values)):
            continue
        half = (values[2] - values[1]) / 2
        rounding = max(abs(forward(x + u) - forward(x)) for x in (e, low, high))
        if half > 0 and abs(values[0] - (values[1] + values[2]) / 2) > LOPSIDED * half + rounding:
            names.append(name)
    if not names:
        return ()
    return (
        f"Lopsided interval, its effect far from the middle{' of the logarithms' if scale == 'log' else ''}:"
        f" {', '.join(names)}. A misprint, another scale, or an exact or Bayesian interval; its width gives the weight.",
    )
