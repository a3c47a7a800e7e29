"""Trial: would a controlled trial show anything, and how large must it be?"""

from htmltools import Tag, tags

from speciosa.app.asking import choices
from speciosa.app.asking.state import State
from speciosa.app.look import parts

TITLE = "Trial"


def controls(state: State) -> Tag:
    """Which trial, how many people, how many of them complete it."""
    return tags.div(
        tags.h2("A controlled trial on virtual patients"),
        parts.choice(state, "trial", "Trial", choices.TRIALS),
        parts.text(
            state,
            "people",
            parts.unit("People", "in all arms, blank as the trial has it"),
            inputmode="numeric",
        ),
        parts.text(
            state,
            "completes",
            parts.unit("Complete it", "% of them, blank as the trial has it"),
            inputmode="decimal",
        ),
        tags.p(
            {"class": "basis"},
            "Few virtual people and trials, for a first look; the command speciosa trial gives the whole.",
        ),
    )
