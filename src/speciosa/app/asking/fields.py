"""The fields of the app: name, default, and what each accepts.

Every field is text, in the page, in a link and in a message, so that one reader serves all three.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from speciosa.app.asking import choices
from speciosa.app.limits import LIMITS
from speciosa.errors import Fault, InputError, nearest
from speciosa.study.question.regimens import read_regimen

PAGES = (
    "compare", "patient", "withdrawal", "interactions", "evidence", "trial", "plan", "weigh", "sources", "legal",
)  # fmt: skip
VERDICTS = ("", "supported", "mixed", "not established", "contradicted")
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


def _choice(label: str, known: Mapping[str, object]) -> Callable[[str], str]:
    def read(written: str) -> str:
        text = plain_text(label, written, LIMITS.text)
        if text not in known:
            names = [name for name in known if name]
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
        regimen = read_regimen(text)
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


@lru_cache(maxsize=1)
def fields() -> dict[str, Field]:
    """All fields by name.

    Example:
        >>> fields()["weight"].read("80"), fields()["cyp2d6"].read("poor")
        ('80', 'poor')
    """
    made = [
        *_question(),
        *_arms(),
        *_patient(),
        *_withdrawal(),
        *_evidence(),
        *_trial(),
        *_plan(),
        *_searches(),
    ]
    return {field.name: field for field in made}


def _question() -> list[Field]:
    return [
        _list("page", "page", "compare", dict.fromkeys(PAGES)),
        _list("for", "question", "pain", choices.INDICATIONS),
        _list("course", "curve", "pain_nrs", choices.COURSES),
        Field("patients", "patients", "100", _number("patients", 2, LIMITS.patients, "")),
        Field("draws", "draws", "20", _number("draws", 1, LIMITS.draws, "")),
        Field("days", "follow-up", "21", _number("follow-up", 1, LIMITS.days, "days")),
    ]


def _arms() -> list[Field]:
    ready = choices.treatments()
    made = []
    for number, key in enumerate(("kratom-leaf--low", "morphine", "placebo", ""), start=1):
        regimen = ready[key].regimen if key else choices.ABSENT
        name = ready[key].name if key else ""
        label = f"treatment {number}"
        made.append(Field(f"arm{number}", label, regimen, _regimen(label)))
        made.append(Field(f"name{number}", f"name of {label}", name, _text(f"name of {label}", 60)))
    return made


def _patient() -> list[Field]:
    made = []
    for name in ("weight", "age"):
        least, most, unit = choices.bounds(name)
        made.append(Field(name, name, "", _number(name, max(least, 1), most, unit)))
    return [
        *made,
        _list("sex", "sex", "", choices.SEX),
        _list("cyp2d6", "CYP2D6", "", choices.PHENOTYPES),
        _list("liver", "liver", "", choices.ORGAN),
        _list("kidneys", "kidneys", "", choices.ORGAN),
        _list("history", "opioid history", "", choices.HISTORY),
        Field("with", "taken beside", "", _regimen("taken beside")),
    ]


def _withdrawal() -> list[Field]:
    stopped, regimen = "drug that is stopped", "5 g kratom_leaf oral every 8 h x 42"
    return [
        Field("from", stopped, regimen, _regimen(stopped)),
        Field("taper", "taper", "7", _number("taper", 1, 60, "days")),
        _list("instead", "substitute", "", choices.SUBSTITUTES),
    ]


def _evidence() -> list[Field]:
    from speciosa.study.question.check import networks

    known, pools = networks(), choices.pools()
    return [
        _list("network", "network", known[0], dict.fromkeys(known)),
        _list("pool", "pooled question", next(iter(pools)), pools),
        _list("claim", "claims shown", "", dict.fromkeys(VERDICTS)),
        Field("w", "weights", "", _weights),
    ]


def _trial() -> list[Field]:
    return [
        _list("trial", "trial", next(iter(choices.TRIALS)), choices.TRIALS),
        Field("people", "people", "", _number("people", 20, LIMITS.trial_people, "")),
        Field(
            "completes", "share that completes", "", _number("share that completes", 20, 99, "%")
        ),
    ]


def _plan() -> list[Field]:
    arms = choices.plan_arms()
    return [
        _list("plan", "plan", choices.PLANNED[0], arms),
        _list("against", "beside it", choices.PLANNED[1], arms),
        _list("followed", "followed for", "1 y", choices.FOLLOWED),
    ]


def _searches() -> list[Field]:
    return [
        Field("q", "search", "", _text("search", 100)),
        Field("entry", "entry", "", _text("entry", 120)),
        Field("place", "place", "", _text("place", 60)),
        Field("substance", "substance", "", _text("substance", 60)),
        Field("taken", "what is taken", "", _text("what is taken", 60)),
        Field("together", "together with", "", _text("together with", 200)),
    ]


def _list(name: str, label: str, default: str, known: Mapping[str, object]) -> Field:
    """A field that takes one of what is known."""
    return Field(name, label, default, _choice(label, known))
