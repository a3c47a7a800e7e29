"""Every row that a shipped study rests on was compared with its source, or says of itself that it is judgement."""

from pathlib import Path

import pytest

from speciosa.comparison.used_rows import UsedRow, used_rows
from speciosa.facts.lookup import table_of
from speciosa.facts.sheets.sheet import sheet
from speciosa.study import read_study
from speciosa.study.question.read import SHIPPED, parse_study
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


SMALL = """
title = "t"
question = "q"
[[arms]]
name = "A"
regimen = "60 mg codeine oral; 10 mg oxycodone oral; 60 mg duloxetine oral; 15 mg 7oh_tablet oral"
[evidence]
claims = {claims}
risks = {risks}
"""


def uses_of(claims: str = "false", risks: str = "false") -> dict[str, tuple[str, ...]]:
    rows = used_rows(parse_study(SMALL.format(claims=claims, risks=risks)))
    assert [row.id for row in rows] == sorted({row.id for row in rows})
    assert all(len(set(row.uses)) == len(row.uses) > 0 for row in rows)
    assert not {table_of(row.id) for row in rows} & {"claims", "legal"}
    return {row.id: row.uses for row in rows}


def test_rows_are_those_of_typical_values_spreads_covariates_and_products() -> None:
    uses = uses_of()
    spreads = 0
    for name in ("codeine", "oxycodone", "duloxetine", "7_hydroxymitragynine"):
        for path, entry in sheet(name).parameters().items():
            if path in ("disposition.CL", "disposition.V1"):
                spreads += len(entry.omega_rows)
                for row in (*entry.rows, *entry.omega_rows):
                    assert f"parameter {name}.{path}" in uses[row]
    assert spreads
    assert uses["added-0177"] == ("parameter oxycodone.covariates.age",)
    assert uses["added-0144"] == ("parameter oxycodone.covariates.egfr",)
    assert uses["comparators-0610"] == ("parameter duloxetine.covariates.sex",)
    assert "product 7oh_tablet" in uses["kratom-0087"]
    # of a drug that is not given, nothing
    assert not any("buprenorphine" in use for each in uses.values() for use in each)


def test_rows_of_claims_and_of_harms_are_used_where_they_are_shown() -> None:
    kinds = {
        (claims, risks): {
            use.split()[0] for each in uses_of(claims, risks).values() for use in each
        }
        for claims, risks in (("false", "false"), ("true", "false"), ("false", "true"))
    }
    alone = kinds["false", "false"]
    assert alone == {"parameter", "product", "trials"}
    assert kinds["true", "false"] - alone == {"claim", "pool"}
    assert kinds["false", "true"] - alone == {"rates"}


@pytest.mark.parametrize(
    ("state", "settled"),
    [("confirmed", True), ("judgement", True), ("corrected", False), ("unconfirmed", False), ("recalled", False)],
)  # fmt: skip
def test_a_row_is_settled_when_it_is_confirmed_or_called_judgement(
    state: str, settled: bool
) -> None:
    assert UsedRow("x", state, ()).settled is settled
