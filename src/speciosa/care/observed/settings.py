"""What a row says of the people of its study, as far as the model knows what it does to them.

Read are the columns ``setting``, ``population``, ``design`` and ``note``, and of them only phrases that change a prediction: that
people were detoxified before or were abstinent, that they used prescribed opioids, have no home, or were sent by courts or come
from prison, that doses were fixed, that records of routine care were counted, and that people were counted only after a time in
treatment. A study that is named and is not CTN-0027, which calibrated the curves, is one of the trials of others. Observed doses,
counselling, primary care and waiting lists are passed over: where people were randomised to them as many stayed without
(`docs/plans.md`); country and year are not known to change by how much people stay.
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
_HOMELESS = re.compile(
    r"\bhomeless\w*|\bwithout (?:a |stable )?(?:home|housing)\b|\bunstably housed\b|\bunhoused\b|\brough sleep\w*"
)
_JUSTICE = re.compile(
    r"\b(?:from|in|leav\w+|releas\w+|sent by)\s+(?:\w+\s+){0,4}?(?:prisons?|jails?|courts?|compulsory cent\w+)\b"
    r"|\bcriminal[\s-]justice\b|\b(?:parole|probation)\b|\bincarcerat\w+|\bpre[\s-]?release\b"
)
_RELEASED = re.compile(
    r"\b(?:from|in|leav\w+|releas\w+)\s+(?:\w+\s+){0,3}?(?:prisons?|jails?)\b|\bpre[\s-]?release\b"
)
_ABSTINENT = re.compile(
    r"\b(?:abstinent|opioid[\s-]free|drug[\s-]free|without use)\s+"
    r"(?:for\s+(?:\w+\s+){0,2}?(\d+(?:\.\d+)?)\s+(days?|weeks?|months?)\b|(?:at|on|before|when)\s+(?:\w+\s+){0,2}?"
    r"(?:entry|entering|enrol\w*|randomi\w*|baseline|start\w*|beg[iu]n\w*|inclusion|admission))"
)
_FIXED = re.compile(r"\bfixed[\s-]+(?:\w+[\s-]+)?(?:dos(?:e|es|ing|age)|mg)\b")
_AFTER = r"after\s+(\d+(?:\.\d+)?)\s+(days?|weeks?|months?)\s+(?:of|in|on)\s+(?:[\w-]+\s+){0,2}?"
_RUN_IN = re.compile(
    rf"\b{_AFTER}(?:run[\s-]?in|induction|stabili[sz]ation)\b"
    rf"|\b(?:randomi[sz]ed|counted|enrolled|recruited|entered)\s+{_AFTER}treatment\b"
)
_FENTANYL = re.compile(r"(?<!before )\bfentanyl\b(?! patch)")
_NONE = re.compile(r"\b(?:no|not|none|non|exclud\w+)\W+(?:\w+\W+){0,2}$")
_PART = re.compile(r"(?:(\d+(?:\.\d+)?)\s*%|\bhalf\b)\W+(?:\w+\W+){0,3}$")
_MOST = 0.5
"""Share of people of whom a word must be true to be said of all."""
_CALIBRATED = re.compile(
    r"\bctn[\s_-]*0*(?:27|30|94)\b|\bctn0094\w*|\bhser[\s_-]*2014|\bweiss[\s_-]*2011|\bpoats\b"
)


@dataclass(frozen=True, slots=True)
class StudySetting:
    """The people of a study.

    Attributes:
        detoxified: whether they were detoxified before they were counted.
        prescribed: whether they used prescribed opioids.
        homeless: share without a home, 1 where the words name no share.
        justice: the same of people sent by courts or coming from prison.
        fixed: whether the dose was the same for all.
        routine: whether they were seen in records of routine care, not in a trial.
        treated_d: days in treatment after which they were counted.
        elsewhere: whether the study is named and is none of those on which the curves were calibrated.
        calibrated: whether it is one of those.
        abstinent: whether people did not use when they were counted: detoxified, released from prison, or abstinent.
        abstinent_d: days for which they had not used, where the words tell them.
        heroin: whether the study is named and its words tell of no fentanyl, so that its supply was heroin-like.
    """

    detoxified: bool = False
    prescribed: bool = False
    homeless: float = 0.0
    justice: float = 0.0
    fixed: bool = False
    routine: bool = False
    treated_d: float = 0.0
    elsewhere: bool = False
    heroin: bool = False
    calibrated: bool = False
    abstinent: bool = False
    abstinent_d: float = 0.0


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
        >>> setting_of("people without a home").homeless, setting_of("released from jail").justice
        (1.0, 1.0)
        >>> setting_of("39% were homeless, none on parole").homeless
        0.39
        >>> setting_of("abstinent for 2 months").abstinent_d, setting_of("released from jail").abstinent
        (60.875, True)
    """
    text = " ".join(words.casefold().split())
    name = study.strip().casefold()
    run_in = _RUN_IN.search(text)
    detoxified = bool(_DETOXIFIED.search(text)) and not _NOT.search(text)
    clean = _ABSTINENT.search(text)
    if clean is not None and _NONE.search(text[: clean.start()]):
        clean = None
    return StudySetting(
        detoxified,
        bool(_PRESCRIBED.search(text)),
        _share(_HOMELESS, text),
        _share(_JUSTICE, text),
        bool(_FIXED.search(text)),
        bool(_ROUTINE.search(text)),
        float(run_in[1] or run_in[3]) * (unit_days(run_in[2] or run_in[4]) or 0.0)
        if run_in
        else 0.0,
        bool(name) and not _CALIBRATED.search(name),
        bool(name) and not _FENTANYL.search(f"{text} {name}"),
        bool(_CALIBRATED.search(name)),
        detoxified or clean is not None or _share(_RELEASED, text) > _MOST,
        float(clean[1]) * (unit_days(clean[2]) or 0.0) if clean is not None and clean[1] else 0.0,
    )


def _share(words: re.Pattern[str], text: str) -> float:
    """The share of people of whom a text says something: 1 where it names none, 0 where it says that they are not."""
    found = words.search(text)
    if found is None or _NONE.search(text[: found.start()]):
        return 0.0
    part = _PART.search(text[: found.start()])
    if part is None:
        return 1.0
    return min(float(part[1]) / 100.0, 1.0) if part[1] else 0.5
