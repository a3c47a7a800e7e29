"""A comparison as files: report.html, outcomes, figures, tables, and the lock that repeats it."""

import json
from pathlib import Path

from speciosa.comparison import Comparison
from speciosa.progress import Progress, silent
from speciosa.report.page import page
from speciosa.report.parts import build
from speciosa.report.pdf import write_summary
from speciosa.report.sections.glossary import linked_words
from speciosa.report.word import write_word
from speciosa.saving import save_whole
from speciosa.study.lock import write_lock
from speciosa.study.question.read import json_schema


def write_report(comparison: Comparison, folder: Path, *, progress: Progress = silent) -> Path:
    """Writes ``report.html``, summaries to print and to edit, ``outcomes.parquet``, figures, tables and ``study.lock.toml``.

    Every file is written beside and renamed; the report comes last, so that one that stands is whole.

    Returns:
        path of the report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts, figures = build(comparison)
    for done, figure in enumerate(figures):
        progress("drawing", done, len(figures))
        figure.write(folder)
    progress("drawing", len(figures), len(figures))
    write_summary(comparison, figures[0], footer(comparison), folder)
    write_word(comparison, figures[0], footer(comparison), folder)
    comparison.outcomes.write(folder / "outcomes.parquet")
    sources = {p.source for arm in comparison.run.arms for p in arm.parameters if p.source}
    write_lock(folder / "study.lock.toml", comparison.study, sorted(sources))
    save_whole(folder / "study.schema.json", json.dumps(json_schema(), indent=1))
    study = comparison.study
    text = linked_words(page(study.title, study.question, parts, footer(comparison)))
    return save_whole(folder / "report.html", text)


def footer(comparison: Comparison) -> str:
    """What made the report."""
    from speciosa import __version__
    from speciosa.facts.lookup import edition

    seed = comparison.study.population.seed
    return f"Made by Speciosa {__version__}, facts of {edition()}. Seed {seed}."
