"""Options that the commands of trial designs share."""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Alpha = Annotated[
    float, typer.Option(help="Error of the first kind; both sides together if two-sided.")
]
Sided = Annotated[int, typer.Option(help="1 or 2.")]
Power = Annotated[float | None, typer.Option(help="To be reached.")]
People = Annotated[float | None, typer.Option("--size", help="People in all, to ask their power.")]
Ratio = Annotated[float, typer.Option(help="Treated people for each control.")]
Looks = Annotated[
    str, typer.Option(help="How many looks, or information fractions such as 0.4,0.75,1.")
]
Spending = Annotated[
    str,
    typer.Option(
        help="obrien-fleming, pocock, wang-tsiatis, lan-demets-obrien-fleming, lan-demets-pocock, hwang-shih-decani, kim-demets."
    ),
]
Gamma = Annotated[float | None, typer.Option(help="Of hwang-shih-decani.")]
Rho = Annotated[float | None, typer.Option(help="Of kim-demets.")]
Delta = Annotated[float | None, typer.Option(help="Of wang-tsiatis.")]
SpendingShape = Annotated[
    float | None, typer.Option(help="Gamma, rho or delta of the spending function that has one.")
]
Futility = Annotated[
    str, typer.Option(help="Bounds of z at the looks before the last, such as 0,0.5.")
]
Binding = Annotated[
    bool, typer.Option("--binding", help="The bounds for rejection rely on stopping for futility.")
]
