"""Compare: up to four treatments, their benefit, harm and time courses, and what it comes to in words."""

from collections.abc import Mapping

import polars as pl
from htmltools import Tag, TagList, tags
from markupsafe import Markup
from pydantic import ValidationError

from speciosa.app.asking import choices, questions
from speciosa.app.asking.state import State
from speciosa.app.limits import LIMITS
from speciosa.app.look import parts
from speciosa.app.look.drawing import DARK, View, columns_for, thinned
from speciosa.comparison.findings import findings, reasons, told
from speciosa.report.arm_names import label
from speciosa.report.figures.colours import NO_DRUG, inks
from speciosa.report.figures.courses import time_course
from speciosa.report.figures.figure import anchor_of
from speciosa.report.first.bottom_line import bottom_line_html
from speciosa.report.first.headline import headline
from speciosa.report.first.screen import warnings_html
from speciosa.report.first.table import findings_table
from speciosa.report.number import interval, link_numbers, linked, shown, table_html
from speciosa.report.patients import patients_in_words
from speciosa.report.sections.effects import interval_panels
from speciosa.report.sections.sources import Sources
from speciosa.study.result import StudyRun

TITLE = "Compare"


def question(state: State) -> Tag:
    """The treatments."""
    known = colours(state)
    arms = [_arm(state, number, known) for number in range(1, LIMITS.arms + 1)]
    return tags.div(
        tags.h2("Treatments"),
        *arms,
        tags.div(
            {"class": "pair"},
            tags.div(parts.choice(state, "for", "What matters", choices.INDICATIONS)),
            tags.div(
                parts.text(state, "days", parts.unit("Follow for", "days"), inputmode="decimal")
            ),
        ),
        tags.details(
            {"id": "details-size"},
            tags.summary("Size of the full run"),
            tags.div(
                {"class": "pair"},
                tags.div(parts.text(state, "patients", "Patients", inputmode="numeric")),
                tags.div(parts.text(state, "draws", "Draws", inputmode="numeric")),
            ),
        ),
    )


def colours(state: State) -> dict[str, tuple[str, str]]:
    """The colour of each treatment by its field, on light and on dark ground: that of its curves."""
    try:
        arms = questions.arms_of(state)
    except ValidationError:
        return {}
    found = inks([arm for arm, _ in arms])
    light = {field: found[arm.name].colour for arm, field in arms}
    return {field: (colour, DARK.get(colour, colour)) for field, colour in light.items()}


def _arm(state: State, number: int, known: Mapping[str, tuple[str, str]]) -> Tag:
    words, name = f"arm{number}", f"name{number}"
    light, dark = known.get(words, (NO_DRUG, NO_DRUG))
    absent = " absent" if state[words] == choices.ABSENT else ""
    return tags.div(
        {"class": f"arm{absent}", "style": f"--arm:{light};--arm-dark:{dark}"},
        parts.treatment_list(state, words, name, f"Treatment {number}", absent=number > 1),
        parts.dosing(
            state,
            words,
            f"treatment {number}",
            hint="For example: 5 g kratom leaf po q8h for 14 d, or 2 capsules kratom three times a day for 14 d",
        ),
        parts.hidden(state, name),
        parts.fault(name),
    )


def controls(state: State) -> Tag:
    """Which curve is shown."""
    return tags.div(course_choice(state))


def course_choice(state: State) -> TagList:
    """The list of curves."""
    known = {key: title for key, (title, _) in choices.COURSES.items()}
    return parts.choice(state, "course", "Curve", known)


def view(state: State, run: StudyRun, narrow: bool) -> View:
    """The answer, benefit and harm, one time course, every outcome, and how it was made."""
    page = View()
    page.text(who(run))
    page.text(answer(run))
    titles = [entry.title for entry in headline(run)]
    summary = summarised(run)
    figure = interval_panels(
        "benefit-harm",
        "Benefit and harm side by side",
        f"{population(run)}. {_bars(run)} Simulated.",
        summary.filter(pl.col("outcome").is_in(titles)).select(*PANEL),
        anchors(run),
        inks(run.study.arms),
        columns=columns_for(narrow),
    )
    page.figure(figure)
    course(page, state["course"], run, narrow)
    page.text(every_outcome(run, summary))
    page.text(made(run))
    return page


def answer(run: StudyRun) -> Markup:
    """The bottom line and the table of findings, as in a report; below it what each treatment is."""
    rows = findings(run)
    labels = {arm.name: label(arm) for arm in run.study.arms}
    many = run.study.population.draws >= FEW_DRAWS
    sources = Sources()
    table = findings_table(rows, labels, run.study.reference, sources, intervals=many)
    return Markup(
        '<div class="answer">{}{}<div id="findings">{}</div>'
        "<details><summary>Sources of the figures of studies</summary>{}</details></div>"
    ).format(warnings_html(run.study), bottom_line_html(run, rows), table, sources.html())


PANEL = ("arm", "outcome", "axis", "median", "low", "high")


FEW_DRAWS = 20
"""Fewer draws of what is uncertain say nothing of an interval: only points are shown."""


def summarised(run: StudyRun) -> pl.DataFrame:
    """Median and interval of every outcome and arm, with the title of its axis; no interval from few draws."""
    table = run.outcomes.summary().with_columns(pl.col("unit").alias("axis"))
    if run.study.population.draws >= FEW_DRAWS:
        return table
    return table.with_columns(low=pl.col("median"), high=pl.col("median"))


def anchors(run: StudyRun) -> tuple[str, ...]:
    """Where the page says how each arm was simulated."""
    return tuple(anchor_of("made", arm.name) for arm in run.arms)


def population(run: StudyRun) -> str:
    """Whom a figure shows."""
    people = run.study.population
    who = patients_in_words(people.covariates) or "adults"
    return f"{people.patients} virtual patients, {people.draws} draws of the uncertain parameters ({who})"


def who(run: StudyRun) -> Markup:
    """The line above the answer."""
    return Markup('<p class="stage-note">{}.</p>').format(link_numbers(population(run), "methods"))


def course(page: View, output: str, run: StudyRun, narrow: bool) -> None:
    """Adds the time course of one output, for the arms that have it."""
    title, axis = choices.COURSES[output]
    tables = [
        thinned(
            arm.courses.filter(pl.col("output") == output, pl.col("median").is_finite())
        ).with_columns(pl.lit(arm.name).alias("arm"))
        for arm in run.arms
    ]
    tables = [table for table in tables if len(table)]
    if not tables:
        page.text(
            Markup('<p class="gap">{}: not estimable for these treatments.</p>').format(title)
        )
        return
    stops = {arm.stop_h for arm in run.study.arms if arm.stop_h > 0}
    figure = time_course(
        f"course-{output.replace('_', '-')}",
        f"{title} over time",
        axis,
        pl.concat(tables),
        anchors(run),
        inks(run.study.arms),
        stop_d=stops.pop() / 24 if len(stops) == 1 else None,
        population=population(run),
    )
    page.figure(figure, narrow=narrow)


def every_outcome(run: StudyRun, summary: pl.DataFrame) -> Markup:
    """One row an outcome, one column an arm."""
    found = {(row["arm"], row["outcome"]): row for row in summary.iter_rows(named=True)}
    rows = []
    for definition in told(run):
        why = reasons(run, definition)
        cells: dict[str, object] = {
            "outcome": Markup('{}<br><span class="basis">{}; {}</span>').format(
                definition.title, definition.plain, definition.direction
            )
        }
        for arm in run.arms:
            row = found.get((arm.name, definition.title))
            cells[arm.name] = (
                why[arm.name]
                if row is None
                else linked(
                    _printed(row, definition.unit),
                    anchor_of("made", arm.name),
                )
            )
        rows.append(cells)
    caption = "Median (90% interval) of the mean patient, or share of patients. Simulated."
    return Markup('<h2>Every outcome</h2><div class="by-arm">{}</div>').format(
        table_html(rows, "methods", caption=caption)
    )


def _bars(run: StudyRun) -> str:
    if run.study.population.draws < FEW_DRAWS:
        return f"Points: medians over draws; fewer than {FEW_DRAWS} draws tell no interval."
    return "Points: medians over draws; bars: 90% intervals."


def _printed(row: Mapping[str, object], unit: str) -> str:
    """A median with its interval; alone where there is none."""
    low, middle, high = (float(str(row[key])) for key in ("low", "median", "high"))
    ends = "" if low == middle == high else f" ({interval(low, high, unit)})"
    return f"{shown(middle, unit)}{ends}"


def made(run: StudyRun) -> Markup:
    """How each arm was simulated: doses, substances, and where to read their sources."""
    arms = {arm.name: arm for arm in run.study.arms}
    entries = []
    for done in run.arms:
        anchor = anchor_of("made", done.name)
        names = Markup(", ").join(
            Markup('<button type="button" class="link" data-entry="{}">{}</button>').format(
                name, name.replace("_", " ")
            )
            for name in done.substances
        )
        failed = sum(done.failed.values())
        lost = f" {failed} patients could not be solved and are left out." if failed else ""
        entries.append(
            Markup(
                '<div id="{0}" data-source="#{0}"><h4>{1}</h4><p>{2}. Model sheets: {3}.{4}</p></div>'
            ).format(anchor, done.name, str(arms[done.name].doses), names or "no drug", lost)
        )
    return Markup(
        '<details id="methods" class="made" open><summary>How this was made</summary>'
        "<p>Doses pass through absorption, distribution and metabolism to the receptors, and from there to pain, "
        "breathing, liking, tolerance and withdrawal, in the same virtual patients for every treatment. An interval is "
        "the central 90% over draws of the uncertain parameters; a preview has few of them. A full report, with every "
        "parameter and its source, is under “Keep or share”.</p>{}</details>"
    ).format(Markup("").join(entries))
