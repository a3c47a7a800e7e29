"""Who is asked about: a name as people write it, and the substances that act in it."""

from dataclasses import dataclass
from functools import lru_cache

from speciosa.errors import FactError, InputError, UnknownNameError, nearest
from speciosa.facts import Substance, records, substance, substances
from speciosa.facts.names import form_stripped
from speciosa.facts.products import Product, contents, form_of, known, product, products
from speciosa.facts.registry import fold

_PRINCIPAL = 0.5  # of the largest content: what a product holds less of is left out


@dataclass(frozen=True, slots=True)
class Party:
    """One of the things that are taken.

    Attributes:
        name: as it was asked for.
        label: what people call it.
        id: of the substance, mixture, class or product.
        substances: ids of what acts in it.
    """

    name: str
    label: str
    id: str
    substances: tuple[str, ...]


def party(name: str) -> Party:
    """What a name stands for: a substance, class or product, by any of its names.

    Raises:
        UnknownNameError: nothing has this name; says which names are like it.

    Example:
        >>> party("Celexa").label, party("kratom tea").substances, party("Percocet").substances
        ('Citalopram', ('mitragynine',), ('oxycodone', 'acetaminophen'))
    """
    for spelled in (name, *_variants(name)):
        found = _found(spelled)
        if found is not None:
            label, own, acting = found
            return Party(name, label, own, acting)
    raise UnknownNameError("medicine, substance, class or product", name, _like(name))


def _variants(name: str) -> tuple[str, ...]:
    plain = name.strip()
    singular = plain[:-1] if plain.casefold().endswith("s") else f"{plain}s"
    return (form_stripped(plain), singular)


@lru_cache(maxsize=4096)
def _found(name: str) -> tuple[str, str, tuple[str, ...]] | None:
    try:
        entry = substance(name)
    except UnknownNameError:
        return _product(name)
    acting = acts_through().get(entry.id)
    if acting is None and entry.kind == "mixture":
        return _product(name)
    return _called(entry), entry.id, acting or (entry.id,)


def _product(name: str) -> tuple[str, str, tuple[str, ...]] | None:
    try:
        entry = product(name)
        held = {key: number.to("mg/mg") for key, number in contents(entry.id).items()}
    except (UnknownNameError, FactError):
        return None
    most = max(held.values())
    acting = tuple(key for key, share in held.items() if share >= _PRINCIPAL * most)
    return _short(entry), entry.id, acting


def _short(entry: Product) -> str:
    """The name of a product up to what tells it from others of its kind."""
    short = entry.name.split(",")[0]
    return short if short.count("(") == short.count(")") else short.rpartition(" (")[0]


def _called(entry: Substance) -> str:
    return entry.name.removesuffix(" (class)")


@lru_cache(maxsize=1)
def acts_through() -> dict[str, tuple[str, ...]]:
    """What acts in a mixture or combination, by its id."""
    found: dict[str, tuple[str, ...]] = {}
    for row in records("traits", trait="acts through"):
        found[row.substance] = (*found.get(row.substance, ()), row.of)
    return found


@lru_cache(maxsize=256)
def usual_route(of: str) -> str:
    """The route by which the product of a substance is taken where nobody says another; ``""`` without a product.

    Example:
        >>> usual_route("oxycodone"), usual_route("buprenorphine"), usual_route("sertraline")
        ('oral', 'sublingual', '')
    """
    if of.casefold() not in known():
        return ""
    try:
        return form_of(of, None).route
    except InputError:
        return ""


@lru_cache(maxsize=1)
def taken_as() -> dict[str, str]:
    """The product in which a substance is taken that is no product itself, such as hyperforin in St John's wort."""
    found: dict[str, str] = {}
    for entry in products().values():
        for acting in (_product(entry.id) or ("", "", ()))[2]:
            if acting not in products():
                found.setdefault(acting, entry.id)
    return found


def names_to_offer() -> tuple[str, ...]:
    """What people call everything that can be asked about, in alphabetical order.

    Example:
        >>> names = names_to_offer()
        >>> "Alcohol" in names, "Kratom" in names, len(names) > 400
        (True, True, True)
    """
    known = {row.substance for row in records("traits")}
    called = {_called(entry) for entry in substances().values() if entry.id in known}
    for entry in products().values():
        short = _short(entry)
        called.add(short if _found(short) else entry.name)
    return tuple(sorted(called, key=str.casefold))


def _like(name: str) -> list[str]:
    spelled: dict[str, str] = {}
    for entry in substances().values():
        spelled |= dict.fromkeys(entry.names, entry.id)
    for each in products().values():
        spelled |= dict.fromkeys((each.id, each.name, *each.aliases), each.id)
    like: dict[str, str] = {}
    for spelling in nearest(name, spelled, count=12):
        own = spelled[spelling]
        like.setdefault(own, own if fold(own) == fold(spelling) else spelling)
    return list(like.values())
