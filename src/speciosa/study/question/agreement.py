"""What the parts of a study say of each other: names given twice, arms and criteria that are not there, weights that clash.

Asked of the table as it was read, so that it is answered even where single entries have faults of their own.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from speciosa.errors import Fault, nearest
from speciosa.study.endpoints import definitions

Path = tuple[str | int, ...]
_ROUNDING = 1e-9


def contradictions(table: Mapping[str, Any]) -> Iterator[tuple[Path, Fault]]:
    """Every contradiction between entries, with the path of the entry in the file.

    Example:
        >>> arms = [{"name": "tea", "regimen": "none"}, {"name": "tea", "regimen": "none"}]
        >>> [path for path, fault in contradictions({"arms": arms})]
        [('arms', 1, 'name')]
    """
    arms = [_text(arm, "name") for arm in _tables(table.get("arms"))]
    yield from _repeated(arms, ("arms",), "name", "each arm name once")
    plan = table.get("benefit_risk")
    if not isinstance(plan, Mapping):
        return
    yield from _reference(plan, arms)
    criteria = _tables(plan.get("criteria"))
    outcomes = [_text(entry, "outcome") for entry in criteria]
    place: Path = ("benefit_risk", "criteria")
    yield from _repeated(outcomes, place, "outcome", "each criterion once")
    yield from _unread(table, outcomes, place)
    weights = [entry.get("weight") for entry in criteria]
    order = plan.get("order")
    if isinstance(order, list | tuple) and order:
        yield from _order([str(name) for name in order], outcomes)
        if any(weight is not None for weight in weights):
            yield ("benefit_risk", "order"), Fault("weights", "weights or an order", "both")
    else:
        yield from _weights(weights, place)
    yield from _ratios(_tables(plan.get("ratios")), outcomes, weights)


def _tables(entries: Any) -> list[Mapping[str, Any]]:
    found = entries if isinstance(entries, list | tuple) else []
    return [entry if isinstance(entry, Mapping) else {} for entry in found]


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""


def _repeated(
    names: list[str], place: Path, key: str, expected: str
) -> Iterator[tuple[Path, Fault]]:
    for number, name in enumerate(names):
        if name and name in names[:number]:
            first = names.index(name) + 1
            yield (
                (*place, number, key),
                Fault(key, expected, f"{name!r} again, after number {first}"),
            )


def _reference(plan: Mapping[str, Any], arms: list[str]) -> Iterator[tuple[Path, Fault]]:
    name = _text(plan, "reference")
    named = [arm for arm in arms if arm]
    if name and named and name not in named:
        near = nearest(name, named)
        yield (
            ("benefit_risk", "reference"),
            Fault(
                "reference",
                "benefit_risk.reference to be an arm: " + ", ".join(dict.fromkeys(named)),
                repr(name),
                f"Did you mean {near[0]!r}?" if near else "",
            ),
        )


def outcomes_read(table: Mapping[str, Any]) -> list[str]:
    """The outcomes that a study names, or all of its question where it names none."""
    follow_up = table.get("follow_up")
    requested = follow_up.get("outcomes") if isinstance(follow_up, Mapping) else None
    named = requested if isinstance(requested, list | tuple) else []
    question = table.get("indication", "pain")
    return [str(name) for name in named] or [
        key for key, entry in definitions().items() if question in entry.indications
    ]


def _unread(
    table: Mapping[str, Any], outcomes: list[str], place: Path
) -> Iterator[tuple[Path, Fault]]:
    """Criteria that the study does not read from its patients: no arm would have a value."""
    read = outcomes_read(table)
    for number, name in enumerate(outcomes):
        if read and name in definitions() and name not in read:
            yield (
                (*place, number, "outcome"),
                Fault(
                    "outcome",
                    "an outcome that the study reads: " + ", ".join(map(str, read)),
                    repr(name),
                    "Name it under follow_up.outcomes beside the others.",
                ),
            )


def _order(order: list[str], outcomes: list[str]) -> Iterator[tuple[Path, Fault]]:
    place: Path = ("benefit_risk", "order")
    for number, name in enumerate(order):
        if name not in outcomes:
            near = nearest(name, outcomes)
            fix = f"Did you mean {near[0]}?" if near else ""
            yield place, Fault("order", "names of criteria", repr(name), fix)
        elif name in order[:number]:
            yield place, Fault("order", "each criterion once", f"{name!r} again")


def _ratios(
    ratios: list[Mapping[str, Any]], outcomes: list[str], weights: list[Any]
) -> Iterator[tuple[Path, Fault]]:
    """Ratios are of two different criteria, between two numbers above 0, and beside weights that leave room."""
    place: Path = ("benefit_risk", "ratios")
    for number, entry in enumerate(ratios):
        names = [_text(entry, key) for key in ("of", "to")]
        for key, name in zip(("of", "to"), names, strict=True):
            if name not in outcomes:
                near = nearest(name, outcomes)
                fix = f"Did you mean {near[0]}?" if near else ""
                yield (*place, number, key), Fault("ratio", "names of criteria", repr(name), fix)
        if names[0] == names[1]:
            yield (*place, number, "to"), Fault("ratio", "two different criteria", repr(names[0]))
        bounds = _bounds(entry.get("between"))
        if bounds is not None and not 0 < bounds[0] <= bounds[1]:
            found = f"{bounds[0]:g} to {bounds[1]:g}"
            yield (*place, number, "between"), Fault("ratio", "0 < low <= high", found)
    exact = weights and all(isinstance(weight, int | float) for weight in weights)
    if ratios and exact:
        yield place, Fault("ratios", "weights that leave room for them", "exact weights")


def _weights(weights: list[Any], place: Path) -> Iterator[tuple[Path, Fault]]:
    read = [_bounds(weight) for weight in weights]
    numbers = [weight for weight in weights if isinstance(weight, int | float)]
    shares = len(numbers) < len(weights)
    sound = True
    for number, bounds in enumerate(read):
        path = (*place, number, "weight")
        if bounds is None:
            continue
        low, high = bounds
        found = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        if low < 0:
            yield path, Fault("weight", "a weight of 0 or more", found)
        elif low > high:
            yield path, Fault("weight", "the low weight before the high one", found)
        elif shares and high > 1:
            yield path, Fault("weight", "a share from 0 to 1, as not all weights are exact", found)
        else:
            continue
        sound = False
    stated = [bounds for bounds in read if bounds is not None]
    if not sound or not stated:
        return
    low, high = sum(b[0] for b in stated), sum(b[1] for b in stated)
    complete = len(stated) == len(weights)
    if not shares and high <= 0:
        yield place, Fault("weights", "at least one weight above 0", "all 0")
    elif shares and (low > 1 + _ROUNDING or (complete and high < 1 - _ROUNDING)):
        yield (
            place,
            Fault(
                "weights",
                "shares that can add up to 1",
                f"shares that add up to {low:g} to {high:g}",
            ),
        )


def _bounds(weight: Any) -> tuple[float, float] | None:
    """Low and high weight; None where there is none, or what stands there is no weight at all."""
    pair = weight if isinstance(weight, list | tuple) else (weight, weight)
    if len(pair) != 2 or not all(isinstance(w, int | float) and math.isfinite(w) for w in pair):
        return None
    return float(pair[0]), float(pair[1])
