"""Several outcomes at once against metafor's `rma.mv(struct = "UN")`, 144 numbers, and the models it must come to."""

import csv
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.commands import register
from speciosa.errors import EvidenceError
from speciosa.evidence.pairwise.multivariate import multivariate
from speciosa.evidence.pairwise.pooling import meta_analysis

DATA = Path(__file__).parent / "data"
with (DATA / "expected_multivariate.csv").open(encoding="utf-8") as file:
    EXPECTED = list(csv.DictReader(file))
CASES = list(dict.fromkeys((row["case"], row["correlation"]) for row in EXPECTED))


def fitted(name, correlation):
    t = pl.read_csv(DATA / f"{name}.csv")
    return multivariate(
        *(t["effect"].to_numpy(), t["se"].to_numpy() ** 2),
        *(t["study"].to_list(), t["outcome"].to_list()),
        correlation=correlation,
    )


@pytest.mark.parametrize(("name", "correlation"), CASES)
def test_outcomes_at_once_agree_with_metafor(name, correlation):
    found = fitted(name, float(correlation))
    rows = [r for r in EXPECTED if (r["case"], r["correlation"]) == (name, correlation)]
    for row in rows:
        if row["term"]:
            place = found.outcomes.index(row["term"])
            own = {"tau2": found.psi[place, place]}
            ours = own.get(row["quantity"], None)
            ours = getattr(found, row["quantity"])[place] if ours is None else ours
        else:
            whole = {"log_likelihood": found.log_likelihood, "correlation": found.between(0, 1)}
            ours = whole[row["quantity"]]
        assert ours == pytest.approx(float(row["value"]), rel=1e-4, abs=1e-7), row


def test_outcomes_that_share_nothing_are_their_own_pools():
    """Each study with one outcome: two meta-analyses side by side."""
    y, v = np.array([0.2, 0.5, 0.1, -0.3, -0.6, -0.2]), np.full(6, 0.01)
    found = multivariate(y, v, list("abcdef"), ["x"] * 3 + ["z"] * 3)
    for place, part in ((0, slice(0, 3)), (1, slice(3, 6))):
        alone = meta_analysis(
            {"study": list("abc"), "effect": y[part], "se": np.sqrt(v[part])}, test="z"
        )
        assert found.estimate[place] == pytest.approx(alone.estimate)
        assert found.psi[place, place] == pytest.approx(alone.tau2, rel=1e-5)


@pytest.mark.parametrize(
    ("studies", "outcomes", "correlation", "told"),
    [
        ("aabb", "xxxx", 0.5, "two or more outcomes"),
        ("aaaa", "xyzw", 0.5, "two or more studies"),
        ("aabb", "xxxy", 0.5, "each outcome once, found x again"),
        ("abab", "xxxy", 0.5, "outcome 'y': expected two or more studies"),
        ("aabb", "xyxy", 1.0, "between -1 and 1"),
        ("aabb", "xyxy", -1.0, "between -1 and 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused(studies, outcomes, correlation, told):
    with pytest.raises(EvidenceError, match=told):
        multivariate(np.arange(4.0), np.ones(4), studies, outcomes, correlation=correlation)


def test_the_command_pools_outcomes_of_studies_and_asks_for_them():
    if not app.registered_commands:
        register(app)
    file = str(DATA / "periodontal.csv")
    words = ["meta", file, "--cluster", "study", "--outcomes", "outcome"]
    found = json.loads(
        CliRunner().invoke(app, [*words, "--within-correlation", "0.2", "--json"]).stdout
    )
    ours = fitted("periodontal", 0.2)
    told = found["multivariate"]
    assert [row["estimate"] for row in told["outcomes"]] == pytest.approx(ours.estimate.tolist())
    assert told["between"][0]["correlation"] == pytest.approx(ours.between(0, 1))
    assert told["within_correlation"] == 0.2
    said = CliRunner().invoke(app, words).output
    assert "correlation 0.5 within them, assumed" in said
    alone = CliRunner().invoke(app, ["meta", file, "--outcomes", "outcome"])
    assert "--cluster study --outcomes outcome" in str(alone.exception)
