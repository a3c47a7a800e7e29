"""Safety by topic: what is known of a substance in pregnancy, at the wheel, with alcohol, and so on.

A topic can be asked for by any of its names (``pregnancy``, ``QT``, ``benzodiazepines``); where nothing is known of a
substance under a topic, that is said.
"""

from typing import get_args

from speciosa.facts.lookup import records
from speciosa.facts.record import split
from speciosa.facts.registry import substance
from speciosa.facts.schema import SafetyNote, SafetyTopic

TOPICS: dict[str, tuple[str, ...]] = {
    "pregnancy and the newborn": (
        "pregnancy", "pregnant", "newborn", "neonatal", "neonatal abstinence syndrome", "breastfeeding", "breast milk", "birth",
    ),
    "driving": ("driving", "driver", "car", "traffic", "crash"),
    "alcohol and sedatives": ("alcohol", "sedatives", "benzodiazepines", "sedative"),
    "serotonin toxicity": ("serotonin", "serotonin syndrome", "serotonin toxicity", "antidepressants"),
    "liver": ("liver", "liver injury", "hepatotoxicity", "hepatitis", "jaundice"),
    "heart": ("heart", "QT", "QTc", "arrhythmia", "cardiac", "torsades", "blood pressure"),
    "bleeding": ("bleeding", "stomach bleeding", "gastrointestinal bleeding", "ulcer"),
    "kidney": ("kidney", "kidney injury", "acute kidney injury", "renal failure", "nephrotoxicity"),
    "falls": ("falls", "fall", "fracture", "fractures"),
    "low sodium": ("low sodium", "hyponatremia", "hyponatraemia"),
    "contamination and variability": (
        "contamination", "variability", "salmonella", "heavy metals", "lead", "purity", "product variability",
    ),
    "overdose response": ("overdose", "overdose response", "poisoning", "reversal", "ambulance"),
}  # fmt: skip
"""The topics in the order in which they are told, each with the words by which people ask for it."""


def safety(of: str) -> tuple[SafetyNote, ...]:
    """What is known of the safety of a substance, by topic; notes on its class come after those on itself.

    Raises:
        UnknownNameError: no such substance.

    Example:
        >>> [note.id for note in safety("buprenorphine") if note.topic == "liver"]
        ['safety-0037']
    """
    wanted = substance(of)
    names = [wanted.id, *_classes(wanted.group)]
    found = [
        (list(TOPICS).index(row.topic), rank, row)
        for row in records("safety")
        for rank, name in enumerate(names)
        if name in split(row.substances)
    ]
    kept: dict[str, SafetyNote] = {}
    for _, _, row in sorted(found, key=lambda each: (each[0], each[1], each[2].id)):
        kept.setdefault(row.id, row)
    return tuple(kept.values())


def on_topic(topic: str) -> tuple[SafetyNote, ...]:
    """What is known under a topic, of all substances.

    Example:
        >>> len(on_topic("pregnancy and the newborn")) > 5
        True
    """
    return tuple(row for row in records("safety") if row.topic == topic)


def silent(of: str) -> tuple[str, ...]:
    """The topics of which nothing is known for a substance.

    Example:
        >>> "pregnancy and the newborn" in silent("7-OH")
        True
    """
    known = {row.topic for row in safety(of)}
    return tuple(topic for topic in get_args(SafetyTopic) if topic not in known)


def _classes(group: str) -> tuple[str, ...]:
    """The classes that speak for a group: an agonist is an opioid, an antagonist is not."""
    agonist = group.startswith(("opioid", "fentanyl")) and group not in (
        "opioid antagonist",
        "opioid metabolite",
    )
    return ("opioid",) if agonist else ()
