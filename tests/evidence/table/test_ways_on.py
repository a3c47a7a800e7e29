"""What a table that cannot be read is answered with: the reason, and the option or the conversion that would do."""

import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.evidence.pairwise.read import read_studies
from speciosa.evidence.table.reading import Reading
from speciosa.evidence.table.ways_on import columns_option, intervals, one_row_a_person

TWO = [1, 2]


def said(read, names, *args, rows=TWO):
    with pytest.raises(EvidenceError) as caught:
        read({"study": list("AB"), **dict.fromkeys(names, rows)}, *args)
    return str(caught.value)


@pytest.mark.parametrize(
    ("measure", "names", "way"),
    [
        ("RR", ["death", "randomized"], "--columns events_t=NAME,n_t=randomized,events_c=NAME,n_c=NAME"),
        ("RR", ["drug events", "drug n", "placebo events", "placebo n"], "--columns 'events_t=drug events,n_t=drug n'"),
        ("MD", ["mean_change_t", "sd_change_t", "n_t", "mean_change_c", "sd_change_c", "n_c"],
         "--columns mean_t=mean_change_t,sd_t=sd_change_t,mean_c=mean_change_c,sd_c=sd_change_c"),
        ("MD", ["mean_t", "lower_t", "upper_t", "n_t", "mean_c", "lower_c", "upper_c", "n_c"], "in a column se_c"),
        ("RR", ["e1", "n1", "e2", "n2"], "--columns events_t=NAME,events_c=NAME"),
        ("OR", ["TP", "FP", "FN", "TN"], "--columns events_t=TP,nonevents_t=FN,events_c=FP,nonevents_c=TN"),
        ("GEN", ["r", "n"], "1/sqrt(n - 3)"),
        ("GEN", ["d", "v"], "--columns effect=NAME,se=NAME"),
        ("HR", ["HR", "p"], "se_from_p"),
        ("PLO", ["proportion", "n"], "events_from_percent"),
        ("OR", ["OR", "lower", "upper", "OR adj"], "one column of OR, found OR and OR adj"),
    ],
)  # fmt: skip
def test_the_way_on_of_one_comparison(measure, names, way):
    assert way in said(read_studies, names, measure)


def test_a_ratio_without_a_spread_is_told_of_that_alone():
    for measure in ("HR", "OR"):
        found = said(read_studies, [measure, "p"], measure)
        assert "column 'se'" in found and "--columns" not in found


@pytest.mark.parametrize(
    ("names", "way"),
    [
        (["treatment", "death", "randomized"], "--columns events=NAME says which column it is."),
        (["treatment", "pasi75_r", "pasi75_n", "pasi90_n"], "--columns events=NAME,n=NAME"),
        (["treatment", "responders_12", "n"], "--columns events=responders_12 says"),
        (["treat1", "treat2", "beta"], "--columns effect=NAME,se=NAME"),
    ],
)
def test_the_way_on_of_networks(names, way):
    assert way in said(read_network, names, rows=["x", "y"])


def test_the_option_that_is_named_does():
    rows = {
        "study": ["A", "A"],
        "treatment": ["x", "p"],
        "pasi75_r": [3, 5],
        "pasi75_n": [50, 51],
        "pasi90_n": [50, 51],
    }
    found = read_network(rows, reading=Reading(columns={"events": "pasi75_r", "n": "pasi75_n"}))
    assert [(arm.events, arm.n) for arm in found.studies[0].arms] == [(3, 50), (5, 51)]
    tables = {"study": ["A", "B"], "TP": [30, 22], "FP": [5, 8], "FN": [4, 3], "TN": [60, 70]}
    asked = {"events_t": "TP", "nonevents_t": "FN", "events_c": "FP", "nonevents_c": "TN"}
    pooled = meta_analysis(tables, measure="OR", reading=Reading(columns=asked))
    ratio = float(pooled.natural(pooled.table()["effect"][0]))
    assert ratio == pytest.approx(30 * 60 / (5 * 4))


def test_people_are_no_arms():
    rows = {
        "study": ["A"] * 44,
        "trt": ["x", "y"] * 22,
        "eventtime": [1.5] * 44,
        "status": [0, 1] * 22,
    }
    with pytest.raises(EvidenceError, match="One row a person"):
        read_network(rows)
    table = pl.DataFrame({"s": ["A"] * 20, "t": ["x", "y"] * 10})
    assert one_row_a_person(table, "s", "t") == ""
    assert one_row_a_person(pl.concat([table, table[:1]]), "s", "t") != ""


def test_limits_of_another_group_are_no_way_to_a_deviation():
    assert intervals("sd_c", ["lower_t", "upper_t"]) == ""
    assert intervals("n_t", ["lower_t", "upper_t"]) == ""
    assert columns_option(["n"], ["n_1", "n_2"]) == "--columns n=NAME says which column it is."


@pytest.mark.parametrize(
    ("cell", "way"),
    [
        ("5-Mar", "a date"),
        ("Mar-05", "a date"),
        ("2026-03-05 00:00:00", "a date"),
        ("3/5/2026", "a date"),
        ("(0.25)", "Write the minus"),
    ],
)
def test_cells_that_spreadsheets_changed(cell, way):
    with pytest.raises(EvidenceError, match=way):
        meta_analysis({"study": ["A", "B"], "effect": [cell, "0.1"], "se": [0.1, 0.2]})


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("above", ["Deaths by study", '"Deaths, by study"\nas published', ""])
def test_a_title_stands_above_a_table(tmp_path, mark, above):
    rows = ["study,events_t,n_t,events_c,n_c", "A,5,50,9,51", "B,7,80,12,78"]
    text = "\n".join([above, *(row.replace(",", mark) for row in rows)])
    file = tmp_path / "table.csv"
    file.write_text(text, encoding="utf-8")
    assert meta_analysis(file, measure="RR").labels == ("A", "B")


def test_a_line_of_one_cell_below_the_header_is_no_title(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("study,effect,se\nremark\nA,0.1,0.2\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match="line 2: expected 3 cells"):
        meta_analysis(file)


def test_trials_are_called_by_their_first_authors():
    table = {
        "trial_id": [1, 2],
        "first_author": ["Lee", "Kim"],
        "effect": [0.1, 0.2],
        "varTE": [0.01, 0.04],
    }
    found = meta_analysis(table)
    assert found.labels == ("Lee", "Kim")
    assert found.variances == pytest.approx([0.01, 0.04])
