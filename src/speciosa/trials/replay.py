"""Published trials, simulated by their designs and held to what was observed.

What a trial file of ``replayed/`` takes from the trial is its design: arms, doses, size, visits, and how many completed. What is
predicted is the difference between arms: of the endpoint, or of the shares that stayed. Where only the completion of all arms
together is taken, who stays in which arm is a prediction of the mechanism.
"""

import csv
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from speciosa.progress import Progress, silent
from speciosa.trials.conduct.pooling import pool_of
from speciosa.trials.operating.replicates import replicate
from speciosa.trials.question.read import parse_trial
from speciosa.trials.virtual import plan_of

_LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Replayed:
    """One difference of a published trial.

    Attributes:
        trial: name of its file.
        arm: that is compared with the reference.
        quantity: ``difference`` of the endpoint, or of ``retention``.
        observed: in the trial.
        predicted: the median over trials and draws of the uncertain parameters.
        low: of the 90% predictive interval of a trial of this size.
        high: of it.
        power: share of simulated trials that find the arm better.
        facts: rows of the fact base that hold what was observed.
        source: reference.
        note: what is not as in the trial.
    """

    trial: str
    arm: str
    quantity: str
    observed: float
    predicted: float
    low: float
    high: float
    power: float
    facts: str
    source: str
    note: str

    @property
    def inside(self) -> bool:
        """Whether what was observed lies in the interval."""
        return self.low <= self.observed <= self.high


def observed() -> list[dict[str, str]]:
    """What was observed in the published trials, one row a difference."""
    text = (files("speciosa.trials") / "replayed" / "observed.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def replay(
    name: str, *, threads: int | None = None, progress: Progress = silent
) -> tuple[Replayed, ...]:
    """Simulates one published trial.

    Args:
        name: of its file in ``replayed/``.
        threads: all cores if None; results do not depend on it.
        progress: called with stage, done, in all.
    """
    text = (files("speciosa.trials") / "replayed" / f"{name}.toml").read_text(encoding="utf-8")
    asked = parse_trial(text, f"{name}.toml")
    pool = pool_of(asked, typical=True, stops=False, threads=threads, progress=progress)
    drawn = pool_of(asked, typical=False, stops=False, threads=threads, progress=progress)
    plan = plan_of(asked, pool)
    size, count = asked.design.size or 0, asked.simulation.replicates
    found = replicate(drawn, plan, size, count, by_draw=True, threads=threads)
    names = [arm.name for arm in asked.arms]
    rows = []
    for row in observed():
        if row["trial"] != name:
            continue
        number = names.index(row["arm"])
        place = plan.compared.index(number)
        values = found.estimate[place]
        if row["quantity"] == "retention":
            values = found.retained[number] - found.retained[plan.reference]
        low, middle, high = np.nanquantile(values, _LEVELS)
        rows.append(
            Replayed(
                name, row["arm"], row["quantity"], float(row["value"]), float(middle), float(low), float(high),
                found.power(place), row["facts"], row["source"], row["note"],
            )
        )  # fmt: skip
    return tuple(rows)
