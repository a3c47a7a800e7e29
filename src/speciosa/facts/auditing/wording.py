"""Whether a row says of its people, cells, spread and parties no more than the record of what was read."""

import re
from collections.abc import Iterator, Mapping

from speciosa.errors import Fault
from speciosa.facts.auditing.mechanisms import mechanism_faults
from speciosa.facts.confirming import pairs
from speciosa.facts.record import split
from speciosa.facts.registry import Substance
from speciosa.facts.tables import Row

_TOLD = {
    "healthy": r"healthy|normal|volunteer",
    "patients": r"patient|hospital|cancer|people with|maintained|depress",
    "cancer": r"cancer",
    "chronic": r"chronic|regular|long",
    "fasted": r"fast",
    "fed": r"fed\b|food|meal",
    "single dose": r"single|one dose|\bonce\b",
    "children": r"child",
    "surgery": r"surg|operat",
    "obese": r"obes",
    "hypertensive": r"hypertens",
    "naive": r"naive",
    "CHO": r"\bCHO\b|hamster",
    "HEK": r"HEK",
    "C6": r"C6",
    "microsomes": r"microsom",
    "GTPgammaS": r"GTP",
    "cAMP": r"cAMP",
    "arrestin": r"arrestin",
    "electrical": r"electric",
    "radioligand": r"radioligand|radiolabel|\[3H\]|\[11C\]",
}
"""Words of the system and assay of a parameter, and those of a record that tell the same."""
_SPREADS = {
    "sd": r"\bsd\b|standard deviation",
    "se": r"\bse\b|\brse\b|\bsem\b|standard error",
    "cv%": r"\bcv\b|cv%|coefficient of variation",
    "ci90": r"ci90|\b90 ?%",
    "ci95": r"ci95|\b95 ?%|percentile",
    "iqr": r"\biqr\b|quartile",
    "range": r"\brange\b|smallest|lowest|least|extremes",
}
"""Kinds of spread, and the words of a record that name them."""
_PART = re.compile(
    r"\b(?:some|those|part) of\b|\b(?:one|two|three|four) of \w+ (?:doses|drugs|treatments) each\b"
)
_FIXED = re.compile(r"\bfixed\b")
_ARTICLE = re.compile(r"^abstract|\((?:PMC\d|pubmed)")
BEYOND = "beyond this record"
"""How the note of a record opens its list of the parties of a rule that what was read does not name."""


def wording_faults(
    record: Row, row: Row, table: str, substances: Mapping[str, Substance]
) -> Iterator[Fault]:
    """Where the words of a row go beyond those of its record."""
    told = " ".join(record.cells.get(key, "") for key in ("printed", "about", "place", "note"))
    told = told.replace("_", " ")
    if record.cells.get("confirmed_by") == "label" and _ARTICLE.search(record.cells["place"]):
        yield Fault(record.where("confirmed_by"), "table or abstract, of an article", "label")
    if table in {"parameters", "observations"}:
        yield from _spread(record, row, told)
        yield from _circumstances(record, row, told)
    yield from _number(record, row)
    if table == "interactions":
        yield from mechanism_faults(record, row, told)
        if BEYOND not in record.cells.get("note", ""):
            yield from _parties(record, row, told, substances)


def _number(record: Row, row: Row) -> Iterator[Fault]:
    """An n counts the people on whom the value rests: not a whole of which it is a part, and nobody if it was held fixed."""
    n = row.cells.get("n", "")
    if n and _PART.search(pairs(record.cells["about"]).get("population", "")):
        yield Fault(row.where("n"), "no n where the record speaks of a part of the people", n)
    if n and _FIXED.search(record.cells.get("note", "")):
        yield Fault(row.where("n"), "no n beside a value that a model holds fixed", n)


def _spread(record: Row, row: Row, told: str) -> Iterator[Fault]:
    """A kind of spread is named by the record."""
    kind = row.cells.get("spread_type", "")
    if kind in _SPREADS and not re.search(_SPREADS[kind], told, re.IGNORECASE):
        yield Fault(
            record.where("printed"), f"{kind}, the kind of spread of the row, by its name", "none",
            "Write it as the key of the figure, or call the spread of the row unstated.",
        )  # fmt: skip


def _circumstances(record: Row, row: Row, told: str) -> Iterator[Fault]:
    """What a row says of people and cells stands in the record."""
    own = f"{row.cells.get('system', '')} {row.cells.get('assay', '')}"
    for word, same in _TOLD.items():
        if re.search(rf"\b{word}", own) and not re.search(same, told, re.IGNORECASE):
            yield Fault(
                record.where("about"), f"{word}, as of the row", repr(record.cells["about"])
            )


def _parties(
    record: Row, row: Row, told: str, substances: Mapping[str, Substance]
) -> Iterator[Fault]:
    """Each substance of a rule is named by the record, itself or by its class."""
    words = _plain(told)
    for side in ("one", "other"):
        parties = split(row.cells.get(side, ""))
        unnamed = [
            each
            for each in parties
            if len(parties) > 1 and each in substances and not _named(substances[each], words)
        ]
        if unnamed:
            yield Fault(
                record.where("note"), f"'{BEYOND}, by judgement:' and {', '.join(unnamed)}", "none"
            )


def _named(substance: Substance, words: str) -> bool:
    known = (*substance.names, substance.id, substance.group)
    return any(name and _plain(name).rstrip("s") in words for name in known)


def _plain(text: str) -> str:
    return re.sub(r"[-_]", " ", text.casefold())
