"""Reading the people of an arm: endpoints of everybody, whatever doses each of them takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from speciosa.engine import Endpoint
from speciosa.regimen import Regimen
from speciosa.study.endpoints import OutcomeDefinition
from speciosa.study.question.schema import Arm, Study
from speciosa.study.run import RTOL
from speciosa.study.simulation import ArmSimulation, blocks_of

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
Change = Callable[[Regimen], Regimen]
Read = Callable[[Sequence[Endpoint], Change | None], dict[str, Array]]
ADVERSE = ("nausea_probability", "constipation_probability", "sedation_probability")
COWS, FREE = "cows", "free_ventilation_fraction"
DAY_H = 24.0


@dataclass(frozen=True)
class Paths:
    """Doses that differ from person to person and period to period.

    Attributes:
        begins_h: when each period begins; the first at 0.
        steps: factors of the doses, by level.
        levels: of each person in each period, shape ``(draws, people, periods)``.
    """

    begins_h: tuple[float, ...]
    steps: tuple[float, ...]
    levels: Counts


@dataclass(frozen=True)
class Missed:
    """Doses that people leave out, each in a way of their own that many share.

    Attributes:
        pattern: of each person of the pool, shape ``(people,)``.
        taken: whether each dose is taken, by pattern and its number, shape ``(patterns, doses)``; longer regimens begin again.
    """

    pattern: Counts
    taken: NDArray[np.bool_]


def taken_of(regimen: Regimen, taken: NDArray[np.bool_]) -> Regimen:
    """The doses of a regimen that are taken; what is given at one time is taken or left out together.

    Example:
        >>> from speciosa.regimen import parse_regimen
        >>> print(taken_of(parse_regimen("10 mg morphine oral every 6 h x 5"), np.array([True, True, False])))
        10 mg morphine oral every 6 h x 2; 10 mg morphine oral every 6 h x 2 at 18 h
    """
    times = sorted({time for dose in regimen.doses for time in dose.times_h})
    kept = {time for number, time in enumerate(times) if taken[number % len(taken)]}
    found = []
    for dose in regimen.doses:
        run: list[float] = []
        for time in (*dose.times_h, None):
            if time is not None and time in kept:
                run.append(time)
            elif run:
                every = dose.every_h if len(run) > 1 else None
                found.append(replace(dose, at_h=run[0], every_h=every, count=len(run)))
                run = []
    return Regimen(tuple(found))


def stepped(regimen: Regimen, begins_h: Sequence[float], factors: Sequence[float]) -> Regimen:
    """A regimen whose doses are multiplied by a factor in each period.

    Example:
        >>> from speciosa.regimen import parse_regimen
        >>> print(stepped(parse_regimen("10 mg morphine oral every 6 h x 8"), (0, 24), (1, 1.5)))
        10 mg morphine oral every 6 h x 4; 15 mg morphine oral every 6 h x 4 at 24 h
    """
    found = []
    ends = (*begins_h[1:], np.inf)
    for dose in regimen.doses:
        for begin, end, factor in zip(begins_h, ends, factors, strict=True):
            times = [time for time in dose.times_h if begin <= time < end]
            if times and factor > 0:
                every = dose.every_h if len(times) > 1 else None
                found.append(
                    replace(dose, amount=dose.amount * factor, at_h=times[0], every_h=every, count=len(times))
                )  # fmt: skip
    return Regimen(tuple(found))


def _definition(output: str) -> OutcomeDefinition:
    return OutcomeDefinition(
        key=output, title=output, plain=output, output=output, of="mean", window="all", unit="1",
        direction="benefit", indications=(),
    )  # fmt: skip


def simulation_of(study: Study, arm: Arm, output: str, threads: int | None) -> ArmSimulation:
    """An arm, ready to be solved for the endpoint's output, unwanted effects, withdrawal and breathing."""
    wanted = {name: _definition(name) for name in (output, COWS, FREE, *ADVERSE)}
    return ArmSimulation(study, arm, wanted, threads, RTOL)


def reader(
    simulation: ArmSimulation,
    study: Study,
    typical: bool,
    paths: Paths | None = None,
    missed: Missed | None = None,
) -> Read:
    """Reads endpoints of everybody, by name, shape ``(draws, people)``; NaN where a solution failed.

    Args:
        simulation: of the arm.
        study: with its people and draws.
        typical: whether uncertain parameters have their typical values.
        paths: doses of each person; as the arm has them where None.
        missed: doses that each person leaves out.
    """
    size = study.population
    keys = [np.zeros((size.draws * size.patients, 0), dtype=np.int64)]
    if paths is not None:
        keys.append(paths.levels.reshape(-1, paths.levels.shape[2]))
    if missed is not None:
        keys.append(np.tile(missed.pattern, size.draws)[:, None])
    same = paths is None and missed is None
    rows, codes = np.unique(np.concatenate(keys, axis=1), axis=0, return_inverse=True)
    codes = codes.ravel()

    def doses(code: int) -> Regimen:
        regimen = simulation.regimen
        if paths is not None:
            periods = paths.levels.shape[2]
            factors = [paths.steps[level] for level in rows[code][:periods]]
            regimen = stepped(regimen, paths.begins_h, factors)
        if missed is not None:
            regimen = taken_of(regimen, missed.taken[rows[code][-1]])
        return regimen

    def read(endpoints: Sequence[Endpoint], change: Change | None = None) -> dict[str, Array]:
        found: dict[str, list[Array]] = {each.label: [] for each in endpoints}
        done = 0
        for block in [None] if typical else [*blocks_of(study, None)]:
            people = size.patients * (1 if block is None else len(block))
            here, done = codes[done : done + people], done + people
            values = {name: np.full(people, np.nan) for name in found}
            for code in (0,) if same else np.unique(here):
                regimen = simulation.regimen if same else doses(code)
                if change is not None:
                    regimen = change(regimen)
                some = np.ones(people, dtype=bool) if same else here == code
                solved = simulation.read(block, endpoints, regimen, None if same else some)
                good = solved.status == "ok"
                for name, whole in values.items():
                    whole[some] = np.where(good, solved.endpoints[name], np.nan)
            for name, whole in values.items():
                found[name].append(whole)
        return {
            name: np.concatenate(parts).reshape(size.draws, size.patients)
            for name, parts in found.items()
        }

    return read


def at_visits(output: str, times: Sequence[float]) -> list[Endpoint]:
    """The output at each visit: its mean over the day before, or since the visit before where that is nearer."""
    first = times[0]
    start = Endpoint(output, "at", first, name=f"{output} 0")
    if first > 0:
        start = Endpoint(output, "mean", max(0.0, first - DAY_H), first, name=f"{output} 0")
    found = [start]
    for number in range(1, len(times)):
        begin = max(times[number - 1], times[number] - DAY_H)
        found.append(Endpoint(output, "mean", begin, times[number], name=f"{output} {number}"))
    return found


def stacked(found: dict[str, Array], output: str, visits: int) -> Array:
    """An output at all visits, the visits last."""
    return np.stack([found[f"{output} {number}"] for number in range(visits)], axis=2)
