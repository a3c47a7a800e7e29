"""The first screen put together: warnings, bottom line, figure, table."""

from markupsafe import Markup

from speciosa.comparison import Comparison
from speciosa.comparison.findings import findings
from speciosa.report.arm_names import label
from speciosa.report.figures.figure import Figure
from speciosa.report.first.alike import alike
from speciosa.report.first.bottom_line import bottom_line_html, main_outcome
from speciosa.report.first.figure import first_figure
from speciosa.report.first.table import findings_table
from speciosa.report.number import link_numbers
from speciosa.report.sections.sources import Sources
from speciosa.study.cautions import cautions
from speciosa.study.question.schema import Study


def first_screen(comparison: Comparison, figures: list[Figure], sources: Sources) -> Markup:
    """What a reader sees first; the figure joins `figures`, references join `sources`."""
    study = comparison.study
    rows = findings(comparison.run)
    labels = {arm.name: label(arm) for arm in study.arms}
    figure = first_figure(rows, main_outcome(rows, study.indication), study.reference)
    figures.append(figure)
    return Markup(
        '<div class="first">{warned}<div class="said">{said}</div><div class="seen">{seen}</div></div>'
        '<div id="findings">{table}{alike}{unlimited}</div>'
    ).format(
        warned=warnings_html(study),
        unlimited=warnings_html(study, unknown=True),
        said=bottom_line_html(comparison.run, rows),
        seen=figure.html(),
        table=findings_table(rows, labels, study.reference, sources),
        alike=Markup("").join(
            Markup("<p>{}</p>").format(link_numbers(words, "made")) for words in alike(rows, study)
        ),
    )


def warnings_html(study: Study, *, unknown: bool = False) -> Markup:
    """What must be said before anything else: one paragraph a warning, its numbers told again in the methods.

    Doses of which nobody states a limit (`unknown`) are told after the table.
    """
    return Markup("").join(
        Markup('<p class="warning">{}</p>').format(link_numbers(str(one), "methods"))
        for one in cautions(study)
        if one.unknown == unknown
    )
