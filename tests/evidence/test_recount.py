"""The rows that count the patients of CTN-0027 come out of its kept counts, and one that does not is named."""

import json

import pytest
from typer.testing import CliRunner

from speciosa.cli.facts import app
from speciosa.evidence.ledger import ctn0027


def test_the_command_counts_every_row_again() -> None:
    done = CliRunner().invoke(app, ["recompute", "--json"])
    assert done.exit_code == 0
    found = {each["row"]: each for each in json.loads(done.stdout)}
    assert set(found) == set(ctn0027.ROWS)
    assert found["treatment-0010"]["counted"] == [339, 740, 386, 529]


def test_a_row_counted_on_another_day_does_not_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ctn0027.ROWS, "treatment-0010", 160)
    done = CliRunner().invoke(app, ["recompute"])
    assert done.exit_code == 2
    assert "stored (339, 740, 386, 529)" in done.stdout


def test_rows_of_a_study_are_listed_with_their_state() -> None:
    done = CliRunner().invoke(app, ["used", "default", "--json"])
    found = json.loads(done.stdout)
    assert sum(found["counts"].values()) == len(found["rows"]) > 400
    assert set(found["counts"]) <= {"confirmed", "judgement"}
