"""Weigh: criteria and their weights by slider."""

from htmltools import Tag, tags

from speciosa.app.asking import questions
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.study.endpoints import definitions
from speciosa.study.question.schema import Criterion

TITLE = "Weigh"


def controls(state: State) -> Tag:
    """One slider a criterion."""
    stated = questions.weights(state, state["for"])
    return tags.div(
        {"class": "weights"},
        tags.h2("How much each counts"),
        tags.p(
            {"class": "basis"},
            "The weight of going from the worst to the best level. These are your judgement, not ours.",
        ),
        *[_weight(entry, str(stated[entry.outcome])) for entry in questions.criteria(state["for"])],
        parts.hidden(state, "w"),
        parts.fault("w"),
    )


def _weight(criterion: Criterion, stated: str) -> Tag:
    """The slider of a criterion, with its levels."""
    definition, name = definitions()[criterion.outcome], f"weight-{criterion.outcome}"
    return tags.div(
        tags.label(
            {"for": name},
            definition.title,
            tags.output({"id": f"{name}-shown", "for": name}, stated),
        ),
        tags.input(
            {
                "type": "range",
                "class": "weight",
                "data-shiny-no-bind-input": "",
                "id": name,
                "data-outcome": criterion.outcome,
                "min": "0",
                "max": "100",
                "step": "1",
                "value": stated,
            }
        ),
        tags.span(
            {"class": "unit"},
            f"worst {criterion.worst:g}, best {criterion.best:g} {definition.unit}",
        ),
    )
