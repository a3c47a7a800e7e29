"""Designs against the numbers that other programs print: every row of `data/expected.csv` that is not of a mixed model."""

import pytest
from tests.trials import reference as ref

from speciosa.trials import design
from speciosa.trials.design.contrasts import correlation_of
from speciosa.trials.design.rays import exceedance, root

SINGLE = {"inflation_factor", "average_n_ratio_H1", "average_n_ratio_H0"}


@pytest.mark.parametrize("row", ref.rows(*ref.SEQUENTIAL), ids=ref.named)
def test_group_sequential(row: dict[str, str]) -> None:
    found = getattr(ref.sequential(row["case"]), row["quantity"])
    assert ref.agrees(found if row["quantity"] in SINGLE else found[int(row["index"]) - 1], row)


@pytest.mark.parametrize("row", ref.rows("gs_obf_k3_power_n200"), ids=ref.named)
def test_power_of_a_group_sequential_size(row: dict[str, str]) -> None:
    found = design.power_at(ref.sequential("obf_k3_a0.025_b0.1"), 200, (float(row["index"]),))
    assert ref.agrees(getattr(found, row["quantity"])[0], row)


@pytest.mark.parametrize("row", ref.rows(*ref.SIZES), ids=ref.named)
def test_sizes(row: dict[str, str]) -> None:
    found = ref.size(row["case"])
    if row["quantity"] == "n_per_arm":
        assert ref.agrees(found.n_per_arm[0], row)
    elif row["index"]:
        assert ref.agrees(getattr(found, row["quantity"])[int(row["index"]) - 1], row)
    else:
        assert ref.agrees(getattr(found, row["quantity"]), row)


@pytest.mark.parametrize("row", ref.rows("boin_lambda"), ids=ref.named)
def test_boin_boundaries(row: dict[str, str]) -> None:
    assert ref.agrees(getattr(design.boin(float(row["index"])), row["quantity"]), row)


@pytest.mark.parametrize("row", ref.rows("boin_table"), ids=ref.named)
def test_boin_tables(row: dict[str, str]) -> None:
    made = design.boin(float(row["case"].removeprefix("boin_table_target")))
    assert getattr(made, row["quantity"])[int(row["index"]) - 1] == int(row["value"])


@pytest.mark.parametrize("row", ref.rows("boin_oc"), ids=ref.named)
def test_boin_characteristics(row: dict[str, str]) -> None:
    found = getattr(ref.boin_trials(row["case"].removeprefix("boin_oc_")), row["quantity"])
    assert ref.agrees(found[int(row["index"]) - 1] if row["index"] else found, row)


@pytest.mark.parametrize("row", ref.rows("crm_"), ids=ref.named)
def test_crm(row: dict[str, str]) -> None:
    model = "logistic" if "logistic" in row["case"] else "empiric"
    method = "mle" if "mle" in row["case"] else "bayes"
    advice = design.crm(ref.SKELETON, 0.2, ref.LEVELS, ref.EVENTS, model=model, method=method)
    found = getattr(advice, row["quantity"])
    assert ref.agrees(found[int(row["index"]) - 1] if row["index"] else found, row)


@pytest.mark.parametrize("row", ref.rows("crmsim"), ids=ref.named)
def test_crm_characteristics(row: dict[str, str]) -> None:
    trials, dose = ref.crm_trials(), int(row["index"]) - 1
    share = row["quantity"] == "selected"
    assert ref.agrees(trials.selected_percent[dose] / 100 if share else trials.patients[dose], row)


@pytest.mark.parametrize("row", ref.rows("mcpmod_biom_contrast"), ids=ref.named)
def test_contrasts(row: dict[str, str]) -> None:
    found = ref.contrasts().contrasts[row["quantity"]]
    assert ref.agrees(found[ref.DOSES.index(float(row["index"]))], row)


@pytest.mark.parametrize("row", ref.rows("mcpmod_biom_corr"), ids=ref.named)
def test_correlations_of_contrasts(row: dict[str, str]) -> None:
    names = list(ref.SHAPES)
    first, second = (names.index(name) for name in row["quantity"].split("~"))
    assert ref.agrees(ref.contrasts().correlation[first][second], row)


@pytest.mark.parametrize("row", ref.rows("mcpmod_power"), ids=ref.named)
def test_contrast_power(row: dict[str, str]) -> None:
    assert ref.agrees(ref.contrast_power()[row["index"]], row)


@pytest.mark.parametrize("row", ref.rows("mcpmod_biom_test"), ids=ref.named)
def test_contrast_test(row: dict[str, str]) -> None:
    if row["quantity"] == "t":
        assert ref.agrees(design.mcpmod(*ref.biom(), ref.SHAPES).test.t[row["index"]], row)
        return
    factor = root(correlation_of(_contrasts(), (20,) * 5))
    if row["quantity"] == "adjusted_p":
        statistic = next(
            float(r["value"])
            for r in ref.rows("mcpmod_biom_test")
            if (r["quantity"], r["index"]) == ("t", row["index"])
        )
        assert ref.agrees(exceedance(factor, statistic, 95), row)
        return
    # The reference integrates by random points to an error of 0.001 in probability, so that is what it can be held to; ours is held
    # to another quadrature in test_rays.py.
    level = float(row["quantity"].rpartition("_")[2])
    assert row["kind"] == "by probability"
    assert abs(exceedance(factor, float(row["value"]), 95) - level) <= float(row["tolerance"])


def _contrasts():
    import numpy as np

    return np.array(list(ref.contrasts().contrasts.values()))


@pytest.mark.parametrize("row", ref.rows("mcpmod_biom_fit"), ids=ref.named)
def test_fits(row: dict[str, str]) -> None:
    kind = row["case"].removeprefix("mcpmod_biom_fit_")
    guesses = {"quadratic": (-0.5,), "emax": (0.2,), "exponential": (0.3,)}.get(kind, ())
    fit = design.fit_shape(*ref.biom(), design.Shape(kind, guesses), delta=0.3)
    known = {"RSS": fit.RSS, "AIC": fit.AIC, "TD_0.3": fit.target_dose, **fit.coefficients}
    assert ref.agrees(known[row["quantity"]], row)


def test_no_row_is_left_out() -> None:
    here = (
        *ref.SEQUENTIAL,
        *ref.SIZES,
        *("gs_obf_k3_power_n200", "boin_", "crm_", "crmsim", "mcpmod_", "mmrm_"),
    )
    assert len(ref.rows(*here)) == len(ref.rows("")) == 592
