"""The project's own networks of trials, built from rows of the fact base, with and without recalled figures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import polars as pl

from speciosa import facts
from speciosa.errors import EvidenceError, Fault, UnknownNameError
from speciosa.evidence.appraisal.certainty import ComparisonCertainty, certainty_of
from speciosa.evidence.ledger.flow_of_trials import TrialFlow, flow_of
from speciosa.evidence.ledger.network_definitions import (
    definition_of,
    definitions,
    rows_of_network,
)
from speciosa.evidence.ledger.reviews import beside_reviews
from speciosa.evidence.network.data import Network
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
        review: what published reviews say, and why it is not the same, or why none stands beside.
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
    review: str

    def certainty(
        self, result: NetworkResult, mid: float | None = None
    ) -> list[ComparisonCertainty]:
        """How sure every comparison with the reference of a result of this network is, by another smallest difference if asked."""
        return certainty_in(self.id, result, mid)

    @property
    def flow(self) -> TrialFlow:
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
    return tuple(definitions())


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
    known = definitions()
    if name not in known:
        raise UnknownNameError("network of trials", name, known)
    spec = known[name]
    found = rows_of_network(spec)
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
        beside_reviews(spec),
    )


def certainty_in(
    name: str, result: NetworkResult, mid: float | None = None
) -> list[ComparisonCertainty]:
    """How sure every comparison with the reference is, of a result of one of the project's networks; nothing for another name.

    Trials that meet the protocol count as direct evidence on its question. `mid` stands in place of the network's own.

    Example:
        >>> trials = trial_network("psychosocial_addon")
        >>> one, = certainty_in(trials.id, trials.pool())
        >>> one.level, one.importance
        ('low', 'important decrease or little difference')
    """
    spec = definition_of(name)
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
        spec["mid"] if mid is None else mid,
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
