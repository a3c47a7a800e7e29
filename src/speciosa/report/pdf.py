"""Two printed pages for a consultation: bottom line and figure, then the table of findings."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Literal

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from PIL import Image

from speciosa.comparison import Comparison
from speciosa.comparison.findings import Cell, Finding, findings
from speciosa.facts.lookup import edition
from speciosa.report.arm_names import Label, label
from speciosa.report.figures.figure import Figure
from speciosa.report.first.bottom_line import bottom_line
from speciosa.report.texts import text
from speciosa.report.words import answer, people, signed
from speciosa.saving import save_whole
from speciosa.study.cautions import EMERGENCY, cautions

Paper = Literal["A4", "Letter"]
_MARGIN_MM = 14.0
_MOST_WARNINGS, _LEAST_MM = 4, 35.0
_FONT = "Helvetica"
_PLAIN = str.maketrans({"≥": ">=", "≤": "<=", "–": "-", "—": "-", "’": "'", "μ": "u", "−": "-"})


def write_summary(comparison: Comparison, figure: Figure, foot: str, folder: Path) -> list[Path]:
    """Writes ``summary.pdf`` (A4) and ``summary-letter.pdf``, two pages each.

    Args:
        comparison: to be summed up.
        figure: that of the first screen.
        foot: what made the report.
        folder: of the files.
    """
    names: dict[str, Paper] = {"summary.pdf": "A4", "summary-letter.pdf": "Letter"}
    return [
        save_whole(folder / name, summary(comparison, figure.printed, figure.caption, foot, paper))
        for name, paper in names.items()
    ]


def summary(comparison: Comparison, drawing: bytes, caption: str, foot: str, paper: Paper) -> bytes:
    """The two pages as PDF."""
    pdf = FPDF(format=paper)
    pdf.set_creation_date(datetime.fromisoformat(edition()).replace(tzinfo=UTC))
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(False)
    pdf.set_title(_said(comparison.study.title))
    pdf.set_lang("en")
    rows = findings(comparison.run)
    _first_page(pdf, comparison, rows, drawing, caption, foot)
    _second_page(pdf, comparison, rows, foot)
    return bytes(pdf.output())


def _said(words: str) -> str:
    """A text in the letters that every printer's own fonts have."""
    return words.translate(_PLAIN).encode("latin-1", "replace").decode("latin-1")


def _line(pdf: FPDF, words: str, size: float, style: str = "", gap: float = 1.0) -> None:
    pdf.set_font(_FONT, style, size)
    pdf.multi_cell(0, size * 0.46, _said(words), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(gap)


def _first_page(
    pdf: FPDF,
    comparison: Comparison,
    rows: Sequence[Finding],
    drawing: bytes,
    caption: str,
    foot: str,
) -> None:
    pdf.add_page()
    _line(pdf, comparison.study.title, 16, "B")
    _line(pdf, comparison.study.question, 9.5, gap=1.5)
    _line(pdf, text("notice.short"), 9, "I", gap=1.5)
    _line(pdf, EMERGENCY, 9, "B", gap=3)
    warned = [str(one) for one in cautions(comparison.study)]
    for words in warned[:_MOST_WARNINGS]:
        _line(pdf, words, 9, "B")
    if len(warned) > _MOST_WARNINGS:
        _line(pdf, text("notice.more", count=len(warned) - _MOST_WARNINGS), 9, "B", gap=2)
    for part, group in groupby(bottom_line(comparison.run, rows), key=lambda each: each.part):
        words = " ".join(each.words for each in group)
        pdf.set_font(_FONT, "", 11.5)
        told = _said(f"**{text(f'bottom.part.{part}')}** {words}")
        pdf.multi_cell(0, 5.4, told, markdown=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(1.8)
    pdf.ln(2)
    _line(pdf, text("figure.title", reference=comparison.study.reference), 11, "B")
    room = pdf.h - pdf.get_y() - _MARGIN_MM - 20
    width_px, height_px = Image.open(BytesIO(drawing)).size
    if room > _LEAST_MM:
        pdf.image(BytesIO(drawing), w=min(pdf.epw, room * width_px / height_px))
    pdf.ln(1)
    _line(pdf, caption, 8.5)
    _foot(pdf, foot, 1)


def _second_page(pdf: FPDF, comparison: Comparison, rows: Sequence[Finding], foot: str) -> None:
    study = comparison.study
    labels = [label(arm) for arm in study.arms if arm.name != study.reference]
    pdf.add_page(orientation="landscape")
    _line(pdf, text("table.title"), 13, "B")
    _line(pdf, text("table.printed", reference=study.reference), 9, gap=1.5)
    size = max(4.5, min(7.5, 90 / max(len(labels), 1), 75 / max(len(rows), 1)))
    pdf.set_font(_FONT, "", size)
    first = 42.0
    widths = (first, *[(pdf.epw - first) / max(len(rows), 1)] * len(rows))
    with pdf.table(col_widths=widths, line_height=size * 0.42, text_align="LEFT") as table:
        head = table.row()
        for words in ("", *(row.title for row in rows)):
            head.cell(_said(words))
        for each in labels:
            line = table.row()
            line.cell(_said(_named(each)))
            for row in rows:
                line.cell(_said(printed_cell(row, row.cells[each.name])))
    _foot(pdf, foot, 2)


def _named(each: Label) -> str:
    return f"{each.name}\n{each.dose}"


def printed_cell(row: Finding, cell: Cell) -> str:
    """The figure to go by, what it rests on, and whether the other one disagrees."""
    figure = cell.trial
    if figure is not None and cell.trial_first:
        sure = figure.certainty or text("table.unjudged")
        if figure.kind == "level":
            return f"{people(figure.estimate)} of 1,000\n{text('table.studies_users')}"
        if figure.kind == "ratio":
            return f"{text('table.ratio', times=f'{figure.estimate:g}')}\n{text('table.trial', certainty=sure)}"
        lines = [signed(figure.estimate, row.unit), text("table.trial", certainty=sure)]
    else:
        value = answer(cell)
        if value is None:
            return text("table.dash")
        lines = [signed(value, row.unit), text("table.simulated")]
    if cell.disagrees:
        lines.append(text("table.disagree"))
    return "\n".join(lines)


def _foot(pdf: FPDF, foot: str, page: int) -> None:
    pdf.set_y(-_MARGIN_MM)
    pdf.set_font(_FONT, "", 7.5)
    pdf.cell(0, 4, _said(f"{foot} {page}/2"))
