"""The summary of findings as a table: a row an outcome, a column a treatment, in each cell the figure to go by."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from speciosa.comparison.findings import Cell, Finding
from speciosa.comparison.trial_figures import TrialFigure
from speciosa.report.arm_names import Label
from speciosa.report.figures.figure import anchor_of
from speciosa.report.number import link_numbers, linked, plain
from speciosa.report.sections.sources import Sources
from speciosa.report.texts import text
from speciosa.report.words import (
    answer,
    named_unit,
    number_needed,
    people,
    signed,
    span,
    unnoticed,
)


def findings_table(
    rows: Sequence[Finding],
    labels: Mapping[str, Label],
    reference: str,
    sources: Sources,
    *,
    intervals: bool = True,
) -> Markup:
    """The table as HTML; every figure links to its arm or to its reference.

    Args:
        rows: outcomes, benefits first.
        labels: what each arm gives, by name.
        reference: name of the arm that the others are compared with.
        sources: gathers the references.
        intervals: whether simulated figures have intervals; too few draws tell none.
    """
    arms = list(rows[0].cells) if rows else []
    heads = Markup("").join(_head(labels[name]) for name in arms)
    body = Markup("").join(
        Markup(
            '<tbody><tr class="kind"><th colspan="{}" scope="rowgroup">{}</th></tr>{}</tbody>'
        ).format(
            len(arms) + 1,
            text(f"table.{kind}"),
            Markup("").join(_row(row, reference, sources, intervals) for row in group),
        )
        for kind, group in groupby(rows, key=_kind)
    )
    return Markup(
        '<p class="how">{}</p><div class="table wide" tabindex="0" role="region" aria-label="{}">'
        '<table class="findings"><thead><tr><th scope="col">{}</th>{}</tr></thead>{}</table></div>'
    ).format(
        text("table.caption", reference=labels[reference].name),
        text("table.title"),
        text("table.outcome"),
        heads,
        body,
    )


def _kind(row: Finding) -> str:
    if row.benefit:
        return "benefits"
    return "serious" if row.serious else "harms"


def _head(label: Label) -> Markup:
    anchor = anchor_of("made", label.name)
    lines = Markup("").join(
        Markup("<small>{}</small>").format(link_numbers(part, anchor))
        for part in (label.dose, label.equivalents)
        if part
    )
    return Markup('<th scope="col">{}{}</th>').format(link_numbers(label.name, anchor), lines)


def _row(row: Finding, reference: str, sources: Sources, intervals: bool) -> Markup:
    cells = Markup("").join(_cell(row, cell, sources, intervals) for cell in row.cells.values())
    return Markup('<tr id="{}"><th scope="row">{}</th>{}</tr>').format(
        anchor_of("finding", row.key), _outcome(row, reference, sources), cells
    )


def _outcome(row: Finding, reference: str, sources: Sources) -> Markup:
    """The outcome, what the reference has of it, and what a difference can be held against."""
    lines = [link_numbers(row.title, "methods")]
    if row.reference is not None:
        level = _level(row.reference, row.unit)
        told = text("table.with_reference", reference=reference, level=level)
        lines.append(_small(link_numbers(told, anchor_of("made", reference))))
    if row.least is not None:
        unit = row.unit.removesuffix("s") if row.least == 1 else row.unit
        told = text("table.notice", least=f"{row.least:g}", unit=unit)
        lines.append(_small(link_numbers(told, _source(row.least_row, sources))))
    elif row.least_row:
        lines.append(_small(Markup(text("table.notice_unknown"))))
    if row.yardstick:
        lines.append(_small(link_numbers(row.yardstick, _source(row.yardstick_row, sources))))
    counted = dict.fromkeys(cell.trial.counted for cell in row.cells.values() if cell.trial)
    lines += [
        _small(link_numbers(text("table.counted", counted=told), "evidence")) for told in counted
    ]
    return Markup("").join(lines)


def _source(row: str, sources: Sources) -> str:
    from speciosa import facts

    return sources.anchor(str(facts.fact(row).reference))


def _small(words: Markup) -> Markup:
    return Markup("<small>{}</small>").format(words)


def _level(value: float, unit: str) -> str:
    if unit == "share":
        return text("word.of_people", count=people(value))
    return f"{plain(value) if abs(value) >= 0.05 else '0'}{named_unit(unit)}"


def _cell(row: Finding, cell: Cell, sources: Sources, intervals: bool) -> Markup:
    lines: list[Markup] = []
    if cell.trial is not None and cell.trial_first:
        lines += _trial_first(row, cell, cell.trial, sources)
    elif cell.simulated is not None:
        lines += _simulated_first(row, cell, sources, intervals)
    else:
        why = text("table.none", reason=cell.reason) if cell.reason else text("table.none_at_all")
        return Markup('<td class="gap">{}</td>').format(_small(Markup("{}").format(why)))
    if cell.disagrees:
        lines.append(Markup('<small class="flag">{}</small>').format(text("table.disagree")))
    if unnoticed(row, cell):
        lines.append(_small(Markup(text("table.unnoticed"))))
    return Markup("<td>{}</td>").format(Markup("").join(lines))


def _trial_first(row: Finding, cell: Cell, figure: TrialFigure, sources: Sources) -> list[Markup]:
    anchor = sources.anchor(figure.reference)
    sure = (
        text("table.trial_unjudged")
        if figure.certainty is None
        else text("table.trial", certainty=figure.certainty)
    )
    if figure.kind == "level":
        told = text("table.level", count=people(figure.estimate))
        return [_small(link_numbers(told, anchor))]
    if figure.kind == "ratio":
        head = text("table.ratio", times=plain(figure.estimate))
        ends = f"{plain(figure.low or 0.0)} to {plain(figure.high or 0.0)}"
        lines = [linked(head, anchor), _small(link_numbers(ends, anchor))]
    else:
        lines = [linked(signed(figure.estimate, row.unit), anchor)]
        ends = span(figure.low, figure.high, row.unit)
        lines += [_small(link_numbers(ends, anchor))] if ends else []
        lines += _needed(row, number_needed(figure), anchor)
    lines[0] = Markup("<b>{}</b>").format(lines[0])
    lines.append(_small(Markup("{}").format(sure)))
    if cell.simulated is not None:
        told = text("table.simulated_other", figure=signed(cell.simulated.median, row.unit))
        lines.append(_small(link_numbers(told, anchor_of("made", cell.arm))))
    return lines


def _simulated_first(row: Finding, cell: Cell, sources: Sources, intervals: bool) -> list[Markup]:
    found, anchor = cell.simulated, anchor_of("made", cell.arm)
    assert found is not None
    lines = [Markup("<b>{}</b>").format(linked(signed(found.median, row.unit), anchor))]
    if intervals and (found.low or found.high):
        lines.append(_small(link_numbers(span(found.low, found.high, row.unit), anchor)))
    if intervals:
        lines += _needed(row, number_needed(found), anchor)
    lines.append(_small(Markup(text("table.simulated"))))
    if cell.trial is not None and answer(cell) is not None:
        figure = cell.trial
        other = sources.anchor(figure.reference)
        told = text("table.trial_other", figure=signed(figure.estimate, row.unit))
        lines.append(_small(link_numbers(told, other)))
    return lines


def _needed(row: Finding, count: int | None, anchor: str) -> list[Markup]:
    if row.unit != "share" or count is None or count < 2:
        return []
    return [_small(link_numbers(text("table.one_in", count=count), anchor))]
