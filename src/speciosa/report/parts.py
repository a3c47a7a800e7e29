"""The sections of a comparison's report, in the order in which a reader needs them."""

from collections.abc import Sequence

import polars as pl
from markupsafe import Markup

from speciosa.comparison import Comparison
from speciosa.comparison.findings import findings, reasons, told
from speciosa.report.figures.colours import inks
from speciosa.report.figures.courses import shared_course
from speciosa.report.figures.figure import Figure, anchor_of
from speciosa.report.first.bottom_line import main_outcome
from speciosa.report.first.screen import first_screen
from speciosa.report.page import Part
from speciosa.report.patients import patients_in_words
from speciosa.report.sections.claims import claims_html
from speciosa.report.sections.effects import interval_panels
from speciosa.report.sections.evidence_part import evidence_part
from speciosa.report.sections.exposure_part import exposure_part
from speciosa.report.sections.glossary import glossary_html
from speciosa.report.sections.interactions_part import interactions_html
from speciosa.report.sections.legal import legal_html
from speciosa.report.sections.methods import methods_html, unknown_html
from speciosa.report.sections.side_by_side import Estimate, OutcomeRow, side_by_side
from speciosa.report.sections.sources import Sources, how_made, parameter_tables
from speciosa.report.sections.special_part import special_html
from speciosa.report.sections.weighing_part import weighing_part
from speciosa.report.texts import listed, text

_COURSES = ("pain_nrs", "ventilation_fraction", "cows", "liking_vas", "mor_occupancy")
_FOLDED = ("liking_vas", "mor_occupancy")


def build(comparison: Comparison) -> tuple[list[Part], list[Figure]]:
    """All sections, and the figures in them: what a reader needs first stands first, accounts and lists on pages of their own."""
    sources = Sources()
    figures: list[Figure] = []
    main = main_outcome(findings(comparison.run), comparison.study.indication)
    parts = [
        Part("answer", text("bottom.title"), first_screen(comparison, figures, sources)),
        _effects(comparison, figures),
        Part("special", text("part.special"), special_html(comparison, sources)),
        Part(
            "interactions",
            text("part.interactions"),
            interactions_html(comparison.study, sources),
        ),
        _courses(comparison, figures),
        Part(
            "evidence",
            text("part.evidence"),
            evidence_part(comparison, figures, sources),
        ),
        Part("weighing", text("part.weighing"), weighing_part(comparison, figures, sources)),
        Part("unknown", text("part.unknown"), unknown_html(comparison, main)),
        Part("glossary", text("part.glossary"), glossary_html()),
        Part("exposure", text("part.exposure"), exposure_part(comparison, figures), own_page=True),
    ]
    if len(comparison.claims):
        said = Markup("<p>{}</p>").format(text("part.claims_about"))
        listed = claims_html(comparison.claims.to_dicts(), sources, comparison.ledger)
        parts.append(Part("claims", text("part.claims"), said + listed, own_page=True))
    parts += [
        Part("legal", text("part.legal"), legal_html(comparison.legal), own_page=True),
        Part("methods", text("part.methods"), methods_html(comparison), own_page=True),
        Part("made", text("part.made"), _made(comparison, sources), own_page=True),
    ]
    parts.append(Part("sources", text("part.sources"), sources.html(), own_page=True))
    return parts, figures


_PANEL = ("arm", "outcome", "axis", "median", "low", "high")


def _summary(comparison: Comparison) -> pl.DataFrame:
    axis = pl.col("unit").replace("1", "0 none, 1 full")
    return comparison.run.outcomes.summary().with_columns(axis.alias("axis"))


def _anchors(comparison: Comparison) -> tuple[str, ...]:
    return tuple(anchor_of("made", arm.name) for arm in comparison.run.arms)


def _gaps(comparison: Comparison, titles: Sequence[str]) -> str:
    """The arms without any of the outcomes, which a figure cannot show."""
    outcomes = comparison.run.outcomes
    empty = [
        arm.name
        for arm in comparison.run.arms
        if not any(len(outcomes.draws(title, arm.name)) for title in titles)
    ]
    return f" {text('effects.gaps', arms=', '.join(empty))}" if empty else ""


def _population(comparison: Comparison) -> str:
    population = comparison.study.population
    who = patients_in_words(population.covariates) or text("patient.usual")
    return text("patient.followed", patients=population.patients, draws=population.draws, who=who)


def _effects(comparison: Comparison, figures: list[Figure]) -> Part:
    shown = told(comparison.run)
    titles = [definition.title for definition in shown]
    summary = _summary(comparison).filter(pl.col("outcome").is_in(titles))
    figure = interval_panels(
        "benefit-harm",
        text("effects.title"),
        text("effects.caption", who=_population(comparison), gaps=_gaps(comparison, titles)),
        summary.sort("direction", maintain_order=True).select(*_PANEL),
        _anchors(comparison),
        inks(comparison.study.arms),
    )
    figures.append(figure)
    arms = [arm.name for arm in comparison.run.arms]
    rows = [
        OutcomeRow(
            definition.title,
            definition.plain,
            definition.direction,
            definition.unit,
            _estimates(summary.filter(pl.col("outcome") == definition.title)),
            reasons(comparison.run, definition),
        )
        for definition in shown
    ]
    table = side_by_side(
        arms,
        rows,
        text("effects.table"),
    )
    return Part("effects", text("part.effects"), table + figure.html())


def _estimates(found: pl.DataFrame) -> dict[str, Estimate]:
    return {
        arm: Estimate(median, low, high)
        for arm, median, low, high in found.select("arm", "median", "low", "high").iter_rows()
    }


def _courses(comparison: Comparison, figures: list[Figure]) -> Part:
    stops = {arm.stop_h for arm in comparison.study.arms if arm.stop_h > 0}
    stop_d = stops.pop() / 24 if len(stops) == 1 else None
    body, folded, folded_titles = Markup(""), Markup(""), []
    for output in _COURSES:
        title, axis = text(f"course.{output}.title"), text(f"course.{output}.axis")
        tables = [
            arm.courses.filter(
                pl.col("output") == output, pl.col("median").is_finite()
            ).with_columns(pl.lit(arm.name).alias("arm"))
            for arm in comparison.run.arms
        ]
        table = (
            pl.concat([table for table in tables if len(table)]) if any(map(len, tables)) else None
        )
        if table is None:
            continue
        figure = shared_course(
            f"course-{output.replace('_', '-')}",
            title,
            axis,
            table,
            _anchors(comparison),
            inks(comparison.study.arms),
            stop_d=stop_d,
            population=_population(comparison),
        )
        figures.append(figure)
        if output in _FOLDED:
            folded += figure.html()
            folded_titles.append(title[:1].lower() + title[1:])
        else:
            body += figure.html()
    if folded_titles:
        head = text("fold.curves", titles=listed(folded_titles))
        body += Markup("<details><summary>{}</summary>{}</details>").format(head, folded)
    return Part("courses", text("part.courses"), body)


def _made(comparison: Comparison, sources: Sources) -> Markup:
    arms = {arm.name: arm for arm in comparison.study.arms}
    made = Markup("").join(
        how_made(arms[run.name], run.substances, sources) for run in comparison.run.arms
    )
    parameters = {p.name: p for run in comparison.run.arms for p in run.parameters}
    return (
        made
        + Markup("<h3>Parameters of the models</h3>")
        + parameter_tables(parameters.values(), sources)
    )
