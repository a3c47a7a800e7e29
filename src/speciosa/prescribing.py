"""Doses as prescribers write them, in the words of the grammar of ``speciosa.regimen``.

Abbreviations (``po``, ``p.o.``, ``sl``; ``q6h``, ``b.i.d.``, ``tds``), words ("by mouth twice a day", "every other day"), a name
before the amount, tablets of a strength, ``for 14 d`` instead of a count, and ``prn max 4/d``, which counts as taken as often as it
may be. A range of amounts or times is no regimen.
"""

import re
from collections.abc import Callable

from speciosa.errors import Fault, InputError, nearest
from speciosa.unit_scale import size
from speciosa.unit_text import canonical
from speciosa.units import factor, hours, plain

NUMBER = r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][+-]?[0-9]{1,3})?"
SPAN = rf"{NUMBER}\s*[A-Za-z]+"
DOSE_UNITS = ("g", "mg", "ug", "mcg", "ng", "gram", "milligram", "microgram", "mmol", "umol", "mL")
_UNITS_BY_SLIP = {
    **{unit.casefold(): unit for unit in DOSE_UNITS},
    **dict.fromkeys(("gr", "gm", "grm"), "g"),
}
_HOUSEHOLD = (
    "cup",
    "glass",
    "spoon",
    "teaspoon",
    "tablespoon",
    "tsp",
    "tbsp",
    "drop",
    "puff",
    "spray",
    "sachet",
    "scoop",
    "leaf",
)
_GIVEN: tuple[set[tuple[str, int]], ...] = (
    {("[mass]", 1)},
    {("[substance]", 1)},
    {("[activity_of_a_preparation]", 1)},
    {("[length]", 3)},
    set(),
)
_MASS = r"(?:g|mg|ug|µg|mcg|ng|grams?|milligrams?|micrograms?)"
_PER_DAY = {
    "qd": 1, "daily": 1, "nightly": 1, "qhs": 1, "qam": 1, "qpm": 1, "od": 1, "nocte": 1, "mane": 1,
    "bid": 2, "bd": 2, "tid": 3, "tds": 3, "qid": 4, "qds": 4,
}  # fmt: skip
_WORDS = {
    "po": "oral",
    "in": "intranasal",
    "orally": "oral",
    "sl": "sublingual",
    "sublingually": "sublingual",
    "intravenous": "iv",
    "intravenously": "iv",
    "intramuscular": "im",
    "intramuscularly": "im",
    "subq": "sc",
    "sq": "sc",
    "subcutaneous": "sc",
    "subcutaneously": "sc",
    "td": "transdermal",
    "nasal": "intranasal",
    "nasally": "intranasal",
    "stat": "",
    "prn": "",
    "qod": "every 48 h",
    "weekly": "every 168 h",
    "monthly": "every 672 h",
}
_COUNTS = {
    "once": 1, "twice": 2, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "eight": 8, "twelve": 12}  # fmt: skip
_TIMES = rf"({NUMBER}|{'|'.join(_COUNTS)})"
_A_DAY = r"(?:/\s*d(?:ay)?|\s+(?:a|per)\s+day|\s+daily|/\s*24\s*h)\b"
_DOTTED = re.compile(r"(?<![\w.])((?:[a-z]\.){1,3}[a-z])\.?(?![\w.])", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w-])[a-z]+(?![\w-])", re.IGNORECASE)
_MOST = re.compile(
    rf",?\s*\b(?:max(?:imum)?|at most|up to)\s+{_TIMES}\s*({_MASS})?(?:\s+times)?{_A_DAY}",
    re.IGNORECASE,
)
_FOR = re.compile(
    rf"\b(?:for|x)\s+({NUMBER}\s*(?:min|minutes?|h|d|wk|hours?|days?|weeks?))(?!\S)", re.IGNORECASE
)
_ALONE = re.compile(rf"\bevery\s+({NUMBER}\s*(?!x\b)[A-Za-z]+)(?!\s*[\w.]*\s*[x×*])", re.IGNORECASE)
_RATE = re.compile(rf"\s*{NUMBER}\s*{_MASS}(?:/kg)?/(?:h|min)\w*\b", re.IGNORECASE)
_HEAD = re.compile(rf"\s*({NUMBER})\s*({_MASS})(?![\w/])", re.IGNORECASE)
_NAME_FIRST = re.compile(
    rf"\s*([A-Za-z][\w +-]*?),?\s+({NUMBER}\s*{_MASS}(?:/kg|/h)?)(?!\S)(.*)",
    re.IGNORECASE | re.DOTALL,
)
_PIECES = r"(?:tab(?:let)?s?|cap(?:sule)?s?|pills?|patch(?:es)?|lozenges?|films?)"
_STRONG = re.compile(
    rf"\s*({NUMBER})\s*(?:x|×|{_PIECES}(?:\s+of)?)\s*({NUMBER})\s*({_MASS})(?:\s+of)?(?!\S)", re.IGNORECASE
)  # fmt: skip
_STRONG_AFTER = re.compile(
    rf"\s*({NUMBER})\s*{_PIECES}\s+(?:of\s+)?([A-Za-z][\w -]*?)\s+({NUMBER})\s*({_MASS})(?!\S)",
    re.IGNORECASE,
)
_STRENGTHS = rf"(?P<one>{NUMBER})\s*(?P<unit>{_MASS})?\s*/\s*(?P<two>{NUMBER})\s*(?P<other>{_MASS})"
_BOTH = r"(?P<first>[A-Za-z]\w*)\s*/\s*(?P<second>[A-Za-z]\w*)"
_COMBINED = re.compile(rf"\s*{_STRENGTHS}\s+{_BOTH}(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_COMBINED_AFTER = re.compile(rf"\s*{_BOTH}\s+{_STRENGTHS}(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_EVERY = re.compile(r"\bevery\b", re.IGNORECASE)
_ONCE = re.compile(r"\s*\b(?:x\s?1|once)(?!\S)", re.IGNORECASE)
_RANGE = re.compile(
    rf"(?<![\w.])q?({NUMBER}\s*(?:-|to)\s*{NUMBER}\s*(?:{_MASS}|h|hours?|d|days?|{_PIECES}))(?!\w)",
    re.IGNORECASE,
)
_KEY = re.compile(r"\b(every|at|over|for|max|x)\b", re.IGNORECASE)
_SAID: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\b(?:by mouth|per os)\b", re.IGNORECASE), "oral"),
    (re.compile(r"\bunder the tongue\b", re.IGNORECASE), "sublingual"),
    (re.compile(r"\b(?:intra)?nasal spray\b", re.IGNORECASE), "intranasal"),
    (
        re.compile(
            r"\b(iv|im|sc)\s+(?:bolus|push|injection|infusion(?=.*\b(?:over|for)\b))", re.IGNORECASE
        ),
        r"\1",
    ),
    (re.compile(r"\bat\s+t\s*=\s*(?=[0-9])", re.IGNORECASE), "at "),
    (
        re.compile(rf"\bevery ({'|'.join(_COUNTS)})\s+(hours?|days?|weeks?)\b", re.IGNORECASE),
        lambda m: f"every {_COUNTS[m[1].casefold()]} {m[2]}",
    ),
    (
        re.compile(r"\bon day ([1-9][0-9]{0,3})\b", re.IGNORECASE),
        lambda m: f"at {int(m[1]) * 24 - 24} h",
    ),
    (re.compile(rf"^\s*({NUMBER})\s*({_MASS})/24\s*h(?:rs?|ours?)?\b", re.IGNORECASE), r"\1 \2/d"),
    (
        re.compile(rf"^\s*({NUMBER})\s*({_MASS})/({NUMBER})\s*kg\b", re.IGNORECASE),
        lambda m: f"{float(m[1]) / float(m[3]):.12g} {m[2]}/kg" if float(m[3]) else m[0],
    ),
    (re.compile(r"\b(buprenorphine)\s*/\s*naloxone\b", re.IGNORECASE), r"\1_naloxone"),
    (re.compile(r",?\s*\b(?:as|when|if) (?:needed|required)\b,?", re.IGNORECASE), " "),
    (
        re.compile(rf"\bq\s?({NUMBER})\s?(h|hr|hrs|hours?|d|days?|wk|weeks?)\b", re.IGNORECASE),
        r"every \1 \2",
    ),
    (
        re.compile(rf"\bx\s*({NUMBER})\s*(d|days?|wk|weeks?|h|hours?)(?!\S)", re.IGNORECASE),
        r"for \1 \2",
    ),
    (re.compile(r"\bevery other day\b", re.IGNORECASE), "every 48 h"),
    (re.compile(r"\bevery (day|night|morning|evening)\b", re.IGNORECASE), "every 24 h"),
    (re.compile(r"\bevery week\b", re.IGNORECASE), "every 168 h"),
    (
        re.compile(
            rf"(?<!max )(?<!at most )(?<!up to )\b{_TIMES}\s*(?:x|times)?{_A_DAY}", re.IGNORECASE
        ),
        lambda m: _often(m[1]),
    ),
)


_NAMED_BY_INTERVAL = re.compile(
    r"\b([a-z][\w-]*)\s+(weekly|monthly)\b(?=.*\b(?:every|q\s?[0-9]|qd|daily|weekly|monthly))",
    re.IGNORECASE,
)
_MANY = 1e9  # doses: more than anybody reads a regimen of, and what has no end is no more


def written_out(text: str) -> str:
    """A dose as prescribers write it in the words of the grammar; other text as it is.

    Example:
        >>> written_out("15 mg morphine p.o. q6h for 14 d")
        '15 mg morphine oral every 6 h x 56'
        >>> written_out("oxycodone 10 mg by mouth four times a day as needed, max 3 per day for 2 d")
        '10 mg oxycodone oral every 8 h x 6'
        >>> written_out("2 tablets of 5 mg oxycodone po bid for 3 d")
        '10 mg oxycodone oral every 12 h x 6'
        >>> written_out("8 mg buprenorphine/naloxone SL on day 2"), written_out("24 mg Buvidal weekly sc q7d x 4")
        ('8 mg buprenorphine_naloxone sublingual at 24 h', '24 mg Buvidal_weekly sc every 7 d x 4')
        >>> written_out("75 ug/h fentanyl patch transdermal for 3 d"), written_out("0.4 mg/70 kg buprenorphine iv")
        ('75 ug/h fentanyl patch transdermal over 3 d', '0.00571428571429 mg/kg buprenorphine iv')
    """
    found = _DOTTED.sub(lambda m: m[0].replace(".", ""), text)
    most = _MOST.search(found)
    if most is not None:
        found = f"{found[: most.start()]} {found[most.end() :]}"
    found = _NAMED_BY_INTERVAL.sub(r"\1_\2", found)
    for pattern, meant in _SAID:
        found = pattern.sub(meant, found)
    if not _EVERY.search(found):
        found = _ONCE.sub("", found)
    found = _amount_first(_WORD.sub(_spelled, found))
    every = _ALONE.search(found)
    if most is not None and every is not None:
        least_h = max(hours(every[1].casefold()), 24 / _most_a_day(most, found))
        found = _ALONE.sub(f"every {least_h:.12g} h", found)
    every, span = _ALONE.search(found), _FOR.search(found)
    if span is not None and not _EVERY.search(found) and _RATE.match(found):
        found = f"{_FOR.sub('', found)} over {span[1]}"
    if every is not None and span is not None and hours(every[1].casefold()) > 0:
        count = int(min(_MANY, hours(span[1].casefold()) / hours(every[1].casefold()) + 1e-9))
        found = _FOR.sub("", found)
        found = _ALONE.sub(f"{every[0]} x {max(1, count)}", found)
    return " ".join(found.split()) if found != text else text


def parted(text: str) -> tuple[str, ...]:
    """The doses of a combination with a strength of each part; any other dose as it is.

    What naloxone does beside buprenorphine under the tongue is part of the product.

    Example:
        >>> parted("5/325 mg oxycodone/acetaminophen po q6h x 4")
        ('5 mg oxycodone po q6h x 4', '325 mg acetaminophen po q6h x 4')
        >>> parted("buprenorphine/naloxone 8 mg/2 mg SL"), parted("10 mg morphine po")
        (('8 mg buprenorphine_naloxone SL',), ('10 mg morphine po',))
    """
    found = _COMBINED.fullmatch(text) or _COMBINED_AFTER.fullmatch(text)
    if found is None:
        return (text,)
    held = found.groupdict()
    first, second, rest = held["first"], held["second"], held["rest"].strip()
    amounts = (f"{held['one']} {held['unit'] or held['other']}", f"{held['two']} {held['other']}")
    if (first.casefold(), second.casefold()) == ("buprenorphine", "naloxone"):
        return (f"{amounts[0]} {first}_{second} {rest}",)
    return (f"{amounts[0]} {first} {rest}", f"{amounts[1]} {second} {rest}")


def unending(text: str) -> str:
    """What is repeated in a text of which nothing says for how long; ``""`` where all is said.

    Example:
        >>> unending("15 mg morphine oral every 6 h"), unending("15 mg morphine oral every 6 h x 56")
        ('every 6 h', '')
    """
    found = _ALONE.search(text)
    return found[0] if found else ""


def ranged(text: str) -> str:
    """What is said as a range in a text, of which a simulation needs one value; ``""`` where nothing is.

    Example:
        >>> ranged("5-10 mg oxycodone po q6h"), ranged("10 mg oxycodone po q4-6h prn"), ranged("15 mg 7-oh tablet")
        ('5-10 mg', '4-6h', '')
    """
    found = _RANGE.search(text)
    return found[1] if found else ""


def given_in(unit: str) -> bool:
    """Whether a dose can have a unit: of mass, amount, volume or units of effect, alone or a time, body weight or surface.

    Example:
        >>> [given_in(unit) for unit in ("mg", "ug/h", "mg/kg", "mg/m2", "IU", "gr", "Mg", "m", "h")]
        [True, True, True, True, True, False, False, False, False]
    """
    try:
        found = size(canonical(plain(unit)))
    except InputError:
        return False
    of_rate_and_surface = {("[time]", -1), ("[length]", -2)}
    core = {(name, int(power)) for name, power in found.dimensions} - of_rate_and_surface
    return core in _GIVEN


def meant_by(unit: str) -> str:
    """What a word that is no unit of a dose was likely meant as, or what to write instead.

    Example:
        >>> meant_by("gr"), meant_by("Mg"), meant_by("mgs")
        ('Did you mean g?', 'Did you mean mg?', 'Did you mean mg?')
        >>> meant_by("tablets")
        "Say the strength, such as '2 tablets of 10 mg oxycodone oral'."
    """
    if re.fullmatch(_PIECES, unit, re.IGNORECASE):
        return "Say the strength, such as '2 tablets of 10 mg oxycodone oral'."
    word = unit.casefold()
    word = word if word in _HOUSEHOLD else word.rstrip("s")
    if word in _HOUSEHOLD:
        return f"Say the amount in g or mg: how much one {word} holds differs."
    near = _UNITS_BY_SLIP.get(word) or next(iter(nearest(word, DOSE_UNITS)), "")
    return f"Did you mean {near}?" if near else ""


def _often(count: str) -> str:
    times = float(_COUNTS.get(count.casefold(), 0) or count)
    return f"every {24 / times:.12g} h" if times > 0 else f"{count} times a day"


def _most_a_day(most: re.Match[str], text: str) -> float:
    """How many doses a day may be taken, said as a number or as an amount."""
    number = float(_COUNTS.get(most[1].casefold(), 0) or most[1])
    head = _HEAD.match(text)
    if most[2] and head and float(head[1]) > 0:
        number *= factor(most[2].casefold(), head[2].casefold()) / float(head[1])
    if number <= 0:
        raise InputError(Fault("max", "a number above 0", most[1]))
    return number


def _amount_first(text: str) -> str:
    """The same with one amount, and that before the name."""
    for pattern, name_at in ((_STRONG, None), (_STRONG_AFTER, 2)):
        found = pattern.match(text)
        if found is not None:
            number, unit = (found[3], found[4]) if name_at else (found[2], found[3])
            name = found[name_at] if name_at else ""
            total = float(found[1]) * float(number)
            return f"{total:.12g} {unit} {name} {text[found.end() :]}"
    named = _NAME_FIRST.fullmatch(text)
    if named is None or _KEY.search(named[1]):
        return text
    return f"{named[2]} {named[1]} {named[3]}"


def _spelled(match: re.Match[str]) -> str:
    word = match[0].casefold()
    if word in _PER_DAY:
        return f"every {24 / _PER_DAY[word]:g} h"
    return _WORDS.get(word, match[0])
