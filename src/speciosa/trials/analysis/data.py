"""From what happened in a trial to what an analysis sees of it, by the strategies for intercurrent events (ICH E9 R1)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.conduct.block import Block
from speciosa.trials.conduct.streams import Streams
from speciosa.trials.question.schema import DEATH

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """Two arms of some trials as an analysis sees them.

    Attributes:
        baseline: shape ``(trials, people)``.
        y: at the visits after the baseline up to the one of the endpoint, shape ``(visits, trials, people)``.
        seen: where there is a value.
        treated: who is in the arm that is compared with the reference, shape ``(people,)``.
        kept: who belongs to the population of the analysis, shape ``(trials, people)``.
        time: of the event in visits, and of censoring where there was none.
        event: whether there was one.
        streams: of random numbers of these people, for imputation; None where none is meant.
        counts: visits with the event that is counted, and visits under treatment, each of shape ``(trials, people)``.
    """

    baseline: Array
    y: Array
    seen: Flags
    treated: Flags
    kept: Flags
    time: Array
    event: Flags
    streams: Streams | None = None
    counts: tuple[Array, Array] | None = None


def compared(
    block: Block,
    who: Counts,
    treated: Flags,
    strategies: Mapping[str, str],
    at: int,
    *,
    failure: float | None = None,
    event: str = "discontinued",
    complete: bool = False,
    ends: Counts | None = None,
) -> Compared:
    """What an analysis of one arm against the reference sees.

    Args:
        block: of trials.
        who: places of the people of both.
        treated: which of these are in the arm.
        strategies: by event, ``discontinued``, ``switch``, ``rescue`` and ``death``; for death hypothetical where none is said.
        at: visit of the endpoint.
        failure: value of those for whom an event is a failure (composite); their baseline, which is no change, where None.
        event: whose time or number is looked at.
        complete: whether everybody who stops is still seen, as for the true estimand.
        ends: places up to which each trial has taken people, where they differ between trials.
    """
    strategies = {"death": DEATH, **strategies}
    y = block.y[: at + 1, :, who].copy()
    seen = np.ones(y.shape, dtype=bool)
    for visit in range(1, at + 1):
        if not complete:
            seen[visit] = (block.stopped[:, who] >= visit) | block.followed[:, who]
    kept = np.ones(y.shape[1:], dtype=bool)
    if ends is not None:
        kept &= who < ends[:, None]
    failed = y[0] if failure is None else np.full(y[0].shape, failure)
    events = _events(block, who)
    # A failure is known whatever else happens, so composites come last.
    for name in sorted(events, key=lambda name: strategies.get(name, "") == "composite"):
        when, never = events[name]
        _meet(strategies.get(name, ""), when, (when < never) & (when < at), y, seen, kept, failed)
    time, happened = _times(block, who, event, at, failure=strategies["death"] == "composite")
    streams = block.streams.of_places(who)
    return Compared(y[0], y[1:], seen[1:], treated, kept, time, happened, streams, _counts(block, who, event, at))  # fmt: skip


def _counts(block: Block, who: Counts, event: str, at: int) -> tuple[Array, Array]:
    """Visits with an event, and visits under treatment, up to the visit of the endpoint."""
    under = np.minimum(block.stopped[:, who], at).astype(np.float64)
    if event == "rescue":
        return np.maximum(under - block.rescued[:, who], 0.0), under
    return block.unwanted[: at + 1, :, who].sum(0).astype(np.float64), under


def _events(block: Block, who: Counts) -> dict[str, tuple[Counts, int]]:
    """The visit after which each event came, and the number that says that it did not."""
    stopped, died, last = block.stopped[:, who], block.died[:, who], block.last
    other = block.switches[:, who]
    return {
        "discontinued": (np.where((died <= last) | other, last, stopped), last),
        "switch": (np.where((died <= last) | ~other, last, stopped), last),
        "rescue": (block.rescued[:, who], last + 1),
        "death": (died, last + 1),
    }


def _meet(
    how: str, when: Counts, happened: Flags, y: Array, seen: Flags, kept: Flags, failed: Array
) -> None:
    """Meets one event by its strategy: changes what is seen, and of whom."""
    if how == "principal stratum":
        kept &= ~happened
    for visit in range(1, len(y)):
        after = happened & (visit > when)
        if how == "hypothetical":
            seen[visit] &= ~after
        elif how == "composite":
            y[visit] = np.where(after, failed, y[visit])
            seen[visit] |= after
        elif how == "while on treatment":
            y[visit] = np.where(after, y[visit - 1], y[visit])
            seen[visit] |= after


def _times(block: Block, who: Counts, event: str, at: int, *, failure: bool) -> tuple[Array, Flags]:
    """When the event came, in visits, and whether it did.

    Who stops before rescue is censored then, and who dies at death, unless death is a failure: then it is the event.
    """
    events = _events(block, who)
    when, never = events.get(event, events["discontinued"])
    if event == "discontinued":  # whatever follows
        when = np.minimum(when, events["switch"][0])
    died, alive = events["death"]
    if failure:
        when = np.where(died < alive, np.minimum(when, died), when)
    happened = (when < never) & (when < at)
    ends = np.minimum(np.where(happened, when, at), at).astype(np.float64)
    moment = block.moment[:, who]
    lost, never_lost = (block.stopped[:, who], block.last) if event == "rescue" else (died, alive)
    censored = ~happened & (lost < never_lost) & (lost < at)
    ends = np.where(censored, lost + moment, ends)
    return np.where(happened, ends + moment, ends), happened
