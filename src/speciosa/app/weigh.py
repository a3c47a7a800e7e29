"""Weigh: criteria and their weights by slider."""

from htmltools import Tag, tags

from speciosa.app import parts, questions
from speciosa.app.state import State
from speciosa.study.endpoints import definitions

TITLE = "Weigh"


def controls(state: State) -> Tag:
    """One slider a criterion."""
    known, stated = definitions(), questions.weights(state, state["for"])
    return tags.div(
        {"class": "weights"},
        tags.h2("How much each counts"),
        tags.p(
            {"class": "basis"},
            "The weight of going from the worst to the best level. These are your judgement, not ours.",
        ),
        *[
            tags.div(
                tags.label(
                    {"for": f"weight-{entry.outcome}"},
                    known[entry.outcome].title,
                    tags.output(
                        {"id": f"weight-{entry.outcome}-shown", "for": f"weight-{entry.outcome}"},
                        str(stated[entry.outcome]),
                    ),
                ),
                tags.input(
                    {
                        "type": "range",
                        "class": "weight",
                        "data-shiny-no-bind-input": "",
                        "id": f"weight-{entry.outcome}",
                        "data-outcome": entry.outcome,
                        "min": "0",
                        "max": "100",
                        "step": "1",
                        "value": str(stated[entry.outcome]),
                    }
                ),
                tags.span(
                    {"class": "unit"},
                    f"worst {entry.worst:g}, best {entry.best:g} {known[entry.outcome].unit}",
                ),
            )
            for entry in questions.criteria(state["for"])
        ],
        parts.hidden(state, "w"),
        parts.fault("w"),
    )
