"""`speciosa products`: what can be given in a study."""

import json
from typing import Annotated

import typer


def products(
    word: Annotated[str, typer.Argument(help="Only those whose name or content holds it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the products that a regimen can name, with their routes and other names.

    Example: speciosa products buprenorphine
    """
    from speciosa.facts.products import products as known

    found = [
        entry
        for entry in known().values()
        if word.casefold()
        in " ".join((entry.id, entry.name, *entry.substances, *entry.aliases)).casefold()
    ]
    if as_json:
        keys = ("id", "name", "substances", "routes", "aliases")
        rows = [{key: getattr(entry, key) for key in keys} for entry in found]
        print(json.dumps({"products": rows}))
        return
    for entry in found:
        also = f"; also {', '.join(entry.aliases)}" if entry.aliases else ""
        print(f"{entry.id}: {entry.name}, {', '.join(entry.routes)}{also}")
    if not found:
        print(f"No product holds {word!r}. `speciosa products` lists all.")
        raise typer.Exit(1)
