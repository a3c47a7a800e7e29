"""Tables, records, names, references and legal status."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speciosa import facts
from speciosa.errors import FactError, UnknownNameError
from speciosa.facts.bibliography import parse
from speciosa.facts.record import SEEN
from speciosa.facts.registry import fold, metabolites
from speciosa.facts.tables import LEDGERS, TABLES, Row, frame, read_rows

# Rows of the prepared collection that the fact base was imported from: every one must stay findable by its number.
IMPORTED = {
    "kratom": 94, "comparators": 651, "receptors": 364, "pharmacodynamics": 184,
    "treatment": 232, "kratomstudy": 90, "arm": 81, "legal": 167, "withdrawal": 32,
}  # fmt: skip


@pytest.mark.parametrize("name", [*TABLES, *LEDGERS])
def test_a_frame_has_the_columns_of_its_record(name: str) -> None:
    found = facts.table(name)
    source = {**TABLES, **LEDGERS}[name]
    assert found.columns == list(source.record.model_fields)
    kinds = {str: pl.String(), int: pl.Int64(), float: pl.Float64()}
    assert found.schema == pl.Schema({key: kinds[kind] for key, kind in source.columns.items()})
    assert len(found) == len(facts.rows(name))


@pytest.mark.parametrize("name", list(TABLES))
def test_every_row_is_a_valid_record_that_says_how_it_was_seen(name: str) -> None:
    found = facts.records(name)
    assert found
    assert all(row.seen in SEEN and row.sources for row in found)


@pytest.mark.parametrize(("prefix", "count"), IMPORTED.items())
def test_every_imported_row_keeps_its_number(prefix: str, count: int) -> None:
    first, last = facts.fact(f"{prefix}-0001"), facts.fact(f"{prefix}-{count:04d}")
    assert (first.id, last.id) == (f"{prefix}-0001", f"{prefix}-{count:04d}")


def test_known_numbers_came_over_unchanged() -> None:
    found = facts.fact("kratom-0001")
    assert (found.value, found.unit, found.spread_low, found.spread_high, found.n) == (
        233,
        "L/h",
        71.7,
        302,
        5,
    )
    arm = facts.fact("arm-0001")
    assert (arm.events, arm.n, arm.seen) == (32, 55, "judgement")


def test_records_filter_on_columns() -> None:
    found = facts.records("parameters", substance=["morphine", "codeine"], parameter="MME_factor")
    assert {row.substance: row.value for row in found} == {"morphine": 1, "codeine": 0.15}


def test_topics_are_parts_of_their_table() -> None:
    parts = [len(facts.table(f"parameters.{path.stem}")) for path in TABLES["parameters"].paths()]
    assert sum(parts) == len(facts.table("parameters"))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: facts.table("parameter"),
        lambda: facts.rows("parameters.kratum"),
        lambda: facts.records("parameters", substanse="morphine"),
        lambda: facts.fact("kratom-9999"),
        lambda: facts.substance("morfine"),
        lambda: facts.reference("mann2022develop"),
        lambda: facts.legal("Tenessee"),
        lambda: facts.resolve("mitraginine"),
    ],
)
def test_what_is_not_known_is_said_with_the_nearest(ask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownNameError, match="Did you mean"):
        ask()


@given(st.sampled_from([name for entry in facts.substances().values() for name in entry.names]))
def test_a_substance_is_found_however_it_is_spelled(name: str) -> None:
    owner = facts.substance(name)
    spaced = name if name.startswith("(") else name.replace("-", " ")
    assert facts.substance(name.upper()).id == facts.substance(spaced).id == owner.id
    assert fold(name) in {fold(each) for each in owner.names}


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("7-OH", "substance", "7_hydroxymitragynine"),
        ("M6G", "substance", "morphine_6_glucuronide"),
        ("paracetamol", "substance", "acetaminophen"),
        ("C12", "claim", "c12"),
        ("X:BOT 2018", "study", "X:BOT 2018"),
        ("cows", "scale", "COWS"),
        ("mann2022development", "reference", "mann2022translational"),
        ("receptors-0001", "fact", "receptors-0001"),
    ],
)
def test_names_stand_for_what_people_mean(name: str, kind: str, expected: str) -> None:
    found = facts.resolve(name)
    assert (found.kind, found.id) == (kind, expected)


def test_search_finds_words_in_any_order_and_kind() -> None:
    kinds = {found.kind for found in facts.search("kratom withdrawal")}
    assert {"claim", "reference"} <= kinds
    assert facts.search("zzzzzz") == ()


def test_metabolites_know_their_parents() -> None:
    assert {found.id for found in metabolites("codeine")} == {"codeine_6_glucuronide"}
    assert facts.substance("M1").parent == "tramadol"


def test_references_are_read_in_every_notation() -> None:
    text = '@article{a1, title = "One {T}wo", author={A {\\"o} and B},\n year = 2020 }\n@misc{b2,\n title={x},\n}\n'
    found = list(parse(text))
    assert [key for _, key, _ in found] == ["a1", "b2"]
    assert found[0][2] == {"title": "One {T}wo", "author": 'A {\\"o} and B', "year": "2020"}


def test_a_document_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "twice.bib"
    path.write_text("@misc{a1, title={x}}\n@misc{a1, title={y}}\n@misc{b1, year={2000}}\n")
    with pytest.raises(FactError) as error:
        facts.references(path)
    assert len(error.value.faults) == 2


def test_law_is_dated_and_a_country_gives_its_states() -> None:
    found = facts.legal("US-TN")
    assert {row.substance for row in found} >= {"kratom", "7_hydroxymitragynine"}
    assert all(row.as_of for row in found)
    states = {row.code for row in facts.legal("United States")}
    assert {"US", "US-TN", "US-DC"} <= states
    assert len(facts.legal()) == len(facts.rows("legal"))


def test_a_correction_changes_what_is_used_and_only_a_record_confirms(tmp_path: Path) -> None:
    ways = {"a": "recall", "b": "abstract", "c": "judgement", "d": "abstract", "e": "recall"}
    lines = "".join(f"{name},2,{seen}\n" for name, seen in ways.items())
    (tmp_path / "risks.csv").write_text("id,rate,seen\n" + lines)
    header = "fact,column,verdict,old,new\n"
    checks = ["a,,unconfirmed,,", "b,,compared,,", "d,rate,corrected,2,3", "e,rate,corrected,2,3"]
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "checks.csv").write_text(header + "\n".join(checks) + "\n")
    (tmp_path / "confirmations").mkdir()
    (tmp_path / "confirmations" / "texts.csv").write_text("fact,printed\ne,rate=3\n")
    found = {row.cells["id"]: row.cells for row in facts.rows("risks", root=tmp_path)}
    states = ["recalled", "unconfirmed", "judgement", "corrected", "confirmed"]
    assert [cells["checked"] for cells in found.values()] == states
    assert [cells["rate"] for cells in found.values()] == ["2", "2", "2", "3", "3"]
    written = facts.rows("risks", corrected=False, root=tmp_path)
    assert [row.cells["rate"] for row in written] == ["2"] * 5


def test_rows_that_are_no_table_are_refused_with_every_fault(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,value,value\na,1\nb,2,3,4\n")
    with pytest.raises(FactError) as error:
        read_rows(path)
    assert len(error.value.faults) == 3
    row = Row(path, 1, {"id": "a", "value": "x"})
    with pytest.raises(FactError, match="bad.csv, row 1"):
        frame([row], {"id": str, "value": float})


def test_the_public_names_exist() -> None:
    assert all(getattr(facts, name) is not None for name in facts.__all__)
