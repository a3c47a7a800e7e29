"""The words that the report explains."""

import re

from markupsafe import Markup

from speciosa.report.number import link_numbers
from speciosa.report.texts import texts


def glossary_html() -> Markup:
    """A list of words with their meaning; each has an anchor for the links from the text."""
    items = (
        Markup('<dt id="word-{0}">{1}</dt><dd>{2}</dd>').format(
            key, word, link_numbers(meaning, f"word-{key}")
        )
        for key, (word, meaning) in texts("glossary").items()
    )
    return Markup('<dl class="words">{}</dl>').format(Markup("").join(items))


def linked_words(html: str) -> str:
    """The first use of each word in the text of a page, outside of links, headings and drawings, as a link to its meaning."""
    pieces = _TAG.split(html)
    closed: list[str] = []
    waiting = {key: word for key, (word, _) in texts("glossary").items()}
    for place, piece in enumerate(pieces):
        if place % 2:
            _follow(piece, closed)
        elif not closed and piece.strip():
            for key, word in list(waiting.items()):
                found = re.search(rf"\b{re.escape(word)}s?\b", piece, re.IGNORECASE)
                if found:
                    link = f'<a class="word" href="#word-{key}">{found[0]}</a>'
                    pieces[place] = piece = piece[: found.start()] + link + piece[found.end() :]
                    del waiting[key]
                    break
    return "".join(pieces)


_TAG = re.compile(r"(<[^>]*>)")
_CLOSED = ("a", "h1", "h2", "h3", "svg", "style", "title", "summary", "dl", "button")


def _follow(tag: str, closed: list[str]) -> None:
    """Keeps the list of open elements whose text takes no link."""
    found = re.match(r"<(/?)([a-z0-9]+)", tag)
    if found is None or found[2] not in _CLOSED or tag.endswith("/>"):
        return
    if not found[1]:
        closed.append(found[2])
    elif closed and closed[-1] == found[2]:
        closed.pop()
