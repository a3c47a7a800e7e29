"""The answer in five sentences, made from the numbers of one comparison, each number with its source."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from markupsafe import Markup

from speciosa import facts
from speciosa.report.figures.figure import anchor_of
from speciosa.report.number import interval, link_numbers, linked, plain, share, shown
from speciosa.report.parameter_words import in_words
from speciosa.study.cautions import never_measured
from speciosa.study.endpoints import STOPS, TOLD, OutcomeDefinition
from speciosa.study.result import StudyRun

if TYPE_CHECKING:
    from speciosa.comparison import Comparison

KRATOM = ("mitragynine", "7_hydroxymitragynine")
_FIRST = {
    "pain": ("pain_relief", "breathing_fall", "withdrawal_peak"),
    "withdrawal": ("withdrawal_first_week", "withdrawal_worst", "breathing_fall"),
    "interactions": ("breathing_fall", "sedation", "qtc"),
}


def headline(run: StudyRun) -> list[OutcomeDefinition]:
    """The outcomes that the answer speaks of, at most three: the usual ones, filled up with what the study asks; benefits first."""
    usual = [key for key in _FIRST[run.study.indication] if key in run.definitions]
    requested = run.study.follow_up.outcomes or (() if usual else tuple(run.definitions))
    chosen = [run.definitions[key] for key in list(dict.fromkeys((*usual, *requested)))[:3]]
    return sorted(chosen, key=lambda outcome: outcome.direction != "benefit")


_NOBODY = "not known (nobody measured this mixture)"
DEADLY = 0.5
_DEADLY = "Who is not rescued dies; what is said below of relief is of people who do not survive the dose."
_FEW = (
    "Who is not rescued dies. These shares are simulated; where a dose is labelled, trials in thousands of people report "
    "fewer: the virtual people differ in breathing more than that."
)


def sentences(run: StudyRun) -> list[Markup]:
    """Whose breathing stops, if anybody's; one sentence a headline outcome: the extremes, the kratom arms, the reference."""
    return [*stopped(run), *(_sentence(run, outcome) for outcome in headline(run))]


def stopped(run: StudyRun) -> list[Markup]:
    """The arms in which more than one in a thousand virtual people stop breathing: it comes before anything else."""
    outcome = run.definitions.get(STOPS)
    if outcome is None:
        return []
    arms = [
        (arm.name, _value(run, outcome, arm.name))
        for arm in run.arms
        if len(drawn := run.outcomes.draws(outcome.title, arm.name)) and drawn.mean() > TOLD
    ]
    if not arms:
        return []
    listed = Markup("; ").join(Markup("{} with {}").format(value, name) for name, value in arms)
    text = Markup("<b>Breathing stops</b> in these shares of the virtual people: {}. {}")
    most = max(run.outcomes.draws(outcome.title, name).mean() for name, _ in arms)
    return [text.format(listed, _DEADLY if most > DEADLY else _FEW)]


def _sentence(run: StudyRun, outcome: OutcomeDefinition) -> Markup:
    medians = {
        arm.name: float(np.median(drawn))
        for arm in run.arms
        if len(drawn := run.outcomes.draws(outcome.title, arm.name))
    }
    if not medians:
        return Markup("{}: not estimable for any arm.").format(outcome.title)
    reference = run.study.reference
    best = max(medians, key=lambda name: medians[name])
    least = min(medians, key=lambda name: medians[name])
    others = [
        name for name in _kratom_arms(run) if name in medians and name not in {best, reference}
    ]
    text = Markup("<b>{}</b> ({}): highest with {}, {}").format(
        outcome.title, link_numbers(outcome.plain, "methods"), best, _value(run, outcome, best)
    )
    if least not in {best, reference, *others}:
        text += Markup("; lowest with {}, {}").format(least, _value(run, outcome, least))
    shown_arms = [*others, *(name for name in (best, least) if name not in others)]
    beyond = _beyond_reference(run, outcome, list(dict.fromkeys(shown_arms)))
    if others and not beyond:
        listed = Markup("; ").join(
            Markup("{} with {}").format(_value(run, outcome, name), name) for name in others
        )
        text += Markup("; {}").format(listed)
    if reference in medians and reference != best:
        text += Markup("; {} with {}").format(_value(run, outcome, reference), reference)
    return text + Markup(". ") + beyond + _kratom_against(run, outcome, medians)


def _beyond_reference(run: StudyRun, outcome: OutcomeDefinition, names: Sequence[str]) -> Markup:
    """Differences from the reference, where it has some of the outcome itself: they then say more than the arms' own values."""
    reference = run.study.reference
    drawn = run.outcomes.draws(outcome.title, reference)
    names = [name for name in names if name != reference and not _unmeasured(run, outcome, name)]
    if not names or not len(drawn) or not drawn.any():
        return Markup("")
    nothing = 1e-3 * float(np.abs(drawn).max())
    parts = []
    for name in names:
        gap = run.outcomes.difference(outcome.title, name, reference)
        low, middle, high = (
            x if abs(x) > nothing else 0.0 for x in np.quantile(gap, [0.05, 0.5, 0.95])
        )
        unit, scale = (" percentage points", 100.0) if outcome.unit == "share" else ("", 1.0)
        unit = unit or (f" {outcome.unit}" if outcome.unit not in {"", "1"} else "")
        point, first, last = _alike([scale * middle, scale * low, scale * high])
        text = f"{'+' if middle > 0 else ''}{point}{unit} (90% interval {first} to {last})"
        parts.append(Markup("{} {}").format(name, linked(text, anchor_of("made", name))))
    return Markup("Difference from {}: {}. ").format(reference, Markup("; ").join(parts))


def _value(run: StudyRun, outcome: OutcomeDefinition, arm: str) -> Markup:
    drawn = run.outcomes.draws(outcome.title, arm)
    low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95])
    anchor = anchor_of("made", arm)
    if _unmeasured(run, outcome, arm) and shown(high, outcome.unit) == shown(0.0, outcome.unit):
        return Markup(_NOBODY)
    return linked(
        f"{shown(middle, outcome.unit)} (90% interval {interval(low, high, outcome.unit)})",
        anchor,
    )


def _unmeasured(run: StudyRun, outcome: OutcomeDefinition, arm: str) -> bool:
    """Whether an arm holds kratom with a sedative, whose breathing nobody measured together."""
    found = next(one for one in run.arms if one.name == arm)
    return never_measured(outcome, tuple(found.substances))


def _alike(values: Sequence[float]) -> list[str]:
    """Numbers with the decimals that the largest of them needs for two digits.

    Example:
        >>> _alike([0.152, 0.018, 0.784]), _alike([-4.63, -11.2, 0.0])
        (['0.15', '0.02', '0.78'], ['-5', '-11', '0'])
    """
    most = max(map(abs, values))
    decimals = max(0, 1 - math.floor(math.log10(most))) if most > 0 else 0
    return [f"{round(value, decimals) + 0.0:.{decimals}f}" for value in values]


def _kratom_against(run: StudyRun, outcome: OutcomeDefinition, medians: dict[str, float]) -> Markup:
    """How probable it is that the kratom arm with the most of an outcome has more of it than the best of the others.

    The best is the other treatment with the most of a benefit or the least of a risk; no drug counts where nothing else
    is there.
    """
    kratom = [name for name in _kratom_arms(run) if name in medians]
    rivals = [name for name in medians if name not in kratom]
    treated = [arm.name for arm in run.arms if arm.name in rivals and arm.substances]
    rivals = treated or rivals
    if not kratom or not rivals:
        return Markup("")
    one = max(kratom, key=lambda name: medians[name])
    pick = max if outcome.direction == "benefit" else min
    other = pick(rivals, key=lambda name: medians[name])
    gap = run.outcomes.difference(outcome.title, one, other)
    chance = float((gap > 0).mean() + 0.5 * (gap == 0).mean())
    return Markup("The probability that it is higher with {} than with {} is {}.").format(
        one, other, linked(_probability(chance, len(gap)), anchor_of("made", one))
    )


def _probability(chance: float, draws: int) -> str:
    """A share of draws; where it is none or all, no more than so many draws can tell.

    Example:
        >>> _probability(0.17, 100), _probability(0.0, 100), _probability(1.0, 50)
        ('17%', 'below 1%', 'above 98%')
    """
    if chance in (0.0, 1.0):
        return f"below {share(1 / draws)}" if chance == 0 else f"above {share(1 - 1 / draws)}"
    return share(chance)


def _kratom_arms(run: StudyRun) -> list[str]:
    return [arm.name for arm in run.arms if set(arm.substances) & set(KRATOM)]


def trials_sentence() -> Markup:
    """Which reports of randomised studies of kratom there are, and against what; two may be of the same people."""
    studies = facts.table("studies")
    rows = studies.filter(
        pl.col("id").str.starts_with("kratomstudy") & pl.col("design").str.contains("RCT")
    )
    people = rows.group_by("study", maintain_order=True).agg(pl.col("n").max())
    listed = "; ".join(
        f"{name}, " + ("number of people not stated" if count is None else f"{count} people")
        for name, count in people.iter_rows()
    )
    against = sorted({str(name) for name in rows["comparator"] if name})
    text = (
        f"the fact base holds {len(people)} reports of randomised studies of kratom in people ({listed}), "
        f"against {', '.join(against)}."
    )
    return Markup(
        "<b>What trials say</b>: {} The rest of what is said here of kratom is simulated."
    ).format(link_numbers(text, "evidence"))


def certainty_sentence(comparison: "Comparison") -> Markup:
    """Which unknown the first outcome of each kratom arm depends on most."""
    run = comparison.run
    parts = []
    for name in _kratom_arms(run):
        found = [d for d in comparison.drivers.get(name, []) if d.stands_out]
        if found:
            anchor = anchor_of("par", found[0].parameter)
            parts.append(
                Markup("{} on {} (rank correlation {})").format(
                    name,
                    Markup('<a href="#{}">{}</a>').format(anchor, in_words(found[0].parameter)),
                    linked(plain(found[0].correlation), anchor),
                )
            )
    if not parts:
        return Markup(
            "<b>How sure</b>: the intervals above hold the uncertain parameters, not the choice of model."
        )
    first = next(iter(run.definitions.values())).title.lower()
    return Markup(
        "<b>How sure</b>: the intervals hold the uncertain parameters, not the choice of model. Of these, the difference in {} "
        "from {} depends most: {}."
    ).format(first, run.study.reference, Markup("; ").join(parts))


def joined(parts: Sequence[Markup]) -> Markup:
    """Sentences as paragraphs."""
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts)
