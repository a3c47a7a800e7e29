"""The mixed model for repeated measures: numbers of SAS, closed forms, what drop-out does, and bad input."""

import csv
import json

import numpy as np
import pytest
import typer
from scipy.stats import ttest_ind
from tests.trials import reference as ref
from typer.testing import CliRunner

import speciosa as sp
from speciosa.cli import options
from speciosa.cli.commands import register
from speciosa.errors import InputError
from speciosa.trials import Mmrm
from speciosa.trials.repeated.formula import Formula, design_columns

FULL = "FEV1 ~ RACE + SEX + ARMCD*AVISIT"
NAMES = {
    "ARMCD TRT (VIS1)": "ARMCDTRT",
    "VIS4 x TRT": "ARMCDTRT:AVISITVIS4",
    "Intercept": "(Intercept)",
}
# SAS's order of the visits: the reference last.
ORDER = (1, 2, 3, 0)
# UN of sas_log_reml.txt, lower triangle in SAS's order.
SAS_COVARIANCE = (
    26.5692,
    2.7851,
    14.8970,
    7.4790,
    0.9017,
    95.5528,
    14.3982,
    4.9744,
    13.3731,
    40.5509,
)


def read(name: str) -> dict[str, list[str]]:
    with (ref.DATA / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [row[column] for row in rows] for column in rows[0]}


def fitted(formula: str = FULL, **options: object) -> Mmrm:
    first = {"SEX": "Male"} if "SEX" in formula else {}
    return sp.mmrm(
        read("fev.csv"), formula, subject="USUBJID", visit="AVISIT", reference=first, **options
    )


FITS = {
    "reml": lambda: fitted(),
    "ml": lambda: fitted(method="ML"),
    "kenward-roger": lambda: fitted("FEV1 ~ ARMCD", df="kenward-roger"),
    "toeplitz": lambda: fitted("FEV1 ~ 1", method="ML", covariance="toeplitz"),
}


@pytest.fixture(scope="module")
def fits() -> dict[str, Mmrm]:
    return {name: make() for name, make in FITS.items()}


@pytest.mark.parametrize("row", ref.rows("mmrm_"), ids=ref.named)
def test_published(row: dict[str, str], fits: dict[str, Mmrm]) -> None:
    fit, index = fits["reml"], row["index"]
    if row["quantity"] == "neg2_restricted_loglik":
        found = fit.neg2_loglik
    elif row["quantity"] == "cov":
        first, second = (ORDER[int(n) - 1] for n in index.split(","))
        found = fit.covariance[first][second]
    elif row["quantity"].startswith("difference"):
        name = {"TRT": "estimate"}.get(row["quantity"].split()[1], row["quantity"].split()[1])
        found = getattr(fit.differences["TRT - PBO", index], name)
    else:
        found = getattr(fit.estimates[NAMES[index]], row["quantity"])
    assert ref.agrees(found, row)


@pytest.mark.parametrize("fit", FITS)
def test_coefficients_of_sas(fit: str, fits: dict[str, Mmrm]) -> None:
    rows = read("sas_mixed.csv")
    for name, *cells, of in zip(
        rows["name"], rows["estimate"], rows["se"], rows["df"], rows["fit"], strict=True
    ):
        if of == fit:
            found = fits[fit].estimates[name]
            # SAS stops up to 1e-5 above the least value: half a digit of what is printed, and 0.2% of the standard error.
            assert found.estimate == pytest.approx(float(cells[0]), abs=6e-5 + 2e-3 * found.se)
            assert found.se == pytest.approx(float(cells[1]), abs=2e-4)
            assert found.df == pytest.approx(float(cells[2]), abs=0.6)


def test_our_covariance_is_likelier_than_the_one_of_sas(fits: dict[str, Mmrm]) -> None:
    from speciosa.trials.repeated.formula import design_matrix
    from speciosa.trials.repeated.layout import laid_out
    from speciosa.trials.repeated.likelihood import at
    from speciosa.trials.repeated.records import read_records

    formula = Formula.read(FULL)
    records = read_records(formula, read("fev.csv"), "USUBJID", "AVISIT", {})
    columns = design_columns(formula, records.levels)
    x = design_matrix(columns, records.factors, records.numbers, len(records.response))
    layout = laid_out(records.subject, records.visit, records.response, x, 4)
    lower = np.zeros((4, 4))
    lower[np.tril_indices(4)] = SAS_COVARIANCE
    sas = (lower + lower.T - np.diag(np.diag(lower)))[np.ix_((3, 0, 1, 2), (3, 0, 1, 2))]
    theirs, ours = (at(layout, np.array(s), True).value for s in (sas, fits["reml"].covariance))
    assert theirs == pytest.approx(3386.44987722, abs=2e-7)
    assert ours == pytest.approx(fits["reml"].neg2_loglik, abs=1e-9)
    assert 1e-6 < theirs - ours < 1e-5
    assert 0 < 3667.96276376 - fits["kenward-roger"].neg2_loglik < 1e-5


def complete(people: int = 30, visits: int = 3, seed: int = 3) -> dict[str, list[object]]:
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(0.5 * np.ones((visits, visits)) + np.diag(0.5 + np.arange(visits)))
    rows: dict[str, list[object]] = {name: [] for name in ("id", "arm", "week", "y", "age")}
    for person in range(people):
        y = root @ rng.standard_normal(visits) + (person % 2) * np.arange(visits)
        for week in range(visits):
            cells = (person, "PT"[person % 2], week * 4, float(y[week]), 40 + person)
            for name, cell in zip(rows, cells, strict=True):
                rows[name].append(cell)
    return rows


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
def test_without_missing_visits_it_is_a_t_test_at_each(df: str) -> None:
    rows = complete()
    found = sp.mmrm(rows, "y ~ arm*week", subject="id", visit="week", df=df)
    for week in (0, 4, 8):
        arms = [
            [
                y
                for y, w, a in zip(rows["y"], rows["week"], rows["arm"], strict=True)
                if (w, a) == (week, of)
            ]
            for of in "TP"
        ]
        test = ttest_ind(*arms)
        row = found.differences["T - P", str(week)]
        assert row.estimate == pytest.approx(np.mean(arms[0]) - np.mean(arms[1]), abs=1e-9)
        assert (row.t, row.df, row.p) == pytest.approx((test.statistic, 28, test.pvalue), rel=1e-5)


def test_means_differ_by_their_difference_and_numbers_stand_at_their_mean() -> None:
    found = sp.mmrm(complete(), "y ~ age + arm*week", subject="id", visit="week")
    for week in ("0", "4", "8"):
        gap = found.lsmeans["T", week].estimate - found.lsmeans["P", week].estimate
        assert gap == pytest.approx(found.differences["T - P", week].estimate, abs=1e-12)
    moved = complete()
    moved["age"] = [2 * a - 7 for a in moved["age"]]
    again = sp.mmrm(moved, "y ~ age + arm*week", subject="id", visit="week")
    assert again.lsmeans["T", "4"].estimate == pytest.approx(
        found.lsmeans["T", "4"].estimate, abs=1e-8
    )


def test_the_order_of_rows_is_of_no_matter() -> None:
    rows = complete()
    turn = np.random.default_rng(1).permutation(len(rows["y"]))
    mixed = {name: [cells[n] for n in turn] for name, cells in rows.items()}
    first, second = (sp.mmrm(r, "y ~ arm*week", subject="id", visit="week") for r in (rows, mixed))
    assert first.neg2_loglik == pytest.approx(second.neg2_loglik, abs=1e-9)
    assert first.visits == second.visits == ("0", "4", "8")


def test_drop_out_at_random_does_not_bias_it_but_biases_completers() -> None:
    """Drop-out after a bad middle visit; the true difference at the end is 1."""
    rng, ends, completers = np.random.default_rng(8), [], []
    root = np.linalg.cholesky(np.array([[1, 0.7, 0.6], [0.7, 1, 0.8], [0.6, 0.8, 1]]))
    for _ in range(120):
        y = rng.standard_normal((160, 3)) @ root.T
        arm = np.arange(160) % 2
        y += arm[:, None] * np.array([0.0, 0.5, 1.0])
        gone = rng.random(160) < 1 / (1 + np.exp(3 * y[:, 1]))
        rows = [
            (n, w, "CT"[arm[n]], y[n, w])
            for n in range(160)
            for w in range(3)
            if w < 2 or not gone[n]
        ]
        columns = dict(
            zip(("id", "week", "arm", "y"), map(list, zip(*rows, strict=True)), strict=True)
        )
        fit = sp.mmrm(columns, "y ~ arm*week", subject="id", visit="week")
        ends.append(fit.differences["T - C", "2"].estimate)
        stayed = y[~gone, 2], arm[~gone]
        completers.append(stayed[0][stayed[1] == 1].mean() - stayed[0][stayed[1] == 0].mean())
    error = np.std(ends) / np.sqrt(len(ends))
    assert abs(np.mean(ends) - 1) < 3 * error
    assert 1 - np.mean(completers) > 5 * error


def test_few_people_get_toeplitz_and_are_told() -> None:
    rows = complete(people=9, visits=4)
    found = sp.mmrm(rows, "y ~ arm*week", subject="id", visit="week")
    assert found.structure == "heterogeneous toeplitz"
    assert "9 people for 10 parameters" in found.warnings[0]
    with pytest.raises(InputError, match="largest structure that fits is toeplitz"):
        sp.mmrm(rows, "y ~ arm*week", subject="id", visit="week", covariance="unstructured")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("y ~ 1", ()),
        ("y ~ a:b + a", (("a",), ("a", "b"))),
        (
            "y ~ a*b*c",
            (("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c")),
        ),
    ],
)
def test_formulas(text: str, terms: tuple[tuple[str, ...], ...]) -> None:
    assert Formula.read(text).terms == terms


def test_an_interaction_without_its_main_effect_has_all_levels() -> None:
    columns = design_columns(Formula.read("y ~ v + v:a"), {"v": ("1", "2"), "a": ("P", "T")})
    assert [c.name for c in columns] == ["(Intercept)", "v2", "v1:aT", "v2:aT"]


@pytest.mark.parametrize(
    ("formula", "options", "told"),
    [
        ("y - a", {}, "a response, ~ and terms"),
        ("y ~ arm + log(age)", {}, "names of columns"),
        ("y ~ arn*week", {}, "Did you mean arm"),
        ("y ~ arm*week", {"df": "x", "method": "y"}, "one of REML, ML"),
        ("y ~ arm*week", {"df": "kenward-roger", "method": "ML"}, "kenward-roger with ML"),
        ("y ~ arm*week", {"reference": {"arm": "Q"}}, "reference of arm"),
        ("y ~ arm*week + id", {"arm": "age"}, "arm"),
        ("arm ~ week", {}, "a number"),
        ("y ~ arm*week + double", {}, "no information on double"),
    ],
)
def test_bad_input_is_told(formula: str, options: dict[str, object], told: str) -> None:
    rows = complete(people=12)
    rows["double"] = [2 * age for age in rows["age"]]
    if "double" in formula:
        formula = formula.replace("double", "age + double")
    with pytest.raises(InputError, match=told):
        sp.mmrm(rows, formula, subject="id", visit="week", **options)


def test_a_visit_twice_is_refused_with_its_row() -> None:
    rows = complete(people=12)
    for name in rows:
        rows[name].append(rows[name][0])
    with pytest.raises(InputError, match="row 37: expected one row for each subject and visit"):
        sp.mmrm(rows, "y ~ arm*week", subject="id", visit="week")


def test_the_command_prints_one_object() -> None:
    app = typer.Typer()
    app.callback()(options)
    register(app)
    words = ["mmrm", str(ref.DATA / "fev.csv"), "--formula", FULL, "--subject", "USUBJID"]
    words += ["--visit", "AVISIT", "--reference", "SEX=Male"]
    found = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    last = next(row for row in found["differences"] if row["visit"] == "VIS4")
    assert last["estimate"] == pytest.approx(4.3985, abs=1e-4)
    assert "TRT - PBO at VIS4" in CliRunner().invoke(app, words).output
