"""The last dose of a target as covariates, for equations that hold its amount and the time since."""

from collections.abc import Iterator, Sequence

from speciosa.engine.event import Event
from speciosa.errors import Fault
from speciosa.model import Equations
from speciosa.model.records import LastDose

_ENDS = ("reset", "halt")


def with_last_doses(events: Sequence[Event], equations: Equations) -> list[Event]:
    """Events with what each dose makes of the covariates that hold the last dose of its target.

    A dose counts from when it is given, whatever its lag. A reset or halt leaves no dose: its amount is 0 from then on.
    """
    held = {one.target: one for one in equations.last_doses}
    if not held:
        return list(events)
    ends = [
        (event.time_h, i)
        for i, event in enumerate(events)
        if event.kind in _ENDS or event.reset_first
    ]
    found: list[Event] = []
    for i, event in enumerate(events):
        if event.kind in _ENDS:
            found.append(event)
            found += [
                Event(event.time_h, one.amount, 0.0, kind="covariate") for one in held.values()
            ]
            continue
        if event.reset_first:
            found += [
                Event(event.time_h, one.amount, 0.0, kind="covariate") for one in held.values()
            ]
        found.append(event)
        if event.kind == "dose" and event.target in held:
            until = min((end for end in ends if end > (event.time_h, i)), default=None)
            found += _each(event, held[event.target], None if until is None else until[0])
    return found


def _each(event: Event, one: LastDose, until_h: float | None) -> Iterator[Event]:
    for k in range(event.count):
        time = event.time_h + k * (event.every_h or 0.0)
        if k > 0 and until_h is not None and time >= until_h:
            return
        yield Event(time, one.amount, event.amount, kind="covariate")
        yield Event(time, one.time, time, kind="covariate")


def last_dose_faults(
    equations: Equations, steady: bool, decisions: Sequence[str]
) -> Iterator[Fault]:
    """What a model whose equations hold its last dose cannot be given.

    Args:
        equations: of the model.
        steady: whether a dose is at steady state.
        decisions: what decisions do.
    """
    if not equations.last_doses:
        return
    if steady:
        yield Fault("doses", "no steady state in a model whose equations hold the last dose", "one")
    if any(action != "end" for action in decisions):
        expected = "only decisions that end, in a model whose equations hold the last dose"
        yield Fault("decisions", expected, "one that gives, stops or scales")
