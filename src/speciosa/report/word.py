"""The summary for those who must edit it: bottom line, figure and findings as a Word document."""

from datetime import UTC, datetime
from io import BytesIO
from itertools import groupby
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as Written
from docx.enum.section import WD_ORIENT
from docx.shared import Mm, Pt

from speciosa.comparison import Comparison
from speciosa.comparison.findings import findings
from speciosa.facts.lookup import edition
from speciosa.report.arm_names import label
from speciosa.report.figures.figure import Figure
from speciosa.report.first.bottom_line import bottom_line
from speciosa.report.pdf import printed_cell
from speciosa.report.texts import text
from speciosa.saving import save_whole
from speciosa.study.cautions import EMERGENCY, cautions

_MARGIN_MM, _PICTURE_MM, _CELL_PT = 16, 165, 7.5


def write_word(comparison: Comparison, figure: Figure, foot: str, folder: Path) -> Path:
    """Writes ``summary.docx``: what ``summary.pdf`` says, to be edited.

    Args:
        comparison: to be summed up.
        figure: that of the first screen.
        foot: what made the report.
        folder: of the file.
    """
    document = Document()
    made = datetime.fromisoformat(edition()).replace(tzinfo=UTC)
    core = document.core_properties
    core.title, core.author, core.created, core.modified = comparison.study.title, "", made, made
    for margin in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(document.sections[0], margin, Mm(_MARGIN_MM))
    _first_page(document, comparison, figure.printed, figure.caption)
    _table(document, comparison)
    document.add_paragraph(foot)
    content = BytesIO()
    document.save(content)
    return save_whole(folder / "summary.docx", _timeless(content.getvalue()))


def _first_page(document: Written, comparison: Comparison, drawing: bytes, caption: str) -> None:
    study = comparison.study
    document.add_heading(study.title, 0)
    document.add_paragraph(study.question)
    document.add_paragraph(text("notice.short"))
    for words in (EMERGENCY, *map(str, cautions(study))):
        document.add_paragraph().add_run(words).bold = True
    document.add_heading(text("bottom.title"), 1)
    for part, group in groupby(bottom_line(comparison.run), key=lambda each: each.part):
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{text(f'bottom.part.{part}')} ").bold = True
        paragraph.add_run(" ".join(each.words for each in group))
    document.add_heading(text("figure.title", reference=study.reference), 1)
    document.add_picture(BytesIO(drawing), width=Mm(_PICTURE_MM))
    document.add_paragraph(caption)


def _table(document: Written, comparison: Comparison) -> None:
    """The findings on a page of its own across: a row a treatment, a column an outcome."""
    study, rows = comparison.study, findings(comparison.run)
    section = document.add_section()
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    document.add_heading(text("table.title"), 1)
    document.add_paragraph(text("table.printed", reference=study.reference))
    arms = [arm for arm in study.arms if arm.name != study.reference]
    lines = [["", *(row.title for row in rows)]]
    for arm in arms:
        named = label(arm)
        cells = [printed_cell(row, row.cells[arm.name]) for row in rows]
        lines.append([f"{named.name}\n{named.dose}", *cells])
    table = document.add_table(len(lines), len(rows) + 1, "Light Grid")
    for row, told in zip(table.rows, lines, strict=True):
        for cell, words in zip(row.cells, told, strict=True):
            cell.paragraphs[0].add_run(words).font.size = Pt(_CELL_PT)


def _timeless(content: bytes) -> bytes:
    """The same document with no time of writing in it, so that equal studies give equal files."""
    packed = BytesIO()
    with ZipFile(BytesIO(content)) as found, ZipFile(packed, "w", ZIP_DEFLATED) as made:
        for name in found.namelist():
            made.writestr(ZipInfo(name), found.read(name), ZIP_DEFLATED)
    return packed.getvalue()
