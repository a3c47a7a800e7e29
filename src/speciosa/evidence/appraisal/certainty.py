"""How sure each comparison of a network is: the six domains of CINeMA, by what each study contributes, and GRADE's words.

Within-study bias and indirectness are means over studies, weighted by contribution (low 1, some concerns 2, high 3).
Imprecision counts the limits of the range of little difference that the interval crosses; heterogeneity how many more the
prediction interval does; incoherence compares the parts of the scale that direct and indirect intervals reach.
Rules: Nikolakopoulou 2020, doi:10.1371/journal.pmed.1003082, and CINeMA's documentation. Words: Santesso 2020,
doi:10.1016/j.jclinepi.2019.10.014. Two rules are stricter than CINeMA's: risk of bias and indirectness that nobody assessed count
as some concerns, and so does a comparison without local disagreement where the designs of the whole network disagree.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import polars as pl

from speciosa.evidence.appraisal.small_studies import SmallStudies, small_studies
from speciosa.evidence.effects.importance import NEITHER, half_range, importance, regions
from speciosa.evidence.network.contributions import study_contributions
from speciosa.evidence.network.effects import NAMES, RATIOS, display
from speciosa.evidence.network.inconsistency import net_split
from speciosa.evidence.printed import number, p_text, span
from speciosa.evidence.table.assessments import DOMAINS, Assessment, assessments

if TYPE_CHECKING:
    from speciosa.evidence.network.result import NetworkResult

Concern = Literal["no concerns", "some concerns", "major concerns", "not judged"]
Level = Literal["very low", "low", "moderate", "high"]
CONCERNS: tuple[Concern, ...] = get_args(Concern)
LEVELS: tuple[Level, ...] = get_args(Level)
# Less than half of the evidence assessed says nothing of the whole: our judgement.
ASSESSED = 0.5
# A share of the evidence that is worth a word.
SHOWN = 0.005
# CINeMA's limits of the p values of disagreement.
SOME_P, MAJOR_P = 0.10, 0.01
BIAS, INDIRECTNESS = "within-study bias", "indirectness"
_VERBS = {"high": "{}s", "moderate": "probably {}s", "low": "may {}"}


@dataclass(frozen=True)
class Domain:
    """One domain: what it is called, how much it concerns, and why."""

    name: str
    concern: Concern
    reason: str


@dataclass(frozen=True)
class ComparisonCertainty:
    """How sure one comparison is.

    Attributes:
        treatment, comparator: the pair; effects are the first minus the second.
        effect, ci_low, ci_high: on the analysis scale.
        importance: where the interval lies beside the minimal important difference.
        domains: the six domains of CINeMA.
        level: high (low for observational studies), less one step for a domain of some concerns, two for one of major concerns,
            one for risk of bias or indirectness that is not judged.
        statement: the result in GRADE's words.
    """

    treatment: str
    comparator: str
    effect: float
    ci_low: float
    ci_high: float
    importance: str
    domains: tuple[Domain, ...]
    level: Level
    statement: str

    @property
    def complete(self) -> bool:
        """Whether every domain is judged."""
        return all(domain.concern != "not judged" for domain in self.domains)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"complete": self.complete}


def certainty_of(
    result: "NetworkResult",
    mid: float,
    *,
    assessed: Mapping[str, Assessment] | None = None,
    observational: bool = False,
    outcome: str = "the outcome",
) -> list[ComparisonCertainty]:
    """How sure every comparison with the reference is.

    Args:
        result: the network meta-analysis.
        mid: the minimal important difference: a ratio as 1.25, or a difference.
        assessed: risk of bias and indirectness by study; by default what the table of trials says.
        observational: whether the studies are observational, so that certainty starts low.
        outcome: what is increased or reduced, in words.

    Raises:
        EvidenceError: the minimal important difference is none.

    Example:
        >>> from speciosa.evidence.network.result import network_meta_analysis
        >>> arms = {"study": ["s1", "s1"], "treatment": ["a", "p"], "events": [90, 40], "n": [100, 100], "rob": ["L", "L"]}
        >>> one, = certainty_of(network_meta_analysis(arms, measure="RR", reference="p"), 1.25)
        >>> one.importance, one.level, one.complete
        ('important increase', 'moderate', False)
    """
    half = half_range(mid, result.network.measure in RATIOS)
    if assessed is None:
        assessed = assessments(result.network.cells.to_dicts())
    base = result.reference
    rows = [row for row in result.against().to_dicts() if row["effect"] is not None]
    shares = _shares(result, [(row["treat1"], base) for row in rows])
    split = {frozenset((row["treat1"], row["treat2"])): row for row in net_split(result).to_dicts()}
    tested = small_studies(result)
    found = []
    for row in rows:
        name = row["treat1"]
        domains = (
            _by_domain(
                _weighed(BIAS, shares[name], {s: a.bias for s, a in assessed.items()}),
                shares[name],
                assessed,
            ),
            _reporting(tested),
            _weighed(INDIRECTNESS, shares[name], {s: a.indirectness for s, a in assessed.items()}),
            _imprecision(row, half),
            _heterogeneity(row, half, result),
            _incoherence(row, split.get(frozenset((name, base))), half, result),
        )
        found.append(_comparison(result, row, half, domains, observational, outcome))
    return found


def _shares(
    result: "NetworkResult", pairs: list[tuple[str, str]]
) -> dict[str, list[tuple[str, float]]]:
    table = study_contributions(result, pairs)
    return {
        name: table.filter(pl.col("treat1") == name).select("study", "share").rows()
        for name, _ in pairs
    }


def _weighed(
    name: str, shares: list[tuple[str, float]], judged: Mapping[str, str | None]
) -> Domain:
    """The mean of a judgement over studies, weighted by what each contributes."""
    scores = {"low": 1, "some concerns": 2, "high": 3}
    known = [(share, scores[level]) for study, share in shares if (level := judged.get(study))]
    part = sum(share for share, _ in known)
    if part < ASSESSED:
        told = (
            "no study is assessed" if part == 0 else f"only {part:.0%} of the evidence is assessed"
        )
        return Domain(name, "not judged", told)
    mean = sum(share * score for share, score in known) / part
    high = sum(share for share, score in known if score == 3)
    some = sum(share for share, score in known if score == 2)
    reason = f"{high:.0%} of the evidence from studies at high, {some:.0%} at some concern"
    if part < 0.995:
        reason += f"; {1 - part:.0%} not assessed"
    return Domain(name, CONCERNS[0 if mean < 1.5 else 1 if mean <= 2.5 else 2], reason)


def _by_domain(
    overall: Domain, shares: list[tuple[str, float]], assessed: Mapping[str, Assessment]
) -> Domain:
    """The overall judgement, with the domains of RoB 2 in which evidence is of concern and how much of it."""
    told = []
    for domain in DOMAINS:
        judged = [(share, a.domains.get(domain)) for s, share in shares if (a := assessed.get(s))]
        part = sum(share for share, level in judged if level in ("some concerns", "high"))
        told += [f"{domain} {part:.0%}"] if part >= SHOWN else []
    if not told:
        return overall
    return replace(overall, reason=f"{overall.reason}; by domain: {', '.join(told)}")


def _reporting(tested: SmallStudies) -> Domain:
    if tested.p is None:
        return Domain("reporting bias", "not judged", tested.reason)
    told = f"comparison-adjusted funnel of {tested.contrasts} contrasts: {p_text(tested.p)}"
    return Domain("reporting bias", CONCERNS[tested.p < SOME_P], told)


def _crossed(low: float, high: float, half: float) -> int:
    """How many limits of the range of little difference lie inside an interval."""
    return sum(low < limit < high for limit in (-half, half))


def _imprecision(row: Mapping[str, Any], half: float) -> Domain:
    crossed = _crossed(row["ci_low"], row["ci_high"], half)
    told = importance(row["ci_low"], row["ci_high"], half)
    return Domain("imprecision", CONCERNS[crossed], f"the interval says: {told}")


def _heterogeneity(row: Mapping[str, Any], half: float, result: "NetworkResult") -> Domain:
    if row["pi_low"] is None or result.I2 is None:
        return Domain("heterogeneity", "not judged", "nothing estimates it")
    more = _crossed(row["pi_low"], row["pi_high"], half) - _crossed(
        row["ci_low"], row["ci_high"], half
    )
    told = importance(row["pi_low"], row["pi_high"], half)
    return Domain("heterogeneity", CONCERNS[max(0, more)], f"a new study may show: {told}")


def _incoherence(
    row: Mapping[str, Any], split: Mapping[str, Any] | None, half: float, result: "NetworkResult"
) -> Domain:
    """Local where there is direct and indirect evidence, by the test of all designs where there is indirect only."""
    name, whole = "incoherence", result.coherence
    everywhere = f"all designs: {p_text(whole.test.p)}"
    if split is None and row["direct"] is None:
        p = whole.test.p
        if p is None:
            return Domain(
                name, "not judged", "indirect evidence only, in no loop that could be tested"
            )
        place = 2 if p < MAJOR_P else 1 if p < SOME_P else 0
        return Domain(name, CONCERNS[place], f"indirect evidence only; {everywhere}")
    told = (
        "direct evidence only"
        if split is None
        else f"direct against indirect: {p_text(split['p'])}"
    )
    if split is None or split["p"] >= SOME_P:
        if whole.coherent is False:
            return Domain(name, "some concerns", f"{told}; but {everywhere}")
        return Domain(name, "no concerns", told)
    z = result.half_width
    spans = [
        regions(split[part] - z * split[f"{part}_se"], split[part] + z * split[f"{part}_se"], half)
        for part in ("direct", "indirect")
    ]
    common = len(spans[0] & spans[1])
    return Domain(name, CONCERNS[{3: 0, 2: 1}.get(common, 2)], told)


def _comparison(
    result: "NetworkResult",
    row: Mapping[str, Any],
    half: float,
    domains: tuple[Domain, ...],
    observational: bool,
    outcome: str,
) -> ComparisonCertainty:
    steps = sum(_steps(domain) for domain in domains)
    level = LEVELS[max(0, (1 if observational else 3) - steps)]
    low, high = row["ci_low"], row["ci_high"]
    open_domains = [d.name for d in domains if d.concern == "not judged"]
    words = _statement(result, row, half, level, outcome)
    if open_domains:
        words = words[:-1] + f"; not judged: {', '.join(open_domains)}."
    place = importance(low, high, half)
    return ComparisonCertainty(
        row["treat1"], row["treat2"], row["effect"], low, high, place, domains, level, words
    )


def _steps(domain: Domain) -> int:
    """How far a domain lowers the certainty; what nobody assessed lowers it by one."""
    if domain.concern == "not judged":
        return int(domain.name in (BIAS, INDIRECTNESS))
    return CONCERNS.index(domain.concern)


def _statement(
    result: "NetworkResult", row: Mapping[str, Any], half: float, level: Level, outcome: str
) -> str:
    """GRADE's sentence: the verb says how sure, the rest how large."""
    show, measure = display(result.network.measure), result.network.measure
    figures = (
        f"({NAMES.get(measure, 'effect')} {number(show(row['effect']))}, "
        f"{span(show(row['ci_low']), show(row['ci_high']))}; {level} certainty)"
    )
    one, other = row["treat1"], row["treat2"]
    if level == "very low":
        return (
            f"The evidence is very uncertain about the effect of {one} against {other} {figures}."
        )
    verb = _VERBS[level]
    if importance(row["effect"], row["effect"], half) == NEITHER:
        told = f"{verb.format('make')} little or no difference"
    else:
        told = f"{verb.format('increase' if row['effect'] > 0 else 'reduce')} {outcome}"
    return f"{one[:1].upper()}{one[1:]} {told} against {other} {figures}."
