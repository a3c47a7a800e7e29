"""Weigh: criteria and their weights by slider; scores, rank acceptability, and what would turn the order."""

from htmltools import Tag, tags
from markupsafe import Markup

from speciosa.app.asking import questions
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.drawing import View
from speciosa.app.page import compare
from speciosa.report.figures.colours import inks
from speciosa.study.endpoints import definitions
from speciosa.study.question.schema import Criterion, Study
from speciosa.study.result import StudyRun

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


def view(study: Study, run: StudyRun, narrow: bool) -> View:
    """Scores, rank acceptability, what would turn the order."""
    # drawing the weights loads much that the first page does without
    from speciosa.comparison.weighing import weigh
    from speciosa.report.sections import weighing_part as part

    page = View()
    page.text(compare.who(run))
    weighing = weigh(study.model_copy(update={"population": run.study.population}), run.outcomes)
    if weighing is None:
        page.text(
            Markup("<p>Nothing is weighed: choose two treatments and one weight above zero.</p>")
        )
        return page
    page.text(part.introduction(weighing))
    page.figure(part.scores_figure(weighing, inks(run.study.arms)), narrow=narrow)
    page.figure(part.ranks_figure(weighing), narrow=narrow)
    page.text(part.criteria_html(weighing))
    page.text(part.effects_html(weighing))
    page.text(part.turning_html(weighing, study.reference))
    page.text(compare.made(run))
    return page
