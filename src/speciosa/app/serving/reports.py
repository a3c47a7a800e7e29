"""The full report of a question as one archive."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from speciosa.app.running.runs import Cancelled, Ticket
from speciosa.comparison import compare
from speciosa.report.write import write_report
from speciosa.study import Study


def report_archive(
    study: Study, folder: Path, ticket: Ticket, give_way: Callable[[], None]
) -> bytes:
    """What `speciosa compare` writes for the study, zipped.

    Args:
        study: the question.
        folder: a temporary folder, where finished arms already lie.
        ticket: told of the progress; stops the work when given up.
        give_way: called after each slice of work.

    Raises:
        Cancelled: the ticket was given up.
    """

    def progress(stage: str, done: int, total: int) -> None:
        ticket.share = done / max(total, 1)
        if ticket.cancelled:
            raise Cancelled("stopped")
        give_way()

    comparison = compare(study, folder=folder, threads=1, chunk=512, progress=progress)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        write_report(comparison, Path(place), progress=progress)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(place).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(place))
    return packed.getvalue()
