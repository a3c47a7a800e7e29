"""Reading and writing data sets of NONMEM: individuals, columns, and what is written back."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import speciosa as sp
from speciosa.exchange import nonmem_text, read_nonmem

HEADER = "ID,TIME,EVID,AMT,CMT,DV,MDV,WT\n"
GOOD = "1,0,1,100,2,.,1,70\n1,1,0,0,2,3,0,70\n"


def write(tmp_path, text):
    file = tmp_path / "trial.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_same_id_again_is_another_individual_where_asked(tmp_path):
    again = "2,0,1,100,2,.,1,70\n" + GOOD
    data = read_nonmem(write(tmp_path, HEADER + GOOD + again), repeat_ids="separate")
    assert data.ids.tolist() == [1, 2, 1]


def test_files_without_a_record_or_a_column_that_is_needed(tmp_path):
    for text in ("", "ID,TIME,AMT\n", "SUBJECT,TIME,AMT\n1,0,3\n", "ID,ID,TIME\n1,1,0\n"):
        with pytest.raises(sp.InputError):
            read_nonmem(write(tmp_path, text))
    with pytest.raises(sp.InputError, match="nothing there"):
        read_nonmem(tmp_path / "none.csv")


numbers = st.floats(0, 1e6, allow_nan=False) | st.just(math.nan)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), numbers, numbers), min_size=1, max_size=12))
def test_what_is_written_and_read_back_is_the_same_to_the_last_bit(tmp_path_factory, rows):
    def cell(x):
        return "." if math.isnan(x) else repr(x)

    rows = sorted(rows, key=lambda row: row[0])
    text = "ID,TIME,AMT,DV,WT\n" + "".join(
        f"1,{time!r},0,{cell(dv)},{cell(weight)}\n" for time, dv, weight in rows
    )
    folder = tmp_path_factory.mktemp("data")
    once = read_nonmem(write(folder, text))
    twice = read_nonmem(write(folder, nonmem_text(once)))
    for name, values in once.columns.items():
        np.testing.assert_array_equal(values, twice.columns[name])
    np.testing.assert_array_equal(once.time_h, twice.time_h)
    assert nonmem_text(twice) == nonmem_text(once)


def test_a_column_that_is_dropped_may_hold_anything(tmp_path):
    """As DROP in $INPUT does: 99 is no kind of steady state, and text no weight."""
    file = write(tmp_path, "ID,TIME,AMT,SS,DV,WT\n1,0,100,99,.,heavy\n1,1,.,99,4.2,light\n")
    with pytest.raises(sp.InputError, match="line 2, SS.*left out by drop"):
        read_nonmem(file)
    data = read_nonmem(file, drop=["ss", "WT"])
    assert sorted(data.columns) == ["AMT", "DV", "ID", "TIME"] and not data.texts
    assert data.steady_state.tolist() == [0, 0] and data.observed.tolist()[1] == 4.2
    with pytest.raises(sp.InputError, match="a column WTT to drop.*Did you mean WT?"):
        read_nonmem(file, drop=["SS", "WTT"])


def test_a_dropped_column_leaves_its_name_to_another(tmp_path):
    file = write(tmp_path, "ID,TIME,AMT,DV,LNDV\n1,0,100,.,.\n1,1,.,x,1.4\n")
    data = read_nonmem(file, drop=["DV"], rename={"DV": "LNDV"})
    assert data.observed.tolist()[1] == 1.4
