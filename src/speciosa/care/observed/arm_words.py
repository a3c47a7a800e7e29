"""Arms as papers name them, where they are no regimen: "XR-NTX", "buprenorphine 16 mg/day", "methadone 60-100 mg"."""

import re

from speciosa.care.doses import usual
from speciosa.care.observed.spans import plain
from speciosa.care.observed.turned import no_arm, strength
from speciosa.care.phases import NALTREXONE_DEPOT, USUAL

_MEDICINES = {
    "methadone": r"\b(?:methadone|mmt|mtd)\b",
    "buprenorphine": r"\b(?:buprenorphine|bup|bpn|bup[ -]?xr|bnx|suboxone|subutex|sublocade|buvidal|brixadi|cam2038)\b",
    "naltrexone": r"\b(?:naltrexone|ntx|xr[ -]?ntx|vivitrol)\b",
    "placebo": r"\bplacebo\b",
}
_INJECTED = re.compile(
    r"\b(?:inject\w*|depot|extended[ -]release|prolonged[ -]release|xr|subcutaneous|intramuscular|weekly|monthly|sublocade|buvidal"
    r"|brixadi|cam2038|vivitrol)\b"
)
_WEEKLY = re.compile(r"\bweekly\b|\bevery (?:week|7 d)")
_LIPID = re.compile(r"\b(?:buvidal|brixadi|cam ?2038)\b")
_NALOXONE = re.compile(r"\bnaloxone\b|\bbnx\b|\bsuboxone\b|/nx\b")
_IMPLANT = re.compile(r"\bimplant|\btaper|\band\b|\+|\bthen\b")
_MG = re.compile(r"(\d+(?:\.\d+)?)(?:\s*(?:-|to)\s*(\d+(?:\.\d+)?))?\s*mg\b")
_TABLETS, _TABLET_MG = usual("naltrexone_tablets"), usual("naltrexone_tablets").split()[0]


def start_of(words: str) -> str | None:
    """The start line that names in words stand for; None where they name no medicine, several, or one that no plan has.

    A range of doses stands in its middle. Without a dose it is the usual one: that of CTN-0027, 380 mg of naltrexone every four
    weeks, 300 mg of buprenorphine a month or 24 mg a week.

    Args:
        words: of a table.

    Example:
        >>> start_of("XR-NTX"), start_of("methadone 60-100 mg")
        ('380 mg naltrexone_depot depot every 28 d', '80 mg methadone oral daily')
        >>> start_of("buprenorphine/naloxone 16 mg/day"), start_of("oral naltrexone")
        ('16 mg buprenorphine_naloxone sublingual daily', '50 mg naltrexone oral daily')
        >>> start_of("buprenorphine implants") is None
        True
    """
    text = plain(words).replace("_", " ")
    if no_arm(text):
        return None
    text = text if _INJECTED.search(text) else strength(text)
    named = [name for name, pattern in _MEDICINES.items() if re.search(pattern, text)]
    if len(named) != 1 or _IMPLANT.search(text):
        return None
    found = _MG.search(text)
    dose = None if found is None else (float(found[1]) + float(found[2] or found[1])) / 2.0
    injected = bool(_INJECTED.search(text))
    if named == ["placebo"]:
        start = "placebo"
    elif named == ["methadone"]:
        start = USUAL["methadone"] if dose is None else f"{dose:g} mg methadone oral daily"
    elif named == ["naltrexone"]:
        tablets = "oral" in text or "tablet" in text or dose == float(_TABLET_MG)
        start = _dosed(_TABLETS, dose) if tablets else NALTREXONE_DEPOT
    elif injected:
        start = _dosed(usual(f"buprenorphine_{_interval(text)}"), dose)
    elif dose is None:
        start = USUAL["buprenorphine"]
    else:
        product = "buprenorphine_naloxone" if _NALOXONE.search(text) else "buprenorphine"
        start = f"{dose:g} mg {product} sublingual daily"
    return start


def _interval(text: str) -> str:
    """Which injection of buprenorphine is meant: the weekly one, the monthly one of lipid crystals, or that of a polymer."""
    if _WEEKLY.search(text):
        return "weekly"
    return "lipid" if _LIPID.search(text) else "monthly"


def _dosed(regimen: str, dose: float | None) -> str:
    """A regimen at another dose, where one is told."""
    return regimen if dose is None else f"{dose:g} {regimen.split(' ', 1)[1]}"
