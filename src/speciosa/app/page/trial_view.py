"""What the page Trial shows: power at the size asked for and at others, and what it rests on."""

from functools import lru_cache

import polars as pl
from markupsafe import Markup

from speciosa.app.asking.state import State
from speciosa.app.look.drawing import View
from speciosa.report.figures.figure import spec_of
from speciosa.report.sections.trial_page import power_chart
from speciosa.trials.conduct.pooling import pool_of
from speciosa.trials.operating.replicates import Replicates, replicate
from speciosa.trials.operating.told import rests_on, sentence
from speciosa.trials.people.pool import Pool
from speciosa.trials.question.read import read_trial
from speciosa.trials.question.schema import Trial
from speciosa.trials.virtual import plan_of

PEOPLE, TRIALS = 500, 300
"""Virtual people of the pool, and simulated trials of each size: for a first look."""
_SIZES = (0.5, 1.0, 1.5, 2.0)


def view(state: State, narrow: bool = False) -> View:
    """The power of a trial, at a few sizes."""
    page = View()
    asked, size = _asked(state)
    plan = plan_of(asked, _pool(state["trial"]))
    unit = sum(plan.allocation)
    sizes = sorted(
        {max(8 * unit, round(size * factor / unit) * unit) for factor in _SIZES} | {size}
    )
    runs = {n: replicate(_pool(state["trial"]), plan, n, TRIALS, threads=1) for n in sizes}
    page.heading(_headline(asked, size, runs[size]))
    page.text(Markup("<p>{}</p>").format(sentence(asked, size)))
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in rests_on(asked))
    page.text(Markup("<p><strong>This rests on assumptions.</strong></p><ul>{}</ul>").format(items))
    table = _powers(runs)
    page.draw(
        "power",
        "Power against size",
        Markup(
            "Share of {} simulated trials that find the arm better; bars: 95% of the Monte-Carlo error."
        ).format(TRIALS),
        spec_of(power_chart(table, None)),
        table,
        narrow=narrow,
    )
    words = "{} virtual people, typical values of what is uncertain. The whole, with bias, error and the draws: speciosa trial {}."
    page.text(
        Markup('<p id="methods" class="basis">{}</p>').format(words.format(PEOPLE, state["trial"]))
    )
    return page


@lru_cache(maxsize=8)
def _pool(name: str) -> Pool:
    """A few virtual people of a trial, solved once; what follows a stop is not asked here."""
    trial = read_trial(name)
    people = trial.population.model_copy(update={"patients": PEOPLE, "draws": 1})
    few = trial.model_copy(update={"population": people})
    return pool_of(few, typical=True, stops=False, threads=1)


def _asked(state: State) -> tuple[Trial, int]:
    """The trial with the reader's size and completion, as many in each arm."""
    trial = read_trial(state["trial"])
    size = int(float(state["people"])) if state["people"] else trial.design.size or 300
    if state["completes"]:
        share = float(state["completes"]) / 100
        dropout = trial.dropout.model_copy(update={"completed": share})
        trial = trial.model_copy(update={"dropout": dropout})
    return trial, size


def _headline(trial: Trial, size: int, found: Replicates) -> str:
    first = next(arm.name for arm in trial.arms if arm.name != trial.reference)
    how = "no worse than" if trial.endpoint.margin else "better than"
    return f"With {size} people, {found.power():.0%} of trials find {first} {how} {trial.reference}"


def _powers(runs: dict[int, Replicates]) -> pl.DataFrame:
    reach = 1.959963984540054
    return pl.DataFrame(
        [
            {
                "size": n,
                "power": run.power(),
                "low": max(0.0, run.power() - reach * run.power_se()),
                "high": min(1.0, run.power() + reach * run.power_se()),
            }
            for n, run in runs.items()
        ]
    )
