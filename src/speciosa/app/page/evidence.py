"""Evidence: what human trials say of the treatments, networks of trials, pooled questions, claims with verdicts."""

from htmltools import Tag, tags

from speciosa.app.asking import choices
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.study.question.check import networks

TITLE = "Evidence"


def controls(state: State) -> Tag:
    """Which network, pool and claims."""
    return tags.div(
        tags.h2("Trials"),
        parts.choice(
            state,
            "network",
            "Network of trials",
            {name: name.replace("_", " ") for name in networks()},
            data_shows="at-network",
        ),
        parts.choice(state, "pool", "Pooled question", choices.pools(), data_shows="at-pool"),
        parts.choice(
            state,
            "claim",
            "Claims",
            {
                "": "all",
                "supported": "supported",
                "mixed": "mixed",
                "not established": "not established",
                "contradicted": "contradicted",
            },
            data_shows="at-claims",
        ),
        tags.p(
            {"class": "basis"},
            "Rows known only from memory take no part in pooled numbers of networks.",
        ),
    )
