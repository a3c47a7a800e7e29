"""The networks of `data/` and the numbers that other programs give for them."""

from functools import cache

import polars as pl
from scipy.stats import norm
from tests.evidence.reference import DATA

from speciosa.evidence.network.data import Network
from speciosa.evidence.network.inconsistency import design_by_treatment, net_split
from speciosa.evidence.network.ranking import p_scores
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import NetworkResult, network_meta_analysis

Z = norm.ppf(0.975)
GOOD = {"senn2013": "desirable", "hasselblad1998": "undesirable", "parkinson": "desirable"}


def table(name: str) -> pl.DataFrame:
    text = {"treat1": pl.String, "treat2": pl.String, "value": pl.Float64, "studlab": pl.String}
    return pl.read_csv(DATA / name, schema_overrides=text, infer_schema_length=None)


def smoking_arms() -> pl.DataFrame:
    return table("data_hasselblad1998_smoking.csv").select(
        pl.col("study"), treatment="trt", events="xi", n="ni"
    )


@cache
def network(dataset: str) -> Network:
    if dataset == "hasselblad1998":
        return read_network(smoking_arms(), measure="OR")
    return read_network(DATA / f"data_{dataset}_contrasts.csv", measure="MD")


@cache
def result(dataset: str, method: str) -> NetworkResult:
    # netmeta's REML and ML leave out the sampling covariance of Senn's three-arm trial, which came as contrasts.
    covariance = "diagonal" if dataset == "senn2013" else "exact"
    return network_meta_analysis(
        network(dataset), method=method, small_values=GOOD[dataset], tau2_covariance=covariance
    )


def value(dataset: str, model: str, quantity: str, one: str | None, other: str | None) -> float:
    """What we have for one row of the reference."""
    method = model.rsplit(" ", 1)[-1] if model != "common" else "DL"
    found = result(dataset, method)
    if model.startswith("design-by-treatment"):
        test = design_by_treatment(found.network)
        return {"Q": test.q, "df": test.df, "p": test.p, "tau2_within": test.tau2_within}[quantity]
    place = {name: index for index, name in enumerate(found.treatments)}
    i, j = place.get(one or "", 0), place.get(other or "", 0)
    if model.startswith("netsplit"):
        if quantity == "prop_direct":
            return found.random.proportion_direct[i, j]
        split = net_split(found)
        sign = 1 if one < other else -1
        row = split.filter(treat1=min(one, other), treat2=max(one, other)).row(0, named=True)
        return {"diff": sign * row["difference"], "p": row["p"]}[quantity]
    estimates = found.common if model == "common" else found.random
    parts = found.heterogeneity
    low, high = (
        found.table.filter(treat1=one, treat2=other).select("pi_low", "pi_high").row(0)
        if (quantity.startswith("pi_"))
        else (0.0, 0.0)
    )
    return {
        "TE": lambda: estimates.effect[i, j],
        "seTE": lambda: estimates.se[i, j],
        "lower": lambda: estimates.effect[i, j] - Z * estimates.se[i, j],
        "upper": lambda: estimates.effect[i, j] + Z * estimates.se[i, j],
        "TE_direct": lambda: estimates.direct[i, j],
        "seTE_direct": lambda: estimates.direct_se[i, j],
        "TE_indirect": lambda: estimates.indirect[i, j],
        "seTE_indirect": lambda: estimates.indirect_se[i, j],
        "pi_lower": lambda: low,
        "pi_upper": lambda: high,
        "P_score": lambda: p_scores(estimates.effect, estimates.se, found.small_values)[i],
        "tau2": lambda: estimates.tau2,
        "tau": lambda: estimates.tau2**0.5,
        "I2": lambda: found.I2 / 100,
        "Q_total": lambda: parts.total,
        "Q_df": lambda: parts.total_df,
        "Q_p": lambda: parts.total_p,
        "Q_heterogeneity": lambda: parts.within,
        "Q_het_df": lambda: parts.within_df,
        "Q_inconsistency": lambda: parts.between,
        "Q_inc_df": lambda: parts.between_df,
    }[quantity]()
