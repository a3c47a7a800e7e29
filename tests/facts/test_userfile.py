"""A fact file of a user is taken whole or refused with every fault; the example of the guide is run."""

import re
from pathlib import Path

import pytest

from speciosa.errors import FactError
from speciosa.facts import check_file

GUIDE = (Path(__file__).parents[2] / "docs" / "facts.md").read_text()


def _block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return re.sub(r"^   ", "", found[1], flags=re.MULTILINE)


@pytest.fixture
def example(tmp_path: Path) -> tuple[Path, Path]:
    facts, bibliography = tmp_path / "mine.csv", tmp_path / "mine.bib"
    facts.write_text(_block("csv"))
    bibliography.write_text(_block("bibtex"))
    return facts, bibliography


def test_the_example_of_the_guide_is_a_fact(example: tuple[Path, Path]) -> None:
    found = check_file(*example)
    row = found.row(0, named=True)
    assert (row["substance"], row["value"], row["spread"], row["n"]) == (
        "midazolam",
        0.38,
        0.09,
        10,
    )


def test_the_fault_that_the_guide_quotes_is_the_fault_that_is_found(
    example: tuple[Path, Path],
) -> None:
    facts, bibliography = example
    facts.write_text(facts.read_text().replace("L/min", "mg"))
    with pytest.raises(FactError) as error:
        check_file(facts, bibliography)
    assert str(error.value) in GUIDE.replace("   mine.csv", "mine.csv")


def test_without_its_reference_the_example_is_refused(example: tuple[Path, Path]) -> None:
    with pytest.raises(FactError, match="a key of references.bib"):
        check_file(example[0])


def test_every_fault_of_a_malformed_file_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "id,substance,system,parameter,value,unit,statistic,spread_type,spread,reference,location,seen\n"
        "a-1,morfine,human,CL,ten,L/h,mean,none,,oosten2017morphine,Table 1,fulltext\n"
        "a-1,morphine,human,CL,10,L/hour/moon,mean,none,,oosten2017morphine,Table 1,fulltext\n"
        "a-3,morphine,human,CL,10,mg,average,none,,oosten2017morphine,Table 1,fulltext\n"
        "a-4,morphin,human,fu_plasma,7,1,mean,sd,-1,nobody1999,,fulltext\n"
    )
    with pytest.raises(FactError) as error:
        check_file(path)
    found = [
        (fault.where.split(" (")[0], fault.where.split(", ")[-1]) for fault in error.value.faults
    ]
    assert {
        ("bad.csv, row 1", "value"),
        ("bad.csv, row 1", "id"),
        ("bad.csv, row 2", "id"),
        ("bad.csv, row 2", "unit"),
        ("bad.csv, row 3", "statistic"),
        ("bad.csv, row 4", "substance"),
        ("bad.csv, row 4", "reference"),
        ("bad.csv, row 4", "location"),
        ("bad.csv, row 4", "value"),
        ("bad.csv, row 4", "spread"),
    } <= set(found)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "at least one row"),
        ("id,colour\n1,red\n", "the columns of a fact table"),
        ("id,id\n1,2\n", "every column name once"),
        ("id,claim,kind,verdict,confidence,seen\nc99,x,y,mixed,0.5\n", "6 cells"),
        (
            "id,claim,kind,verdict,confidence,seen,colour\nc99,x,y,mixed,0.5,recall,red\n",
            "a column that is known",
        ),
    ],
)
def test_files_that_are_no_table_are_refused(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(FactError, match=fault):
        check_file(path)


def test_other_tables_are_told_from_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "law.csv"
    path.write_text(
        "id,place,code,substance,status,since,source,as_of,seen,confidence\n"
        "law-1,Ruritania,XR,kratom,banned,2020-01,gazette,2021-02-03,fulltext,high\n"
    )
    assert check_file(path)["status"].to_list() == ["banned"]


OBSERVED = (
    "id,study,doses,versus,analyte,metric,value,unit,n,spread_type,spread,extra\n"
    "a,S 1,5 g kratom_leaf oral,,mitragynine,Cmax,30,ng/mL,5,range,20-40,any\n"
)


def test_observations_to_be_predicted_are_taken_with_columns_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "observed.csv"
    path.write_text(OBSERVED)
    assert check_file(path)["extra"].to_list() == ["any"]


def test_every_fault_of_an_observation_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "observed.csv"
    bad = "a,S 1,5 glasses of tea,2 g x,mitragynine,Cmax,high,ng/mLL,five,range,20,any\n"
    path.write_text(OBSERVED + bad)
    with pytest.raises(FactError) as error:
        check_file(path)
    places = {fault.where.split(", ")[-1] for fault in error.value.faults}
    assert {"id", "value", "n", "unit", "spread"} <= places
    assert any(", doses, " in fault.where for fault in error.value.faults)
    path.write_text("id,doses\na,none\n")
    with pytest.raises(FactError, match="the column analyte"):
        check_file(path)


def test_a_cell_that_is_no_value_hides_no_fault_of_its_row(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "id,substance,system,parameter,value,unit,statistic,n,species,reference,location,seen\n"
        "mine-1,midazolamm,human,CL,x,mg,mean,inf,human,nobody2031,,hearsay\n"
    )
    with pytest.raises(FactError) as caught:
        check_file(path)
    columns = {fault.where.rpartition(", ")[2] for fault in caught.value.faults}
    assert columns >= {"substance", "value", "unit", "n", "reference", "location", "seen"}
    assert len(caught.value.faults) == len({fault.where for fault in caught.value.faults})
