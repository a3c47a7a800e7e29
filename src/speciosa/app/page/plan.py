"""Plan: what months and years of a treatment bring, beside another."""

from htmltools import Tag, tags

from speciosa.app.asking import choices
from speciosa.app.asking.state import State
from speciosa.app.look import parts

TITLE = "Plan"


def controls(state: State) -> Tag:
    """Which plan, beside which other, and for how long."""
    return tags.div(
        tags.h2("A treatment plan over months and years"),
        parts.choice(state, "plan", "Plan", choices.plan_arms()),
        parts.choice(state, "against", "Beside it", choices.plan_arms()),
        parts.choice(state, "followed", "Followed for", choices.FOLLOWED),
        tags.p(
            {"class": "basis"},
            "Few virtual people and draws, for a first look; the command speciosa pathway gives the whole.",
        ),
    )
