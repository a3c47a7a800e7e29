"""Options of `speciosa meta`: what is pooled, how, and what is asked of the pool."""

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(help="One row a study: CSV, TSV, Excel or Parquet.")]
Measure = Annotated[
    str, typer.Option(help="RR, OR, RD, MD, SMD, ROM, IRR, PLO, ...; GEN: effect and se.")
]
Method = Annotated[
    str,
    typer.Option(help="EE, DL, REML, ML, PM, EB, SJ, HS, HE; MH, PETO, EXACT or GLMM for counts."),
]
Likelihood = Annotated[
    str,
    typer.Option(help="Of EXACT and GLMM: conditional, or unconditional with study levels."),
]
Test = Annotated[
    str | None,
    typer.Option(help="z, t, knapp-hartung (default; z for EE), knapp-hartung-floor."),
]
Moderator = Annotated[
    list[str] | None, typer.Option(help="A column of a meta-regression; repeatable.")
]
Subgroup = Annotated[str, typer.Option(help="Pool each value of this column apart.")]
Cluster = Annotated[
    str,
    typer.Option(
        help="A column: effects of one cluster depend on each other (three levels, robust errors)."
    ),
]
Outcomes = Annotated[
    str,
    typer.Option(help="With --cluster: a column of outcomes, pooled at once (multivariate model)."),
]
WithinCorrelation = Annotated[
    float, typer.Option(help="Of sampling errors of two outcomes in one study, assumed.")
]
LeaveOneOut = Annotated[bool, typer.Option("--leave-one-out")]
SmallStudies = Annotated[bool, typer.Option("--small-studies", help="Egger, Begg, trim and fill.")]
Bayes = Annotated[
    str,
    typer.Option(
        help="Prior of tau, as half-normal:0.5; turner:OUTCOME:COMPARISON or rhodes: informative ones."
    ),
]
Baseline = Annotated[
    float | None, typer.Option(help="Risk without treatment: adds events per 1,000.")
]
BaselineSource = Annotated[str, typer.Option(help="Where that risk comes from.")]
Mid = Annotated[
    float | None,
    typer.Option(help="Minimal important difference, as 1.25 or 1: says where intervals lie."),
]
Add = Annotated[float | None, typer.Option(help="Added to cells of a zero study.")]
To = Annotated[
    str | None,
    typer.Option(help="only0 (default), if0all, all, none; variance: of differences only."),
]
DropDoubleZero = Annotated[
    bool | None,
    typer.Option(
        "--drop-double-zero/--keep-double-zero",
        help="Studies without events in both groups; dropped for OR and RR.",
    ),
]
PredictionDf = Annotated[
    float | None, typer.Option(help="Degrees of freedom of the prediction interval.")
]
