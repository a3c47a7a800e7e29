"""What studies are called where several columns number and name them."""

import polars as pl
import pytest

from speciosa.evidence.table.labels import with_labels


def labels(by_study: bool = True, **columns: list) -> tuple[list, tuple[str, ...]]:
    table, notes = with_labels(pl.DataFrame(columns), by_study)
    return table["study"].to_list() if "study" in table.columns else [], notes


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"study": ["Lee", "Kim"], "id": [1, 2]}, ["Lee", "Kim"]),
        ({"study": [1, 2]}, [1, 2]),
        ({"author": ["Lee", "Kim"]}, ["Lee", "Kim"]),
        ({"study": [1, 2], "author": ["Lee", "Kim"]}, ["Lee", "Kim"]),
        ({"study": ["1.5", None], "author": ["Lee", "Kim"]}, ["Lee", "Kim"]),
        ({"study": [1, 2, 3], "author": ["Lee", "Kim", "Kim"]}, ["Lee", "Kim (2)", "Kim (3)"]),
        (
            {"study": [1, 2, 3], "author": ["Lee", "Kim", "Kim"], "year": [1, 2, 3]},
            ["Lee", "Kim 2", "Kim 3"],
        ),
        (
            {"study": [1, 2, 3], "author": ["Kim", "Kim", "Kim"], "year": [1, 1, 3]},
            ["Kim 1 (1)", "Kim 1 (2)", "Kim 3"],
        ),
        (
            {"study": [1, 1, 2], "author": ["Kim", "Kim", "Kim"], "year": [1, 1, 3]},
            ["Kim 1", "Kim 1", "Kim 3"],
        ),
        (
            {"study": [1, 2, 3], "author": ["Kim", "Kim", None], "year": [None, 2, 3]},
            ["Kim (1)", "Kim 2", None],
        ),
        ({"studyn": [1, 2], "studyc": ["Lee", "Lee"]}, ["Lee (1)", "Lee (2)"]),
    ],
)
def test_names_go_before_numbers(columns, expected):
    found, _ = labels(**columns)
    assert [one or None for one in found] == expected


def test_it_is_said_where_a_column_of_numbers_gave_way_and_it_is_kept():
    table, notes = with_labels(
        pl.DataFrame({"Study": [1, 2], "author": ["Lee", "Kim"], "n": [5, 6]}), True
    )
    assert notes == ("Studies are called by column author.",)
    assert table.columns == ["study (number)", "author", "n", "study"]
    _, none = with_labels(pl.DataFrame({"studyn": [1, 2], "author": ["Lee", "Kim"]}), True)
    assert none == ()


def test_a_number_of_the_row_tells_nothing_of_a_study():
    rows = {"id": [1, 2], "author": ["Kim", "Kim"]}
    assert labels(True, **rows)[0] == ["Kim", "Kim"]
    assert labels(False, **rows)[0] == ["Kim (1)", "Kim (2)"]


def test_no_names_and_no_numbers_change_nothing():
    table = pl.DataFrame({"dose": [1, 2]})
    assert with_labels(table, True) == (table, ())
    empty = pl.DataFrame({"study": ["", None], "author": ["Lee", "Kim"]})
    assert with_labels(empty, True)[1] == ()
