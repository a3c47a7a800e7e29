"""Cluster-robust errors: against metafor's robust, against a closed form, and by the command."""

import json

import numpy as np
import pytest
from tests.evidence.reference import DATA, read
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.commands import register
from speciosa.errors import EvidenceError
from speciosa.evidence.pairwise.pooling import meta_analysis

EXPECTED = read("expected_robust.csv")
FILES = {name: str(DATA / f"data_{name}.csv") for name in ("konstantopoulos2011", "bcg")}


@pytest.mark.parametrize("case", EXPECTED["case"].unique(maintain_order=True).to_list())
def test_the_numbers_of_metafor_robust(case):
    model, method = case.split()
    name, _, moderator = model.partition("~")
    first = name == "konstantopoulos"
    found = meta_analysis(
        FILES["konstantopoulos2011" if first else "bcg"],
        measure="GEN" if first else "RR",
        method=method,
        moderators=[moderator] if moderator else [],
    ).robust("district" if first else "alloc")
    for coefficient, quantity, value in EXPECTED.filter(case=case).drop("case").rows():
        got = found.df if quantity == "df" else getattr(found, quantity)[coefficient - 1]
        assert got == pytest.approx(value, rel=1e-4, abs=2e-5), (coefficient, quantity)


def test_equal_weights_and_clusters_of_one_are_the_t_test():
    y = np.array([0.1, 0.5, 0.2, 0.9])
    table = {"study": list("abcd"), "effect": y, "se": np.full(4, 0.3)}
    found = meta_analysis(table, measure="MD", method="EE").robust("study")
    assert found.se[0] == pytest.approx(y.std(ddof=1) / 2)
    assert found.df == 3


def test_several_rows_of_a_study_pool_by_cluster(tmp_path):
    if not app.registered_commands:
        register(app)
    file = tmp_path / "several.csv"
    file.write_text("study,effect,se\nA,0.1,0.1\nA,0.2,0.1\nB,0.6,0.1\nC,0.3,0.1\nC,-0.1,0.1\n")
    refused = CliRunner().invoke(app, ["meta", str(file), "--measure", "MD"])
    assert isinstance(refused.exception, EvidenceError)
    assert "--cluster study" in str(refused.exception)
    done = CliRunner().invoke(
        app, ["meta", str(file), "--measure", "MD", "--cluster", "study", "--json"]
    )
    found = json.loads(done.stdout)
    assert found["k"] == 5
    assert found["robust"]["clusters"] == found["three_level"]["clusters"] == 3
