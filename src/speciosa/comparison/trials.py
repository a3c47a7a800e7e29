"""What trials and registries say of the arms of a study, in the form of its outcomes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from speciosa import facts
from speciosa.errors import EvidenceError
from speciosa.evidence.appraisal.certainty import ComparisonCertainty
from speciosa.evidence.ledger.flow_of_trials import TrialFlow, flow_of
from speciosa.evidence.ledger.network_definitions import (
    apart_of,
    definition_of,
    protocol_of,
    rows_of_network,
)
from speciosa.evidence.ledger.network_library import certainty_in
from speciosa.evidence.ledger.reviews import beside_reviews
from speciosa.evidence.network.read import read_network
from speciosa.evidence.network.result import NetworkResult, network_meta_analysis
from speciosa.evidence.network_models.apart import pooled_apart
from speciosa.outcomes import Outcomes
from speciosa.population.streams import normals
from speciosa.study.question.schema import Evidence
from speciosa.study.result import StudyRun

# A network that has arms in the fact base and no definition.
_OF_ARMS = {
    "kind": "arms",
    "measure": "RR",
    "small_values": "undesirable",
    "reference": "placebo",
    "indication": "withdrawal",
}
_WORDS = {
    "tau": "treatment as usual",
    "xr_naltrexone": "injected naltrexone",
    "methadone_low": "low-dose methadone",
    "lofexidine_low": "low-dose lofexidine",
}


@dataclass(frozen=True)
class Pooled:
    """One network of trials, pooled.

    Attributes:
        name: of the network.
        outcome: what the trials counted.
        result: the network meta-analysis; None where it cannot be made.
        problem: why not, in words; empty otherwise.
        studies: references of the trials by study.
        left_out: trials that are known only from memory and take no part.
        apart: trials of people in another setting, which take no part, with that setting.
        protocol: which trials belong, when their outcome was counted, and how they were looked for.
        islands: the parts of a network that falls apart, each pooled by itself.
        indication: of the studies whose people the trials are of.
        about: what a reader must know of it.
        review: what published reviews say, and why it is not the same, or why none stands beside.
    """

    name: str
    outcome: str
    result: NetworkResult | None
    problem: str
    studies: dict[str, str]
    left_out: tuple[str, ...]
    apart: Mapping[str, str] = field(default_factory=dict)
    protocol: str = ""
    islands: tuple[NetworkResult, ...] = ()
    indication: str = "withdrawal"
    about: str = ""
    review: str = ""

    @property
    def title(self) -> str:
        """The network in words."""
        return self.name.replace("_", " ").replace("oud ", "opioid use disorder: ")

    @property
    def certainty(self) -> list[ComparisonCertainty]:
        """How sure every comparison with the reference is; nothing where the network cannot be pooled."""
        return [] if self.result is None else certainty_in(self.name, self.result)

    def certainty_of(self, island: NetworkResult) -> list[ComparisonCertainty]:
        """How sure every comparison of an island with its reference is."""
        return certainty_in(self.name, island)

    @property
    def flow(self) -> TrialFlow | None:
        """How trials came to be pooled, all together or by islands; None where they cannot be or have no protocol."""
        parts = self.islands if self.result is None else (self.result,)
        if not parts:
            return None
        pooled = sum(len(part.network.studies) for part in parts)
        kept = bool(self.left_out)
        return flow_of(self.name, pooled, len(parts[0].network.excluded), without_recalled=kept)

    def outcomes(self, run: StudyRun) -> Outcomes:
        """Risk ratio to the network's reference for each arm whose substance the trials studied.

        Draws are those of the pooled estimate, keyed like every other random number; arms that no trial connects to
        the reference have no row. Networks of other people than the study's are shown, and say nothing of its arms; so do
        those of pain, whose doses are not those of the arms.
        """
        people = (self.indication, run.study.indication)
        if self.result is None or people != ("withdrawal", "withdrawal"):
            return Outcomes.concat([])
        parts = []
        draws = range(run.study.population.draws)
        for row in self.result.against().iter_rows(named=True):
            for arm in run.arms:
                known = {treatment_name(substance) for substance in arm.substances}
                if row["treat1"] not in known:
                    continue
                noise = normals(
                    run.study.population.seed, f"{self.name}: {row['treat1']}", range(1), draws
                )
                parts.append(
                    Outcomes.of(
                        arm.name,
                        f"{self.outcome}: risk ratio to {self.result.reference}",
                        np.exp(row["effect"] + row["se"] * noise[:, 0]),
                        "1",
                        "benefit",
                        "trial evidence",
                        sorted(set(self.studies.values())),
                    )
                )
        return Outcomes.concat(parts)


def treatment_name(name: str) -> str:
    """A treatment of the fact base as a reader writes it.

    Example:
        >>> treatment_name("tau"), treatment_name("buprenorphine_implant")
        ('treatment as usual', 'buprenorphine implant')
    """
    return _WORDS.get(name, name.replace("_", " "))


def pooled(name: str, evidence: Evidence) -> Pooled:
    """Pools one network of the fact base; a network that cannot be pooled says why."""
    spec = _OF_ARMS | {"table": name} | definition_of(name)
    apart = apart_of(name)
    rows = rows_of_network(spec).filter(~pl.col("study").is_in(list(apart)))
    recalled = tuple(dict.fromkeys(rows.filter(pl.col("seen").is_in(facts.ASSUMED))["study"]))
    used = rows if evidence.recalled else rows.filter(~pl.col("study").is_in(recalled))
    found = Pooled(
        name,
        _outcome(spec),
        None,
        "",
        _references(used),
        () if evidence.recalled else recalled,
        apart,
        protocol_of(name),
        (),
        str(spec["indication"]),
        str(spec.get("note", "")),
        beside_reviews(spec) if "review" in spec else "",
    )
    named = [name for name in ("treatment", "treat1", "treat2") if name in used.columns]
    table = used.drop("id", "seen").with_columns(
        pl.col(named).map_elements(treatment_name, pl.String)
    )
    reference, small = treatment_name(spec["reference"]), spec["small_values"]
    given = {name for column in named for name in table[column].to_list()}
    try:
        result = network_meta_analysis(
            table,
            measure=spec["measure"],
            reference=reference if reference in given else None,
            small_values=small,
        )
    except EvidenceError as error:
        (fault, *_) = error.faults
        if fault.where != "network":
            return replace(found, problem=str(error))
        told = "no chain of trials joins every treatment to every other; there are"
        network = read_network(table, measure=spec["measure"], connected=False)
        parts = tuple(pooled_apart(network, reference=reference, small_values=small))
        return replace(found, problem=f"{told} {fault.found}.", islands=parts)
    return replace(found, result=result)


def _outcome(spec: Mapping[str, Any]) -> str:
    """What the trials counted, as the rows of arms say it or the definition of a network of contrasts does."""
    arms = network_arms(spec["table"]) if spec["kind"] == "arms" else None
    return str(spec["outcome"] if arms is None else arms["outcome"][0])


def _references(rows: pl.DataFrame) -> dict[str, str]:
    """The source of each study."""
    pairs = rows.select("study", "id").iter_rows()
    return {study: str(facts.fact(row).reference) for study, row in pairs}


def network_rows(name: str) -> list[str]:
    """The facts of a network, also of trials that take no part: the report names them."""
    rows = rows_of_network(_OF_ARMS | {"table": name} | definition_of(name))
    return list(dict.fromkeys(rows["id"]))


def observed(run: StudyRun) -> pl.DataFrame:
    """Recorded rates of harm that name a substance of some arm."""
    return recorded_harms({name for arm in run.arms for name in arm.substances})


def recorded_harms(substances: Collection[str]) -> pl.DataFrame:
    """Recorded rates of harm that name one of these substances; those of kratom where an alkaloid of it is one."""
    wanted = set(substances)
    if any("mitragynine" in name for name in wanted):
        wanted.add("kratom")
    risks = facts.table("risks")
    keep = [
        bool(wanted & {part.strip() for part in (names or "").split(";")})
        for names in risks["substances"]
    ]
    return risks.filter(pl.Series(keep))


def network_arms(name: str) -> pl.DataFrame:
    """The arms of the trials in a network of the fact base."""
    return facts.table("trial-arms").filter(pl.col("network") == name)


def kratom_trials() -> pl.DataFrame:
    """Results of the randomised studies of kratom in people."""
    return facts.table("studies").filter(
        pl.col("id").str.starts_with("kratomstudy") & pl.col("design").str.contains("RCT")
    )
