"""Special people: the old, those with weak kidneys or livers, poor metabolisers; pregnancy by recorded risks only."""

from collections.abc import Sequence

from markupsafe import Markup

from speciosa import facts
from speciosa.comparison import Comparison
from speciosa.comparison.findings import unit_of
from speciosa.comparison.special import Special
from speciosa.comparison.trial_figures import own_substances, plan
from speciosa.facts.safety import safety
from speciosa.facts.schema import SafetyNote
from speciosa.report.figures.figure import anchor_of
from speciosa.report.names import substance_name
from speciosa.report.number import link_numbers, linked, plain, table_html
from speciosa.report.sections.sources import Sources
from speciosa.report.texts import listed, text, texts
from speciosa.report.words import signed
from speciosa.study.endpoints import definitions

_CHANGES, _LEVELS = 2, 1
_TOPICS = ("pregnancy and the newborn", "liver", "driving")


def special_html(comparison: Comparison, sources: Sources) -> Markup:
    """The section: a table of simulated groups, then what is recorded of pregnancy, the liver and driving."""
    found = comparison.special
    body = Markup("<p>{}</p>").format(text("special.about"))
    if found:
        body += _groups(found, comparison.study.indication)
    else:
        body += Markup("<p>{}</p>").format(text("special.none"))
    return body + Markup("").join(_recorded(topic, comparison, sources) for topic in _TOPICS)


def _groups(found: Sequence[Special], indication: str) -> Markup:
    by_place = {(each.arm, each.group): each for each in found}
    arms, groups = (dict.fromkeys(getattr(e, key) for e in found) for key in ("arm", "group"))
    rows = [
        {text("special.arm"): arm}
        | {
            text(f"special.group.{group}"): _cell(by_place[arm, group], indication)
            for group in groups
        }
        for arm in arms
    ]
    table = table_html(rows, "methods", caption=text("special.caption"))
    return Markup('<div class="tight">{}</div>').format(table)


def _cell(each: Special, indication: str) -> Markup:
    """The changes of one arm in one group, the serious ones first, then the levels in blood."""
    anchor = anchor_of("made", each.arm)
    if not each.modelled:
        return Markup('<span class="gap">{}</span>').format(text("special.unmodelled"))
    order = [*plan()["serious"]["outcomes"], *plan()["order"][indication]]
    told = [key for key in dict.fromkeys(order) if key in each.changes][:_CHANGES]
    lines = [
        f"{_title(key)}: {signed(each.changes[key].median, unit_of(definitions()[key])[0])}"
        for key in told
    ]
    lines += [
        text("special.level", substance=substance_name(name), times=plain(factor))
        for name, factor in list(each.levels.items())[:_LEVELS]
    ]
    return Markup("<br>").join(
        link_numbers(line, anchor) for line in lines or [text("special.same")]
    )


def _title(key: str) -> str:
    return str(texts("special.short").get(key, definitions()[key].title))


def _recorded(topic: str, comparison: Comparison, sources: Sources) -> Markup:
    """What is recorded of a topic for what is given, folded; what nothing is recorded of is named."""
    given = dict.fromkeys(name for arm in comparison.study.arms for name in own_substances(arm))
    notes: dict[str, SafetyNote] = {}
    silent = []
    for name in given:
        here = [note for note in safety(name) if note.topic == topic]
        notes |= {note.id: note for note in here}
        if not here and facts.substance(name).group != "kratom alkaloid":
            silent.append(substance_name(name))
    if not given:
        return Markup("")
    items = [
        Markup("<li>{} <span class='basis'>{}</span></li>").format(
            link_numbers(note.statement, sources.anchor(note.reference)),
            sources.link(note.reference),
        )
        for note in notes.values()
    ]
    if silent:
        items.append(
            Markup('<li class="gap">{}</li>').format(text("special.silent", names=listed(silent)))
        )
    count = linked(str(len(notes)), "special")
    head = texts("special.topic")[topic]
    return Markup("<details><summary>{}: {} {}</summary><ul>{}</ul></details>").format(
        head, count, text("special.recorded"), Markup("").join(items)
    )
