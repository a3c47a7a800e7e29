"""The summary of findings of a comparison: by outcome and arm, the difference from the reference, simulated and in studies.

Nothing is decided here about words; what a reader needs to weigh a figure is: which of the two comes first, whether they
disagree, whether people would notice the difference, and why there is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from speciosa import facts
from speciosa.comparison.trial_figures import TrialFigure, figures_of, plan, substances_of
from speciosa.facts.products import product
from speciosa.study.cautions import never_measured
from speciosa.study.endpoints import STOPS, TOLD, OutcomeDefinition, definitions
from speciosa.study.question.schema import Arm
from speciosa.study.result import StudyRun

FAR = 0.10
"""Shares that differ by more than this, 100 of 1,000 people, are said to disagree."""

_NOTHING = {"of 100": 0.5, "share": 1e-3}
"""Differences that round to none, by unit."""
_NOBODY = "nobody measured it after this mixture"


@dataclass(frozen=True)
class Simulated:
    """A simulated difference from the reference over the draws: median and central 90%."""

    median: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves out no difference."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Cell:
    """One outcome of one arm.

    Attributes:
        arm: its name.
        simulated: None where the models do not tell it.
        level: the simulated outcome itself, its median; None as above.
        trial: None where no study tells it.
        disagrees: whether the two are too far apart to be one answer.
        reason: why there is no simulated figure; empty otherwise.
    """

    arm: str
    simulated: Simulated | None
    level: float | None
    trial: TrialFigure | None
    disagrees: bool
    reason: str

    @property
    def trial_first(self) -> bool:
        """Whether the figure of studies is the answer."""
        return self.trial is not None and (self.trial.first or self.simulated is None)


@dataclass(frozen=True)
class Finding:
    """One outcome.

    Attributes:
        key: its name.
        title, plain: what it is, short and in words.
        unit: of the differences; ``share`` for a share of people, ``of 100`` for a share of something else.
        benefit: whether more of it is better.
        serious: whether it is a serious harm.
        reference: the simulated level of the reference, None where not told.
        least: the least difference that people notice, in the unit; None where nobody knows.
        least_row, yardstick, yardstick_row: who says so, what a level can be held against, and who says that.
        cells: by arm, without the reference.
    """

    key: str
    title: str
    plain: str
    unit: str
    benefit: bool
    serious: bool
    reference: float | None
    least: float | None
    least_row: str
    yardstick: str
    yardstick_row: str
    cells: Mapping[str, Cell]


def findings(run: StudyRun) -> list[Finding]:
    """The rows of the summary of findings: benefits, harms, serious harms, in the order of ``first_outcomes.toml``.

    Outcomes that the study asks for by name are added. An outcome is left out where neither the models nor studies tell
    it of any arm; breathing that stops, where it does so in at most one of a thousand virtual people.
    """
    study = run.study
    by_name = {arm.name: arm for arm in study.arms}
    against = by_name[study.reference]
    others = [arm for arm in study.arms if arm.name != study.reference]
    studies = {arm.name: figures_of(arm, against) for arm in others}
    elsewhere = _of_another_setting(run)
    usual = [key for key in plan()["order"][study.indication] if key not in elsewhere]
    asked = [key for key in study.follow_up.outcomes if key not in usual]
    rows = [_finding(run, key, studies, by_name) for key in (*usual, *asked)]
    kept = [row for row in rows if row is not None]
    return sorted(kept, key=lambda row: (not row.benefit, row.serious))


def told(run: StudyRun) -> list[OutcomeDefinition]:
    """The outcomes that a reader is shown: all that were read, but those told on request only that nobody asked for."""
    hidden = set(plan()["on_request"]["outcomes"]) - set(run.study.follow_up.outcomes)
    return [entry for key, entry in run.definitions.items() if key not in hidden]


def _of_another_setting(run: StudyRun) -> set[str]:
    """Outcomes of a kind of pain that the study does not read, where it reads those of another."""
    settings = plan()["settings"].values()
    unread = [keys for keys in settings if not any(key in run.definitions for key in keys)]
    return {key for keys in unread for key in keys} if len(unread) < len(settings) else set()


def _finding(
    run: StudyRun, key: str, told: Mapping[str, Mapping[str, TrialFigure]], arms: Mapping[str, Arm]
) -> Finding | None:
    alone = plan()["only"].get(key)
    definition = definitions().get(key)
    about = alone or definitions()[key].model_dump()
    simulated = key in run.definitions
    title = about["title"]
    unit, scale = unit_of(definition)
    meaning = plan()["meaning"].get(key, {})
    cells = {}
    for name in told:
        difference = _difference(run, title, name, scale) if simulated else None
        reason = "" if difference or not simulated else _reason(run, key, title, name, arms)
        unmeasured = definition is not None and never_measured(definition, run.arm(name).substances)
        if unmeasured and difference and abs(difference.median) < _NOTHING.get(unit, 0.05):
            difference, reason = None, _NOBODY
        figure = told[name].get(key)
        level = run.outcomes.draws(title, name)
        cells[name] = Cell(
            name,
            difference,
            scale * float(np.median(level)) if len(level) else None,
            figure,
            disagree(difference, figure, meaning.get("least"), share=unit == "share"),
            reason,
        )
    if not any(cell.simulated or cell.trial for cell in cells.values()):
        return None
    if key == STOPS and not _stops(run, title):
        return None
    reference = run.outcomes.draws(title, run.study.reference)
    return Finding(
        key,
        title,
        about["plain"],
        unit,
        about["direction"] == "benefit",
        bool(about.get("serious")) or key in plan()["serious"]["outcomes"],
        scale * float(np.median(reference)) if len(reference) else None,
        meaning.get("least"),
        meaning.get("row", ""),
        meaning.get("yardstick", ""),
        meaning.get("yardstick_row", ""),
        cells,
    )


def _stops(run: StudyRun, title: str) -> bool:
    """Whether breathing stops in more than one of a thousand virtual people of some arm."""
    drawn = (run.outcomes.draws(title, arm.name) for arm in run.arms)
    return any(values.mean() > TOLD for values in drawn if len(values))


def unit_of(definition: OutcomeDefinition | None) -> tuple[str, float]:
    """The unit of an outcome's differences, and what takes the outcome to it."""
    if definition is None:
        return "share", 1.0
    counts = definition.share is not None or definition.responder is not None
    if definition.unit == "share" and not counts and "fall" in definition.of:
        return "of 100", 100.0
    return definition.unit, 1.0


def _difference(run: StudyRun, title: str, arm: str, scale: float) -> Simulated | None:
    one = scale * run.outcomes.draws(title, arm)
    other = scale * run.outcomes.draws(title, run.study.reference)
    if not len(one) or len(one) != len(other):
        return None
    low, middle, high = np.quantile(one - other, [0.05, 0.5, 0.95])
    # what is rounding beside the levels themselves is no difference
    nothing = 1e-9 * max(1.0, float(np.abs(other).max()))
    values = [float(x) if abs(x) > nothing else 0.0 for x in (middle, low, high)]
    return Simulated(*values)


def disagree(
    simulated: Simulated | None, figure: TrialFigure | None, least: float | None, *, share: bool
) -> bool:
    """Whether a simulated difference and that of studies are too far apart to be one answer.

    So it is where they differ by more than people notice, or by more than 100 of 1,000; where the intervals have nothing
    in common, as of two that point in different ways, each surely; and where one is at least twice the other and no
    interval of it holds the other.
    """
    if simulated is None or figure is None or figure.kind != "difference":
        return False
    gap = abs(simulated.median - figure.estimate)
    far = FAR if share else least
    if far is not None and gap > far:
        return True
    low = figure.estimate if figure.low is None else figure.low
    high = figure.estimate if figure.high is None else figure.high
    apart = simulated.low > high or simulated.high < low
    small, large = sorted((abs(simulated.median), abs(figure.estimate)))
    outside = not low <= simulated.median <= high
    return apart or (large >= 2 * small and outside)


def reasons(run: StudyRun, definition: OutcomeDefinition) -> dict[str, str]:
    """Why an outcome is not told of the arms that have none, by arm."""
    arms = {arm.name: arm for arm in run.study.arms}
    return {
        name: _reason(run, definition.key, definition.title, name, arms)
        for name in arms
        if not len(run.outcomes.draws(definition.title, name))
    }


def _reason(run: StudyRun, key: str, title: str, arm: str, arms: Mapping[str, Arm]) -> str:
    """Why an outcome of an arm has no simulated difference."""
    if len(run.outcomes.draws(title, arm)):
        return f"not told of {run.study.reference}, from which it would differ"
    failed = run.arm(arm).failed
    if failed and key in run.arm(arm).values:
        return "in some draw no patient could be solved"
    output = run.definitions[key].output
    alike = [d.title for d in run.definitions.values() if d.output == output]
    if any(len(run.outcomes.draws(other, arm)) for other in alike):
        return "its treatment leaves no time of the follow-up in which it is read"
    return no_model(arms[arm])


def _given(name: str) -> str:
    """A product of one substance by that, one of several by its own name."""
    held = substances_of(name)
    return str(facts.substance(held[0]).name) if len(held) == 1 else product(name).name


def no_model(arm: Arm) -> str:
    """That the models hold no effect of an arm's drugs on an outcome, in words.

    Example:
        >>> no_model(Arm(name="x", regimen="200 mg ketoconazole oral"))
        'no model of what ketoconazole does to it'
    """
    given = arm.treatment.products or arm.companions.products
    names = dict.fromkeys(_given(name) for name in given)
    if not names:
        return "the time in which it is read is empty"
    do = "does" if len(names) == 1 else "do"
    return f"no model of what {' and '.join(n[0].lower() + n[1:] for n in names)} {do} to it"
