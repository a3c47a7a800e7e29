"""Sources: search every fact, and read what is known of one thing, each statement with its source."""

from htmltools import Tag, tags
from markupsafe import Markup, escape

from speciosa import facts
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.drawing import View
from speciosa.errors import UnknownNameError
from speciosa.facts.monographs.lines import Line, Monograph
from speciosa.report.sections.sources import compared, keys_in, seen_in_words

TITLE = "Sources"
_FOUND = 60
_START = ("mitragynine", "7_hydroxymitragynine", "kratom", "morphine", "buprenorphine", "c07")


def controls(state: State) -> Tag:
    """The search."""
    return tags.div(
        {"role": "search"},
        tags.h2("Search every fact"),
        parts.text(
            state,
            "q",
            "Substance, product, claim, topic of safety, study or reference",
            kind="search",
            placeholder="for example clearance, tylenol, pregnancy",
        ),
        parts.hidden(state, "entry"),
        parts.fault("entry"),
    )


def view(state: State) -> View:
    """What was found, and the entry that was opened."""
    page = View()
    entry, found = state["entry"], _found(state["q"])
    page.text(_folded(found) if entry else found)
    if entry:
        try:
            page.text(monograph_html(facts.monograph(entry, full=True)))
        except UnknownNameError as error:
            page.text(Markup('<p class="gap">{}</p>').format(str(error)))
    return page


def _folded(found: Markup) -> Markup:
    return Markup(
        '<details id="found"><summary>Back to what was found</summary>{}</details>'
    ).format(found)


def _found(words: str) -> Markup:
    if not words:
        start = [found for name in _START for found in facts.search(name, limit=1)]
        return Markup("<h2>Start here</h2>{}").format(_listed(start))
    found = facts.search(words, limit=_FOUND)
    if not found:
        return Markup(
            "<h2>Nothing has a name with “{}”</h2><p>Try fewer or other words.</p>"
        ).format(words)
    more = f"the first {_FOUND}" if len(found) == _FOUND else str(len(found))
    return Markup("<h2>Found: {}</h2>{}").format(more, _listed(found))


def _listed(found: object) -> Markup:
    items = [
        Markup(
            '<li><span class="kind">{}</span><button type="button" data-entry="{}">{}</button></li>'
        ).format(
            each.kind, each.id, each.name if each.kind != "claim" else f"{each.id}: {each.name}"
        )
        for each in found  # type: ignore[attr-defined]
    ]
    return Markup('<ul class="results-list">{}</ul>').format(Markup("").join(items))


def monograph_html(found: Monograph) -> Markup:
    """A monograph as tables, one a section."""
    sections = [
        Markup(
            '<h3>{}</h3><div class="table stacked"><table><thead><tr><th scope="col">What</th><th scope="col">Statement</th>'
            '<th scope="col">Source</th><th scope="col">How it was seen</th></tr></thead><tbody>{}</tbody></table></div>'
        ).format(section.title, Markup("").join(_row(line) for line in section.lines))
        for section in found.sections
    ]
    head = Markup('<h2 id="entry-title">{} <span class="kind">{}</span></h2>').format(
        found.title, found.kind
    )
    return head + Markup("").join(sections)


def _row(line: Line) -> Markup:
    sources = Markup(", ").join(source_link(key) for key in line.sources)
    checked = Markup(f"; {line.checked}") if line.checked == "corrected" else compared(line.fact)
    return Markup('<tr><th scope="row">{}</th><td>{}{}</td><td>{}{}</td><td>{}{}</td></tr>').format(
        line.label,
        line.text,
        Markup('<br><span class="basis">{}</span>').format(line.detail) if line.detail else "",
        sources,
        Markup(' <span class="basis">{}</span>').format(line.fact) if line.fact else "",
        seen_in_words(line.seen),
        checked,
    )


def with_links(text: str) -> Markup:
    """A text in which every reference key that the fact base knows is a link."""
    shown = escape(text)
    for key in dict.fromkeys(keys_in(text)):
        shown = shown.replace(key, source_link(key))
    return shown


def source_link(key: str) -> Markup:
    """A reference as a link to where it can be read."""
    try:
        known = facts.reference(key)
    except UnknownNameError:
        return Markup("{}").format(key)
    link = f"https://doi.org/{known.doi}" if known.doi else known.url
    if not str(link).startswith(("https://", "http://")):
        return Markup('<span title="{}">{}</span>').format(known.citation, key)
    return Markup(
        '<a href="{}" title="{}" rel="noreferrer noopener" target="_blank">{}</a>'
    ).format(link, known.citation, key)
