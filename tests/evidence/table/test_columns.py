"""Tables and their columns: every kind of source, names with the letters of R's programs, and numbers of any size."""

import numpy as np
import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.table.columns import numbers, read_table, resolve, unusable, way_out

ROWS = [{"study": "A", "n": 3}, {"study": "B", "dose": 2.5}]


def test_rows_by_name_have_all_names_and_gaps():
    found = read_table(ROWS)
    assert found.columns == ["study", "n", "dose"]
    assert found.rows() == [("A", 3, None), ("B", None, 2.5)]
    assert read_table(iter(ROWS)).rows() == found.rows()
    assert read_table({"study": ["A", "B"], "n": [3, "4"]}).rows() == [("A", "3"), ("B", "4")]
    assert read_table(found) is found


def test_a_frame_of_pandas_is_known_by_its_columns():
    class Frame:
        def to_dict(self, orient: str) -> dict:
            assert orient == "list"
            return {"study": ["A"], "n": [3]}

    assert read_table(Frame()).rows() == [("A", 3)]
    with pytest.raises(EvidenceError, match="a path, a frame or columns, found int"):
        read_table(3)


def test_files_by_their_ending(tmp_path):
    text = tmp_path / "arms.csv"
    text.write_text("study,n\nA,3\nB,\n", encoding="utf-8")
    assert read_table(text).rows() == read_table(str(text)).rows() == [("A", "3"), ("B", None)]
    binary = tmp_path / "arms.PARQUET"
    pl.DataFrame({"study": ["A"], "n": [3]}).write_parquet(binary)
    assert read_table(binary).rows() == [("A", 3)]
    for name in ("none.csv", "none.parquet", "none.xlsx"):
        with pytest.raises(EvidenceError, match="a CSV, Excel or Parquet file"):
            read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("columns", "wanted", "found"),
    [
        (["Study", "seTE"], "se", "seTE"),
        (["Study", "SE"], "se", "SE"),
        (["Std. Error"], "se", "Std. Error"),
        (["Me", "Se", "Mc", "Sc"], "se", None),
        (["Me", "Se", "Mc", "Sc"], "sd_t", "Se"),
        (["Me", "Se", "Mc", "Sc"], "sd_c", "Sc"),
        (["Me", "Se", "Mc", "Sc", "n"], "mean_t", "Me"),
        (["Me", "Se", "Mc"], "se", "Se"),
        (["Me", "Se", "Mc"], "sd_t", None),
        (["person years t"], "time_t", "person years t"),
        (["Person-years control"], "time_c", "Person-years control"),
        (["event_t", "events_t"], "events_t", "events_t"),
        (["rt", "ai"], "events_t", "ai"),
        (["Std_Dev", "x"], "sd", "Std_Dev"),
        (["ci_low", "ci.lb"], "ci_low", "ci_low"),
        (["CI.LB"], "ci_low", "CI.LB"),
        (["age"], "n", None),
        (["what"], "what", "what"),
        (["Event_T"], "events_t", "Event_T"),
        (["eventt"], "events_t", None),
        (["events t"], "eventst", "events t"),
    ],
)
def test_columns_by_our_names(columns, wanted, found):
    assert resolve(pl.DataFrame({name: ["1"] for name in columns}), wanted) == found


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (0.0, ""),
        (-3.0, ""),
        (1e50, ""),
        (-1e50, ""),
        (1e-50, ""),
        (-1e-50, ""),
        (1.01e50, "a number of ordinary size"),
        (-1.01e50, "a number of ordinary size"),
        (9.9e-51, "a number of ordinary size"),
        (-9.9e-51, "a number of ordinary size"),
        (float("inf"), "a finite number"),
        (float("-inf"), "a finite number"),
        (float("nan"), "a finite number"),
    ],
)
def test_numbers_that_cannot_be_computed_with(value, why):
    assert unusable(value) == why


def test_cells_become_numbers_or_faults_and_gaps_stay_gaps():
    faults = []
    cells = ["1.5", " 2 ", None, "NR", "\u2013", "x", "inf", "1e60", "12%", "<0.1"]
    labels = [f"S{i}" for i in range(len(cells))]
    found = numbers(pl.DataFrame({"x": cells}), "x", labels, faults)
    np.testing.assert_array_equal(found, [1.5, 2.0] + [np.nan] * 8)
    assert [(fault.where, fault.expected, fault.found) for fault in faults] == [
        ("study 'S5', x", "a number", "'x'"),
        ("study 'S6', x", "a finite number", "inf"),
        ("study 'S7', x", "a number of ordinary size", "1e60"),
        ("study 'S8', x", "a number", "'12%'"),
        ("study 'S9', x", "a number", "'<0.1'"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12%", "A share"),
        ("-1.5 %", "A share"),
        ("%", ""),
        ("<0.1", "A bound"),
        ("\u2265 3", "A bound"),
        ("<", ""),
        ("1,204", "a thousand without its comma"),
        ("1,204,300", "a thousand without its comma"),
        ("1,20", ""),
        ("x", ""),
    ],
)
def test_the_way_out_of_what_is_no_number(text, said):
    assert said in way_out(text) and bool(said) == bool(way_out(text))
