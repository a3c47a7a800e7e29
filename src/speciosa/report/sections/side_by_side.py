"""The effects table: for each outcome a line of words, and below it one number an arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from speciosa.report.figures.figure import anchor_of
from speciosa.report.number import interval, link_numbers, linked, shown
from speciosa.report.texts import text


@dataclass(frozen=True)
class Estimate:
    """Median and 90% interval of an outcome in one arm."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class OutcomeRow:
    """One outcome of all arms.

    Attributes:
        title: of the outcome.
        plain: what it means.
        direction: benefit or risk.
        unit: of the estimates.
        estimates: by arm.
        reasons: why an arm has none, by arm.
    """

    title: str
    plain: str
    direction: str
    unit: str
    estimates: Mapping[str, Estimate]
    reasons: Mapping[str, str] = field(default_factory=dict)


def side_by_side(arms: Sequence[str], rows: Sequence[OutcomeRow], caption: str) -> Markup:
    """The effects table as HTML; each number links to how its arm was simulated."""
    heads = Markup("").join(Markup('<th scope="col">{}</th>').format(arm) for arm in arms)
    body = Markup("").join(_pair(arms, row) for row in rows)
    return Markup(
        '<div class="table"><table class="sides"><caption>{}</caption><thead><tr>{}</tr></thead>{}</table></div>'
    ).format(link_numbers(caption, "methods"), heads, body)


def _pair(arms: Sequence[str], row: OutcomeRow) -> Markup:
    cells = Markup("").join(_cell(row, arm) for arm in arms)
    return Markup(
        '<tbody><tr><th colspan="{}" scope="rowgroup">{} <span class="basis">{}; {}</span></th></tr>'
        "<tr>{}</tr></tbody>"
    ).format(
        len(arms),
        link_numbers(row.title, "methods"),
        link_numbers(row.plain, "methods"),
        row.direction,
        cells,
    )


def _cell(row: OutcomeRow, arm: str) -> Markup:
    found = row.estimates.get(arm)
    if found is None:
        why = text("table.none", reason=row.reasons.get(arm, text("table.untold")))
        return Markup('<td><span class="gap">{}</span></td>').format(why)
    anchor = anchor_of("made", arm)
    return Markup('<td>{}<br><span class="range">{}</span></td>').format(
        linked(shown(found.median, row.unit), anchor),
        linked(interval(found.low, found.high, row.unit), anchor),
    )
