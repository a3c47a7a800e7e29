"""Definitions of the project's networks of trials, and the rows of the fact base that each takes."""

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import Any

import polars as pl

from speciosa import facts
from speciosa.evidence.effects.conversions import se_from_interval
from speciosa.evidence.network.effects import RATIOS


def definition_of(name: str) -> dict[str, Any]:
    """The definition of a network by its name or by that of its table of arms; nothing for another name.

    Example:
        >>> definition_of("oud_retention")["measure"], definition_of("none")
        ('RR', {})
    """
    known = definitions()
    by_table = (spec for spec in known.values() if spec.get("table") == name)
    return dict(known.get(name) or next(by_table, {}))


@cache
def definitions() -> dict[str, Any]:
    """All definitions by the names of the networks."""
    text = (files("speciosa.evidence") / "data" / "networks.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def protocol_of(name: str) -> str:
    """The protocol of one of the project's networks; nothing for another name.

    Example:
        >>> protocol_of("oud_retention").startswith("Randomised trials")
        True
    """
    return str(definition_of(name).get("protocol", ""))


def apart_of(name: str) -> dict[str, str]:
    """Studies of people in another setting than a network speaks of, with that setting.

    Example:
        >>> apart_of("oud_retention")["Lobmaier 2010"]
        'people leaving prison'
    """
    return dict(definition_of(name).get("apart", {}))


def rows_of_network(spec: Mapping[str, Any]) -> pl.DataFrame:
    """The rows that a definition takes, one an arm or a contrast, with their ids and how they were seen.

    Example:
        >>> rows_of_network(definition_of("psychosocial_addon"))["treatment"].to_list()
        ['bup_plus_counselling', 'bup_smm']
    """
    return {"arms": _arms, "pairs": _pairs, "contrasts": _contrasts}[spec["kind"]](spec)


def _arms(spec: Mapping[str, Any]) -> pl.DataFrame:
    table = facts.table("trial-arms").filter(pl.col("network") == spec["table"])
    return table.select("id", "seen", "study", "treatment", "events", pl.col("n").cast(pl.Float64))


def _pairs(spec: Mapping[str, Any]) -> pl.DataFrame:
    table = facts.table("studies.treatment").filter(
        pl.col("outcome") == spec["outcome_is"],
        pl.col("reference") == spec["reference_is"],
        ~pl.col("id").is_in(list(spec.get("exclude", {}))),
    )
    arms = [
        table.select(
            "id",
            "seen",
            "study",
            treatment=pl.col(side).replace_strict(spec["names"]),
            events=f"events_{group}",
            n=f"n_{group}",
        )
        for side, group in (("intervention", "t"), ("comparator", "c"))
    ]
    return pl.concat(arms).sort("id", maintain_order=True)


def _contrasts(spec: Mapping[str, Any]) -> pl.DataFrame:
    """Published effects with their intervals; the missing contrast of a three-arm trial is derived.

    A number needed to treat is the difference of risks that it is one over of.
    """
    table = facts.table("studies").filter(pl.col("id").is_in(spec["rows"]))
    log = spec["measure"] in RATIOS
    rows = []
    for row in table.iter_rows(named=True):
        study = row["study"]
        estimate, low, high = (row[name] for name in ("estimate", "ci_low", "ci_high"))
        if row["effect_measure"] == "NNT":
            estimate, low, high = 1 / estimate, 1 / high, 1 / low
        if spec.get("split_by_row"):
            study = f"{study} ({row['intervention']})"
        rows.append(
            {
                "id": row["id"],
                "seen": row["seen"],
                "study": study,
                "treat1": spec["names"][row["intervention"]],
                "treat2": spec["names"][row["comparator"]],
                "effect": math.log(estimate) if log else estimate,
                "se": se_from_interval(low, high, log=log),
                "n": spec.get("people", {}).get(study, row["n"]),
            }
        )
    by_study: dict[str, list[dict[str, Any]]] = {}
    for line in rows:
        by_study.setdefault(line["study"], []).append(line)
    for lines in by_study.values():
        rows += [_between(one, other) for one, other in combinations(lines, 2)]
    return pl.DataFrame(rows)


def _between(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The contrast of two treatments that one trial compared with the same third.

    Arms of equal variance make every contrast equally precise: the variance is the mean of the two published ones.
    """
    return dict(one) | {
        "treat2": other["treat1"],
        "effect": one["effect"] - other["effect"],
        "se": math.sqrt((one["se"] ** 2 + other["se"] ** 2) / 2),
    }
