"""What a row says of the people of its study, as far as the model knows what it does to them.

Read are the columns ``setting``, ``population``, ``design`` and ``note``, and of them only phrases that change a prediction: that
people were detoxified before, that they used prescribed opioids, that records of routine care were counted, and that people were
counted only after a time in treatment. A study that is named and is not CTN-0027, which calibrated the curves, is one of the
trials of others. Observed doses, counselling and treatment on a waiting list are passed over: where people were randomised to
them as many stayed without (`docs/plans.md`); country, year and prison are not known to change by how much people stay.
"""

import re
from dataclasses import dataclass

from speciosa.care.observed.spans import unit_days

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
_AFTER = r"after\s+(\d+(?:\.\d+)?)\s+(days?|weeks?|months?)\s+(?:of|in|on)\s+(?:[\w-]+\s+){0,2}?"
_RUN_IN = re.compile(
    rf"\b{_AFTER}(?:run[\s-]?in|induction|stabili[sz]ation)\b"
    rf"|\b(?:randomi[sz]ed|counted|enrolled|recruited|entered)\s+{_AFTER}treatment\b"
)
_CALIBRATED = re.compile(r"\bctn[\s-]*0*(?:27|30)\b|\bhser\s+2014\b|\bweiss\s+2011\b|\bpoats\b")


@dataclass(frozen=True, slots=True)
class StudySetting:
    """The people of a study.

    Attributes:
        detoxified: whether they were detoxified before they were counted.
        prescribed: whether they used prescribed opioids.
        routine: whether they were seen in records of routine care, not in a trial.
        treated_d: days in treatment after which they were counted.
        elsewhere: whether the study is named and is none of those on which the curves were calibrated.
    """

    detoxified: bool = False
    prescribed: bool = False
    routine: bool = False
    treated_d: float = 0.0
    elsewhere: bool = False


def setting_of(words: str, study: str = "") -> StudySetting:
    """The setting that a text tells.

    Args:
        words: of the people of a study.
        study: its name.

    Example:
        >>> setting_of("randomised after detoxification; Russia").detoxified
        True
        >>> setting_of("after 2 weeks of run-in").treated_d, setting_of("seen after 24 weeks of treatment").treated_d
        (14.0, 0.0)
        >>> setting_of("", "Newman 1979").elsewhere, setting_of("", "CTN-0027").elsewhere
        (True, False)
        >>> setting_of("randomised before detoxification was complete").detoxified
        False
        >>> setting_of("prescription opioid use disorder").prescribed
        True
    """
    text = " ".join(words.casefold().split())
    name = study.strip().casefold()
    run_in = _RUN_IN.search(text)
    return StudySetting(
        bool(_DETOXIFIED.search(text)) and not _NOT.search(text),
        bool(_PRESCRIBED.search(text)),
        bool(_ROUTINE.search(text)),
        float(run_in[1] or run_in[3]) * (unit_days(run_in[2] or run_in[4]) or 0.0)
        if run_in
        else 0.0,
        bool(name) and not _CALIBRATED.search(name),
    )
