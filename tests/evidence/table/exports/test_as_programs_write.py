"""Tables as other programs write them: workbooks, R, BUGS, and the columns of packages."""

import math
import zipfile

import pytest
from tests.evidence.table.test_reading_tables import COUNTS, refused

from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.evidence.table.reading import Reading


def workbook(path, sheets):
    """A minimal workbook: text inline, numbers as they are."""

    def cell(value):
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>' if value else "<c/>"
        return f"<c><v>{value}</v></c>"

    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    listed = "".join(
        f'<sheet name="{n}" sheetId="{i}" r:id="r{i}"/>' for i, n in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="r{i}" Type="{relations}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w") as out:
        kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        over = f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        out.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
            f'"application/vnd.openxmlformats-package.relationships+xml"/>{over}</Types>',
        )
        out.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" Type="{relations}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        out.writestr(
            "xl/workbook.xml",
            f'<workbook {space} xmlns:r="{relations}"><sheets>{listed}</sheets></workbook>',
        )
        out.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">{links}</Relationships>',
        )
        for i, rows in enumerate(sheets.values(), 1):
            body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            out.writestr(
                f"xl/worksheets/sheet{i}.xml",
                f"<worksheet {space}><sheetData>{body}</sheetData></worksheet>",
            )
    return path


def test_a_workbook_with_a_title_and_merged_groups(tmp_path):
    rows = [
        ["Deaths in trials", "", "", "", ""],
        ["", "Experimental", "", "Control", ""],
        ["Study", "Events", "Total", "Events", "Total"],
        ["A", 14, 60, 22, 61],
        ["B", 9, 45, 15, 44],
        ["Total", 23, 105, 37, 105],
    ]
    found = meta_analysis(workbook(tmp_path / "trials.xlsx", {"Data": rows}), measure="RR")
    assert found.labels == ("A", "B")
    assert found.estimate == pytest.approx(meta_analysis(COUNTS, measure="RR").estimate)


def test_a_workbook_with_several_sheets_asks_which(tmp_path):
    plain = [list(COUNTS), *[list(row) for row in zip(*COUNTS.values(), strict=True)]]
    file = workbook(tmp_path / "trials.xlsx", {"one": plain, "two": plain})
    assert "--sheet" in refused(file, measure="RR")
    assert meta_analysis(file, measure="RR", reading=Reading(sheet="two")).k == 2
    assert "one, two" in refused(file, measure="RR", reading=Reading(sheet="three"))
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"no workbook")
    assert "a workbook" in refused(broken, measure="RR")


def test_arms_in_brackets_as_bugs_writes_them(tmp_path):
    file = tmp_path / "bugs.tsv"
    file.write_text(
        "t[,1]\tt[,2]\tr[,1]\tn[,1]\tr[,2]\tn[,2]\n1\t2\t9\t140\t23\t140\n1\t2\t11\t78\t12\t85\n"
    )
    network = network_meta_analysis(file).network
    assert [arm.events for study in network.studies for arm in study.arms] == [9, 23, 11, 12]


def written(folder, text, name="table.txt"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


ARMS = "study trt r n\nA p 9 140\nA x 23 140\nB p 11 78\nB x 12 85\n"


@pytest.mark.parametrize(
    "text",
    [
        ARMS,
        ARMS.replace(" ", "   ").replace("A", '"A trial"'),
        ARMS.replace(" ", "\t"),
        "study trt r n\n1 A p 9 140\n2 A x 23 140\n3 B p 11 78\n4 B x 12 85\n",
        '"","study","trt","r","n"\n"1",A,p,9,140\n"2",A,x,23,140\n"3",B,p,11,78\n"4",B,x,12,85\n',
        "study\t\ttrt\tr\t\tn\nA\t\tp\t9\t\t140\nA\t\tx\t23\t\t140\nB\t\tp\t11\t\t78\nB\t\tx\t12\t\t85\n",
    ],
    ids=["blanks", "quoted", "tabs", "row names", "unnamed first column", "runs of tabs"],
)  # fmt: skip
def test_tables_as_r_writes_them(tmp_path, text):
    found = network_meta_analysis(written(tmp_path, text), reference="p").network
    assert [arm.events for study in found.studies for arm in study.arms] == [9, 23, 11, 12]


def test_person_time_of_bugs_gives_rates(tmp_path):
    text = "t1\tt2\tE1\tE2\tr1\tr2\tn1\tn2\tstudyc\n1\t2\t1917\t1925\t113\t111\t1015\t1018\tDART\n"
    file = written(tmp_path, text)
    rates = network_meta_analysis(file, measure="IRR").network.studies[0]
    assert rates.effect[0, 1] == pytest.approx(math.log(113 / 1917 / (111 / 1925)))
    counts = network_meta_analysis(file, measure="OR").network.studies[0]
    assert counts.effect[0, 1] == pytest.approx(math.log(113 / 902 / (111 / 907)))


def test_differences_side_by_side_share_the_variance_of_the_baseline(tmp_path):
    text = "studyc t1 t2 t3 y2 Var2 y3 Var3 V\nA 1 5 7 -0.5 0.13 -0.6 0.12 0.07\nB 1 5 NA -0.9 0.1 NA NA NA\n"
    study = network_meta_analysis(written(tmp_path, text), measure="MD").network.studies[0]
    place = {name: study.treatments.index(name) for name in "157"}
    assert study.effect[place["5"], place["7"]] == pytest.approx(0.1)
    assert study.variance[place["5"], place["7"]] == pytest.approx(0.13 + 0.12 - 2 * 0.07)


def test_columns_of_packages_for_two_groups():
    observed = {"trial": ["A", "B"], "OmE": [-3.2, -1.0], "V": [4.0, 6.25]}
    assert meta_analysis(observed, measure="HR").values == pytest.approx([-0.8, -0.16])
    means = {
        "author": ["A"],
        "Ne": [13],
        "Me": [5.0],
        "Se": [4.7],
        "Nc": [13],
        "Mc": [6.5],
        "Sc": [3.8],
    }
    found = meta_analysis(means, measure="MD")
    assert found.variances[0] == pytest.approx((4.7**2 + 3.8**2) / 13)
    counts = {"study": ["A"], "xTi": [4], "nTi": [20], "xCi": [8], "nCi": [22]}
    assert meta_analysis(counts, measure="RR").values[0] == pytest.approx(
        math.log(4 / 20 / (8 / 22))
    )
