"""Running a plan: every arm on the same people and draws, in blocks of draws."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import polars as pl

from speciosa.care.arms import Pathway, part, pathways, phase_part
from speciosa.care.hazards.setting import Setting
from speciosa.care.hazards.tables import tables
from speciosa.care.mechanism import Untreated, readings, untreated
from speciosa.care.outcomes import outcomes_of
from speciosa.care.parameters import pain_values, posterior, values
from speciosa.care.people import factors
from speciosa.care.phases import USUAL
from speciosa.care.plan import ABSTINENT, CONDITIONS, Plan
from speciosa.care.read import read_plan
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats
from speciosa.care.stepping.loop import follow
from speciosa.outcomes import Outcomes
from speciosa.progress import Progress, silent

_ROWS_AT_A_TIME = 20_000
_CHANGES_A_PERSON = 120


@dataclass(frozen=True)
class ArmResult:
    """One arm, simulated.

    Attributes:
        pathway: its phases.
        counts: by draw.
        changes: state changes of the people of the first draw: person, day, state, phase.
    """

    pathway: Pathway
    counts: a.Counts
    changes: pl.DataFrame


@dataclass(frozen=True)
class PathwayRun:
    """A plan, simulated.

    Attributes:
        plan: the question.
        values: of the parameters, by draw.
        arms: in the order of the plan, one for each scenario of leaving.
        outcomes: of every arm, one row an outcome and draw.
    """

    plan: Plan
    values: Mapping[str, Floats]
    arms: tuple[ArmResult, ...]
    outcomes: Outcomes

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know before the numbers: what rests on assumption, and what always holds."""
        assumed = [
            f"{arm.pathway.name}: {each}" for arm in self.arms for each in arm.pathway.assumed
        ]
        pain = PAIN if self.plan.condition == CONDITIONS[1] else ()
        return (*pain, *dict.fromkeys(assumed), *self.plan.notes, *ALWAYS)


ALWAYS = (
    "Patients of trials are not all patients: those who take part stay longer than many who do not.",
    "Registers and claims define leaving by a gap in prescriptions, trials by the last dose.",
    "Differences of deaths in and out of treatment come from cohorts, not from randomisation.",
    "Rates of overdose carry the era and the place in which they were counted; supply has changed since.",
)
"""What is said with every plan."""
PAIN = (
    "Chronic pain: how many stop an opioid, return to it or use without prescription is judgement; nothing was calibrated.",
    "Overdose under a prescribed opioid is the recorded rate by dose (Dunn 2010), at the morphine dose that drives tolerance "
    "alike; people given more differ from people given less.",
    "Deaths from other causes are those of people of the same age and sex; what pain or its treatment adds to them is not known.",
    "Relief of pain counts the placebo response, and what a taper itself does to pain, mood and life is not modelled.",
)
"""What is said with every plan of chronic pain."""


def pathway(
    source: Plan | str | Path,
    *,
    threads: int | None = None,
    tolerant: bool = True,
    urine: bool = False,
    progress: Progress = silent,
) -> PathwayRun:
    """Simulates treatment plans over months and years.

    People start, leave and return to treatment, use, overdose and die, one by one; hazards read what the pharmacological model says
    of their medicine, withdrawal and tolerance. Numbers inform; nothing is recommended.

    Args:
        source: a plan, a plan file, or the name of one that ships (``opioid-use-disorder``,
            ``chronic-pain``).
        threads: all cores if None. Results do not depend on it.
        tolerant: False holds tolerance at that of habitual use, to see what its loss does.
        urine: whether urine tests are counted, which cost time and which only predictions of trials read.
        progress: called with stage, done, total.

    Raises:
        InputError: every fault of the plan.
        UnknownNameError: there is no such plan.
    """
    plan = source if isinstance(source, Plan) else read_plan(source)
    people = _people_of(plan, progress, tolerant=tolerant, urine=urine)
    step = max(1, _ROWS_AT_A_TIME // plan.people)
    blocks = [range(b, min(b + step, plan.draws)) for b in range(0, plan.draws, step)]
    jobs = [(number, block) for number in range(len(people.arms)) for block in blocks]
    count, lock = [0], Lock()

    def followed(job: tuple[int, range]) -> tuple[a.Counts, a.Changes]:
        found = people.followed(*job)
        with lock:
            count[0] += 1
            size = plan.people * step
            progress("people", count[0] * size, len(jobs) * size)
        return found

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        found = list(pool.map(followed, jobs))
    results = []
    for number, arm in enumerate(people.arms):
        mine = found[number * len(blocks) : (number + 1) * len(blocks)]
        counts = a.Counts(
            *(np.concatenate(each) for each in zip(*(c for c, _ in mine), strict=True))
        )
        results.append(ArmResult(arm, counts, _changes(mine[0][1])))
    named = {arm.pathway.name: arm for arm in results}
    drawn = outcomes_of(plan, [(name, arm.pathway, arm.counts) for name, arm in named.items()])
    return PathwayRun(plan, people.values, tuple(results), drawn)


@dataclass(frozen=True)
class _People:
    """The people of a plan and what moves them, by draw.

    Attributes:
        plan: the question.
        values: of the parameters.
        pain: of those of chronic pain; None in a plan of another condition.
        returned: the recorded rate of return to treatment.
        arms: in the order of the plan.
        without: readings of nobody's treatment.
        reference: tolerance under usual treatments.
        tolerant: whether tolerance is lost with use.
        urine: whether urine tests are counted.
    """

    plan: Plan
    values: dict[str, Floats]
    pain: dict[str, Floats] | None
    returned: Floats
    arms: Sequence[Pathway]
    without: Untreated
    reference: Mapping[str, Floats]
    tolerant: bool
    urine: bool

    def followed(self, number: int, block: range) -> tuple[a.Counts, a.Changes]:
        """Follows the people of an arm through some draws; changes of state are kept of the first block only."""
        plan, arm = self.plan, self.arms[number]
        kept = block.start == 0
        counts = a.no_counts(len(block), plan.until_d // 7)
        room = _CHANGES_A_PERSON * min(plan.people, a.MOST_RECORDED)
        changes = a.no_changes(room if kept else 0)
        who = factors(plan.characteristics, self.values, plan.seed, block, plan.people)
        phases = [phase_part(phase, block) for phase in arm.phases]
        table = tables(phases, arm.back, self._setting(arm, block))
        if not self.urine:
            table.scalar[:, a.DETECTED] = 0.0
        follow(table, who, float(plan.until_d), 0 if kept else -1, counts, changes)
        return counts, changes

    def _setting(self, arm: Pathway, block: range) -> Setting:
        """What an arm's hazards read in some draws."""
        plan, cut, returns = self.plan, slice(block.start, block.stop), arm.arm.returns
        here = _cut(self.values, cut)
        return Setting(
            here,
            part(self.without, block),
            _cut(self.reference, cut),
            plan.until_d,
            plan.characteristics.prescribed,
            plan.fentanyl,
            self.returned[cut] if isinstance(returns, str) else np.full(len(block), returns),
            here["followed_start"],
            arm.fatal_ratio[cut],
            arm.arm.using_after,
            pain=None if self.pain is None else _cut(self.pain, cut),
            habitual_mme=plan.habitual_mme,
            tolerant=self.tolerant,
            homeless=plan.characteristics.homeless,
            justice=plan.characteristics.justice,
            clean=arm.arm.begins == ABSTINENT,
            clean_d=arm.arm.abstinent_d,
        )


def _people_of(plan: Plan, progress: Progress, *, tolerant: bool, urine: bool) -> _People:
    draws = range(plan.draws)
    v = values(posterior()[: plan.draws])
    pain = pain_values(plan.draws) if plan.condition == "chronic pain" else None
    returned = v["return"]
    if pain is not None:
        v["frailty_use"] = np.zeros(plan.draws)  # nobody uses beside what is prescribed
        returned = pain["pain_return"]
    arms = pathways(plan, progress)
    without = part(untreated(plan.habitual_mme, plan.draws, progress=progress), draws)
    reference = {
        name: part(
            readings(text, plan.habitual_mme, plan.draws, progress=progress), draws
        ).tolerance
        for name, text in USUAL.items()
    }
    return _People(plan, v, pain, returned, arms, without, reference, tolerant, urine)


def _cut(of: Mapping[str, Floats], cut: slice) -> dict[str, Floats]:
    return {name: value[cut] for name, value in of.items()}


def _changes(of: a.Changes) -> pl.DataFrame:
    filled = int(of.filled[0])
    names = [*a.STATES, "overdose, survived"]
    return pl.DataFrame(
        {
            "person": of.person[:filled],
            "day": of.day[:filled],
            "state": [names[state] for state in of.state[:filled]],
            "phase": of.phase[:filled],
        }
    )
