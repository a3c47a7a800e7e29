"""Benefit against risk: effects, weights, scores, ranks, what would turn them, and what is worth knowing."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from markupsafe import Markup

from speciosa.comparison import Comparison
from speciosa.comparison.weighing import Weighing
from speciosa.report.figures.colours import Ink, inks
from speciosa.report.figures.figure import Figure, anchor_of
from speciosa.report.figures.look import limit, whole
from speciosa.report.number import interval, link_numbers, linked, plain, share, shown, table_html
from speciosa.report.parameter_words import in_words
from speciosa.report.sections.effects import interval_panels
from speciosa.report.sections.sources import Sources
from speciosa.report.texts import text
from speciosa.study.endpoints import definitions
from speciosa.study.question.schema import BenefitRisk, Criterion

_METHODS = "methods"


def weighing_part(comparison: Comparison, figures: list[Figure], sources: Sources) -> Markup:
    """The section; a sentence where the study weighs nothing."""
    weighing = comparison.weighing
    if weighing is None:
        return Markup("<p>{}</p>").format(text("weighing.none"))
    figures += [scores_figure(weighing, inks(comparison.study.arms)), ranks_figure(weighing)]
    shown_figures = Markup("").join(figure.html() for figure in figures[-2:])
    return (
        introduction(weighing)
        + criteria_html(weighing, sources)
        + _folded("weighed", effects_html(weighing))
        + shown_figures
        + _folded("turning", turning_html(weighing, comparison.study.reference))
        + _folded("worth", _drivers(comparison))
    )


def _folded(key: str, body: Markup) -> Markup:
    return Markup("<details><summary>{}</summary>{}</details>").format(text(f"fold.{key}"), body)


def introduction(weighing: Weighing) -> Markup:
    """How scores come about, what could not be estimated, and what perfect information would be worth."""
    gaps = weighing.performance.not_estimable
    told = Markup("<p>{}</p>").format(link_numbers(text("weighing.score"), _METHODS))
    if weighing.unscored:
        unscored = text("weighing.unscored", arms=", ".join(weighing.unscored))
        told += Markup('<p class="gap">{}</p>').format(unscored)
    told += _clipped(weighing)
    if gaps:
        listed = "; ".join(f"{name} for {arm}" for arm, name in gaps)
        told += Markup('<p class="gap">{}</p>').format(text("weighing.gaps", gaps=listed))
    if weighing.perfect_information is not None:
        gain = text("weighing.perfect", gain=plain(weighing.perfect_information))
        told += Markup("<p>{}</p>").format(link_numbers(gain, _METHODS))
    return told


def _clipped(weighing: Weighing) -> Markup:
    """Levels beyond the worst or the best, where differences count nothing any more."""
    found = weighing.performance.beyond()
    if not found:
        return Markup("")
    listed = [
        text(
            f"weighing.{'worse' if worse >= better else 'better'}",
            criterion=name,
            arm=arm,
            share=share(max(worse, better)),
        )
        for arm, name, worse, better in found
    ]
    told = text("weighing.beyond", listed="; ".join(listed))
    return Markup('<p class="basis">{}</p>').format(link_numbers(told, _METHODS))


def criteria_html(weighing: Weighing, sources: Sources | None = None) -> Markup:
    """The value tree: one row a criterion with its branch, levels, weight and whence the weight; and what is not weighed."""
    known = definitions()
    by_name = {known[entry.outcome].title: entry for entry in weighing.plan.criteria}
    rows: list[dict[str, object]] = []
    for criterion in weighing.performance.criteria:
        entry = by_name.get(criterion.name)
        found = _weight_source(weighing.plan, entry)
        branch = {"branch": entry.branch or "not said"} if entry else {}
        rows.append(
            {
                **branch,
                "criterion": criterion.name,
                "worst": shown(criterion.worst, criterion.unit),
                "best": shown(criterion.best, criterion.unit),
                "weight of the swing": _stated(weighing, criterion.name),
                "the weight is": _origin(found, sources),
            }
        )
    table = table_html(rows, _METHODS, caption=text("weighing.criteria"))
    return table + _unweighed(weighing.plan, sources)


def _stated(weighing: Weighing, name: str) -> str:
    """What is stated of one weight."""
    weights = weighing.weights
    said = []
    if weights.exact is not None:
        said.append(share(weights.exact[name] / sum(weights.exact.values())))
    if weights.intervals and name in weights.intervals:
        said.append(interval(*weights.intervals[name], "share"))
    if weights.order and name in weights.order:
        said.append(f"rank {list(weights.order).index(name) + 1}")
    said += [
        f"{plain(low)} to {plain(high)} times that of {other.lower()}"
        for (one, other), (low, high) in (weights.ratios or {}).items()
        if one == name
    ]
    return ", ".join(said) or text("weighing.unstated")


def _weight_source(plan: BenefitRisk, entry: Criterion | None) -> tuple[str, ...]:
    """References behind a weight: its own, those of a ratio that sets it, or of the order."""
    if entry is None:
        return ()
    ratios = [key for each in plan.ratios if each.of == entry.outcome for key in each.source]
    ordered = plan.order_source if entry.outcome in plan.order else ()
    return tuple(dict.fromkeys([*entry.source, *ratios, *ordered]))


def _origin(keys: Sequence[str], sources: Sources | None) -> Markup | str:
    if not keys:
        return text("weighing.judgement")
    return sources.links(keys) if sources else ", ".join(keys)


def _unweighed(plan: BenefitRisk, sources: Sources | None) -> Markup:
    if not plan.unweighed:
        return Markup("")
    listed = Markup("").join(
        Markup("<li>{}: {}{}.</li>").format(
            each.name,
            link_numbers(each.why, _METHODS),
            Markup(" ({})").format(_origin(each.source, sources)) if each.source else "",
        )
        for each in plan.unweighed
    )
    return Markup("<p>{}</p><ul>{}</ul>").format(text("weighing.unweighed"), listed)


def effects_html(weighing: Weighing) -> Markup:
    """One row an arm, one column a criterion: the level with its interval and basis."""
    table = weighing.performance
    rows: list[dict[str, object]] = []
    for row, arm in enumerate(table.alternatives):
        cells: dict[str, object] = {"arm": arm}
        for column, criterion in enumerate(table.criteria):
            levels = table.levels[row, column]
            if np.isnan(levels).all():
                cells[criterion.name] = None
                continue
            low, middle, high = np.quantile(levels, [0.05, 0.5, 0.95])
            level = f"{shown(middle, criterion.unit)} ({interval(low, high, criterion.unit)})"
            basis = Markup(' <span class="basis">{}</span>').format(
                table.basis[arm, criterion.name]
            )
            cells[criterion.name] = linked(level, anchor_of("made", arm)) + basis
        rows.append(cells)
    return table_html(rows, _METHODS, caption=text("weighing.effects"))


def scores_figure(weighing: Weighing, inks: Mapping[str, Ink]) -> Figure:
    """Weighted scores with their intervals."""
    scores = weighing.scores
    rows = []
    for place, arm in enumerate(scores.alternatives):
        low, high = scores.low[place], scores.high[place]
        rows.append(
            {
                "arm": arm,
                "outcome": "Score",
                "axis": text(f"weighing.axis{'_bounds' if scores.bounded.any() else ''}"),
                "median": float((np.median(low) + np.median(high)) / 2),
                "low": float(np.quantile(low, 0.05)),
                "high": float(np.quantile(high, 0.95)),
            }
        )
    return interval_panels(
        "scores",
        text("weighing.scores"),
        text("weighing.scores_caption"),
        pl.DataFrame(rows),
        (_METHODS, *(anchor_of("made", arm) for arm in scores.alternatives)),
        inks,
        columns=1,
    )


def ranks_figure(weighing: Weighing) -> Figure:
    """The share of draws in which each arm takes each rank."""
    found = weighing.ranks
    rows = [
        {
            "arm": arm,
            "rank": rank + 1,
            "acceptability": float(found.rank_acceptability[place, rank]),
        }
        for place, arm in enumerate(found.alternatives)
        for rank in range(len(found.alternatives))
    ]
    table = pl.DataFrame(rows)
    base = {
        "data": {"values": rows},
        "mark": {"type": "rect"},
        "height": 24 * len(found.alternatives),
        "encoding": {
            "x": {
                "field": "rank",
                "type": "ordinal",
                "title": text("weighing.rank"),
                "axis": {"labelAngle": 0},
            },
            "y": {
                "field": "arm",
                "type": "nominal",
                "sort": list(found.alternatives),
                "title": None,
                "axis": {"labelLimit": limit(found.alternatives)},
            },
            "color": {
                "field": "acceptability",
                "type": "quantitative",
                "title": text("weighing.share"),
                "scale": {"range": ["#f4f6f7", "#00735c"], "domain": [0, 1]},
                "legend": {"format": "%", "orient": "bottom"},
            },
        },
    }
    chart, narrow = (whole({**base, "width": width}) for width in (420, 190))
    bounds = f" {text('weighing.ranks_bounds')}" if weighing.ranks_at_best is not None else ""
    return Figure(
        "ranks",
        text("weighing.ranks"),
        f"{text('weighing.ranks_caption')}{bounds}",
        chart,
        table,
        (_METHODS,),
        narrow=narrow,
    )


def turning_html(weighing: Weighing, reference: str) -> Markup:
    """The weights that matter most to each arm's lead over the reference."""
    rows: list[dict[str, object]] = []
    for arm, swings in weighing.swings.items():
        for swing in swings[:2]:
            anchor = anchor_of("made", arm)
            rows.append(
                {
                    "arm": arm,
                    "criterion": swing.criterion,
                    "lead without it": linked(plain(swing.at_zero), anchor),
                    "lead as stated": linked(plain(swing.at_stated), anchor),
                    "lead at double weight": linked(plain(swing.at_double), anchor),
                }
            )
    title = text("weighing.turning_caption", reference=reference)
    head = Markup("<h3>{}</h3>").format(text("fold.turning"))
    return head + table_html(rows, _METHODS, caption=title)


def _drivers(comparison: Comparison) -> Markup:
    rows: list[dict[str, object]] = []
    for arm, found in comparison.drivers.items():
        for driver in [d for d in found if d.stands_out][:3]:
            rows.append(
                {
                    "arm": arm,
                    "uncertain parameter": Markup('<a href="#{}">{}</a>').format(
                        anchor_of("par", driver.parameter), in_words(driver.parameter)
                    ),
                    "rank correlation": linked(
                        f"{plain(driver.correlation)} ({interval(driver.low, driver.high, '1')})",
                        anchor_of("par", driver.parameter),
                    ),
                    **_gain(comparison, driver.parameter),
                }
            )
    first = next(iter(comparison.run.definitions.values()))
    about = {"outcome": first.spoken, "reference": comparison.study.reference}
    head = Markup("<h3>{}</h3>").format(text("fold.worth"))
    if not rows:
        return head + Markup("<p>{}</p>").format(text("weighing.no_drivers", **about))
    return head + table_html(rows, _METHODS, caption=text("weighing.drivers", **about))


def _gain(comparison: Comparison, parameter: str) -> dict[str, object]:
    """The column of what knowing a parameter would add to the score; none where no score is certain."""
    gain = comparison.worth_knowing.get(parameter)
    return {} if gain is None else {"gain in score from knowing it": linked(plain(gain), _METHODS)}
