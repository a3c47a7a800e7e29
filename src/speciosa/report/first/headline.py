"""The few outcomes that a study is about."""

from speciosa.study.endpoints import OutcomeDefinition
from speciosa.study.result import StudyRun

_FIRST = {
    "pain": ("pain_relief", "breathing_fall", "withdrawal_peak"),
    "withdrawal": ("withdrawal_first_week", "withdrawal_worst", "breathing_fall"),
    "interactions": ("breathing_fall", "sedation", "qtc"),
}


def headline(run: StudyRun) -> list[OutcomeDefinition]:
    """The outcomes that the answer speaks of, at most three: the usual ones, filled up with what the study asks; benefits first."""
    usual = [key for key in _FIRST[run.study.indication] if key in run.definitions]
    requested = run.study.follow_up.outcomes or (() if usual else tuple(run.definitions))
    chosen = [run.definitions[key] for key in list(dict.fromkeys((*usual, *requested)))[:3]]
    return sorted(chosen, key=lambda outcome: outcome.direction != "benefit")
