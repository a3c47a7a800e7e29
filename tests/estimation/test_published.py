"""Objectives, estimates and standard errors that others have printed."""

import csv
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import speciosa as sp
from speciosa.estimation.question.read import parse_fit

DATA = Path(__file__).parent / "data"


def table(name):
    return list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines()))


ROWS, BY_SUBJECT = table("published.csv"), table("phenobarbital_by_subject.csv")

SD = math.sqrt(0.1)
WANG = ("wang2007.csv", "iv_1cpt", {"CL": (0.5, 0.04), "V": (1.0, 0.0, "fixed = true")})
PHENO = (
    "phenobarbital.csv",
    "iv_1cpt",
    {
        "CL": (0.006, 0.1, 'covariates = "WT"'),
        "V": (1.2, 0.1, 'covariates = "WT * (1 + apgar * (APGR < 5))"'),
    },
    ['kind = "proportional"', "proportional = 0.2"],
)
BASE = ("phenobarbital.csv", "iv_1cpt", {"CL": (0.005, 0.1), "V": (1.2, 0.1)}, PHENO[3])
AT_BASE = (
    *BASE[:2],
    {"CL": (0.00581756, 0.111053), "V": (1.44555, 0.201526)},
    ['kind = "proportional"', f"proportional = {math.sqrt(0.0164177)!r}"],
)
THEO = ("theophylline.csv", "oral_1cpt", {"CL": (2.0, 0.2), "V": (25.0, 0.1), "KA": (1.0, 0.5)})
ADDITIVE = ['kind = "additive"', "additive = 1.0"]
M3 = {
    "CL": (math.exp(1.022458), 0.075229),
    "V": (math.exp(3.447484), 0.016493),
    "KA": (math.exp(0.445831), 0.377235),
}
CASES = {
    "wang_additive": (*WANG, ['kind = "additive"', f"additive = {SD}"]),
    "wang_proportional": (*WANG, ['kind = "proportional"', f"proportional = {SD}"]),
    "wang_combined": (*WANG, ['kind = "combined"', f"additive = {SD}", f"proportional = {SD}"]),
    "wang_combined1": (*WANG, ['kind = "combined1"', f"additive = {SD}", f"proportional = {SD}"]),
    "wang_log": (*WANG, ['kind = "log-additive"', f"additive = {SD}"]),
    "phenobarbital": PHENO,
    "phenobarbital_base": BASE,
    "phenobarbital_at": AT_BASE,
    "theophylline": (*THEO, ADDITIVE),
    "theophylline_combined": (*THEO, ['kind = "combined"', "additive = 1.0", "proportional = 0.1"]),
    "theophylline_m3_at": (
        "later.csv",
        "oral_1cpt",
        M3,
        ['kind = "additive"', "additive = 0.764937", "lloq = 2.0"],
    ),
    "warfarin": (
        "warfarin.csv",
        "oral_1cpt",
        {"KA": (1.0, 0.5), "CL": (0.1, 0.1), "V": (8.0, 0.1)},
        ['kind = "combined"', "additive = 0.5", "proportional = 0.1", 'dvid = "cp"'],
    ),
    "phenobarbital_nonmem": AT_BASE,
    "phenobarbital_saem": BASE,
    "theophylline_m3": ("later.csv", *THEO[1:], [*ADDITIVE, "lloq = 2.0"]),
}
NODES = {"toenail": 25, "knee": 15}
NORMAL = 'scale = "normal"'
OWN = {
    "toenail": (
        "toenail.csv", "y", {"b0": (-1.0, 9.0), "b1": (-0.2, 0.0), "b2": (0.0, 0.0)}, NORMAL,
        "severe", ['kind = "binary"'],
    ),
    "knee": (
        "knee.csv", "y", {"b1": (-0.2, 0.0), "b2": (0.0, 0.0), "b3": (0.0, 0.0), "b0": (0.0, 9.0)},
        NORMAL, "severity", ['kind = "ordered"', "thresholds = [-6.0, -4.0, 0.0, 5.0]"],
    ),
    "survival": (
        "lung.csv", "status", {"scale": (300.0, 0.0), "shape": (1.1, 0.0)}, "", "hazard",
        ['kind = "events"'],
    ),
    "survival_by_sex_and_age": (
        "lung.csv", "status", {"b0": (6.0, 0.0), "by_sex": (0.0, 0.0), "by_age": (0.0, 0.0), "shape": (1.1, 0.0)},
        NORMAL, "hazard", ['kind = "events"'],
    ),
    "oral": ("theophylline.csv", "DV", THEO[2], "", "plasma", ADDITIVE),
}  # fmt: skip


def own_text(case, method):
    """The fit file of a model of the user's own."""
    data, dv, parameters, scale, endpoint, error = OWN[case]
    lines = ["[data]", f'file = "{data}"', f'dv = "{dv}"', "[model]", f'file = "models.py:{case}"']
    for name, (start, between) in parameters.items():
        lines += [f"[parameters.{name}]", f"start = {start}", f"between = {between}"]
        lines += [scale] if name not in ("shape", "scale") else []
        lines += ["fixed = true"] if (case, name) == ("knee", "b0") else []
    lines += [f"[error.{endpoint}]", *error, "[estimation]", f'method = "{method}"']
    return "\n".join([*lines, f"nodes = {NODES.get(case, 9)}", 'covariance = "R"'])


AT = ("wang", "phenobarbital_at", "phenobarbital_nonmem", "theophylline_m3_at")
EVALUATED = {case for case in CASES if case.startswith(AT)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The data sets, with one of theophylline without the observations at time 0."""
    made = tmp_path_factory.mktemp("data")
    for file in (*DATA.glob("*.csv"), DATA / "models.py"):
        (made / file.name).write_bytes(file.read_bytes())
    lines = (DATA / "theophylline.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.split(",")[1] != "0" or line.split(",")[4] == "101"]
    (made / "later.csv").write_text("\n".join(kept), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def fitted(fit_text, folder):
    @cache
    def run(case, method):
        if case in OWN:
            return sp.fit(parse_fit(own_text(case, method), folder=folder))
        more = "[coefficients]\napgar = 0.0" if case == "phenobarbital" else ""
        extra = {"maximise": "false", "covariance": '"none"'} if case in EVALUATED else {}
        extra |= {"nodes": 61 if case.startswith("wang") else 15, "samples": 1000}
        if method == "SAEM":
            extra = {"covariance": '"none"'}
        text = fit_text(*CASES[case], method=method, more=more, **extra)
        return sp.fit(parse_fit(text, folder=folder))

    return run


def found(fit, quantity):
    """What a row asks for."""
    if quantity == "objective":
        return fit.objective
    if quantity == "neg2loglik":
        return fit.neg2loglik
    kind, _, name = quantity.rpartition(" ")
    if kind == "sd":
        return math.sqrt(fit.numbers[f"omega2.{name}"].value)
    if name == "sigma2":
        one = fit.numbers["plasma.proportional"]
        return 2 * one.value * one.se if kind == "se" else one.value**2
    one = fit.numbers[name]
    return {"": one.value, "se": one.se, "log": math.log(max(one.value, 1e-300))}[kind]


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['case']}-{r['method']}-{r['quantity']}")
def test_published_number(row, fitted):
    fit = fitted(row["case"], row["method"])
    value, tolerance = float(row["value"]), float(row["tolerance"])
    allowed = tolerance * (abs(value) if row["kind"] == "relative" else 1.0)
    assert fit.converged
    assert found(fit, row["quantity"]) == pytest.approx(value, abs=allowed, rel=0)


def test_every_subject_of_nonmem(fit_text):
    at = {
        "CL": (0.00469555, 0.0293508, 'covariates = "WT"'),
        "V": (0.984258, 0.027906, 'covariates = "WT * (1 + apgar * (APGR < 5))"'),
    }
    error = ['kind = "proportional"', f"proportional = {math.sqrt(0.013241)!r}"]
    text = fit_text(
        *PHENO[:2], at, error, more="[coefficients]\napgar = 0.15892",
        maximise="false", covariance='"none"',
    )  # fmt: skip
    fit = sp.fit(parse_fit(text, folder=DATA))
    for subject, row in zip(fit.subjects, BY_SUBJECT, strict=True):
        assert subject.id == float(row["ID"])
        assert subject.objective == pytest.approx(float(row["objective"]), abs=1e-3)
        for name in ("CL", "V"):
            assert subject.effects[name] == pytest.approx(float(row[f"eta_{name}"]), abs=1e-4)


def test_likelihood_counts_the_constants(fitted):
    fit = fitted("phenobarbital", "FOCEI")
    assert fit.neg2loglik - fit.objective == pytest.approx(155 * math.log(2 * math.pi))


def test_same_fit_from_other_starts(fit_text):
    other = {"CL": (4.0, 0.5), "V": (50.0, 0.5), "KA": (2.5, 0.1)}
    fit = sp.fit(parse_fit(fit_text(*THEO[:2], other, ADDITIVE, n_starts=3), folder=DATA))
    assert np.allclose(fit.starts, 116.8034, atol=1e-3)


def test_sampled_likelihood_is_the_same_again_and_tells_its_error(fitted, fit_text, folder):
    fit = fitted("phenobarbital_at", "IMP")
    text = fit_text(*AT_BASE, method="IMP", maximise="false", covariance='"none"', samples=1000)
    again = sp.fit(parse_fit(text, folder=folder))
    assert again.objective == fit.objective
    exact = fitted("phenobarbital_at", "AGQ").objective
    assert abs(fit.objective - exact) < 4 * fit.monte_carlo_error < 1.0
    assert fit.effective > 100
