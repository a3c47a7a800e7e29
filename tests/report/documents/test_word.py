"""The summary to be edited says what the page says, and equal comparisons give equal files."""

from pathlib import Path

import pytest
from docx import Document
from tests.report.made import SHIPPED, shipped

from speciosa.comparison.findings import findings
from speciosa.report.first.bottom_line import bottom_line
from speciosa.report.first.figure import first_figure
from speciosa.report.word import write_word
from speciosa.report.words import signed


@pytest.mark.parametrize("name", SHIPPED)
def test_the_document_holds_the_answer(name: str, tmp_path: Path) -> None:
    comparison = shipped(name, 3)
    rows = findings(comparison.run)
    figure = first_figure(rows, rows[0].key, comparison.study.reference)
    one = write_word(comparison, figure, "foot", tmp_path).read_bytes()
    found = Document(str(tmp_path / "summary.docx"))
    said = "\n".join(paragraph.text for paragraph in found.paragraphs)
    assert all(each.words in said for each in bottom_line(comparison.run))
    assert "naloxone" in said and len(found.inline_shapes) == 1
    table = found.tables[0]
    assert len(table.rows) == len(comparison.study.arms)
    assert len(table.columns) == len(rows) + 1
    for place, row in enumerate(rows, start=1):
        for line, cell in zip(table.rows[1:], row.cells.values(), strict=True):
            if cell.trial is not None and cell.trial_first and cell.trial.kind == "difference":
                assert signed(cell.trial.estimate, row.unit) in line.cells[place].text
    assert write_word(comparison, figure, "foot", tmp_path).read_bytes() == one
