"""Patient: who takes it, and what else they take; the curves are those of Compare."""

from htmltools import Tag, TagList, tags

from speciosa.app.asking import choices
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.drawing import View
from speciosa.app.page import compare
from speciosa.study.result import StudyRun

TITLE = "Patient"


def controls(state: State) -> Tag:
    """Body, genes, organs, history and companions."""
    return tags.div(
        tags.h2("Patient"),
        tags.div(
            {"class": "chips", "role": "group", "aria-label": "Often asked of"},
            *[parts.filling(*each) for each in choices.OFTEN],
        ),
        tags.div(
            {"class": "pair"},
            tags.div(_number(state, "weight", "Weight", "kg")),
            tags.div(_number(state, "age", "Age", "years")),
        ),
        parts.choice(state, "sex", "Sex", choices.SEX),
        parts.choice(state, "cyp2d6", "CYP2D6", choices.PHENOTYPES),
        parts.choice(state, "liver", "Liver", choices.ORGAN),
        parts.choice(state, "kidneys", "Kidneys", choices.ORGAN),
        parts.choice(state, "history", "Opioid history", choices.HISTORY),
        *_beside(state),
        tags.p({"class": "basis"}, "What is left open varies as in adults."),
    )


def _beside(state: State) -> TagList:
    """What is taken beside every treatment: from a list, or in words."""
    known = {key: words for key, words in choices.COMPANIONS.items() if key != choices.OWN}
    known.setdefault(state["with"], state["with"])
    options = [
        parts.option(key or "none", words, key == state["with"], regimen=key)
        for key, words in known.items()
    ]
    options.append(parts.option(choices.OWN, "something else, in words"))
    return TagList(
        tags.label({"for": "beside"}, "Taken beside every treatment"),
        parts.treatment_box("beside", "with", "", options),
        tags.details(
            {"id": "details-with"},
            tags.summary("Its doses in words"),
            parts.words(state, "with", "", "Doses taken beside, in words"),
        ),
        parts.fault("with"),
    )


def _number(state: State, name: str, label: str, words: str) -> TagList:
    return parts.text(
        state, name, parts.unit(label, words), inputmode="decimal", placeholder="varies"
    )


def view(state: State, run: StudyRun, narrow: bool) -> View:
    """The same as Compare, for this patient."""
    return compare.view(state, run, narrow)
