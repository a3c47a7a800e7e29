"""The summary for a consultation: two pages on each paper, with letters that every printer has."""

import re
import zlib

import numpy as np
import pytest
from tests.report.made import SHIPPED, made, random_study, shipped

from speciosa.comparison.findings import findings
from speciosa.report.first.figure import first_figure
from speciosa.report.pdf import Paper, summary


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", SHIPPED)
def test_two_pages(name: str, paper: Paper) -> None:
    import vl_convert

    comparison = shipped(name, 3)
    figure = first_figure(findings(comparison.run), "pain_relief", comparison.study.reference)
    drawing = vl_convert.svg_to_png(figure.svg)
    assert pages(summary(comparison, drawing, figure.caption, "foot", paper)) == 2


def test_any_study_and_any_name_has_two_pages() -> None:
    import vl_convert

    figure = first_figure(findings(shipped("default", 1).run), "pain_relief", "Placebo")
    drawing = vl_convert.svg_to_png(figure.svg)
    for number in range(6):
        study = random_study(number).model_copy(update={"title": "Café “kratom” ≥ 5 μg — 日本"})
        comparison = made(study, np.random.default_rng(number))
        assert pages(summary(comparison, drawing, figure.caption, "foot", "A4")) == 2


def test_what_to_do_in_an_overdose_stands_on_paper_too() -> None:
    import vl_convert

    comparison = shipped("default", 3)
    figure = first_figure(findings(comparison.run), "pain_relief", "Placebo")
    drawing = vl_convert.svg_to_png(figure.svg)
    written = summary(comparison, drawing, figure.caption, "foot", "A4")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", written, re.DOTALL)
    texts = b"".join(zlib.decompress(each) for each in streams if each[:1] == b"x")
    assert b"naloxone" in texts and b"pregnancy" in texts
