"""Dose-response curves against dosresmeta, by closed forms, and with two ways to the same answer."""

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from speciosa.errors import EvidenceError
from speciosa.evidence.dose.covariance import fitted_cases, of_means, of_ratios
from speciosa.evidence.dose.curve import Curve, knots_of
from speciosa.evidence.dose.result import DoseResponse, dose_response
from speciosa.evidence.effects.mixed import Block, fit

DATA = Path(__file__).parent / "data"


def expected() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    with (DATA / "expected.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["case"], {})[row["quantity"]] = float(row["value"])
    return found


def table(name: str) -> pl.DataFrame:
    found = pl.read_csv(DATA / f"{name}.csv", infer_schema_length=None)
    if name in ("cc_ex", "ir_ex"):
        found = found.with_columns(study=pl.lit(name), type=pl.lit(name[:2]))
    return found


def pooled(case: str) -> DoseResponse:
    name, curve, method, *rest = case.split()
    return dose_response(
        table(name),
        curve=curve,  # type: ignore[arg-type]
        method=method.upper() if method != "fixed" else "fixed",  # type: ignore[arg-type]
        procedure="one-stage" if "one-stage" in rest else "two-stage",
        standardised="smd" in rest,
    )


def quantity(result: DoseResponse, name: str) -> float:
    if name == "loglik":
        return result.fitted.log_likelihood
    if name in ("Q", "Q_df"):
        return result.heterogeneity[name == "Q_df"]
    if "@" in name:
        what, dose = name.split("@")
        row = result.predict([float(dose)], reference=0.0).row(0, named=True)
        return row[{"rr": "effect", "low": "ci_low", "high": "ci_high"}[what]]
    if name == "cov12":
        return result.fitted.covariance[0, 1]
    if name.startswith("psi"):
        return result.fitted.psi[int(name[3]) - 1, int(name[4]) - 1]
    place = int(name[-1]) - 1
    row = result.coefficients.row(place, named=True)
    return row["estimate" if name.startswith("beta") else "se"]


@pytest.mark.parametrize("case", expected())
def test_dosresmeta(case: str) -> None:
    """208 numbers to 1e-4: estimates relative to the larger of value and standard error, covariances of curves to 3e-4."""
    result, wanted = pooled(case), expected()[case]
    for name, value in wanted.items():
        scale = abs(value)
        if name.startswith("beta"):
            scale = max(scale, wanted[f"se{name[4:]}"])
        close = 3e-4 if name.startswith("psi") else 1e-4
        assert abs(quantity(result, name) - value) <= close * scale + 1e-20, (case, name)


def test_there_are_enough_reference_numbers() -> None:
    assert sum(map(len, expected().values())) >= 200


def test_fitted_cases_give_the_adjusted_ratios_and_the_total() -> None:
    rng = np.random.default_rng(1)
    cases, n = rng.uniform(20, 90, 5), rng.uniform(200, 900, 5)
    log_ratio = np.array([0.0, *rng.normal(0, 0.4, 4)])
    for design in ("cc", "ir", "ci"):
        found = fitted_cases(design, cases, n, log_ratio)
        odds = found / (n - found) if design == "cc" else found / n
        assert np.log(odds / odds[0]) == pytest.approx(log_ratio, abs=1e-9)
        assert found.sum() == pytest.approx(cases.sum())


def test_unadjusted_ratios_have_the_covariance_of_their_counts() -> None:
    """Where nothing was adjusted the counts are the observed ones: cov of two log odds ratios is 1/a + 1/b of the reference."""
    cases, n = np.array([40.0, 60.0, 30.0]), np.array([200.0, 210.0, 150.0])
    odds = cases / (n - cases)
    log_ratio = np.log(odds / odds[0])
    spread = 1 / cases + 1 / (n - cases)
    se = np.sqrt(np.concatenate([[0], spread[1:] + spread[0]]))
    found = of_ratios("cc", cases, n, log_ratio, se)
    assert found == pytest.approx(np.diag(spread[1:]) + spread[0], rel=1e-9)


def test_a_spline_is_a_line_beyond_its_knots_and_smooth_within() -> None:
    curve = Curve("spline", (1.0, 4.0, 9.0, 12.0))
    beyond = curve.at([20.0, 21.0, 22.0, 0.2, 0.4, 0.6])
    assert np.diff(beyond[:3], n=2, axis=0) == pytest.approx(0, abs=1e-9)
    assert beyond[3:, 1:] == pytest.approx(0)
    step = 1e-3
    for knot in curve.knots:
        x = knot + step * np.arange(-3, 4)
        second = np.diff(curve.at(x), n=2, axis=0) / step**2
        assert np.abs(np.diff(second, axis=0)).max() < 0.01 * np.abs(curve.at([12.0])).max()
    assert knots_of(np.arange(101.0), 5) == pytest.approx((5.0, 27.5, 50.0, 72.5, 95.0))


def test_means_two_ways() -> None:
    """Differences from the lowest dose with their covariance give the line of weighted least squares on the arms."""
    dose, mean = np.array([0.0, 2.0, 5.0, 9.0]), np.array([1.0, 2.5, 3.0, 6.0])
    sd, n = np.array([2.0, 2.5, 3.0, 2.0]), np.array([30.0, 40.0, 35.0, 50.0])
    effect, covariance = of_means(mean, sd, n, standardised=False)
    block = Block(effect, (dose[1:] - dose[0])[:, None], covariance)
    design, weight = np.column_stack([np.ones(4), dose]), n / sd**2
    inverse = np.linalg.inv(design.T @ (weight[:, None] * design))
    arms = inverse @ design.T @ (weight * mean)
    found = fit([block], "fixed")
    assert found.beta[0] == pytest.approx(arms[1], rel=1e-10)
    assert found.covariance[0, 0] == pytest.approx(inverse[1, 1], rel=1e-10)


def test_units_of_dose_change_nothing() -> None:
    data = table("milk_ov")
    one = dose_response(data, curve="quadratic")
    other = dose_response(data.with_columns(pl.col("dose") * 1000), curve="quadratic")
    at, thousand = one.predict([1.0, 2.5]), other.predict([1000.0, 2500.0])
    for column in ("effect", "ci_low", "ci_high"):
        assert thousand[column].to_numpy() == pytest.approx(at[column].to_numpy(), rel=1e-4)


def test_one_stage_takes_in_studies_with_few_doses() -> None:
    data = table("milk_ov")
    few = pl.concat(
        [data, data.filter(pl.col("id") == 1).head(2).with_columns(id=pl.lit(99, pl.Int64), author=pl.lit("Few"))]
    )  # fmt: skip
    two = dose_response(few, curve="quadratic")
    one = dose_response(few, curve="quadratic", procedure="one-stage")
    assert len(two.left_out) == 1 and "one-stage" in next(iter(two.left_out.values()))
    assert len(one.studies) == len(two.studies) + 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": ["cc", "ir", "cc"]}, "the same in every row"),
        ({"logrr": [0.1, 0.2, 0.3]}, "one reference dose"),
        ({"cases": [0, 5, 5]}, "above 0 in every row"),
        ({"dose": [0, 4, 4]}, "each dose once"),
        ({"n": [5, 5, 5]}, "above the cases"),
    ],
)
def test_bad_tables_are_refused_by_study(change: dict[str, list[object]], told: str) -> None:
    rows = {"study": ["A"] * 3, "dose": [0, 4, 8], "cases": [20, 15, 10], "n": [90, 80, 70],
            "type": ["cc"] * 3, "logrr": [0.0, 0.2, 0.3], "se": [0.0, 0.2, 0.3]}  # fmt: skip
    assert dose_response(rows).to_json()["k"] == 1
    with pytest.raises(EvidenceError, match="study 'A'") as caught:
        dose_response(rows | change)
    assert told in str(caught.value)


def test_what_cannot_be_fitted_is_refused() -> None:
    rows = {"study": ["A", "A"], "dose": [0, 4], "mean": [0, 1], "sd": [1, 1], "n": [9, 9]}
    with pytest.raises(EvidenceError, match="enough doses"):
        dose_response(rows, curve="quadratic")
    with pytest.raises(EvidenceError, match="enough different doses"):
        dose_response(rows, curve="quadratic", procedure="one-stage")
    with pytest.raises(EvidenceError, match="three to seven"):
        dose_response(rows, curve="spline", knots=(1.0, 1.0, 2.0))
    with pytest.raises(EvidenceError, match="without"):
        dose_response({"study": ["A"], "dose": [1]})


def test_the_command_prints_the_curve(tmp_path: Path) -> None:
    import json
    import subprocess
    import sys

    command = [sys.executable, "-m", "speciosa", "dose-response", str(DATA / "milk_ov.csv")]
    told = subprocess.run([*command, "--curve", "spline"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "restricted cubic spline with knots at 0, 1.2, 2.782" in told.stdout
    found = json.loads(
        subprocess.run([*command, "--json", "--at", "2"], capture_output=True, text=True).stdout
    )
    assert found["k"] == 9 and found["predictions"][0]["dose"] == 2
