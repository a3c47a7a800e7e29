"""What the page Weigh shows: scores, rank acceptability, and what would turn the order."""

from markupsafe import Markup

from speciosa.app import compare
from speciosa.app.drawing import View
from speciosa.comparison.weighing import Weighing, weigh
from speciosa.report import weighing_part as part
from speciosa.report.figure import anchor_of
from speciosa.report.number import linked, plain, table_html
from speciosa.study.result import StudyRun
from speciosa.study.schema import Study


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
    page.text(part._introduction(weighing))
    page.figure(part._scores(weighing), narrow=narrow)
    page.figure(part._ranks(weighing), narrow=narrow)
    page.text(part._criteria(weighing))
    page.text(part._effects(weighing))
    page.text(_turning(study, weighing))
    page.text(compare.made(run))
    return page


def _turning(study: Study, weighing: Weighing) -> Markup:
    rows: list[dict[str, object]] = []
    for arm, swings in weighing.swings.items():
        for swing in swings[:2]:
            leads = (swing.at_zero, swing.at_stated, swing.at_double)
            names = ("lead without it", "lead as stated", "lead at double weight")
            cells = {
                name: linked(plain(lead), anchor_of("made", arm))
                for name, lead in zip(names, leads, strict=True)
            }
            rows.append({"treatment": arm, "criterion": swing.criterion, **cells})
    caption = f"Which weights matter most: mean lead in score over {study.reference}."
    return Markup("<h2>What would turn the order</h2>") + table_html(
        rows, "methods", caption=caption
    )
