"""Withdrawal: what happens when a drug is stopped at once, tapered, or another takes its place."""

from htmltools import Tag, tags

from speciosa.app.asking import choices
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.drawing import View
from speciosa.app.page import compare
from speciosa.study.result import StudyRun

TITLE = "Withdrawal"


def controls(state: State) -> Tag:
    """The drug, the taper, the substitute."""
    return tags.div(
        tags.h2("The drug that is stopped"),
        tags.div(
            {"class": "arm"},
            parts.treatment_list(state, "from", "", "Drug", absent=False),
            parts.dosing(state, "from", "the drug"),
        ),
        parts.text(
            state, "taper", parts.unit("Taper over", "days, blank for none"), inputmode="decimal"
        ),
        parts.choice(
            state,
            "instead",
            "Or instead of it",
            {key: name for key, (name, _) in choices.SUBSTITUTES.items()},
        ),
        tags.p(
            {"class": "basis"},
            "Whom: as on the page Patient. They are followed for ten days after the last dose of the drug or its taper, "
            "unless the page Compare sets another time than 21 days.",
        ),
    )


def view(state: State, run: StudyRun, narrow: bool) -> View:
    """Withdrawal over time, the answer, every outcome."""
    page = View()
    page.text(compare.who(run))
    page.text(compare.answer(run))
    compare.course(page, "cows", run, narrow)
    compare.course(page, "ventilation_fraction", run, narrow)
    page.text(compare.every_outcome(run, compare.summarised(run)))
    page.text(compare.made(run))
    return page
