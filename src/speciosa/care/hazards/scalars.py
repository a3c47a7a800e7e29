"""Numbers of an arm that no day and no phase changes, and the state in which its people begin."""

from collections.abc import Sequence

import numpy as np

from speciosa.care.hazards.setting import NALTREXONE, Setting
from speciosa.care.parameters import judged
from speciosa.care.phases import Phase
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats

_ALWAYS_D = 1e6


def scalars(s: Setting, phases: Sequence[Phase]) -> Floats:
    """The numbers, ``(draws, SCALARS)``, in the places that `speciosa.care.stepping.arrays` gives them."""
    v = s.values
    found = np.zeros((s.draws, a.SCALARS))
    odds = v["fatal"] / (1.0 - v["fatal"]) * s.fatal_ratio
    for place, value in {
        a.STARTS: v["starts_detoxified" if _detoxified(phases) else "starts"],
        a.USES_AT_ONCE: v["uses_at_once"] if s.using_after is None else s.using_after,
        a.USING_SHARE: v["using_share"],
        a.REMIT: v["remit"],
        a.RETURN: s.returns,
        a.RETURN_ABSTINENT: v["return_abstinent"],
        a.USES_A_DAY: judged("uses_a_day")
        * np.exp(v["study_harm"])
        * (v["fentanyl"] ** s.fentanyl if s.pain is None else 1.0),
        a.FATAL: odds / (1.0 + odds),
        a.OTHER_ON: v["other_on"],
        a.OTHER_OFF: v["other_on"] * v["other_off"],
        a.TOLERANCE_RATE: s.untreated.rate,
        a.BREATHING_RATE: s.untreated.breathing_rate,
        a.HABIT_DRIVE: s.untreated.tolerance,
        a.REPORTS: v["reports"],
        # People on a waiting list are seen as those in treatment are.
        a.FOLLOWED: s.followed if phases else 1.0,
        a.ATTENDS_ON: v["attends"],
        a.ATTENDS_OFF: v["attends"],
        a.DETOX_LEAVE: v["detox_leave"],
        a.BUILD_UP: 1.0 / v["build_up"],
        a.SELDOM: judged("seldom"),
        a.MISSED: v["missed"],
        a.USES_AFTER_PLAN: v["uses_after_plan"],
        a.SOON_TIME: v["soon_time"],
        a.BACKGROUND: v["background"] * np.exp(v["study_harm"]) * (s.pain is None),
        a.ENTERS_LOW: v["enters_low"] * (s.pain is None),
        a.AWAY: judged("away"),
        a.ENTERING_MORE: v["entering_other"] - 1.0,
        a.LEAVING_MORE: v["leaving_other"] - 1.0,
        a.SEEN_FOR: v["seen_for"] if phases else _ALWAYS_D,
        a.DETECTED: v["detected"],
        a.REPORTS_FALL: v["reports_fall"],
        a.TOLERANT: np.full(s.draws, float(s.tolerant)),
        a.BEGINS_CLEAN: float(_clean(s, phases)),
        a.BEGINS_SOON: _begins_soon(s),
        a.CLEAN_FOR: s.clean_d,
        a.CLEAN_LOST: max(s.clean_d, judged("detoxified")),
        a.CHANGED_FOR: judged("changed"),
    }.items():
        found[:, place] = value
    if s.pain is not None:
        found[:, [a.STARTS, a.RETURN_ABSTINENT]] = 1.0
        found[:, [a.MISSED, a.SOON_TIME]] = 0.0
        # What raises deaths of people with opioid use disorder, and more out of treatment, is not told of people with pain.
        found[:, [a.OTHER_ON, a.OTHER_OFF]] = 1.0
        found[:, [a.ENTERING_MORE, a.LEAVING_MORE]] = 0.0
        found[:, [a.USES_AT_ONCE, a.USES_AFTER_PLAN]] = s.pain["pain_disorder"][:, None]
    return found


def without_a_start(s: Setting, phases: Sequence[Phase]) -> int:
    """The state in which people begin who do not take a first dose."""
    return a.USING if s.pain is None and not _clean(s, phases) else a.ABSTINENT


def _detoxified(phases: Sequence[Phase]) -> bool:
    """Whether people were detoxified before an arm begins: naltrexone is its first phase."""
    return bool(phases) and phases[0].substance == NALTREXONE


def _clean(s: Setting, phases: Sequence[Phase]) -> bool:
    """Whether people with opioid use disorder begin without use."""
    detox = bool(phases) and phases[0].detoxification
    return s.pain is None and not detox and (s.clean or _detoxified(phases))


def _begins_soon(s: Setting) -> Floats:
    """Of people who begin without use, the share who return to it within days: fewer, the longer they have not used."""
    u = s.values["uses_after_plan"]
    left = u * np.exp(-s.clean_d / s.values["soon_time"])
    found: Floats = left / (left + 1.0 - u)
    return found
