"""Network meta-regression against metafor's multivariate models, by closed forms and by invariants."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import network_meta_analysis
from speciosa.evidence.network_models.regression import NetworkRegression, network_meta_regression

DATA = Path(__file__).parent / "data"


def expected(name: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    with (DATA / name).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["case"], {})[row["quantity"]] = float(row["value"])
    return found


def regression(case: str) -> NetworkRegression:
    name, measure, reference, interaction, method = case.split()
    network = read_network(DATA / f"{name}.csv", measure=measure, reference=reference)
    return network_meta_regression(
        network, "x", interaction=interaction, method=method, reference=reference  # type: ignore[arg-type]
    )  # fmt: skip


def quantity(found: NetworkRegression, name: str) -> float:
    if name.startswith("beta"):
        return float(found.beta[int(name[4:]) - 1])
    if name.startswith("se"):
        return float(np.sqrt(found.covariance[int(name[2:]) - 1, int(name[2:]) - 1]))
    return {
        "tau2": found.tau2,
        "tau2_without": found.tau2_without,
        "QM": found.wald()[0],
        "QE": found.q,
        "centre": found.centre,
    }[name]


@pytest.mark.parametrize("case", expected("expected_regression.csv"))
def test_metafor(case: str) -> None:
    """261 numbers of three networks to 1e-4 of the larger of the value and its standard error."""
    wanted, found = expected("expected_regression.csv")[case], regression(case)
    for name, value in wanted.items():
        scale = abs(value)
        if name.startswith("beta"):
            scale = max(scale, wanted[f"se{name[4:]}"])
        assert abs(quantity(found, name) - value) <= 1e-4 * scale + 1e-9, (case, name)


def test_there_are_enough_reference_numbers() -> None:
    assert sum(map(len, expected("expected_regression.csv").values())) >= 200


def test_two_treatments_are_the_regression_of_meta() -> None:
    """One comparison: the slope, its error and tau2 are those of a meta-regression."""
    from speciosa.evidence.pairwise.pooling import meta_analysis

    rng = np.random.default_rng(3)
    year = rng.integers(1980, 2020, 15).astype(float)
    rows = {"study": [f"s{i}" for i in range(15)], "treat1": ["x"] * 15, "treat2": ["p"] * 15,
            "effect": list(0.02 * (year - 2000) + rng.normal(0, 0.3, 15)), "se": [0.2] * 15, "year": list(year)}  # fmt: skip
    found = network_meta_regression(read_network(rows), "year")
    pair = meta_analysis(
        {name: rows[name] for name in ("study", "effect", "se", "year")},
        measure="MD", moderators=("year",), test="z",
    )  # fmt: skip
    assert found.tau2 == pytest.approx(pair.tau2, rel=1e-6)
    assert found.slopes["estimate"][0] == pytest.approx(float(pair.fit.beta[1]), rel=1e-6)
    assert found.slopes["se"][0] == pytest.approx(
        float(np.sqrt(pair.fit.covariance[1, 1])), rel=1e-6
    )


def test_moving_the_covariate_moves_effects_along_the_slope_only() -> None:
    table = pl.read_csv(DATA / "smoking.csv")
    one = network_meta_regression(read_network(table), "x", reference="no_contact")
    moved = table.with_columns(pl.col("x") * 10 + 7)
    other = network_meta_regression(read_network(moved), "x", reference="no_contact")
    assert other.slopes["estimate"][0] * 10 == pytest.approx(one.slopes["estimate"][0], rel=1e-9)
    at, same = one.effects(1985.0), other.effects(19857.0)
    for column in ("estimate", "se", "ci_low"):
        assert same[column].to_numpy() == pytest.approx(at[column].to_numpy(), rel=1e-8)


def test_a_dose_of_arms_is_told_apart_from_the_treatment() -> None:
    """Trials of two doses of x give 0.5 a unit; at one dose x and y differ by 1 whatever the dose."""
    arms = []
    for number, (dose_x, dose_y) in enumerate([(1, 2), (3, 1), (2, 2), (4, 5)]):
        arms += [
            {"study": f"s{number}", "treatment": "x", "mean": 2 + 0.5 * dose_x, "sd": 1, "n": 50, "dose": dose_x},
            {"study": f"s{number}", "treatment": "y", "mean": 1 + 0.5 * dose_y, "sd": 1, "n": 50, "dose": dose_y},
        ]  # fmt: skip
    found = network_meta_regression(read_network(arms, measure="MD"), "dose", reference="y")
    assert found.covariate.varies
    assert found.slopes["estimate"][0] == pytest.approx(0.5)
    assert found.effects()["estimate"].to_list() == pytest.approx([1.0])
    assert found.effects(9.0)["estimate"].to_list() == pytest.approx([1.0])


def test_words_count_0_and_1_and_missing_trials_are_named() -> None:
    table = pl.read_csv(DATA / "smoking.csv").with_columns(
        era=pl.when(pl.col("x") < 1980)
        .then(pl.lit("early"))
        .when(pl.col("x") < 1990)
        .then(pl.lit("late"))
    )
    found = network_meta_regression(read_network(table), "era", reference="no_contact")
    assert (found.covariate.zero, found.covariate.one) == ("early", "late")
    gone = set(table.filter(pl.col("era").is_null())["study"])
    assert set(found.covariate.left_out) == gone
    assert len(found.network.studies) == 24 - len(gone)


def test_what_cannot_be_told_apart_is_refused() -> None:
    network = read_network(DATA / "copd.csv", measure="RR")
    with pytest.raises(EvidenceError, match="Did you mean"):
        network_meta_regression(network, "xx")
    rows = {"study": ["A", "B"], "treat1": ["x"] * 2, "treat2": ["p"] * 2, "effect": [1.0, 2.0], "se": [0.1] * 2,
            "year": [3, 3], "kind": ["a", "b"], "many": ["a", "b"]}  # fmt: skip
    with pytest.raises(EvidenceError, match="different values"):
        network_meta_regression(read_network(rows), "year")
    rows["study"] += ["C"]
    more = {k: v + v[:1] if len(v) < 3 else v for k, v in rows.items()} | {"many": ["a", "b", "c"]}
    with pytest.raises(EvidenceError, match="numbers, or two words"):
        network_meta_regression(read_network(more), "many")
    depression = read_network(DATA / "depression.csv", measure="OR")
    with pytest.raises(EvidenceError, match="interaction common"):
        network_meta_regression(depression, "x", interaction="independent", reference="Placebo")


def test_the_command_says_slope_and_effects(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "speciosa",
        "nma",
        str(DATA / "smoking.csv"),
        "--reference",
        "no_contact",
    ]
    done = subprocess.run(
        [*command, "--covariate", "x", "--at", "1990", "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["regression"]
    direct = regression("smoking OR no_contact common REML")
    assert told["slopes"][0]["estimate"] == pytest.approx(direct.slopes["estimate"][0])
    assert told["at"] == 1990
    plain = network_meta_analysis(read_network(DATA / "smoking.csv"), reference="no_contact")
    assert told["tau2_without"] == pytest.approx(plain.tau2)
    text = subprocess.run([*command, "--tau2-by", "x"], capture_output=True, text=True)
    assert text.returncode in (0, 2)
