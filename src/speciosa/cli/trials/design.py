"""`speciosa design`: what of a trial's design has a formula, one kind a command."""

import typer

from speciosa.cli.trials import adaptive, dose_finding, sequential, sizes

app = typer.Typer(
    help="Boundaries, sizes and dose finding of trials by formula.", no_args_is_help=True
)
app.add_typer(sizes.app, name="size")
app.command("group-sequential")(sequential.group_sequential)
app.command("multi-arm")(adaptive.multi_arm)
app.command("re-estimation")(adaptive.re_estimation)
app.command("boin")(dose_finding.boin)
app.command("crm")(dose_finding.crm)
app.command("mcpmod")(dose_finding.mcpmod)
