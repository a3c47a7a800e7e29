"""A dose-response curve in plain values, by weighted least squares of two studies whose arms are independent."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

from speciosa.errors import EvidenceError
from speciosa.evidence.dose.result import dose_response

MEANS = {
    "study": ["A"] * 3 + ["B"] * 3, "dose": [0, 2, 5, 0, 4, 9], "mean": [1.0, 1.9, 3.2, 0.5, 2.6, 4.1],
    "sd": [2.0, 2.5, 2.0, 1.5, 2.0, 2.2], "n": [30, 35, 40, 25, 30, 45],
}  # fmt: skip


@pytest.mark.parametrize(("curve", "size"), [("linear", 1), ("quadratic", 2)])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_one_curve_for_all(curve, size, level):
    found = dose_response(MEANS, curve=curve, procedure="one-stage", method="fixed", level=level)
    dose, y = np.array(MEANS["dose"], float), np.array(MEANS["mean"])
    w = np.array(MEANS["n"]) / np.array(MEANS["sd"]) ** 2
    levels = np.kron(np.eye(2), np.ones((3, 1)))
    X = np.hstack([levels, np.column_stack([dose**k for k in range(1, size + 1)])])
    cov = np.linalg.inv(X.T @ (w[:, None] * X))
    beta, cov_all = (cov @ X.T @ (w * y))[2:], cov
    cov = cov_all[2:, 2:]
    told, z = found.to_json(), norm.ppf(0.5 + level / 2)
    assert (told["measure"], told["curve"], told["procedure"], told["method"], told["k"]) == (
        "MD",
        curve,
        "one-stage",
        "fixed",
        2,
    )
    for row, b, se in zip(told["coefficients"], beta, np.sqrt(np.diag(cov)), strict=True):
        assert (row["estimate"], row["se"], row["z"]) == pytest.approx((b, se, b / se))
        assert row["p"] == pytest.approx(2 * norm.sf(abs(b) / se))
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((b - z * se, b + z * se))
    wald = float(beta @ np.linalg.solve(cov, beta))
    assert told["model"] == {
        "chi2": pytest.approx(wald),
        "df": size,
        "p": pytest.approx(chi2.sf(wald, size)),
    }
    bent = (
        None
        if size == 1
        else {
            "chi2": pytest.approx(beta[1] ** 2 / cov[1, 1]),
            "df": 1,
            "p": pytest.approx(chi2.sf(beta[1] ** 2 / cov[1, 1], 1)),
        }
    )
    assert told["nonlinearity"] == bent
    q = float((w * (y - X @ (cov_all @ X.T @ (w * y))) ** 2).sum())
    df = 4 - size
    assert (told["Q"], told["Q_df"], told["Q_p"]) == (
        pytest.approx(q),
        df,
        pytest.approx(chi2.sf(q, df)),
    )
    assert told["I2"] == pytest.approx(100 * max(0.0, (q - df) / q))
    assert (told["reference_dose"], len(told["predictions"])) == (0.0, 13)
    assert [row["dose"] for row in told["predictions"]] == pytest.approx(np.linspace(0, 9, 13))
    for row in found.predict([3.0, 7.0], reference=2.0).to_dicts():
        x = np.array([row["dose"] ** k - 2.0**k for k in range(1, size + 1)])
        half = z * np.sqrt(x @ cov @ x)
        assert (row["effect"], row["ci_low"], row["ci_high"]) == pytest.approx(
            (x @ beta, x @ beta - half, x @ beta + half)
        )


def test_studies_with_too_few_doses_wait_for_one_stage():
    short = {name: column[:5] for name, column in MEANS.items()}
    found = dose_response(short, curve="quadratic", method="fixed")
    assert found.left_out == {
        "B": "1 doses above its lowest, and the curve needs 2 (one-stage takes it in)"
    }
    assert [study.name for study in found.studies] == ["A"]
    assert (
        dose_response(short, curve="quadratic", procedure="one-stage", method="fixed").left_out
        == {}
    )
    with pytest.raises(EvidenceError, match="enough doses for the curve"):
        dose_response({name: column[:2] for name, column in MEANS.items()}, curve="quadratic")
    one = dose_response({name: column[:2] for name, column in MEANS.items()}, method="fixed")
    assert one.I2 is None and one.to_json()["Q_p"] is None


@pytest.mark.parametrize(
    "options", [{"procedure": "both"}, {"method": "DL"}, {"level": 0.0}, {"level": 1.0}]
)
def test_what_cannot_be_asked(options):
    with pytest.raises(EvidenceError):
        dose_response(MEANS, **options)
