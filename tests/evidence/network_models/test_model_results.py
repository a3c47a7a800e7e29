"""What the models of networks say in plain values, and their intervals, slopes and groups by weighted least squares."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

from speciosa.errors import EvidenceError
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network_models.bridge import bridged_network
from speciosa.evidence.network_models.covariates import covariate, groups
from speciosa.evidence.network_models.regression import network_meta_regression
from speciosa.evidence.network_models.unequal import unequal_heterogeneity

ROWS = [
    ("1", "a", "p", 1.0, 0.2, 0.0, "x"), ("2", "b", "p", 1.6, 0.3, 1.0, "y"), ("3", "a", "b", 0.4, 0.25, 2.0, "x"),
    ("4", "a", "p", 2.9, 0.4, 5.0, "y"), ("5", "b", "p", 0.2, 0.2, 3.0, "x"), ("6", "a", "p", 1.4, 0.3, 1.0, "y"),
]  # fmt: skip
NAMES = ("study", "treat1", "treat2", "effect", "se", "dose", "g")
NETWORK = read_network([dict(zip(NAMES, row, strict=True)) for row in ROWS])
Y, W = np.array([row[3] for row in ROWS]), np.array([row[4] for row in ROWS]) ** -2.0
D = np.array([row[5] for row in ROWS])
X = np.array([[float(row[1] == name) - float(row[2] == name) for name in "ab"] for row in ROWS])
Z90 = norm.ppf(0.95)


def least_squares(design):
    cov = np.linalg.inv(design.T @ (W[:, None] * design))
    return cov @ design.T @ (W * Y), cov


@pytest.mark.parametrize("interaction", ["common", "independent"])
def test_a_regression_of_a_common_effect(interaction):
    found = network_meta_regression(
        NETWORK, "dose", interaction=interaction, model="common", reference="p", level=0.9
    )
    centred = X * (D - D.mean())[:, None]
    slopes = centred.sum(axis=1, keepdims=True) if interaction == "common" else centred
    beta, cov = least_squares(np.hstack([X, slopes]))
    told = found.to_json(at=4.0)
    head = {
        "covariate": "dose",
        "of": "studies",
        "interaction": interaction,
        "reference": "p",
        "k": 6,
        "tau2": 0.0,
    }
    assert {name: told[name] for name in head} == head
    assert (told["centre"], told["at"], found.to_json()["at"]) == pytest.approx(
        (D.mean(), 4.0, D.mean())
    )
    count = 1 if interaction == "common" else 2
    se = np.sqrt(np.diag(cov))
    for row, place in zip(told["slopes"], range(2, 2 + count), strict=True):
        assert (row["estimate"], row["se"], row["z"]) == pytest.approx(
            (beta[place], se[place], beta[place] / se[place])
        )
        assert row["p"] == pytest.approx(2 * norm.sf(abs(beta[place]) / se[place]))
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(
            (beta[place] - Z90 * se[place], beta[place] + Z90 * se[place])
        )
    names = ["dose"] if count == 1 else ["dose: a", "dose: b"]
    assert [row["name"] for row in told["slopes"]] == names
    for place, row in enumerate(told["effects"]):
        vector = np.zeros(2 + count)
        vector[place] = 1.0
        vector[2 if count == 1 else 2 + place] = 4.0 - D.mean()
        assert (row["estimate"], row["se"]) == pytest.approx(
            (vector @ beta, np.sqrt(vector @ cov @ vector))
        )
    assert found.effects()["estimate"].to_list() == pytest.approx(beta[:2])
    part = beta[2:] @ np.linalg.solve(cov[2:, 2:], beta[2:])
    assert told["QM"] == {
        "chi2": pytest.approx(part),
        "df": count,
        "p": pytest.approx(chi2.sf(part, count)),
    }
    left = float((W * (Y - np.hstack([X, slopes]) @ beta) ** 2).sum())
    assert (told["Q"], told["Q_df"]) == (pytest.approx(left), 6 - 2 - count)
    assert told["R2"] is None and told["left_out"] == {}


def test_what_a_covariate_accounts_for():
    found = network_meta_regression(NETWORK, "dose", method="DL", reference="p")
    assert found.tau2_without > 0
    assert found.R2 == pytest.approx(100 * max(0.0, 1 - found.tau2 / found.tau2_without))
    worse = network_meta_regression(NETWORK, "g", method="DL", reference="p")
    assert worse.R2 == pytest.approx(max(0.0, 100 * (1 - worse.tau2 / worse.tau2_without)))
    assert (worse.covariate.zero, worse.covariate.one) == ("x", "y")


def test_studies_without_a_value_are_left_out_by_name():
    rows = [
        dict(zip(NAMES, row, strict=True)) | ({"dose": None} if row[0] == "4" else {})
        for row in ROWS
    ]
    found = network_meta_regression(read_network(rows), "dose", model="common", reference="p")
    assert found.to_json()["left_out"] == {"4": "no dose"} and found.to_json()["k"] == 5


def test_a_covariate_of_arms_has_one_slope_between_them():
    arms = [
        ("1", "a", 2.0, 4.0),
        ("1", "p", 1.0, 0.0),
        ("2", "a", 3.1, 8.0),
        ("2", "p", 1.2, 0.0),
        ("3", "a", 2.5, 6.0),
        ("3", "p", 1.1, 2.0),
    ]
    table = [{"study": s, "treatment": t, "mean": m, "se": 0.2, "dose": d} for s, t, m, d in arms]
    found = network_meta_regression(read_network(table), "dose", model="common", reference="p")
    assert found.covariate.varies and found.to_json()["of"] == "arms"
    gap, dose = np.array([1.0, 1.9, 1.4]), np.array([4.0, 8.0, 4.0])
    line = np.polyfit(dose, gap, 1)
    assert found.slopes["estimate"].to_list() == pytest.approx([line[0]])
    assert (
        found.effects(99.0)["estimate"].to_list()
        == found.effects()["estimate"].to_list()
        == pytest.approx([line[1]])
    )


@pytest.mark.parametrize(
    ("column", "interaction", "said"),
    [
        ("year", "common", "a column of the table"),
        ("dos", "common", "Did you mean dose"),
        ("three", "common", "numbers, or two words, found u, v, w"),
        ("mixed", "common", "numbers, or two words, found u"),
        ("flat", "common", "1 in all"),
        ("none", "common", "a value for some study"),
        ("dose", "both", "common or independent"),
        ("early", "independent", "a treatment with one: a, b"),
        ("many", "common", "q, u, v, w, ..."),
    ],
)
def test_covariates_that_tell_nothing(column, interaction, said):
    extra = {
        "three": list("uvwuvw"),
        "mixed": ["u", "1", "u", "2", "u", "1"],
        "flat": [1] * 6,
        "none": [None] * 6,
        "early": [1, 3, 1, 1, 3, 1],
        "many": list("uvwzqu"),
    }
    rows = [
        dict(zip(NAMES, row, strict=True)) | {name: cells[i] for name, cells in extra.items()}
        for i, row in enumerate(ROWS)
    ]
    if column == "early":
        rows = [row for row in rows if row["study"] != "3"]
    with pytest.raises(EvidenceError, match=said):
        network_meta_regression(
            read_network(rows), column, interaction=interaction, model="common", reference="p"
        )


def test_values_by_arm_and_groups_by_study():
    found = covariate(NETWORK, "Dose")
    assert found.name == "dose" and not found.varies and found.by_arm["4"].tolist() == [5.0, 5.0]
    names, of_study = groups(NETWORK, "g")
    assert names == ("x", "y") and of_study.tolist() == [0, 1, 0, 1, 0, 1]
    gap = read_network(
        [
            dict(zip(NAMES, row, strict=True)) | ({"g": None} if row[0] == "4" else {})
            for row in ROWS
        ]
    )
    with pytest.raises(EvidenceError, match="study '4', g: expected one value, found nothing"):
        groups(gap, "g")


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("reference", ["p", "b"])
def test_groups_with_a_heterogeneity_each(method, reference):
    found = unequal_heterogeneity(NETWORK, "g", method=method, reference=reference, level=0.9)
    told = found.to_json()
    assert (told["by"], told["reference"], told["method"]) == ("g", reference, method)
    assert [(one["group"], one["k"]) for one in told["groups"]] == [("x", 3), ("y", 3)]
    assert [one["tau2"] for one in told["groups"]] == found.tau2.tolist()
    w = 1 / (1 / W + found.tau2[[0, 1, 0, 1, 0, 1]])
    cov = np.linalg.inv(X.T @ (w[:, None] * X))
    beta = cov @ X.T @ (w * Y)
    rows = {"a": np.array([1.0, 0.0]), "b": np.array([0.0, 1.0]), "p": np.zeros(2)}
    for row in told["effects"]:
        vector = rows[row["treatment"]] - rows[reference]
        se = np.sqrt(vector @ cov @ vector)
        assert (row["estimate"], row["se"]) == pytest.approx((vector @ beta, se))
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(
            (vector @ beta - Z90 * se, vector @ beta + Z90 * se)
        )
    value = max(0.0, 2 * (found.log_likelihood - found.log_likelihood_equal))
    assert told["test"] == {
        "chi2": pytest.approx(value),
        "df": 1,
        "p": pytest.approx(chi2.sf(value, 1)),
    }


@pytest.mark.parametrize(
    ("measure", "arms"),
    [
        ("OR", {"events": [4, 9, 5, 12], "n": [20, 21, 30, 31]}),
        ("RR", {"events": [4, 9, 0, 12], "n": [20, 21, 30, 31]}),
        ("OR", {"events": [4, 21, 5, 12], "n": [20, 21, 30, 31]}),
        ("RD", {"events": [0, 9, 5, 12], "n": [20, 21, 30, 31]}),
        ("IRR", {"events": [4, 9, 5, 0], "time": [20.0, 21, 30, 31]}),
        ("IRD", {"events": [4, 9, 5, 12], "time": [20.0, 21, 30, 31]}),
        ("MD", {"mean": [1.0, 2.0, 0.5, 2.2], "sd": [1.0, 2.0, 1.5, 2.0], "n": [20, 21, 30, 31]}),
        ("MD", {"mean": [1.0, 2.0, 0.5, 2.2], "se": [0.2, 0.3, 0.25, 0.4]}),
    ],
)
def test_islands_are_joined_by_least_squares_of_arms(measure, arms):
    table = {"study": ["1", "1", "2", "2"], "treatment": ["x", "p", "y", "z"]} | arms
    found = bridged_network(
        read_network(table, measure=measure, connected=False), reference="p", level=0.9
    )
    a = {name: np.array(values, dtype=float) for name, values in arms.items()}
    y, v = np.zeros(4), np.zeros(4)
    for rows in ([0, 1], [2, 3]):
        e = a.get("events", np.ones(4))[rows]
        n, t = a.get("n", np.ones(4) * 99)[rows], a.get("time", np.ones(4))[rows]
        zero = measure != "MD" and (
            (e == 0).any() or (measure in ("OR", "RR", "RD") and (e == n).any())
        )
        k = 0.5 if zero else 0.0
        y[rows], v[rows] = {
            "OR": lambda e=e, n=n, k=k: (
                np.log((e + k) / (n - e + k)),
                1 / (e + k) + 1 / (n - e + k),
            ),
            "RR": lambda e=e, n=n, k=k: (np.log((e + k) / (n + k)), 1 / (e + k) - 1 / (n + k)),
            "RD": lambda e=e, n=n, k=k: (e / n, (e + k) * (n - e + k) / (n + 2 * k) ** 3),
            "IRR": lambda e=e, t=t, k=k: (np.log((e + k) / t), 1 / (e + k)),
            "IRD": lambda e=e, t=t, k=k: (e / t, (e + k) / t**2),
            "MD": lambda rows=rows: (
                a["mean"][rows],
                a["se"][rows] ** 2 if "se" in a else a["sd"][rows] ** 2 / a["n"][rows],
            ),
        }[measure]()
    design = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1.0]])
    cover = np.diag(v + found.tau2 / 2) + found.baseline_sd**2 * np.kron(np.eye(2), np.ones((2, 2)))
    cov = np.linalg.inv(design.T @ np.linalg.solve(cover, design))
    beta = cov @ design.T @ np.linalg.solve(cover, y)
    told = found.to_json()
    assert (told["measure"], told["reference"], told["k"], told["tau2"]) == (
        measure,
        "p",
        2,
        found.tau2,
    )
    for place, row in enumerate(told["effects"], 1):
        se = np.sqrt(cov[place, place])
        assert (row["estimate"], row["se"]) == pytest.approx((beta[place], se), rel=1e-6)
        assert (row["ci_low"], row["ci_high"]) == pytest.approx(
            (beta[place] - Z90 * se, beta[place] + Z90 * se), rel=1e-6
        )
    assert [(row["treatment"], row["island"]) for row in told["effects"]] == [
        ("x", True),
        ("y", False),
        ("z", False),
    ]
