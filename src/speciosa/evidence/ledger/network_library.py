"""The project's own networks of trials, built from rows of the fact base, with and without recalled figures."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import Any, cast

import polars as pl

from speciosa import facts
from speciosa.errors import EvidenceError, Fault, UnknownNameError
from speciosa.evidence.appraisal.certainty import ComparisonCertainty, certainty_of
from speciosa.evidence.effects.conversions import se_from_interval
from speciosa.evidence.network.data import Network
from speciosa.evidence.network.effects import RATIOS
from speciosa.evidence.network.ranking import SmallValues
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import Model, NetworkResult, network_meta_analysis
from speciosa.evidence.network.tau2 import Method
from speciosa.evidence.table.assessments import Assessment, assessments


@dataclass(frozen=True)
class TrialNetwork:
    """One of the project's networks.

    Attributes:
        id: its name.
        title, population, outcome: the question.
        measure: effect measure.
        reference: treatment that others are shown against.
        small_values: whether small values are good.
        rows: ids of the facts behind it.
        recalled: studies with a figure that was seen in no document.
        left_out: studies or rows that take no part, with the reason.
        classes: classes of treatments.
        note: what a reader must know.
        protocol: which trials belong, when their outcome was counted, and how they were looked for.
        table: the trials, one row an arm or a contrast.
        mid: minimal important difference, a ratio or a difference, and where it is from.
        noun: the outcome as it is called in a sentence.
        observational: whether the studies are cohorts.
    """

    id: str
    title: str
    population: str
    outcome: str
    measure: str
    reference: str
    small_values: SmallValues
    rows: tuple[str, ...]
    recalled: tuple[str, ...]
    left_out: Mapping[str, str]
    classes: Mapping[str, str]
    note: str
    protocol: str
    table: pl.DataFrame
    mid: tuple[float, str]
    noun: str
    observational: bool

    def certainty(self, result: NetworkResult) -> list[ComparisonCertainty]:
        """How sure every comparison with the reference of a result of this network is."""
        return certainty_in(self.id, result)

    @property
    def flow(self) -> "TrialFlow":
        """How its trials came to be pooled."""
        network = self.network(connected=False)
        found = flow_of(
            self.id,
            len(network.studies),
            len(network.excluded),
            without_recalled=not self.recalled,
        )
        assert found is not None
        return found

    def network(self, connected: bool = True) -> Network:
        """The trials as a network.

        Raises:
            EvidenceError: it does not hang together, and `connected` is asked for.
        """
        return read_network(
            self.table, measure=self.measure, reference=self.reference, connected=connected
        )

    def pool(self, *, method: Method = "REML", model: Model = "random") -> NetworkResult:
        """The network meta-analysis."""
        return network_meta_analysis(
            self.network(),
            method=method,
            model=model,
            reference=self.reference,
            small_values=self.small_values,
        )

    @property
    def source(self) -> str:
        """Where the figures come from, in words."""
        text = f"fact base, {len(self.rows)} rows from {self.rows[0]} to {self.rows[-1]}"
        return text + (
            f"; figures of {len(self.recalled)} studies were seen in no document"
            if self.recalled
            else ""
        )


def network_ids() -> tuple[str, ...]:
    """Names of the project's networks.

    Example:
        >>> "oud_retention" in network_ids()
        True
    """
    return tuple(_definitions())


def trial_network(name: str, *, without_recalled: bool = True) -> TrialNetwork:
    """One of the project's networks.

    Args:
        name: one of `network_ids`.
        without_recalled: leaves out every study with a figure that was seen in no document, as wherever a network is shown.

    Raises:
        UnknownNameError: no such network.
        EvidenceError: no study is left.

    Example:
        >>> trial_network("psychosocial_addon").pool().treatments
        ('bup_plus_counselling', 'bup_smm')
    """
    definitions = _definitions()
    if name not in definitions:
        raise UnknownNameError("network of trials", name, definitions)
    spec = definitions[name]
    found = {"arms": _arms, "pairs": _pairs, "contrasts": _contrasts}[spec["kind"]](spec)
    found = found.filter(~pl.col("study").is_in(list(spec.get("apart", {}))))
    recalled = (
        found.filter(pl.col("seen").is_in(facts.ASSUMED))["study"]
        .unique(maintain_order=True)
        .to_list()
    )
    left_out = dict(spec.get("exclude", {})) | dict(spec.get("apart", {}))
    if without_recalled:
        found = found.filter(~pl.col("study").is_in(recalled))
        left_out |= dict.fromkeys(recalled, "figures seen in no document")
        recalled = []
    if found.is_empty():
        raise EvidenceError(
            Fault(f"network {name!r}", "a study that was seen", "only recalled ones")
        )
    present = {
        name
        for column in ("treatment", "treat1", "treat2")
        if column in found.columns
        for name in found[column].to_list()
    }
    return TrialNetwork(
        name,
        spec["title"],
        spec["population"],
        spec["outcome"],
        spec["measure"],
        spec["reference"],
        cast(SmallValues, spec["small_values"]),
        tuple(found["id"].unique(maintain_order=True)),
        tuple(recalled),
        left_out,
        {name: group for name, group in spec.get("classes", {}).items() if name in present},
        spec["note"],
        spec["protocol"],
        found.drop("id", "seen"),
        (spec["mid"], spec["mid_source"]),
        spec["noun"],
        spec.get("design") == "observational",
    )


def protocol_of(name: str) -> str:
    """The protocol of one of the project's networks; nothing for another name.

    Example:
        >>> protocol_of("oud_retention").startswith("Randomised trials")
        True
    """
    return str(_spec(name).get("protocol", ""))


def apart_of(name: str) -> dict[str, str]:
    """Studies of people in another setting than a network speaks of, with that setting.

    Example:
        >>> apart_of("oud_retention")["Lobmaier 2010"]
        'people leaving prison'
    """
    return dict(_spec(name).get("apart", {}))


@dataclass(frozen=True)
class TrialFlow:
    """How the trials of a network came to be pooled, in the manner of PRISMA.

    Attributes:
        reviews: whose search and choice of trials is taken over.
        searches: our own, each with its day, places and what was found.
        found: trials of the outcome that the fact base holds or that were looked for.
        steps: trials that take no part, by reason, in order.
        pooled: trials left.
    """

    reviews: str
    searches: tuple[str, ...]
    found: int
    steps: tuple[tuple[str, int], ...]
    pooled: int

    def __str__(self) -> str:
        left = "; ".join(f"{count} {why}" for why, count in self.steps if count)
        count = "1 study" if self.found == 1 else f"{self.found} studies"
        told = f"{count}; {left}; {self.pooled} pooled." if left else f"{count}, pooled."
        reviews = f" Reviews: {self.reviews}." if self.reviews else ""
        return told + reviews + "".join(f" Search {one}." for one in self.searches)


def flow_of(
    name: str, pooled: int, uninformative: int = 0, *, without_recalled: bool = True
) -> TrialFlow | None:
    """The flow of trials into one of the project's networks; None for another name.

    Args:
        name: of the network.
        pooled: trials that are pooled.
        uninformative: trials that say nothing on the measure.
        without_recalled: whether trials whose figures are recalled were left out.

    Example:
        >>> str(flow_of("psychosocial_addon", 1))
        '1 study, pooled.'
    """
    spec = _spec(name)
    if not spec:
        return None
    rows = {"arms": _arms, "pairs": _pairs, "contrasts": _contrasts}[spec["kind"]](spec)
    apart = [study for study in rows["study"].unique().to_list() if study in spec.get("apart", {})]
    rest = rows.filter(~pl.col("study").is_in(apart))
    recalled = rest.filter(pl.col("seen").is_in(facts.ASSUMED))["study"].n_unique()
    missing = len(spec.get("looked_for", {}))
    searched = {row["id"]: row for row in facts.table("searches").to_dicts()}
    told = tuple(
        f"{row['on']}, {row['places']}: {row['found']}"
        for key in spec.get("searches", [])
        if (row := searched.get(key))
    )
    return TrialFlow(
        spec.get("reviews", ""),
        told,
        rows["study"].n_unique() + missing,
        (
            ("without figures by arm", missing),
            ("of people in another setting", len(apart)),
            ("known from memory only", recalled if without_recalled else 0),
            ("without information on the measure", uninformative),
        ),
        pooled,
    )


def certainty_in(name: str, result: NetworkResult) -> list[ComparisonCertainty]:
    """How sure every comparison with the reference is, of a result of one of the project's networks; nothing for another name.

    Trials that meet the protocol count as direct evidence on its question.

    Example:
        >>> trials = trial_network("psychosocial_addon")
        >>> one, = certainty_in(trials.id, trials.pool())
        >>> one.level, one.importance
        ('low', 'important decrease or little difference')
    """
    spec = _spec(name)
    if not spec:
        return []
    rows = facts.table("studies.treatment").select("study", "risk_of_bias").to_dicts()
    known = assessments(rows)
    assessed = {
        study.name: replace(known.get(study.name, Assessment()), indirectness="low")
        for study in result.network.studies
    }
    return certainty_of(
        result,
        spec["mid"],
        assessed=assessed,
        observational=spec.get("design") == "observational",
        outcome=spec["noun"],
    )


def recalled_matter(name: str) -> pl.DataFrame:
    """Every treatment against the reference with and without the studies whose figures are recalled.

    One row a treatment: ``treatment, effect, ci_low, ci_high`` of the whole network and, with the suffix
    ``_seen``, of the studies that were seen; None where those do not join the treatment to the reference.
    """
    network = trial_network(name, without_recalled=False).pool()
    columns = ["treat1", "effect", "ci_low", "ci_high"]
    table = network.against().select(columns).rename({"treat1": "treatment"})
    try:
        seen = trial_network(name).pool().against().select(columns)
    except EvidenceError:
        empty = [pl.lit(None, pl.Float64).alias(f"{name}_seen") for name in columns[1:]]
        return table.with_columns(empty)
    return table.join(
        seen.rename({"treat1": "treatment"}),
        on="treatment",
        how="left",
        suffix="_seen",
        maintain_order="left",
    )


def _spec(name: str) -> dict[str, Any]:
    """The definition of a network by its name or by that of its table of arms; nothing for another name."""
    known = _definitions()
    by_table = (spec for spec in known.values() if spec.get("table") == name)
    return dict(known.get(name) or next(by_table, {}))


@cache
def _definitions() -> dict[str, Any]:
    text = (files("speciosa.evidence") / "data" / "networks.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


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
    """Published effects with their intervals; the missing contrast of a three-arm trial is derived."""
    table = facts.table("studies.treatment").filter(pl.col("id").is_in(spec["rows"]))
    log = spec["measure"] in RATIOS
    rows = []
    for row in table.iter_rows(named=True):
        study = row["study"]
        if spec.get("split_by_row"):
            study = f"{study} ({row['intervention']})"
        rows.append(
            {
                "id": row["id"],
                "seen": row["seen"],
                "study": study,
                "treat1": spec["names"][row["intervention"]],
                "treat2": spec["names"][row["comparator"]],
                "effect": math.log(row["estimate"]) if log else row["estimate"],
                "se": se_from_interval(row["ci_low"], row["ci_high"], log=log),
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
