"""What the page Weigh shows: scores, rank acceptability, and what would turn the order."""

from markupsafe import Markup

from speciosa.app.look.drawing import View
from speciosa.app.page import compare
from speciosa.comparison.weighing import weigh
from speciosa.report.sections import weighing_part as part
from speciosa.study.question.schema import Study
from speciosa.study.result import StudyRun


def view(study: Study, run: StudyRun, narrow: bool) -> View:
    """Scores, rank acceptability, what would turn the order."""
    page = View()
    page.text(compare.who(run))
    weighing = weigh(study.model_copy(update={"population": run.study.population}), run.outcomes)
    if weighing is None:
        page.text(
            Markup("<p>Nothing is weighed: choose two treatments and one weight above zero.</p>")
        )
        return page
    page.text(part.introduction(weighing))
    page.figure(part.scores_figure(weighing), narrow=narrow)
    page.figure(part.ranks_figure(weighing), narrow=narrow)
    page.text(part.criteria_html(weighing))
    page.text(part.effects_html(weighing))
    page.text(part.turning_html(weighing, study.reference))
    page.text(compare.made(run))
    return page
