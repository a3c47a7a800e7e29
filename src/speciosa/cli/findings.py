"""`speciosa findings`: the pooled questions of the project as a summary-of-findings table."""

import json
from typing import Annotated

import typer


def findings(
    pool: Annotated[str, typer.Argument(help="One pooled question in full; all if empty.")] = "",
    seen_only: Annotated[
        bool,
        typer.Option(
            "--seen-only/--with-recalled",
            help="Leave out, or take in, figures seen in no document.",
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print what trials come to: pooled effect, people per 1,000, certainty.

    Example: speciosa findings lofexidine-placebo-completion
    """
    from speciosa.evidence.ledger.findings import summary_of_findings
    from speciosa.evidence.ledger.pools import pooled

    if pool:
        one = pooled(pool, without_recalled=seen_only)
        print(json.dumps(one.as_dict()) if as_json else one)
        return
    table = summary_of_findings(without_recalled=seen_only)
    if as_json:
        print(json.dumps({"findings": table.to_dicts()}))
        return
    for row in table["pool"].to_list():
        found = pooled(row, without_recalled=seen_only)
        print(f"{row}\n  {found.sentence()}")
        if found.absolute is not None:
            print(f"  {found.absolute}; baseline: {found.absolute.source}")
