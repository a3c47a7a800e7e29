"""What a row says of the people of its study, as far as the model knows what it does to them.

Read are the columns ``setting``, ``population``, ``design`` and ``note``, and of them only phrases that change a prediction: that
people were detoxified before, that they used prescribed opioids, and that records of routine care were counted. Country, year,
counselling, observed doses, a waiting list or a prison are passed over: no review that was read says by how much they change how
long people stay.
"""

import re
from dataclasses import dataclass

_DETOXIFIED = re.compile(
    r"\b(?:after|following|completed|post)[\s-]+(?:\w+[\s-]+){0,2}(?:detox\w*|withdrawal)|"
    r"\b(?:already|previously|recently)[\s-]+(?:detoxified|abstinent|opioid[\s-]free)|"
    r"\bdetoxified\s+(?:before|people|patients|adults|participants)|\binducted\s+before"
)
_NOT = re.compile(
    r"\bbefore\s+(?:\w+\s+){0,2}detox|\bdetox\w*\s+(?:\w+\s+){0,2}(?:not|incomplete)|\bnot\s+(?:\w+\s+)?detox"
)
_PRESCRIBED = re.compile(r"\bprescri(?:bed|ption)(?:[\s-]type)?[\s-]+(?:opioid|opiate|analgesic)")
_ROUTINE = re.compile(
    r"\broutine (?:clinical )?(?:care|practice)|\breal[\s-]world|\bregist(?:er|ry|ers|ries)\b|\bclaims?\b|\bhealth records?\b"
    r"|\badministrative\b|\bretrospective\b"
)


@dataclass(frozen=True, slots=True)
class StudySetting:
    """The people of a study.

    Attributes:
        detoxified: whether they were detoxified before they were counted.
        prescribed: whether they used prescribed opioids.
        routine: whether they were seen in records of routine care, not in a trial.
    """

    detoxified: bool = False
    prescribed: bool = False
    routine: bool = False


def setting_of(words: str) -> StudySetting:
    """The setting that a text tells.

    Example:
        >>> setting_of("randomised after detoxification; Russia")
        StudySetting(detoxified=True, prescribed=False, routine=False)
        >>> setting_of("randomised before detoxification was complete").detoxified
        False
        >>> setting_of("prescription opioid use disorder").prescribed
        True
    """
    text = " ".join(words.casefold().split())
    return StudySetting(
        bool(_DETOXIFIED.search(text)) and not _NOT.search(text),
        bool(_PRESCRIBED.search(text)),
        bool(_ROUTINE.search(text)),
    )
