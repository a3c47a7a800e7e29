"""What published reviews say beside a pool or a network of the project, and why it is not the same, or why none stands there."""

from collections.abc import Mapping
from typing import Any

from speciosa import facts


def beside_reviews(spec: Mapping[str, Any]) -> str:
    """The published figures of a definition and its own sentence on them.

    Args:
        spec: a definition of `pools.toml` or `networks.toml`: ``published`` has a figure with its fact, shares of an arm, or
            ``rows`` of facts; ``review`` says whether it is repeated and why not.

    Example:
        >>> spec = {"published": {"rows": ["treatment-0059"]}, "review": "Not repeated."}
        >>> beside_reviews(spec)
        'Mattick 2014 (Cochrane), buprenorphine flexible against methadone flexible: RR 0.83 (0.72 to 0.95). Not repeated.'
    """
    told = spec.get("published", {})
    said = [_figure(row) for row in told.get("rows", [])]
    if "estimate" in told:
        said.append(_figure(told["row"]))
    if "percent_t" in told:
        study = getattr(facts.fact(told["row"]), "study", "")
        said.append(f"{study}: {told['percent_t']:g}% against {told['percent_c']:g}%")
    return " ".join([*([f"{'; '.join(said)}."] if said else []), str(spec["review"])])


def _figure(row: str) -> str:
    """A published effect with its interval."""
    fact: Any = facts.fact(row)
    pair = f"{fact.intervention} against {fact.comparator}"
    interval = f"{fact.estimate:g} ({fact.ci_low:g} to {fact.ci_high:g})"
    return f"{fact.study}, {pair}: {fact.effect_measure} {interval}"
