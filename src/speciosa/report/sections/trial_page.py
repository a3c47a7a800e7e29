"""The page of a simulated trial: what it rests on, its answer, design, flow of one trial, power, what the estimand loses."""

from typing import Any

import altair as alt
import polars as pl
from markupsafe import Markup

from speciosa.report.figures.theme import WIDTH, unchecked
from speciosa.report.number import plain, table_html
from speciosa.report.page import Part, page
from speciosa.report.sections.evidence_page import drawing
from speciosa.trials.operating.escalating import DoseResult
from speciosa.trials.operating.result import TrialResult
from speciosa.trials.operating.tables import course_table, flow
from speciosa.trials.operating.told import in_words
from speciosa.trials.people.worlds import orders_of, treatments_of
from speciosa.trials.question.words import read_hours

_INK, _BAND, _LINE = "#1d2730", "#8fc0b8", "#2a7f74"
_ROW, _HEIGHT = 46, 240


def trial_page(result: TrialResult) -> str:
    """One HTML file on a simulated trial."""
    from speciosa import __version__

    parts = [
        Part("answer", "Result", _answer(result)),
        Part("design", "Design", _design(result)),
        Part("flow", "One example trial", _flow(result)),
        Part("size", "Power against size", _power(result)),
        Part("estimand", "What the estimand loses", _estimand(result)),
        Part("methods", "How it was simulated", _methods(result)),
    ]
    question = result.trial.question or result.sentence
    seed = result.trial.simulation.seed
    footer = f"Made by Speciosa {__version__}. {result.replicates.trials} trials, seed {seed}."
    return page(result.trial.title, question, parts, footer)


def dose_page(result: DoseResult) -> str:
    """One HTML file on a simulated dose-finding trial."""
    from speciosa import __version__

    told = [line for line in result.warnings if not line.startswith("Assumed: ")]
    best = result.arms[result.right]
    lines = [
        f"The dose nearest to the target, {best}, is chosen in {result.power:.0%} of trials, a dose above it in "
        f"{result.too_high:.0%}."
    ]
    body = _rests(result.rests) + _paragraphs(lines, strong=True) + _paragraphs(told)
    table = table_html(result.doses(), "methods")
    parts = [
        Part("answer", "Result", body + table),
        Part("design", "Design", _paragraphs([result.sentence])),
    ]
    question = result.trial.question or result.sentence
    footer = f"Made by Speciosa {__version__}. Seed {result.trial.simulation.seed}."
    return page(result.trial.title, question, parts, footer)


def _rests(lines: tuple[str, ...]) -> Markup:
    """What an answer rests on that is assumed, before the answer."""
    if not lines:
        return Markup("")
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
    return Markup("<p><strong>This rests on assumptions.</strong></p><ul>{}</ul>").format(items)


def _paragraphs(lines: list[str], strong: bool = False) -> Markup:
    form = Markup("<p><strong>{}</strong></p>" if strong else "<p>{}</p>")
    return Markup("").join(form.format(line) for line in lines)


def _answer(result: TrialResult) -> Markup:
    first = result.comparisons[0]
    told = [line for line in result.warnings if not line.startswith("Assumed: ")]
    size = result.replicates.size
    lines = [
        f"With {size} people, {first.power:.0%} of trials find {first.arm} better than {result.trial.reference} "
        f"(Monte-Carlo error {first.power_se:.1%}); without any effect {result.type_1:.1%} do, "
        f"where {result.trial.design.alpha:.1%} may."
    ]
    if result.trial.endpoint.margin:
        lines[0] = lines[0].replace("better than", "not worse than")
    if result.trial.design.power is not None:
        if result.size is None:
            lines.append(
                f"No size up to {size} reaches a power of {result.trial.design.power:.0%}."
            )
        else:
            lines.append(
                f"A power of {result.trial.design.power:.0%} takes {result.size} people "
                f"({result.size_low} to {result.size_high} by Monte-Carlo error)."
            )
    if result.assurance is not None:
        lines.append(
            f"Averaged over what is not known of the drugs, the power is {result.assurance:.0%}: "
            "the chance that the trial succeeds."
        )
    body = _rests(result.rests) + _paragraphs(lines, strong=True) + _paragraphs(told)
    table = pl.DataFrame(
        [
            {
                "compared": each.arm,
                "power": each.power,
                "true difference": each.truth.value,
                "mean estimate": each.estimate,
                "bias": each.bias,
                "coverage of intervals": each.coverage,
            }
            for each in result.comparisons
        ]
    )
    harms = [
        f"In a trial {plain(people, 2)} people come to harm: {name}."
        for name, people in result.harms.items()
    ]
    return body + table_html(table, "methods") + _paragraphs(harms)


def _design(result: TrialResult) -> Markup:
    bars = pl.DataFrame(_bars(result))
    begin = result.trial.design.begin_h
    weeks = [(time + begin) / 168 for time in result.trial.design.shown_h]
    caption = "What each arm takes over time in weeks; ticks are visits, the dark one is where the endpoint is read."
    chart = _timeline(bars, weeks, result.trial.at)
    return _paragraphs([result.sentence]) + drawing(
        "design", "Arms and visits", caption, chart, bars
    )


def _bars(result: TrialResult) -> list[dict[str, object]]:
    """What each arm takes, from week to week."""
    trial, design = result.trial, result.trial.design
    drug = next(arm.name for arm in trial.arms if arm.name != trial.reference)
    last, begin = design.times_h[-1] / 168, design.begin_h / 168
    if design.kind == "crossover":
        treatments = [arm.name for arm in treatments_of(trial)]
        period = design.times_h[1] / 168
        return [
            {"arm": name, "takes": treatments[number], "from": end / 168 - period, "to": end / 168}
            for name, order in zip(result.arms, orders_of(trial), strict=True)
            for number, end in zip(order, design.times_h[1:], strict=True)
        ]
    if design.kind == "smart":
        when = read_hours(design.decide) / 168
        return [
            bar
            for path in trial.strategies
            for bar in (
                {"arm": path.name, "takes": result.arms[path.first], "from": 0.0, "to": when},
                {"arm": path.name, "takes": path.name, "from": when, "to": last},
            )
        ]
    run_in = [
        {"arm": name, "takes": drug, "from": 0.0, "to": begin} for name in result.arms if begin
    ]
    return [
        *run_in,
        *({"arm": name, "takes": name, "from": begin, "to": last} for name in result.arms),
    ]


@unchecked
def _timeline(bars: pl.DataFrame, weeks: list[float], at: int) -> Any:
    names = bars["arm"].unique(maintain_order=True).to_list()
    row = alt.Y("arm:N", sort=names, title=None)
    base = alt.Chart(alt.Data(values=bars.to_dicts()), height=_ROW * len(names))
    bar = base.mark_bar(height=20, opacity=0.6).encode(
        x=alt.X("from:Q", title="week"), x2="to:Q", y=row, color=alt.Color("takes:N", title=None)
    )
    ticks = [
        {"arm": name, "week": week, "read": number == at}
        for name in names
        for number, week in enumerate(weeks)
    ]
    colour = alt.condition("datum.read", alt.value(_INK), alt.value(_LINE))
    tick = (
        alt.Chart(alt.Data(values=ticks))
        .mark_tick(thickness=3, height=26)
        .encode(x="week:Q", y=row, color=colour)
    )
    return bar + tick


def _flow(result: TrialResult) -> Markup:
    table = flow(result)
    people = int(table["randomised"].sum())
    lines = [
        f"{people} people were randomised. The columns follow them to the endpoint, with the reasons of those who stopped."
    ]
    course = course_table(result)
    return (
        _paragraphs(lines)
        + table_html(
            table.cast(pl.String).transpose(
                include_header=True, header_name="people", column_names="arm"
            ),
            "methods",
        )
        + drawing(
            "course",
            f"{in_words(result.trial.endpoint.output).capitalize()}, of those who were seen",
            "Mean and 95% interval of the mean by visit in the first simulated trial. Simulated; not observed in patients.",
            _courses(course),
            course,
        )
    )


@unchecked
def _courses(table: pl.DataFrame) -> Any:
    data = alt.Data(values=table.to_dicts())
    base = alt.Chart(data, height=_HEIGHT).encode(
        x=alt.X("week:Q", title="week"), color=alt.Color("arm:N", title=None)
    )
    line = base.mark_line(point=True).encode(
        y=alt.Y("mean:Q", title="mean", scale=alt.Scale(zero=False))
    )
    return base.mark_area(opacity=0.2).encode(y="low:Q", y2="high:Q") + line


def _power(result: TrialResult) -> Markup:
    reach = 1.959963984540054
    table = pl.DataFrame(
        [
            {
                "size": n,
                "power": p,
                "low": max(0.0, p - reach * se),
                "high": min(1.0, p + reach * se),
            }
            for n, p, se in result.tried
        ]
    )
    looks = pl.DataFrame(
        [
            {
                "people at the look": look.people,
                "bound of z": look.z_upper,
                "stop for efficacy": look.efficacy,
                "stop for futility": look.futility,
            }
            for look in result.looks
        ]
    )
    body = drawing(
        "power",
        "Power against size",
        "Share of simulated trials that find the arm better; bars are 95% intervals of the Monte-Carlo error.",
        power_chart(table, result.trial.design.power),
        table,
    )
    return body + (table_html(looks, "methods") if len(result.looks) > 1 else Markup(""))


@unchecked
def power_chart(table: pl.DataFrame, aim: float | None) -> Any:
    """Power against size, with intervals and the power that was aimed at.

    Args:
        table: columns ``size``, ``power``, ``low``, ``high``.
        aim: a power, or None.
    """
    data = alt.Data(values=table.to_dicts())
    base = alt.Chart(data, height=_HEIGHT).encode(x=alt.X("size:Q", title="people in all arms"))
    scale = alt.Scale(domain=[0, 1])
    chart = base.mark_rule(color=_INK).encode(
        y=alt.Y("low:Q", title="power", scale=scale), y2="high:Q"
    )
    chart = chart + base.mark_line(point=True, color=_LINE).encode(y="power:Q")
    if aim is not None:
        rule = alt.Chart(alt.Data(values=[{"power": aim}]))
        chart = chart + rule.mark_rule(strokeDash=[4, 3], color=_INK).encode(y="power:Q")
    return chart.properties(width=WIDTH)


def _estimand(result: TrialResult) -> Markup:
    first = result.comparisons[0]
    table = pl.DataFrame(
        [
            {"strategy": name, "true difference": each.value, "share of the people": each.stratum}
            for name, each in result.estimands
        ]
    )
    lines = [
        f"The trial's own estimand has a true value of {plain(first.truth.value, 3)}; {result.plan.method} estimates "
        f"{plain(first.estimate, 3)} on average, so it is off by {plain(first.bias, 2)} (Monte-Carlo error "
        f"{plain(first.bias_se, 2)}), and {first.coverage:.1%} of its intervals hold the truth.",
    ]
    if not result.estimands:
        return _paragraphs(
            [*lines, "No intercurrent event is simulated: every strategy has the same true value."]
        )
    lines.append("The same people give other true values where all events are met by one strategy:")
    return _paragraphs(lines) + table_html(table, "methods")


def _methods(result: TrialResult) -> Markup:
    trial, plan, moves = result.trial, result.plan, result.plan.rules.moves
    lines = [
        "People are solved once an arm by mechanism; each replicate takes its people from that pool, measures them with error, "
        "rescues them, lets them stop, and analyses what is left. The truth is worked out from people who stand in both arms.",
        f"Pool of {trial.population.patients} people, {trial.population.draws} draws; {result.replicates.trials} trials; "
        f"truth from {trial.simulation.truth} people.",
        f"Measurement error {moves.visit_sd:g}, response to treatment {moves.placebo:g} (SD {moves.placebo_sd:g}), "
        f"drift {moves.drift:g} a week.",
    ]
    leaving = plan.rules.leaving
    if leaving is not None:
        odds = ", ".join(f"{each:.2f}" for each in dict.fromkeys(leaving.intercept))
        lines.append(
            f"Log odds of stopping an interval: {odds} and {leaving.adverse:g} with an unwanted effect, {leaving.lack:g} by the "
            f"share of the baseline that is left, {leaving.withdrawal:g} by 10 points of COWS, {leaving.time:g} a week; "
            f"by the visit {'that is missed' if leaving.unseen else 'seen last'}."
        )
    arms = pl.DataFrame(
        [
            {
                "arm": arm.name,
                "regimen": arm.regimen,
                "allocation": arm.allocation,
                "note": arm.note,
            }
            for arm in trial.arms
        ]
    )
    return _paragraphs(lines) + table_html(arms, "methods")
