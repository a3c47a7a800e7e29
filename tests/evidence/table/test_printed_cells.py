"""Figures in one cell come apart as they were printed, or stay together and are asked for."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speciosa.evidence.table.printed_cells import taken_apart

figures = st.builds(
    lambda n, places: f"{n / 10**places:.{places}f}", st.integers(0, 99_999), st.integers(0, 4)
)
between = st.sampled_from([" to ", "-", " - ", "\u2013", " \u2014 ", ", ", "; ", ":"])
around = st.sampled_from(["{}", "({})", "[{}]", "( {} )"])


def intervals(cells: list[str]) -> pl.DataFrame:
    studies = [str(n) for n in range(len(cells))]
    table = pl.DataFrame({"study": studies, "MD": ["1"] * len(cells), "95% CI": cells})
    return taken_apart(table)[0]


@given(figures, figures, between, around)
def test_an_interval_comes_apart_into_its_two_figures(
    low: str, high: str, sign: str, brackets: str
) -> None:
    got = intervals([brackets.format(f"{low}{sign}{high}")])
    assert got.row(0)[2:] == (low, high)


@given(figures, figures, figures, between, st.sampled_from([" (", " [", "; ", ", ", " (95% CI "]))
def test_an_effect_with_its_interval_comes_apart_into_three(
    effect: str, low: str, high: str, sign: str, lead: str
) -> None:
    end = {"(": ")", "[": "]"}.get(lead.strip()[:1], "")
    cell = f"{effect}{lead}{low}{sign}{high}{end}"
    got = taken_apart(pl.DataFrame({"study": ["A"], "HR (95% CI)": [cell]}))[0]
    assert got.row(0) == ("A", effect, low, high)


@pytest.mark.parametrize("cell", ["0\u00b770\u20131\u00b773", "0\u221970 to 1\u221973"])
def test_a_raised_point_is_a_point(cell: str) -> None:
    assert intervals([cell]).row(0)[2:] == ("0.70", "1.73")


@pytest.mark.parametrize("cell", ["0.70", "1.1-0.70-1.73", "0.7.0 to 1.73", "0.70 1.73", "0,70 to 1.73", "0,70"])  # fmt: skip
def test_what_is_no_interval_stays_whole(cell: str) -> None:
    assert intervals([cell])["95% CI"].to_list() == [cell]
