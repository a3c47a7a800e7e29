"""`speciosa meta`: the pooled effect of the trials of one comparison."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from speciosa.cli.pooling import pairwise_answers as answers
from speciosa.cli.pooling import pairwise_options as asked
from speciosa.cli.pooling.options import Columns, Json, Level, Page, Rows, Scale, Sheet

if TYPE_CHECKING:
    from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis


def meta(
    file: asked.File,
    measure: asked.Measure = "GEN",
    method: asked.Method = "REML",
    likelihood: asked.Likelihood = "conditional",
    test: asked.Test = None,
    moderator: asked.Moderator = None,
    subgroup: asked.Subgroup = "",
    cluster: asked.Cluster = "",
    outcomes: asked.Outcomes = "",
    within_correlation: asked.WithinCorrelation = 0.5,
    leave_one_out: asked.LeaveOneOut = False,
    small_studies: asked.SmallStudies = False,
    bayes: asked.Bayes = "",
    baseline: asked.Baseline = None,
    baseline_source: asked.BaselineSource = "",
    mid: asked.Mid = None,
    level: Level = 0.95,
    add: asked.Add = None,
    to: asked.To = None,
    drop_double_zero: asked.DropDoubleZero = None,
    scale: Scale = "",
    columns: Columns = None,
    rows: Rows = None,
    sheet: Sheet = "",
    prediction_df: asked.PredictionDf = None,
    out: Page = None,
    as_json: Json = False,
) -> None:
    """Pool the trials of one comparison.

    Columns: study with events_t, n_t, events_c, n_c (or time_t, time_c) or mean_t, sd_t, n_t, mean_c, sd_c, n_c
    or effect, se on the analysis scale (logarithms for ratios), or HR (OR, RR, ...), lower, upper as printed, or
    logHR, selogHR; data rows of RevMan Web as exported; moderators as further columns.
    A study with a zero cell gets 0.5 added to each of its cells, no other study does.

    Example: speciosa meta trials.csv --measure RR --test knapp-hartung --out trials.html
    """
    from speciosa.cli.pooling.reading import reading_of
    from speciosa.evidence.pairwise.pooling import meta_analysis
    from speciosa.saving import writable_file

    if out is not None:
        writable_file(out)
    answers.outcomes_of_clusters(outcomes, cluster)
    result = meta_analysis(
        file,
        measure=measure,
        method=method,
        test=test,
        moderators=moderator or (),
        level=level,
        add=add,
        to=to,
        drop_double_zero=drop_double_zero,
        prediction_df=prediction_df,
        reading=reading_of(scale, columns, rows, sheet, repeated=bool(cluster)),
        likelihood=likelihood,
    )
    parts = [
        answers.subgroups(result, subgroup) if subgroup else None,
        answers.clusters(result, cluster) if cluster else None,
        answers.several_outcomes(result, cluster, outcomes, within_correlation)
        if outcomes
        else None,
        answers.without_each(result) if leave_one_out else None,
        answers.small_studies(result) if small_studies else None,
        answers.bayes(result, bayes) if bayes else None,
        answers.absolute(result, baseline, baseline_source) if baseline is not None else None,
        answers.importance_of(result, mid) if mid is not None else None,
    ]
    _tell(result, [part for part in parts if part], file.name, out, as_json=as_json)


def _tell(
    result: "PairwiseMetaAnalysis",
    parts: list[answers.Part],
    name: str,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Prints the pooled effect and what was asked beside it, and writes the page."""
    from speciosa.evidence.pairwise.words import as_mapping, as_text
    from speciosa.saving import save_whole

    found, lines = as_mapping(result), [as_text(result)]
    for values, text in parts:
        found |= values
        lines += ["", text]
    if out is not None:
        from speciosa.report.sections.evidence_page import pairwise_page

        save_whole(out, pairwise_page(result, name))
    print(json.dumps(found) if as_json else "\n".join(lines))
