"""Priors of tau, the standard deviation of true effects: plain families, and what earlier meta-analyses found.

Turner 2015 (doi:10.1002/sim.6381) gives log-normal distributions of tau-squared for log odds ratios, Rhodes 2015
(doi:10.1016/j.jclinepi.2014.08.012) log-t distributions for standardised mean differences, by type of outcome and comparison.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from scipy.special import gammaln

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.measures import Floats

Family = Literal["half-normal", "half-cauchy", "uniform", "exponential", "log-normal", "log-t"]
FAMILIES = ("half-normal", "half-cauchy", "exponential", "uniform", "log-normal", "log-t")
SOURCES = {"turner": "OR", "rhodes": "SMD"}
_DF = 5.0


@dataclass(frozen=True, slots=True)
class TauPrior:
    """Prior of tau: its family and scale (none for the improper uniform on [0, infinity)).

    Attributes:
        family: of the distribution; ``log-t`` has 5 degrees of freedom.
        scale: of tau; the median of ``log-normal`` and ``log-t``.
        spread: scale of the logarithm of tau, of ``log-normal`` and ``log-t``.
        named: where the prior is from, empty for one's own.
        measure: of whose effects tau was found, ``OR`` or ``SMD``; empty for one's own.

    Example:
        >>> float(TauPrior("half-normal", 0.5).density(np.array([0.0]))[0].round(4))
        1.5958
    """

    family: Family
    scale: float = 1.0
    spread: float = 1.0
    named: str = ""
    measure: str = ""

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise EvidenceError(Fault("prior of tau", ", ".join(FAMILIES), self.family))
        for what, value in (("scale", self.scale), ("spread", self.spread)):
            if not value > 0:
                raise EvidenceError(Fault("prior of tau", f"a {what} above 0", f"{value:g}"))

    def density(self, tau: Floats) -> Floats:
        """Density at `tau`; 1 for the improper uniform."""
        x = tau / self.scale
        if self.family == "half-normal":
            return np.asarray(np.exp(-(x**2) / 2) * np.sqrt(2 / np.pi) / self.scale)
        if self.family == "half-cauchy":
            return np.asarray(2 / (np.pi * self.scale * (1 + x**2)))
        if self.family == "exponential":
            return np.asarray(np.exp(-x) / self.scale)
        if self.family == "uniform":
            return np.ones_like(tau)
        inside = np.maximum(x, np.finfo(float).tiny)
        z = np.log(inside) / self.spread
        if self.family == "log-normal":
            height = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        else:
            constant = np.exp(gammaln((_DF + 1) / 2) - gammaln(_DF / 2)) / np.sqrt(_DF * np.pi)
            height = constant * (1 + z**2 / _DF) ** (-(_DF + 1) / 2)
        return np.where(tau > 0, height / (inside * self.scale * self.spread), 0.0)

    def log_density(self, tau: Floats) -> Floats:
        """Logarithm of the density at `tau`, -700 where it vanishes."""
        if self.family == "half-normal":
            return np.asarray(np.log(np.sqrt(2 / np.pi) / self.scale) - (tau / self.scale) ** 2 / 2)
        return np.asarray(np.log(np.maximum(self.density(tau), 1e-304)))

    @property
    def reach(self) -> float:
        """A tau beyond nine times which the prior leaves next to nothing."""
        return self.scale * float(np.exp(3 * self.spread)) if self.logarithmic else self.scale

    @property
    def logarithmic(self) -> bool:
        """Whether the prior is of the logarithm of tau."""
        return self.family in ("log-normal", "log-t")

    def __str__(self) -> str:
        if self.family == "uniform":
            return "tau uniform on [0, infinity), improper"
        if self.logarithmic:
            told = f"tau {self.family} with median {self.scale:.3g}, log spread {self.spread:.3g}"
            return f"{told} ({self.named})" if self.named else told
        return f"tau {self.family}({self.scale:g})"


def parse_prior(text: str) -> TauPrior:
    """A prior from its words: ``family:scale``, ``log-normal:MEDIAN,SPREAD``, or ``turner:OUTCOME:COMPARISON``.

    Raises:
        EvidenceError: no such family, no scale above 0, or no such type of outcome or comparison.

    Example:
        >>> print(parse_prior("half-cauchy:0.5"))
        tau half-cauchy(0.5)
        >>> print(parse_prior("turner:pain:pharmacological vs placebo"))
        tau log-normal with median 0.401, log spread 0.76 (Turner 2015: pain, pharmacological vs placebo)
    """
    family, _, rest = text.strip().partition(":")
    family = family.strip().lower()
    if family in SOURCES:
        return informative(family, *[part.strip() for part in rest.split(":") if part.strip()])
    try:
        sizes = [float(part) for part in rest.split(",")] if rest else [1.0]
    except ValueError:
        raise EvidenceError(
            Fault("prior of tau", "family:scale, as half-normal:0.5", text)
        ) from None
    if family == "uniform" and rest:
        raise EvidenceError(
            Fault("prior of tau", "uniform alone, which has no upper end", text.strip())
        )
    if len(sizes) > 1 + (family in ("log-normal", "log-t")):
        raise EvidenceError(Fault("prior of tau", "family:scale, as half-normal:0.5", text))
    return TauPrior(family, *sizes)  # type: ignore[arg-type]


def informative(
    source: str, outcome: str = "any", comparison: str = "any", area: str = ""
) -> TauPrior:
    """What earlier meta-analyses found for a type of outcome and comparison.

    Args:
        source: ``turner`` (log odds ratios) or ``rhodes`` (standardised mean differences).
        outcome: its type, or a part of its name that no other has; ``any`` for all.
        comparison: ``pharmacological vs placebo``, ``pharmacological vs pharmacological``; ``rhodes`` has
            ``non-pharmacological`` besides, ``turner`` that against each.
        area: of medicine, for ``rhodes``: ``other`` (the default), ``respiratory`` or ``cancer``.

    Raises:
        EvidenceError: none or several fit, with those that there are.

    Example:
        >>> prior = informative("turner")
        >>> round(2 * float(np.log(prior.scale)), 6), round(2 * prior.spread, 6)
        (-2.56, 1.74)
    """
    rows = [row for row in _table() if row["source"] == source]
    if not rows:
        raise EvidenceError(Fault("prior of tau", " or ".join(SOURCES), source))
    if outcome == "any" and comparison != "any":
        raise EvidenceError(
            Fault("prior of tau, outcome", "a type of outcome beside a comparison", "any")
        )
    area = area or ("any" if source == "turner" or outcome == "any" else "other")
    for column, wanted in (("outcome", outcome), ("comparison", comparison), ("area", area)):
        known = list(dict.fromkeys(row[column] for row in rows))
        exact = [name for name in known if name.casefold() == wanted.casefold()]
        hits = exact or [name for name in known if wanted.casefold() in name.casefold()]
        if len(hits) != 1:
            raise EvidenceError(
                Fault(f"prior of tau, {column}", "one of: " + "; ".join(known), wanted)
            )
        rows = [row for row in rows if row[column] == hits[0]]
    (row,) = rows
    named = {"turner": "Turner 2015", "rhodes": "Rhodes 2015"}[source]
    parts = [row[column] for column in ("outcome", "comparison", "area") if row[column] != "any"]
    # Half of each: the table is of tau-squared.
    median = float(np.exp(float(row["location"]) / 2))
    family: Family = "log-t" if row["df"] else "log-normal"
    told = f"{named}: {', '.join(parts) or 'any outcome and comparison'}"
    return TauPrior(family, median, float(row["scale"]) / 2, told, SOURCES[source])


def on_scale(prior: TauPrior, code: str) -> list[str]:
    """What to say of a prior that was found for another measure than `code`, where it may serve at all.

    Raises:
        EvidenceError: tau of log odds ratios or of standardised differences says nothing on the scale of `code`.

    Example:
        >>> on_scale(parse_prior("turner"), "OR"), len(on_scale(parse_prior("turner"), "RR"))
        ([], 1)
        >>> on_scale(parse_prior("rhodes"), "MD")
        Traceback (most recent call last):
        speciosa.errors.EvidenceError: prior of tau: expected one for MD, found one of standardised mean differences ...
    """
    kinds = {"OR": "log odds ratios", "SMD": "standardised mean differences"}
    if prior.measure in ("", code) or (prior.measure, code) in (("OR", "PETO"), ("SMD", "SMDH")):
        return []
    if code == "GEN":
        return [f"The prior of tau takes the effects for {kinds[prior.measure]}."]
    if prior.measure == "OR" and code in ("RR", "HR", "IRR"):
        return [
            f"The prior of tau is of log odds ratios, among which studies differ more than among {code}s where events are"
            " frequent: it allows for more heterogeneity than it need."
        ]
    found = f"one of {kinds[prior.measure]} ({prior.named})"
    fix = f"--measure {prior.measure}, or log-normal:MEDIAN,SPREAD on the scale of these effects."
    raise EvidenceError(Fault("prior of tau", f"one for {code}", found, fix))


@cache
def _table() -> list[dict[str, str]]:
    place = files("speciosa.evidence") / "data" / "heterogeneity-priors.csv"
    return list(csv.DictReader(place.read_text(encoding="utf-8").splitlines()))
