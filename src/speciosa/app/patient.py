"""Patient: who takes it, and what else they take; the curves are those of Compare."""

from htmltools import Tag, TagList, tags

from speciosa.app import choices, compare, parts
from speciosa.app.drawing import View
from speciosa.app.state import State
from speciosa.study.result import StudyRun

TITLE = "Patient"


def controls(state: State) -> Tag:
    """Body, genes, organs, history and companions."""
    beside = {key: words for key, words in choices.COMPANIONS.items() if key != choices.OWN}
    if state["with"] not in beside:
        beside[state["with"]] = state["with"]
    return tags.div(
        tags.h2("Patient"),
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
        tags.label({"for": "beside"}, "Taken beside every treatment"),
        tags.select(
            {
                "id": "beside",
                "class": "treatment",
                "data-shiny-no-bind-input": "",
                "data-words": "with",
                "data-name": "",
            },
            *[
                tags.option(
                    {
                        "value": key or "none",
                        "data-regimen": key,
                        **({"selected": ""} if key == state["with"] else {}),
                    },
                    words,
                )
                for key, words in beside.items()
            ],
            tags.option({"value": choices.OWN}, "something else, in words"),
        ),
        tags.details(
            {"id": "details-with"},
            tags.summary("Its doses in words"),
            tags.input(
                {
                    "class": "field words",
                    "id": "with",
                    "type": "text",
                    "value": state["with"],
                    "data-slider": "",
                    "aria-label": "Doses taken beside, in words",
                    "aria-describedby": "with-fault",
                    "autocomplete": "off",
                }
            ),
        ),
        parts.fault("with"),
        tags.p({"class": "basis"}, "What is left open varies as in adults."),
    )


def _number(state: State, name: str, label: str, words: str) -> TagList:
    return parts.text(
        state, name, parts.unit(label, words), inputmode="decimal", placeholder="varies"
    )


def view(state: State, run: StudyRun, narrow: bool) -> View:
    """The same as Compare, for this patient."""
    return compare.view(state, run, narrow)
