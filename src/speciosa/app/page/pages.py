"""The pages that show a run: who makes which, and that readers who see the same share it."""

from collections.abc import Callable
from functools import partial

from speciosa.app.asking.state import State
from speciosa.app.look.drawing import View
from speciosa.app.page import compare, patient, weigh, withdrawal
from speciosa.app.running.runs import Runs, key_of
from speciosa.study import Study
from speciosa.study.result import StudyRun


async def drawn_page(
    runs: Runs, page: str, state: State, study: Study, run: StudyRun, narrow: bool
) -> View:
    """What a page shows of a run; readers who see the same share it."""
    makers: dict[str, Callable[[], View]] = {
        "compare": partial(compare.view, state, run, narrow),
        "patient": partial(patient.view, state, run, narrow),
        "withdrawal": partial(withdrawal.view, state, run, narrow),
        "weigh": partial(weigh.view, study, run, narrow),
    }
    return await runs.once((page, state["course"], narrow, key_of(run.study)), makers[page])
