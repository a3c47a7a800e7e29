"""The rules of a trial's conduct as numbers: how measurements move, who is taken in, who needs rescue, who stops."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import Condition, read_condition, read_hours, read_summary

Array = NDArray[np.float64]
_WEEK_H = 168.0


@dataclass(frozen=True)
class Moves:
    """What moves a measurement beside the drug; see `speciosa.trials.question.schema.Course`."""

    low: float = -np.inf
    high: float = np.inf
    visit_sd: float = 0.0
    placebo: float = 0.0
    placebo_sd: float = 0.0
    tau_weeks: float = 1.0
    drift: float = 0.0


@dataclass(frozen=True)
class Leaving:
    r"""Who stops the treatment in the interval that begins with visit j, if not stopped before.

    .. math:: \mathrm{logit}\, h_{ij} = a_{arm} + b A_{ij} + c Y_{ij}/Y_{i0} + d\,\mathrm{COWS}_{ij}/10 + e t_j

    Attributes:
        intercept: a, by arm.
        adverse: b, of a bothersome unwanted effect.
        lack: c, of the share of the baseline that is left.
        withdrawal: d, of 10 points of COWS.
        time: e, a week.
        unseen: whether the next visit's values count, which are missed by who stops, rather than the last seen.
        followed: share of those who stop that is seen at the visits that follow.
    """

    intercept: tuple[float, ...]
    adverse: float = 0.0
    lack: float = 0.0
    withdrawal: float = 0.0
    time: float = 0.0
    unseen: bool = False
    followed: float = 0.0


@dataclass(frozen=True)
class Switch:
    """What is done for those who have not answered to their first treatment.

    Attributes:
        at: visit of the decision.
        respond: relative change from baseline that is an answer.
        options: arms of the pool to which they are randomised, by first treatment; none where they go on.
    """

    at: int
    respond: float
    options: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Rules:
    """The conduct of a trial.

    Attributes:
        moves: of measurements.
        better: 1 where more is better, -1 where less is.
        include: who is taken in by a measurement before the trial; None takes everybody.
        respond: who is randomised after a run-in: the relative change that is needed; None takes everybody.
        rescue: when it begins; None without.
        leaving: who stops; None where nobody does.
        taken: share of people who take their treatment.
        switch: of a trial that changes the treatment of those who have not answered.
        knows: share of people who find out what they take.
        expectation: what knowing adds to the answer to being treated, for the better where it is the drug, else for the worse.
        reference: number of the arm that is no drug.
        goes_on: share of those who stop that go on with another treatment.
    """

    moves: Moves = Moves()
    better: int = -1
    include: Condition | None = None
    respond: float | None = None
    rescue: Condition | None = None
    leaving: Leaving | None = None
    taken: float = 1.0
    switch: Switch | None = None
    knows: float = 0.0
    expectation: float = 0.0
    reference: int = 0
    goes_on: float = 0.0


@lru_cache(maxsize=1)
def assumed() -> Mapping[str, Any]:
    """The table of what is assumed where a trial file says nothing."""
    text = (files("speciosa.trials") / "assumed.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def moves_of(trial: Trial) -> Moves:
    """How the endpoint moves: as the file says, else as assumed for its output."""
    known = assumed()["course"]
    usual = known.get(trial.endpoint.output, known["other"])
    said = trial.course

    def number(name: str) -> float:
        value = getattr(said, name)
        return float(usual[name] if value is None else value)

    tau_h = read_hours(said.tau) if said.tau else float(usual["tau_h"])
    return Moves(
        float(usual["low"]), float(usual["high"]), number("visit_sd"), number("placebo"),
        number("placebo_sd"), tau_h / _WEEK_H, number("drift"),
    )  # fmt: skip


def rules_of(trial: Trial, better: int) -> Rules:
    """The rules of a trial, before its drop-out is calibrated."""
    include = trial.population.include
    rescue = trial.rescue
    leaving = None
    if trial.dropout.model != "none":
        usual = assumed()["leaving"][trial.dropout.model]

        def number(name: str) -> float:
            value = getattr(trial.dropout, name)
            return float(usual[name] if value is None else value)

        leaving = Leaving(
            tuple(0.0 for _ in trial.arms),
            number("adverse"),
            number("lack"),
            number("withdrawal"),
            number("time"),
            trial.dropout.model == "mnar",
            trial.dropout.followed,
        )
    return Rules(
        moves_of(trial),
        better,
        read_condition(include) if include else None,
        read_summary(f"responders at {trial.design.respond}").change
        if trial.design.kind == "withdrawal" and trial.design.respond
        else None,
        None if rescue is None else rescue.condition,
        leaving,
        trial.adherence.taken,
        _switch_of(trial),
        trial.blinding.unblinded,
        trial.blinding.expectation,
        next((n for n, arm in enumerate(trial.arms) if arm.name == trial.reference), 0),
        0.0 if trial.switch is None else trial.switch.share,
    )


def _switch_of(trial: Trial) -> Switch | None:
    """The rule of a trial of treatment strategies, whose pool has its first treatments before all that follows them."""
    design = trial.design
    if design.kind != "smart":
        return None
    change = read_summary(f"responders at {design.respond}").change
    at = design.times_h.index(read_hours(design.decide))
    number, options = len(trial.arms), []
    for arm in trial.arms:
        many = len(trial.options_after(arm.name))
        options.append(tuple(range(number, number + many)))
        number += many
    return Switch(at, change, tuple(options))
