"""A network that falls apart: each part of it, an island, pooled by itself; no effect joins two of them."""

from dataclasses import replace
from typing import Any

from speciosa.evidence.network.connectivity import islands
from speciosa.evidence.network.data import Network
from speciosa.evidence.network.result import NetworkResult, network_meta_analysis


def pooled_apart(
    network: Network, *, reference: str | None = None, **options: Any
) -> list[NetworkResult]:
    """The network meta-analysis of each island, in the order of `islands`.

    Args:
        network: the trials.
        reference: of the island that has it; the others take their usual one.
        options: as of `network_meta_analysis`.

    Example:
        >>> from speciosa.evidence.network.read import read_network
        >>> arms = {"study": ["s1", "s1", "s2", "s2"], "treatment": ["a", "b", "c", "d"], "events": [9, 4, 7, 5], "n": [20] * 4}
        >>> [found.treatments for found in pooled_apart(read_network(arms, connected=False), reference="d")]
        [('a', 'b'), ('c', 'd')]
    """
    found = []
    for part in islands({study.name: study.treatments for study in network.studies}):
        studies = tuple(study for study in network.studies if study.name in part.studies)
        base = reference if reference in part.treatments else None
        found.append(
            network_meta_analysis(replace(network, studies=studies), reference=base, **options)
        )
    return found
