"""Options of `speciosa nma`: the network, how it is pooled, and what else is asked of it."""

from typing import Annotated

import typer

File = Annotated[
    str,
    typer.Argument(
        help="CSV, Excel or Parquet, one row an arm or a contrast; or one of the project's networks."
    ),
]
Measure = Annotated[
    str | None,
    typer.Option(
        help="OR, RR, RD, ASD, IRR, IRD, MD, SMD, ROM; HR for contrasts. By default OR, IRR or MD."
    ),
]
Method = Annotated[str, typer.Option(help="Of tau2: REML, DL or ML; or MH for counts.")]
Model = Annotated[str, typer.Option(help="random or common.")]
Reference = Annotated[
    str | None, typer.Option(help="Shown against; by default placebo or the most studied.")
]
SmallValues = Annotated[
    str | None,
    typer.Option(help="desirable (the default for files) or undesirable: are small values good?"),
]
WithoutRecalled = Annotated[
    bool,
    typer.Option(
        "--without-recalled/--with-recalled",
        help="Of own networks: leave out, or take in, figures that were seen in no document.",
    ),
]
Tau2Covariance = Annotated[
    str, typer.Option(help="exact, or diagonal as netmeta's REML of contrast files.")
]
Distinct = Annotated[
    list[str] | None,
    typer.Option(help="A treatment that is not another misspelled; repeatable."),
]
Bayes = Annotated[bool, typer.Option("--bayes", help="Posterior instead of estimates.")]
Likelihood = Annotated[
    str, typer.Option(help="With --bayes: normal (quadrature) or binomial (sampled).")
]
EffectSd = Annotated[float, typer.Option(help="Prior sd of effects.")]
TauSd = Annotated[float, typer.Option(help="Scale of tau's half-normal prior.")]
TauPrior = Annotated[
    str, typer.Option(help="With --bayes: turner:OUTCOME:COMPARISON, log-normal:MEDIAN,SPREAD.")
]
Classes = Annotated[
    bool,
    typer.Option("--classes", help="With --bayes: the column class makes treatments borrow."),
]
Seed = Annotated[int, typer.Option(help="Of the sampler.")]
Components = Annotated[
    str, typer.Option(help="Separator of components, as +: adds the additive model.")
]
Islands = Annotated[
    bool,
    typer.Option("--islands", help="Pool the parts of a network that falls apart, each alone."),
]
Inactive = Annotated[str | None, typer.Option(help="The component without effect.")]
NodeSplit = Annotated[
    list[str] | None,
    typer.Option(help="A pair, as A,B: direct against indirect evidence; repeatable."),
]
Covariate = Annotated[str, typer.Option(help="A column, as year or dose: network meta-regression.")]
Interaction = Annotated[
    str, typer.Option(help="Of the covariate: common to all treatments, or independent.")
]
At = Annotated[
    float | None, typer.Option(help="Value of the covariate at which effects are shown.")
]
Tau2By = Annotated[str, typer.Option(help="A column of groups of trials: one tau2 for each.")]
Bridge = Annotated[
    bool,
    typer.Option("--bridge", help="Join islands by the baselines of their trials; see docs."),
]
Mid = Annotated[
    float | None,
    typer.Option(help="Minimal important difference, as 1.25 or 1: judges each comparison."),
]
