"""Observations that ship with Speciosa are found by name from any folder; a file of one's own comes first."""

from pathlib import Path

import polars as pl
import pytest

import speciosa as sp
from speciosa import facts
from speciosa.cli.check import faults_of
from speciosa.errors import InputError
from speciosa.facts import reference
from speciosa.facts.record import split
from speciosa.facts.sourced import sheet_entry
from speciosa.facts.tables import rows, sheet_files
from speciosa.validation.observed.shipped import (
    OBSERVATIONS,
    observations_file,
    shipped_observations,
)
from speciosa.validation.run import read

LABELS = ("n", "spread_type")
SEXES = {"male": {"men", "male"}, "female": {"women", "female"}}
ROW = "id,doses,analyte,metric,value,unit\na,10 mg morphine iv,morphine,AUC0-inf,95,ng*h/mL\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("spelling", ["observations/{}.csv", "{}.csv", "{}"])
@pytest.mark.parametrize("name", ["plasma", "interactions-check", "textbook"])
def test_a_shipped_file_is_found_by_name(name: str, spelling: str) -> None:
    assert observations_file(spelling.format(name)) == OBSERVATIONS / f"{name}.csv"


def test_every_shipped_file_holds_rows_and_no_faults() -> None:
    assert {"plasma.csv", "plasma-check.csv", "effects.csv"} <= set(shipped_observations())
    for name in shipped_observations():
        assert faults_of(Path(name)) == [], name
        assert len(read(name).rows) > 1


def test_every_document_of_a_shipped_row_is_in_the_bibliography() -> None:
    for name in shipped_observations():
        table = pl.read_csv(OBSERVATIONS / name, infer_schema=False)
        if "reference" in table.columns:
            keys = {key for cell in table["reference"].drop_nulls() for key in split(cell)}
            assert all(reference(key).title for key in keys), name


def test_a_shipped_row_says_what_its_fact_says_of_people_and_spread() -> None:
    printed = {row.cells["id"]: row.cells for row in rows("observations")}
    for name in shipped_observations():
        table = pl.read_csv(OBSERVATIONS / name, infer_schema=False).fill_null("")
        for cells in table.iter_rows(named=True):
            fact = printed.get(cells.get("id", ""))
            if fact is not None and fact["value"] == cells["value"]:
                told = {key: fact[key] for key in LABELS if fact[key] not in {"", "none"}}
                assert told.items() <= cells.items(), cells["id"]


def test_a_level_printed_as_the_salt_is_compared_as_base() -> None:
    """A model counts base; 263.4 g of tramadol are in 299.8 g of its hydrochloride."""
    printed = facts.table("observations").filter(
        pl.col("note").str.contains("concentrations as the hydrochloride")
    )
    compared = read("plasma.csv").rows
    values = {row.id: row.value for row in compared}
    shared = [row for row in printed.iter_rows(named=True) if row["id"] in values]
    assert len(shared) >= 3
    for row in shared:
        assert values[row["id"]] == pytest.approx(0.8784 * float(row["value"]), rel=2e-3)


def test_people_of_one_sex_are_of_that_sex_where_the_substance_depends_on_it() -> None:
    for cells in (
        pl.read_csv(OBSERVATIONS / "plasma.csv", infer_schema=False)
        .fill_null("")
        .iter_rows(named=True)
    ):
        words = set(cells["population"].replace(",", " ").split())
        sexes = [sex for sex, named in SEXES.items() if words & named]
        covariates = (
            sheet_entry(cells["analyte"]).get("covariates", ())
            if cells["analyte"] in sheet_files()
            else ()
        )
        if (
            len(sexes) == 1
            and "half" not in words
            and any(each["name"] == "sex" for each in covariates)
        ):
            assert f"sex={sexes[0]}" in cells["covariates"], cells["id"]
        if "sex=" in cells["covariates"]:
            assert sexes, cells["id"]


def test_a_file_that_exists_comes_first(elsewhere: Path) -> None:
    (elsewhere / "observations").mkdir()
    (elsewhere / "observations" / "plasma.csv").write_text(ROW, encoding="utf-8")
    assert [row.id for row in read("observations/plasma.csv").rows] == ["a"]


@pytest.mark.parametrize("name", ["plasm.csv", "other/plasma.csv", "standing", "plasma.txt", ""])
def test_another_name_is_an_input_error(name: str) -> None:
    with pytest.raises(InputError):
        read(name or "nothing")


def test_a_likely_name_is_told() -> None:
    with pytest.raises(InputError, match=r"Did you mean plasma\.csv"):
        observations_file("plasm")


def test_python_takes_the_path_as_text(elsewhere: Path) -> None:
    (elsewhere / "mine.csv").write_text(ROW, encoding="utf-8")
    report = sp.validate("mine.csv")
    assert [row.id for row in report.rows] == ["a"]


@pytest.mark.parametrize("name", ["default", "withdrawal", "interactions"])
def test_check_knows_the_shipped_studies(name: str) -> None:
    assert faults_of(Path(name)) == []


@pytest.mark.parametrize(("name", "told"), [("defalt", "default"), ("defalt.toml", "default")])
def test_check_says_which_shipped_one_was_likely_meant(name: str, told: str) -> None:
    (fault,) = faults_of(Path(name))
    assert fault.found == "none of this name" and told in fault.fix
