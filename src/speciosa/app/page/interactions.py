"""Interactions: may she take it with citalopram?"""

from collections.abc import Iterable
from functools import lru_cache

from htmltools import Tag, tags
from markupsafe import Markup

from speciosa import facts
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.drawing import View
from speciosa.errors import InputError, UnknownNameError
from speciosa.interaction import Interactions, interactions
from speciosa.interaction.parties import names_to_offer
from speciosa.interaction.words import NOTE
from speciosa.report.sections.interactions_part import pairs_table, with_everything

TITLE = "Interactions"
_FIRST = "kratom"


def controls(state: State) -> Tag:
    """What is taken, and what with."""
    return tags.div(
        tags.h2("May it be taken with ...?"),
        parts.text(
            state, "taken", "What is taken", kind="search", placeholder=_FIRST, list="offered"
        ),
        parts.text(
            state,
            "together",
            "Together with",
            kind="search",
            placeholder="citalopram; or Xanax, alcohol",
            list="offered",
        ),
        tags.datalist({"id": "offered"}, *[tags.option({"value": name}) for name in offered()]),
        tags.p(
            {"class": "basis"},
            "Medicines, brands, classes (SSRIs, opioids) or products; several with commas. "
            "With nothing beside it: what it must not be taken with.",
        ),
    )


@lru_cache(maxsize=1)
def offered() -> tuple[str, ...]:
    """The names that the fields offer."""
    return names_to_offer()


def view(state: State) -> View:
    """Every pair in full, or what one thing must not be taken with."""
    page = View()
    asked = [state["taken"] or _FIRST, *state["together"].replace(";", ",").split(",")]
    try:
        found = interactions(*[name.strip() for name in asked if name.strip()])
    except (InputError, UnknownNameError) as error:
        page.text(Markup('<p class="gap">{}</p>').format(str(error)))
        return page
    page.heading(_headline(found))
    page.text(Markup('<p class="basis">{}</p>').format(NOTE))
    if found.checked:
        page.text(Markup(str(with_everything(found)).replace("<details", "<details open", 1)))
    else:
        page.text(pairs_table(found.pairs, _titles))
    return page


def _headline(found: Interactions) -> str:
    names = [each.label for each in found.parties]
    if found.checked:
        return f"What {names[0].casefold()} must not, or not without care, be taken with"
    together = f"{names[0]} with {' and '.join(each.casefold() for each in names[1:])}"
    return f"{together}: {found.severity}"


def _titles(keys: Iterable[str]) -> Markup:
    """The documents by their titles, with a link where there is one."""
    told = []
    for key in dict.fromkeys(keys):
        document = facts.reference(key)
        link = f"https://doi.org/{document.doi}" if document.doi else document.url
        shape = '<a href="{1}">{0}</a>' if link else "{0}"
        told.append(Markup(shape).format(document.title, link))
    return Markup("; ").join(told)
