"""Risk of bias and indirectness of studies, as reviewers write them beside their data.

RoB 2 has five domains and an overall judgement (Sterne 2019, doi:10.1136/bmj.l4898); tools write ``Low``, ``Some concerns``
and ``High``, CINeMA 1, 2 and 3 or L, M and H. What is written otherwise counts as not assessed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from speciosa.evidence.table.names import folded

Judged = Literal["low", "some concerns", "high"]
Domain = Literal["randomisation", "deviations", "missing data", "measurement", "reporting"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)
_WORDS: dict[str, Judged] = {
    **dict.fromkeys(("low", "l", "1", "1.0", "+"), "low"),
    **dict.fromkeys(
        ("some concerns", "some", "moderate", "unclear", "m", "s", "u", "2", "2.0", "?"),
        "some concerns",
    ),
    **dict.fromkeys(("high", "h", "serious", "critical", "3", "3.0", "-"), "high"),
}
_OVERALL = ("risk_of_bias", "rob", "overall_bias", "overall_risk_of_bias", "rob_overall", "overall")
_OF_DOMAIN: dict[Domain, tuple[str, ...]] = {
    "randomisation": ("d1", "rob_d1", "randomisation", "randomization", "randomization_process",
                      "randomisation_process", "bias_arising_from_the_randomization_process"),
    "deviations": ("d2", "rob_d2", "deviations", "deviations_from_intended_interventions",
                   "deviations_from_the_intended_interventions",
                   "bias_due_to_deviations_from_intended_interventions"),
    "missing data": ("d3", "rob_d3", "missing_data", "missing_outcome_data", "bias_due_to_missing_outcome_data"),
    "measurement": ("d4", "rob_d4", "measurement", "measurement_of_the_outcome",
                    "bias_in_measurement_of_the_outcome"),
    "reporting": ("d5", "rob_d5", "reporting", "selection_of_the_reported_result",
                  "bias_in_selection_of_the_reported_result"),
}  # fmt: skip
# The domains of the older tool (RoB 1), as a judgement spells them out: where RoB 2 has two for one, both take it.
_OLDER: dict[str, tuple[Domain, ...]] = {
    "sequence": ("randomisation",),
    "allocation": ("randomisation",),
    "blinding": ("deviations", "measurement"),
    "attrition": ("missing data",),
    "reporting": ("reporting",),
}
_SPELLED = re.compile(rf"\b({'|'.join(_OLDER)}) (low|unclear|high)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Assessment:
    """What reviewers judged of one study; None is not assessed.

    Attributes:
        bias: overall risk of bias.
        indirectness: how far its people, treatments or outcome are from the question.
        domains: risk of bias by domain of RoB 2.
    """

    bias: Judged | None = None
    indirectness: Judged | None = None
    domains: Mapping[Domain, Judged] = field(default_factory=dict)


def judged(cell: Any) -> Judged | None:
    """What a cell says of a risk; a remark in brackets or after a comma is not read.

    Example:
        >>> judged("Some concerns (open label)"), judged("H"), judged(1), judged("not assessed")
        ('some concerns', 'high', 'low', None)
        >>> judged("low to some concerns")
        'some concerns'
    """
    text = " ".join(str(cell if cell is not None else "").casefold().split())
    text = text.split("(")[0].split(",")[0].split(":")[0].strip().removesuffix(" risk")
    first, _, last = text.rpartition(" to ")
    if first and first not in _WORDS:
        return None
    return _WORDS.get(last)


def is_judgement(name: str) -> bool:
    """Whether a column holds a judgement of RoB 2 as RevMan Web names it.

    Example:
        >>> is_judgement("Bias due to missing outcome data (judgement)"), is_judgement("Overall bias (support)")
        (True, False)
    """
    told = _plain(folded(name))
    return told != folded(name) and any(told in names for names in (_OVERALL, *_OF_DOMAIN.values()))


def _plain(name: str) -> str:
    """The name of a column without a ``(judgement)`` behind it."""
    return re.sub(r"_*\(?judge?ments?\)?_*$", "", name)


def older_domains(cell: Any) -> dict[Domain, Judged]:
    """Domains that a judgement by RoB 1 spells out behind its first word, by the names of RoB 2; the worse of two counts.

    Example:
        >>> older_domains("some concerns: RoB 1, sequence unclear, allocation low, attrition low")
        {'randomisation': 'some concerns', 'missing data': 'low'}
    """
    order: tuple[Judged, ...] = get_args(Judged)
    found: dict[Domain, Judged] = {}
    for name, word in _SPELLED.findall(str(cell if cell is not None else "")):
        level = _WORDS[word.casefold()]
        for domain in _OLDER[name.casefold()]:
            found[domain] = max(found.get(domain, level), level, key=order.index)
    return found


def overall_of(domains: Mapping[Domain, Judged]) -> Judged | None:
    """The overall judgement of RoB 2 from its five domains: the worst of them, None where one is missing.

    Example:
        >>> overall_of(dict.fromkeys(DOMAINS, "low") | {"reporting": "some concerns"})
        'some concerns'
    """
    if len(domains) < len(DOMAINS):
        return "high" if "high" in domains.values() else None
    order: tuple[Judged, ...] = get_args(Judged)
    return order[max(order.index(value) for value in domains.values())]


def assessments(
    records: Sequence[Mapping[str, Any]], study: str = "study"
) -> dict[str, Assessment]:
    """Assessments by study from the rows of a table, for the studies that have any.

    Of several rows of one study the first that says something counts.

    Example:
        >>> assessments([{"study": "A", "RoB": "L"}, {"study": "B", "RoB": ""}])
        {'A': Assessment(bias='low', indirectness=None, domains={})}
    """
    found: dict[str, Assessment] = {}
    if not records:
        return found
    columns = {_plain(folded(name)): name for name in records[0]}
    spellings: dict[str, tuple[str, ...]] = {"": _OVERALL, "indirectness": ("indirectness",)}
    spellings |= {str(domain): names for domain, names in _OF_DOMAIN.items()}
    places = {
        ours: columns[next(n for n in names if n in columns)]
        for ours, names in spellings.items()
        if any(name in columns for name in names)
    }
    whole = {"d1", "d2", "d3", "d4", "d5"} <= columns.keys()
    if not whole:  # `D1` alone may be a dose, `overall` an outcome
        short = ("d1", "d2", "d3", "d4", "d5", "overall")
        places = {ours: name for ours, name in places.items() if folded(name) not in short}
    if not places:
        return found
    for record in records:
        name = str(record[study])
        cells = {ours: judged(record[column]) for ours, column in places.items()}
        older = older_domains(record[places[""]]) if "" in places else {}
        domains = {
            domain: value for domain in DOMAINS if (value := cells.get(domain) or older.get(domain))
        }
        one = Assessment(cells.get("") or overall_of(domains), cells.get("indirectness"), domains)
        if name not in found and one != Assessment():
            found[name] = one
    return found
