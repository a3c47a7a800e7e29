"""What must not be taken together: the pairs of each arm in full, and what each treatment must not be taken with."""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

from markupsafe import Markup

from speciosa.errors import UnknownNameError
from speciosa.interaction import Finding, Interactions, Pair, Party, interactions, pair_of, party
from speciosa.interaction.words import NOTE, by_class, size_of, what_happens
from speciosa.report.figures.figure import anchor_of
from speciosa.report.number import linked
from speciosa.report.sections.sources import Sources
from speciosa.report.texts import text
from speciosa.study.question.schema import Arm, Study

_TOLD = ("contraindicated", "serious", "moderate")
_OF_THE_OTHER = ("raises", "lowers")
Links = Callable[[Iterable[str]], Markup]


def interactions_html(study: Study, sources: Sources) -> Markup:
    """The section of a report; says so where nothing is taken."""
    arms = {arm.name: _parties(arm) for arm in study.arms}
    taken = {each.id: each for found in arms.values() for each in found}
    if not taken:
        return Markup("<p>{}</p>").format(text("together.nothing"))
    pairs = {
        frozenset((one.id, other.id)): (one, other)
        for found in arms.values()
        for one, other in combinations(found, 2)
    }
    parts = [Markup("<p>{}</p>").format(NOTE)]
    if pairs:
        together = [pair_of(one, other) for one, other in pairs.values()]
        parts += [
            Markup("<h3>{}</h3>").format(text("together.pairs")),
            pairs_table(together, sources.links),
        ]
    parts.append(Markup("<h3>{}</h3>").format(text("together.each")))
    parts += [with_everything(interactions(each.id)) for each in taken.values()]
    return Markup("").join(parts)


def _parties(arm: Arm) -> list[Party]:
    """What is taken in an arm, each once; a substance of a folder of one's own may be unknown here."""
    found: dict[str, Party] = {}
    for dose in arm.doses.doses:
        if dose.product is not None:
            try:
                each = party(dose.product)
            except UnknownNameError:
                continue
            found.setdefault(each.id, each)
    return list(found.values())


def pairs_table(pairs: Sequence[Pair], links: Links) -> Markup:
    """One row a finding, from the worst on; a pair of which nothing is known has a row that says so."""
    rows = [row for pair in pairs for row in _rows(pair, links)]
    return Markup(
        '<div class="table stacked"><table><thead><tr><th scope="col">Together</th><th scope="col">How bad</th>'
        '<th scope="col">What may happen</th><th scope="col">How much</th><th scope="col">How sure</th>'
        '<th scope="col">Source</th></tr></thead><tbody>{}</tbody></table></div>'
    ).format(Markup("").join(rows))


def _rows(pair: Pair, links: Links) -> list[Markup]:
    name = f"{pair.one.label} with {pair.other.label}"
    anchor = anchor_of("pair", f"{pair.one.id}-{pair.other.id}")
    rows = [_row(f"{anchor}-{at}", name, each, links) for at, each in enumerate(pair.findings)]
    if pair.unknown:
        rows.append(
            Markup(
                '<tr id="{0}" data-source="#{0}"><th scope="row">{1}</th><td data-label="how bad">{2}</td>'
                '<td data-label="what may happen" colspan="4">{3}</td></tr>'
            ).format(anchor, name, "" if pair.findings else pair.severity, pair.unknown)
        )
    return rows


def _row(anchor: str, name: str, finding: Finding, links: Links) -> Markup:
    memory = ", from memory" if finding.from_memory else ""
    return Markup(
        '<tr id="{0}" data-source="#{0}"><th scope="row">{1}</th><td data-label="how bad">{2}</td>'
        '<td data-label="what may happen">{3} <span class="basis">({4})</span></td><td data-label="how much">{5}</td>'
        '<td data-label="how sure">{6}</td><td data-label="source">{7}</td></tr>'
    ).format(
        anchor,
        name,
        finding.severity,
        what_happens(finding),
        finding.mechanism,
        size_of(finding),
        finding.certainty + memory,
        links(source.reference for source in finding.sources),
    )


def with_everything(found: Interactions) -> Markup:
    """What one thing must not be taken with, folded, by severity and mechanism."""
    asked = found.parties[0]
    anchor = anchor_of("with", asked.id)
    counts = {name: sum(pair.severity == name for pair in found.pairs) for name in _TOLD}
    told = [f"{counts[name]} {name}" for name in _TOLD if counts[name]]
    head = Markup("<b>{}</b>: {} of {} compared").format(
        asked.label,
        linked(", ".join(told) or "nothing recorded", anchor),
        linked(str(found.checked), anchor),
    )
    body = [_severity(name, found.pairs, anchor) for name in _TOLD if counts[name]]
    return Markup(
        '<details id="{0}" data-source="#{0}"><summary>{1}</summary>{2}</details>'
    ).format(anchor, head, Markup("").join(body))


def _severity(severity: str, pairs: Sequence[Pair], anchor: str) -> Markup:
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        if pair.severity == severity:
            groups.setdefault(_about(pair), []).append(pair)
    items = [
        Markup("<li><b>{}</b>: {} {}</li>").format(mechanism, words, "; ".join(by_class(those)))
        for (mechanism, words), those in groups.items()
    ]
    return Markup('<h4>{}</h4><ul data-source="#{}">{}</ul>').format(
        severity.capitalize(), anchor, Markup("").join(items)
    )


def _about(pair: Pair) -> tuple[str, str]:
    """Mechanism and words of the worst finding; what there is more or less of is named as one of the two sides."""
    worst = pair.findings[0]
    if worst.victim in pair.other.substances:
        if worst.change in _OF_THE_OTHER:
            return worst.mechanism, text(f"together.{worst.change}")
        return worst.mechanism, worst.effect
    return worst.mechanism, what_happens(worst)
