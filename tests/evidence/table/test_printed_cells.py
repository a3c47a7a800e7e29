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


def apart(name: str, *cells: str | None, **others: list) -> dict[str, list]:
    table, _ = taken_apart(pl.DataFrame({name: list(cells)} | others, strict=False))
    return table.to_dict(as_series=False)


@pytest.mark.parametrize(
    ("name", "cell", "expected"),
    [
        (
            "HR (95% CI)",
            "0.62 (0.41 to 0.94)",
            {"HR": "0.62", "HR lower": "0.41", "HR upper": "0.94"},
        ),
        (
            "log OR [90% CI]",
            "-0.5 [-1.0; 0.1]",
            {"log OR": "-0.5", "log OR lower 90% CI": "-1.0", "log OR upper 90% CI": "0.1"},
        ),
        ("effect", "0.5 (0.1, 0.9)", {"effect": "0.5", "lower": "0.1", "upper": "0.9"}),
        ("95% CI", "0.1 to 0.9", {"lower": "0.1", "upper": "0.9"}),
        ("OR 95% CI", "0.1 to 0.9", {"OR lower": "0.1", "OR upper": "0.9"}),
        ("OR", "0.1 to 0.9", {"OR": "0.1 to 0.9"}),
        ("yi", "0.5 (0.1 to 0.9)", {"effect": "0.5", "lower": "0.1", "upper": "0.9"}),
        ("dose", "0.5 (0.1 to 0.9)", {"dose": "0.5 (0.1 to 0.9)"}),
        ("Treatment (n/N)", "14/60 (23.3%)", {"events_t": "14", "n_t": "60"}),
        ("Control", "1,014 / 2,060", {"events_c": "1014", "n_c": "2060"}),
        ("events/n", "14/60", {"events": "14", "n": "60"}),
        ("Control n (%)", "14 (23)", {"events_c": "14"}),
        ("Control mean (SD)", "4.1 (2.0)", {"mean_c": "4.1", "sd_c": "2.0"}),
        ("Control mean ± SE", "4.1 ± 0.4", {"mean_c": "4.1", "mean_se_c": "0.4"}),
        ("mean ± SE", "4.1 +/- 0.4", {"mean": "4.1", "se": "0.4"}),
        ("mean (SD)", "4.1 (SD 2)", {"mean": "4.1", "sd": "2"}),
        ("Treatment", "4.1 ± 2.0", {"mean_t": "4.1", "sd_t": "2.0"}),
        ("Treatment", "4.1 (2.0)", {"Treatment": "4.1 (2.0)"}),
        ("Treatment", "12", {"Treatment": "12"}),
    ],
)
def test_what_a_cell_comes_apart_into(name: str, cell: str, expected: dict[str, str]) -> None:
    assert apart(name, cell) == {column: [part] for column, part in expected.items()}
    gaps = apart(name, None, cell, "NR")
    if name not in expected:
        assert gaps == {column: [None, part, None] for column, part in expected.items()}
    assert list(apart("study", "A", **{name: [cell]})) == ["study", *expected]


@pytest.mark.parametrize(
    ("taken", "others"),
    [
        ("HR lower", {"HR (95% CI)": ["0.62 (0.41 to 0.94)"]}),
        ("n_c", {"Control": ["14/60"]}),
        ("sd_t", {"Treatment": ["4 ± 2"]}),
    ],
)
def test_a_cell_stays_whole_where_a_column_is_taken(taken: str, others: dict[str, list]) -> None:
    assert apart(taken, "1", **others) == {taken: ["1"]} | others


def test_what_stands_behind_a_sign_without_a_word_is_said() -> None:
    for name, cells, noted in (
        ("Treatment", ["4 ± 2"], True),
        ("Treatment mean SD", ["4 ± 2"], False),
        ("mean ± SD", ["4 ± 2"], False),
        ("Control", ["4 (SD 2)"], False),
        ("Control", ["4 (SD 2)", "4 ± 2"], True),
        ("Control", ["4/9"], False),
    ):
        _, notes = taken_apart(pl.DataFrame({name: cells}))
        assert len(notes) == noted
        assert not noted or f"name the column {name} mean ± SE." in notes[0]
