"""Tables of results as other programs write them: the pooled rows they end with, their names of columns, their endings."""

import math

import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.evidence.table.totals import without_totals

STUDIES = {
    "Study name": ["A", "B", "C"],
    "Std diff in means": [-0.48, -0.22, 0.10],
    "Standard error": [0.22, 0.19, 0.23],
}
ROWS_OF_POOLS = [
    *("Random effects", "Fixed effect", "Common effect model", "Equal-effects model", "RE Model for All Studies"),
    *("Overall, DL (I² = 0.0%, p = 0.609)", "Subgroup, IV (I² = 12%)", "D+L pooled ES", "I-V pooled OR", "M-H pooled RR"),
    *("Overall (I-squared = 0.0%)", "Mean effect", "Weighted average effect", "Prediction interval", "Test of theta = 0"),
]  # fmt: skip


@pytest.mark.parametrize("name", ROWS_OF_POOLS)
def test_rows_of_pools_are_no_studies(name):
    ends = {
        "Study name": [*STUDIES["Study name"], name],
        "Std diff in means": [*STUDIES["Std diff in means"], -0.21],
        "Standard error": [*STUDIES["Standard error"], 0.5],
    }
    alone, found = meta_analysis(STUDIES), meta_analysis(ends)
    assert found.labels == ("A", "B", "C")
    assert found.fit.beta[0] == alone.fit.beta[0]
    assert f"Left out: {name} (a total, not a study)." in found.notes
    assert found.measure.code == "SMD"


@pytest.mark.parametrize(
    "name",
    ["Random 1999", "Fixedman", "Overallski 2001", "IV iron trial", "Mixed-methods 2010", "Lee"],
)
def test_studies_are_no_rows_of_pools(name):
    import polars as pl

    table = pl.DataFrame({"study": ["A", name], "effect": [0.1, 0.2], "se": [0.1, 0.1]})
    assert without_totals(table, True)[0].height == 2


def test_two_last_rows_that_are_pools_of_the_others_are_asked_about():
    # Common effect -0.210 (se 0.122) and DerSimonian-Laird -0.206 (se 0.158) of the three, as metafor 3.8.1 gives them.
    columns = {
        "study": ["A", "B", "C", "Y", "X"],
        "effect": [*STUDIES["Std diff in means"], -0.210, -0.206],
        "se": [*STUDIES["Standard error"], 0.122, 0.158],
    }
    with pytest.raises(EvidenceError, match="study 'Y': .*rows above it come to.*\n.*study 'X'"):
        meta_analysis(columns)
    for other in ({"effect": [-0.48, -0.22, 0.1, 0.1, -0.2]}, {"se": [0.22, 0.19, 0.23, 0.2, 0.3]}):
        assert len(meta_analysis(columns | other).labels) == 5


def test_rows_of_a_column_of_names_are_totals_and_pairs_too():
    numbered = {
        "id": [1, 2, None],
        "author": ["Lee", "Kim", "Total"],
        "events_t": [10, 8, 18],
        "n_t": [50, 50, 100],
        "events_c": [14, 9, 23],
        "n_c": [50, 50, 100],
    }
    assert meta_analysis(numbered, measure="OR").labels == ("Lee", "Kim")
    arms = {
        "Study name": ["Lee", "Lee", "Kim", "Kim"],
        "treatment": ["drug", "placebo", "drug", "placebo"],
        "events": [10, 14, 8, 9],
        "n": [50, 50, 50, 50],
    }
    pairs, whole = meta_analysis(arms, measure="OR"), meta_analysis(numbered, measure="OR")
    assert pairs.fit.beta[0] == whole.fit.beta[0]


def test_intervals_in_other_languages(tmp_path):
    told = ["0,62 (0,40-0,95)", "0,80 (0,55-1,16)", "1,10 (0,70-1,73)"]
    for name in ("OR (95%-KI)", "OR (95% CI)", "OR (IC 95%)"):
        file = tmp_path / "studies.csv"
        file.write_text(f"study;{name}\nA;{told[0]}\nB;{told[1]}\nC;{told[2]}\n", encoding="utf-8")
        found = meta_analysis(file)
        assert found.measure.code == "OR"
        assert found.values.tolist() == pytest.approx([math.log(x) for x in (0.62, 0.8, 1.1)])


def test_a_table_for_bugs_may_say_that_it_ends(tmp_path):
    lines = "r[,1]\tn[,1]\tr[,2]\tn[,2]\tt[,1]\tt[,2]\tna[]\n9\t140\t23\t140\t1\t3\t2\n11\t78\t12\t85\t2\t3\t2\n"
    open_ended, ended = tmp_path / "a.txt", tmp_path / "b.txt"
    open_ended.write_text(lines, encoding="utf-8")
    ended.write_text(f"{lines}END\n", encoding="utf-8")
    pooled = network_meta_analysis(ended).table.to_dicts()
    assert pooled == network_meta_analysis(open_ended).table.to_dicts()


COUNTS = {
    "studlab": ["A", "B", "C"],
    "treat1": ["x", "y", "x"],
    "treat2": ["p", "p", "y"],
    "event1": [12, 9, 6],
    "n1": [50, 40, 30],
    "event2": [20, 15, 8],
    "n2": [48, 42, 31],
    "seTE": [0.41, 0.45, 0.5],
}
EFFECTS = {
    "OR": [math.log(12 * 28 / (20 * 38)), math.log(9 * 27 / (15 * 31)), math.log(6 * 23 / (8 * 24))],
    "RR": [math.log(12 * 48 / (20 * 50)), math.log(9 * 42 / (15 * 40)), math.log(6 * 31 / (8 * 30))],
    "RD": [12 / 50 - 20 / 48, 9 / 40 - 15 / 42, 6 / 30 - 8 / 31],
}  # fmt: skip


@pytest.mark.parametrize("code", EFFECTS)
def test_counts_beside_contrasts_name_their_measure(code):
    result = network_meta_analysis(COUNTS | {"TE": EFFECTS[code]}, reference="p")
    assert result.network.measure == code
    assert f"Measure {code}, as the counts beside the effects say." in result.network.notes
    assert result.network.people == 241


def test_contrasts_of_no_named_measure_are_said_to_be_taken_for_differences():
    mixed = COUNTS | {"TE": [EFFECTS["OR"][0], EFFECTS["RR"][1], EFFECTS["OR"][2]]}
    for columns in (mixed, {k: v for k, v in mixed.items() if not k.startswith(("event", "n"))}):
        network = read_network(columns)
        assert network.measure == "MD"
        assert any(note.startswith("Effects are taken for differences") for note in network.notes)
    assert not any(
        "taken for differences" in note for note in read_network(mixed, measure="OR").notes
    )
