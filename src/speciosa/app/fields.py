"""The fields of the app: name, default, and what each accepts.

Every field is text, in the page, in a link and in a message, so that one reader serves all three.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa.app import choices
from speciosa.app.limits import LIMITS
from speciosa.errors import Fault, InputError, nearest
from speciosa.regimen import parse_regimen

PAGES = ("compare", "patient", "withdrawal", "evidence", "weigh", "sources", "legal")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_PLAIN = re.compile(r"[^\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\ud800-\udfff]*")


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        name: in the page and in links.
        label: in messages.
        default: text where nothing was entered.
        read: returns the accepted text, or raises `InputError`.
    """

    name: str
    label: str
    default: str
    read: Callable[[str], str]


def plain_text(label: str, written: object, limit: int) -> str:
    """`written` as one line of printable text.

    Raises:
        InputError: no text, too long, or with control characters.
    """
    if not isinstance(written, str):
        raise InputError(Fault(label, "text", type(written).__name__))
    if len(written) > limit:
        raise InputError(Fault(label, f"at most {limit} characters", f"{len(written)} characters"))
    if not _PLAIN.fullmatch(written):
        raise InputError(Fault(label, "printable characters", repr(written[:40])))
    return written.strip()


def _text(label: str, limit: int = LIMITS.text) -> Callable[[str], str]:
    return lambda written: plain_text(label, written, limit)


def _choice(label: str, known: Callable[[], Mapping[str, object]]) -> Callable[[str], str]:
    def read(written: str) -> str:
        text = plain_text(label, written, LIMITS.text)
        if text not in known():
            names = [name for name in known() if name]
            near = nearest(text, names)
            fix = f"Did you mean {near[0]}?" if near else ""
            raise InputError(Fault(label, "one of " + ", ".join(names), repr(text[:60]), fix))
        return text

    return read


def _number(label: str, low: float, high: float, unit: str) -> Callable[[str], str]:
    def read(written: str) -> str:
        text = plain_text(label, written, 40)
        expected = f"a number from {low:g} to {high:g} {unit}".strip()
        if text and not _NUMBER.fullmatch(text):
            raise InputError(Fault(label, expected, repr(text)))
        if text and not low <= float(text) <= high:
            raise InputError(Fault(label, expected, text))
        return text

    return read


def _regimen(label: str) -> Callable[[str], str]:
    def read(written: str) -> str:
        text = plain_text(label, written, LIMITS.text)
        if text == choices.ABSENT:
            return text
        regimen = parse_regimen(text)
        for dose in regimen.doses:
            if dose.at_h < 0:
                raise InputError(Fault(f"{label}, at", "a time of 0 or later", f"{dose.at_h:g} h"))
        count = sum(dose.count for dose in regimen.doses)
        if count > LIMITS.doses:
            raise InputError(Fault(label, f"at most {LIMITS.doses} doses", str(count)))
        return text

    return read


def _weights(written: str) -> str:
    text = plain_text("weights", written, LIMITS.text)
    for part in filter(None, text.split(",")):
        if not re.fullmatch(r"[a-z_]{1,40}:[0-9]{1,3}", part):
            raise InputError(Fault("weights", "OUTCOME:0 to 100, joined by commas", repr(part)))
        name, value = part.split(":")
        if int(value) > 100:
            raise InputError(Fault(f"weights, {name}", "0 to 100", value))
    return text


def _of(known: Mapping[str, object]) -> Callable[[], Mapping[str, object]]:
    return lambda: known


@lru_cache(maxsize=1)
def fields() -> dict[str, Field]:
    """All fields by name.

    Example:
        >>> fields()["weight"].read("80"), fields()["cyp2d6"].read("poor")
        ('80', 'poor')
    """
    from speciosa.study.check import networks

    ready = choices.treatments()
    arms = ("kratom-leaf--low", "morphine", "placebo", "")
    made = [
        Field("page", "page", "compare", _choice("page", _of(dict.fromkeys(PAGES)))),
        Field("for", "question", "pain", _choice("question", _of(choices.INDICATIONS))),
        Field("course", "curve", "pain_nrs", _choice("curve", _of(choices.COURSES))),
        Field("patients", "patients", "100", _number("patients", 2, LIMITS.patients, "")),
        Field("draws", "draws", "20", _number("draws", 1, LIMITS.draws, "")),
        Field("days", "follow-up", "21", _number("follow-up", 1, LIMITS.days, "days")),
    ]
    for number, key in enumerate(arms, start=1):
        regimen = ready[key].regimen if key else choices.ABSENT
        name = ready[key].name if key else ""
        label = f"treatment {number}"
        made.append(Field(f"arm{number}", label, regimen, _regimen(label)))
        made.append(Field(f"name{number}", f"name of {label}", name, _text(f"name of {label}", 60)))
    for name, label in (("weight", "weight"), ("age", "age")):
        least, most, unit = choices.bounds(name)
        made.append(Field(name, label, "", _number(label, max(least, 1), most, unit)))
    made += [
        Field("sex", "sex", "", _choice("sex", _of(choices.SEX))),
        Field("cyp2d6", "CYP2D6", "", _choice("CYP2D6", _of(choices.PHENOTYPES))),
        Field("liver", "liver", "", _choice("liver", _of(choices.ORGAN))),
        Field("kidneys", "kidneys", "", _choice("kidneys", _of(choices.ORGAN))),
        Field("history", "opioid history", "", _choice("opioid history", _of(choices.HISTORY))),
        Field("with", "taken beside", "", _regimen("taken beside")),
        Field(
            "from",
            "drug that is stopped",
            "5 g kratom_leaf oral every 8 h x 42",
            _regimen("drug that is stopped"),
        ),
        Field("taper", "taper", "7", _number("taper", 1, 60, "days")),
        Field(
            "instead",
            "substitute",
            "buprenorphine",
            _choice("substitute", _of(choices.SUBSTITUTES)),
        ),
        Field(
            "network",
            "network",
            networks()[0],
            _choice("network", _of(dict.fromkeys(networks()))),
        ),
        Field(
            "pool",
            "pooled question",
            next(iter(choices.pools())),
            _choice("pooled question", _of(choices.pools())),
        ),
        Field(
            "claim",
            "claims shown",
            "",
            _choice(
                "claims shown",
                _of(dict.fromkeys(("", "supported", "mixed", "not established", "contradicted"))),
            ),
        ),
        Field("w", "weights", "", _weights),
        Field("q", "search", "", _text("search", 100)),
        Field("entry", "entry", "", _text("entry", 120)),
        Field("place", "place", "", _text("place", 60)),
        Field("substance", "substance", "", _text("substance", 60)),
    ]
    return {field.name: field for field in made}
