"""Finding anything by its name: a substance, product, claim, study, reference or fact."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from speciosa.errors import UnknownNameError, nearest
from speciosa.facts.bibliography import references
from speciosa.facts.products import products
from speciosa.facts.registry import fold, substances
from speciosa.facts.safety import TOPICS
from speciosa.facts.tables import TABLES, rows

KINDS = ("substance", "product", "claim", "topic", "study", "scale", "reference", "fact")
_FORM = re.compile(
    r"_(ir|er|cr|sr|pr|xr|la|tablet|film|solution|drops|patch|spray|depot|implant|weekly|monthly|lozenge|capsule)$"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a name stands for; `name` is what people call it."""

    kind: str
    id: str
    name: str


def resolve(name: str) -> Found:
    """What a name stands for; substances before products, then claims, topics of safety, studies, scales, references, facts.

    Raises:
        UnknownNameError: nothing has this name; says which names are like it.

    Example:
        >>> resolve("Paracetamol").id, resolve("C07").kind, resolve("tanna 2022").kind, resolve("kratom-0001").kind
        ('acetaminophen', 'claim', 'study', 'fact')
    """
    index = _index()
    for candidate in (name, form_stripped(name)):
        found = index.get(fold(candidate))
        if found is not None:
            return found
    raise UnknownNameError("substance, product, claim, study or reference", name, _like(name))


def form_stripped(name: str) -> str:
    """A name without what it says of the form.

    Example:
        >>> form_stripped("Oxycodone_ER")
        'oxycodone'
    """
    return _FORM.sub("", name.casefold().strip())


def _like(name: str) -> list[str]:
    """The known names most like `name`, one of each thing, spelled as its id where that is like it too."""
    spelled = {
        spelling: found
        for spelling, found in _spelled()
        if found.kind != "fact" and len(spelling) < 60
    }
    like: dict[tuple[str, str], str] = {}
    for spelling in nearest(name, spelled, count=12):
        found = spelled[spelling]
        same = fold(found.id) == fold(spelling)
        like.setdefault((found.kind, found.id), found.id if same else spelling)
    return list(like.values())


def search(text: str, limit: int = 20) -> tuple[Found, ...]:
    """Everything whose name, or for claims and references whose text, holds all the words given.

    Example:
        >>> search("tylenol")[0].id, search("pseudoindoxyl")[0].id
        ('acetaminophen', 'mitragynine_pseudoindoxyl')
    """
    words = [fold(word) for word in text.split() if fold(word)]
    seen: dict[tuple[str, str], Found] = {}
    for spelling, found in _spelled():
        folded = fold(spelling)
        if words and all(word in folded for word in words):
            seen.setdefault((found.kind, found.id), found)
    exact = [found for found in seen.values() if fold(found.id) == "".join(words)]
    return tuple(dict.fromkeys([*exact, *seen.values()]))[:limit]


def _spelled() -> Iterator[tuple[str, Found]]:
    for entry in substances().values():
        found = Found("substance", entry.id, entry.name)
        yield from ((each, found) for each in entry.names)
    for product in products().values():
        found = Found("product", product.id, product.name)
        yield from ((each, found) for each in (product.id, product.name, *product.aliases))
    for row in rows("claims"):
        found = Found("claim", row.cells["id"], row.cells["claim"])
        yield from ((row.cells["id"], found), (row.cells["claim"], found))
    for topic, words in TOPICS.items():
        about = Found("topic", topic, f"Safety: {topic}")
        yield from ((each, about) for each in (topic, f"Safety: {topic}", *words))
    for study in _studies():
        yield study, Found("study", study, study)
    for name in dict.fromkeys(row.cells["name"] for row in rows("scales")):
        yield name, Found("scale", name, name)
    for document in references().values():
        found = Found("reference", document.key, document.title)
        yield from ((each, found) for each in (document.key, *document.aliases, document.title))
    for table in TABLES:
        if table != "claims":
            yield from (
                (row.cells["id"], Found("fact", row.cells["id"], row.cells["id"]))
                for row in rows(table)
            )


def _studies() -> dict[str, None]:
    names = [
        row.cells["study"]
        for table in ("studies", "trial-arms", "observations")
        for row in rows(table)
    ]
    return dict.fromkeys(names)


@lru_cache(maxsize=1)
def _index() -> dict[str, Found]:
    # A word by which people ask for a topic, such as alcohol, means the topic.
    index = {
        fold(word): Found("topic", topic, f"Safety: {topic}")
        for topic, words in TOPICS.items()
        for word in (topic, *words)
    }
    for spelling, found in _spelled():
        index.setdefault(fold(spelling), found)
    return index
