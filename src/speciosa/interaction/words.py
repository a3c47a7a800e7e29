"""The answer as plain text."""

from collections.abc import Sequence
from textwrap import fill

from speciosa.facts import reference, substances
from speciosa.interaction.finding import Finding
from speciosa.interaction.pair import Pair
from speciosa.interaction.parties import Party
from speciosa.interaction.profile import profile

NOTE = (
    "This informs and advises no dose. What is not listed is not thereby safe. Who takes one of these "
    "already should not stop or start because of it without a doctor or pharmacist."
)
_WIDTH = 112
_SEVERAL = 3
_SEEN = {
    "fulltext": "text read",
    "abstract": "excerpt read",
    "repository": "public copy read",
    "recall": "from memory",
    "judgement": "judgement",
}


def text_of(parties: Sequence[Party], pairs: Sequence[Pair], checked: int) -> str:
    """The whole answer."""
    blocks = [_summary(parties[0], pairs, checked)] if checked else [_block(each) for each in pairs]
    return "\n\n".join([*blocks, fill(NOTE, _WIDTH)])


def _summary(asked: Party, pairs: Sequence[Pair], checked: int) -> str:
    """One thing with everything: the names by severity and mechanism."""
    lines = [
        f"What {asked.label.casefold()} must not, or not without care, be taken with ({checked} compared)"
    ]
    for severity in ("contraindicated", "serious", "moderate"):
        found = [each for each in pairs if each.severity == severity]
        if not found:
            continue
        lines.append(f"\n{severity.capitalize()}")
        by_mechanism: dict[str, list[Pair]] = {}
        for each in found:
            by_mechanism.setdefault(each.findings[0].mechanism, []).append(each)
        for mechanism, those in by_mechanism.items():
            lines.append(f"  {mechanism}")
            lines += [_folded(each, "    ", "      ") for each in _lines(by_class(those))]
    if not pairs:
        lines.append("Nothing of it is recorded here, which does not mean that there is nothing.")
    lines.append(f"\nOne pair in full, with sources: speciosa interactions {asked.name!r} NAME")
    return "\n".join(lines)


def _lines(named: list[str]) -> list[str]:
    """Each class on a line of its own, the rest on one."""
    classes = [each for each in named if ": " in each]
    alone = ", ".join(each for each in named if ": " not in each)
    return [*classes, alone] if alone else classes


def by_class(pairs: Sequence[Pair]) -> list[str]:
    """The other side of each pair, by name; the members of a class together where there are several.

    Example:
        >>> from speciosa.interaction.answer import interactions
        >>> found = interactions("naltrexone").pairs
        >>> by_class([each for each in found if each.severity == "contraindicated"])[0].split(" (")[0]
        'Opioids'
    """
    groups: dict[str, list[str]] = {}
    alone: list[str] = []
    for each in pairs:
        classes = [name for of in each.other.substances for name in profile(of).classes]
        (groups.setdefault(classes[0], []) if classes else alone).append(each.other.label)
    told = []
    for name, members in groups.items():
        if len(members) < _SEVERAL:
            alone += members
        else:
            called = substances()[name].name.removesuffix(" (class)")
            told.append(f"{called} ({len(members)}): {', '.join(members)}")
    return [*told, *sorted(alone)]


def _block(pair: Pair) -> str:
    lines = [f"{pair.one.label} with {pair.other.label}: {pair.severity}"]
    for each in pair.findings:
        lines += finding_lines(each)
    if pair.unknown:
        lines.append(_folded(pair.unknown, "  ", "  "))
    return "\n".join(lines)


def finding_lines(finding: Finding) -> list[str]:
    """A finding in lines: what, how much, how sure, from where."""
    head = f"{finding.severity}, {finding.mechanism}: {what_happens(finding)}"
    lines = [_folded(head, "  ", "    ")]
    size = size_of(finding)
    if size:
        lines.append(_folded(f"size: {size}", "    ", "      "))
    memory = ", from memory" if finding.from_memory else ""
    sure = f"certainty: {finding.certainty}{memory}; {sources_of(finding)}"
    lines.append(_folded(sure, "    ", "      "))
    return lines


def what_happens(finding: Finding) -> str:
    """What may happen, with the name of what there is more or less of."""
    if not finding.victim:
        return finding.effect
    return finding.effect.replace("of it in blood", f"{label(finding.victim)} in blood", 1)


def label(substance: str) -> str:
    """What people call a substance."""
    return substances()[substance].name.casefold()


def size_of(finding: Finding) -> str:
    """How much more or less there is: observed first, then predicted; ``""`` where it is no matter of exposure."""
    told = []
    if finding.observed is not None:
        told.append(f"area {finding.observed}")
    if finding.predicted is not None:
        told.append(f"predicted {finding.predicted}")
    return "; ".join(told)


def sources_of(finding: Finding) -> str:
    """The documents with how each was seen."""
    told: dict[str, str] = {}
    for each in finding.sources:
        told.setdefault(each.reference, f"{reference(each.reference).title} ({_SEEN[each.seen]})")
    return "; ".join(told.values())


def _folded(text: str, first: str, rest: str) -> str:
    return fill(text, _WIDTH, initial_indent=first, subsequent_indent=rest)
