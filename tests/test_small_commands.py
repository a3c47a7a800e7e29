"""Small commands: what can be given, how to cite, what a file was taken for; and unknown names in Python."""

import json
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from speciosa.cli import app as program
from speciosa.cli.commands import register
from speciosa.errors import UnknownNameError
from speciosa.facts.products import products
from speciosa.outcomes import Outcomes


@pytest.fixture(scope="module")
def cli() -> typer.Typer:
    register(program)
    return program


def said(cli: typer.Typer, *words: str) -> str:
    done = CliRunner().invoke(cli, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_every_product_is_listed(cli: typer.Typer) -> None:
    listed = json.loads(said(cli, "products", "--json"))["products"]
    assert [row["id"] for row in listed] == list(products())
    assert "kratom_leaf" in said(cli, "products", "kratom")
    assert CliRunner().invoke(cli, ["products", "nothing-like-it"]).exit_code == 1


def test_the_citation_has_version_and_day_of_the_facts(cli: typer.Typer) -> None:
    found = json.loads(said(cli, "cite", "--json"))
    assert found["version"] in said(cli, "cite")
    assert found["facts"].startswith("20")
    assert found["version"] in said(cli, "-V")
    assert "Usage" in said(cli, "-h")


def test_check_says_the_doses_of_a_day(cli: typer.Typer) -> None:
    text = said(cli, "check", "default")
    assert "Oxycodone; 10 mg every 6 h, 40 mg a day; equal to 60 mg of oral morphine a day" in text
    assert "nothing wrong" in text


def test_a_difference_of_unknown_names_is_refused() -> None:
    table = Outcomes.of("tea", "pain relief", [0.2, 0.3], "1", "benefit", "simulated", ["model"])
    with pytest.raises(UnknownNameError, match="pain relief"):
        table.difference("pain releif", "tea", "tea")
    with pytest.raises(UnknownNameError, match="tea"):
        table.difference("pain relief", "teaa", "tea")


def test_a_simulation_is_written_as_csv_where_its_name_ends_so(
    cli: typer.Typer, tmp_path: Path
) -> None:
    study = tmp_path / "study.toml"
    study.write_text(
        'title="t"\nquestion="q"\n[population]\npatients=3\ndraws=2\n[follow_up]\nuntil="1 d"\n'
        '[[arms]]\nname="Tramadol"\nregimen="50 mg tramadol oral"\n'
    )
    for name, read in (("x.csv", pl.read_csv), ("x.parquet", pl.read_parquet)):
        out = tmp_path / name
        assert "6 rows" in said(cli, "-q", "simulate", str(study), "--out", str(out))
        assert len(read(out)) == 6
