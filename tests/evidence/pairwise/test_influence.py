"""Single studies and groups: diagnostics by their definitions, series of pools, and groups compared as studies are."""

import numpy as np
import pytest
from scipy.stats import chi2

from speciosa.errors import EvidenceError
from speciosa.evidence import meta_analysis
from speciosa.evidence.pairwise.design import design_of
from speciosa.evidence.pairwise.fit import fit

Y = np.array([0.1, 0.5, 0.2, 0.9, 0.7, 2.5])
SE = np.array([0.1, 0.2, 0.15, 0.1, 0.2, 0.05])
TABLE = {
    "study": list("ABCDEF"),
    "effect": Y,
    "se": SE,
    "x": [1.0, 2, 2, 1, 3, 2],
    "g": ["m", "f", "m", "f", "m", "m"],
}


@pytest.mark.parametrize("moderators", [[], ["x"]])
def test_diagnostics_by_their_definitions(moderators):
    found = meta_analysis(TABLE, method="DL", test="z", moderators=moderators)
    told = found.influence()
    X = np.column_stack([np.ones(6), *([TABLE["x"]] if moderators else [])])
    k, p = X.shape
    w = 1 / (SE**2 + found.tau2)
    cov = np.linalg.inv(X.T @ (w[:, None] * X))
    beta = cov @ X.T @ (w * Y)
    hat = np.diag(X @ cov @ X.T) * w
    flags = []
    for i in range(k):
        keep = np.arange(k) != i
        one = fit(Y[keep], SE[keep] ** 2, X[keep], method="DL")
        row, gap = X[i], beta - one.beta
        spread = SE[i] ** 2 + one.tau2
        dffits = row @ gap / np.sqrt(hat[i] * spread)
        cook = gap @ np.linalg.solve(cov, gap)
        assert told.residual[i] == pytest.approx(
            (Y[i] - row @ one.beta) / np.sqrt(spread + row @ one.covariance @ row)
        )
        assert (told.dffits[i], told.cook[i]) == pytest.approx((dffits, cook))
        assert told.covariance_ratio[i] == pytest.approx(
            np.linalg.det(one.covariance) / np.linalg.det(cov)
        )
        assert (told.tau2[i], told.Q[i]) == pytest.approx((one.tau2, one.Q))
        flags.append(
            abs(dffits) > 3 * np.sqrt(p / (k - p)) or cook > chi2.ppf(0.5, p) or hat[i] > 3 * p / k
        )
    assert told.hat == pytest.approx(hat) and told.weight == pytest.approx(100 * w / w.sum())
    assert told.influential.tolist() == flags
    assert moderators or any(flags)


def test_a_study_that_outweighs_all_is_flagged_by_its_weight():
    heavy = {"study": list("ABCDE"), "effect": [0.5] * 5, "se": [0.01, 1, 1, 1, 1]}
    told = meta_analysis(heavy, method="EE").influence()
    assert told.influential.tolist() == [True, False, False, False, False]


def test_diagnostics_need_a_degree_of_freedom_without_the_study():
    for size, moderators, ok in (
        (2, [], False),
        (3, [], True),
        (3, ["x"], False),
        (4, ["x"], True),
    ):
        part = {name: column[:size] for name, column in TABLE.items()}
        found = meta_analysis(part, method="EE", moderators=moderators)
        if ok:
            assert len(found.influence().hat) == size
        else:
            with pytest.raises(
                EvidenceError, match=f"more than {1 + len(moderators) + 1} studies, found {size}"
            ):
                found.influence()


def test_series_of_pools():
    found = meta_analysis(TABLE, method="DL", test="z", level=0.9)
    for i, step in enumerate(found.leave_one_out()):
        keep = np.arange(6) != i
        one = fit(Y[keep], SE[keep] ** 2, method="DL", level=0.9)
        assert step.label == "ABCDEF"[i] and step.estimate == pytest.approx(one.beta[0])
        assert step.interval == pytest.approx(one.interval(np.ones(1))[2:])
    steps = found.cumulative([2, 0, 5, 1, 3, 4])
    assert [step.label for step in steps] == list("CAFBDE")
    assert steps[0].estimate == pytest.approx(0.2) and steps[-1].estimate == pytest.approx(
        found.estimate
    )
    assert [step.label for step in found.cumulative()] == list("ABCDEF")
    line = meta_analysis(TABLE, method="DL", test="z", moderators=["x"])
    assert [step.label for step in line.cumulative()] == list("BCDEF")
    for order in ([0, 1, 2, 3, 4], [0, 0, 1, 2, 3, 4], [1, 2, 3, 4, 5, 6]):
        with pytest.raises(EvidenceError, match="each of 0 to 5 once"):
            found.cumulative(order)
    one = meta_analysis({name: column[:1] for name, column in TABLE.items()}, test="z")
    with pytest.raises(EvidenceError, match="at least 2 studies, found 1"):
        one.leave_one_out()


def test_groups_are_compared_as_studies_are():
    found = meta_analysis(TABLE, method="DL", test="z").subgroups("g")
    parts = {"f": [1, 3], "m": [0, 2, 4, 5]}
    fits = [fit(Y[rows], SE[rows] ** 2, method="DL") for rows in parts.values()]
    means, w = (
        np.array([one.beta[0] for one in fits]),
        np.array([1 / one.covariance[0, 0] for one in fits]),
    )
    q = float((w * (means - (w * means).sum() / w.sum()) ** 2).sum())
    assert [step.label for step in found.groups] == ["f", "m"]
    assert [step.estimate for step in found.groups] == pytest.approx(means)
    assert (found.Q_between, found.df, found.p) == pytest.approx((q, 1, chi2.sf(q, 1)))
    with pytest.raises(EvidenceError, match="at least two values"):
        meta_analysis(TABLE | {"g": ["m"] * 6}).subgroups("g")


def test_moderators_become_columns():
    table = meta_analysis(TABLE).studies.table
    found = design_of(table, ["x", "g"])
    assert found.names == ("intercept", "x", "g[m]") and found.complete.all()
    assert found.matrix.tolist() == [
        [1, x, float(g == "m")] for x, g in zip(TABLE["x"], TABLE["g"], strict=True)
    ]
    gaps = meta_analysis(
        TABLE | {"x": [1.0, None, 2, 1, 3, 2], "g": ["c", "b", "a", "a", "b", "NA"]}
    ).studies.table
    holed = design_of(gaps, ["x", "g"])
    assert holed.names == ("intercept", "x", "g[b]", "g[c]")
    assert holed.complete.tolist() == [True, False, True, True, True, False]
    assert holed.matrix[1].tolist() == [1.0, 0.0, 1.0, 0.0]
    with pytest.raises(EvidenceError) as caught:
        design_of(gaps, ["xx", "y", "zzzzzz"])
    assert [fault.where for fault in caught.value.faults] == [
        "moderator 'xx'",
        "moderator 'y'",
        "moderator 'zzzzzz'",
    ]
    flat = meta_analysis(TABLE | {"same": ["a"] * 6, "none": [None] * 6}).studies.table
    with pytest.raises(EvidenceError) as caught:
        design_of(flat, ["same", "none"])
    assert [fault.found for fault in caught.value.faults] == ["only 'a'", "nothing"]
    assert design_of(
        meta_analysis(TABLE | {"h": ["1", "2", "inf", "1", "1", "2"]}).studies.table, ["h"]
    ).names[1:] == ("h[2]", "h[inf]")
