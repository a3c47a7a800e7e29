"""Every row that a shipped study rests on was compared with its source, or says of itself that it is judgement."""

from pathlib import Path

import pytest

from speciosa.comparison.used_rows import used_rows
from speciosa.study import read_study
from speciosa.study.question.read import SHIPPED
from speciosa.study.question.start import START, start_study


@pytest.fixture(params=[*SHIPPED, START])
def study(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return start_study(tmp_path / "asked.toml", like=request.param)


def test_every_row_of_a_shipped_study_is_settled(study: Path) -> None:
    rows = used_rows(read_study(study))
    assert len(rows) > 200
    assert [row.id for row in rows if not row.settled] == []


def test_rows_are_named_with_what_they_are_for(study: Path) -> None:
    uses = {use.split()[0] for row in used_rows(read_study(study)) for use in row.uses}
    assert {"parameter", "product"} <= uses


def test_a_network_brings_its_arms_and_a_claim_its_rows() -> None:
    uses = [use for row in used_rows(read_study("withdrawal")) for use in row.uses]
    assert "network oud_retention" in uses
    claims = {row.id: row.uses for row in used_rows(read_study("default"))}
    assert any(use.startswith("claim ") for use in claims["kratomstudy-0113"])
