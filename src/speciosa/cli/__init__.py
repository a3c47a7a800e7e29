"""The command line: one command a file.

Every command has ``--help`` with an example and ``--json``. Exit status 0 is success, 1 is a failure of the work,
2 is an input that cannot be used. A command imports what it needs inside its function, so that ``--help`` answers
at once.
"""

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from speciosa.errors import InputError, SpeciosaError, UnknownNameError
from speciosa.progress import hush

_INTERRUPTED = 130

app = typer.Typer(
    name="speciosa",
    help="Compare kratom with opioid medicines: simulated patients, pooled trials, benefit and risk.",
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        from speciosa import __version__

        print(f"speciosa {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Tell nothing of progress.")] = False,
    facts: Annotated[
        Path | None,
        typer.Option(help="A folder of facts of your own, read on top of the built-in ones."),
    ] = None,
) -> None:
    """Compare kratom with opioid medicines: simulated patients, pooled trials, benefit and risk."""
    if quiet:
        hush()
    if facts is not None:
        from speciosa.facts import use_folder

        use_folder(facts)


def _facts_first(words: list[str]) -> list[str]:
    """The words of the command line with ``--facts DIR`` and ``-q`` before the command, wherever they were written.

    Example:
        >>> _facts_first(["show", "morphine", "--facts", "mine"])
        ['--facts', 'mine', 'show', 'morphine']
        >>> _facts_first(["compare", "-q"])
        ['-q', 'compare']
    """
    hushed = [word for word in words if word in ("-q", "--quiet")]
    if hushed:
        return [hushed[0], *_facts_first([word for word in words if word not in hushed])]
    if words[:2] == ["facts", "new"]:  # there the folder is what is written
        return words
    for at, word in enumerate(words):
        if word == "--facts" and at + 1 < len(words):
            return [*words[at : at + 2], *words[:at], *words[at + 2 :]]
        if word.startswith("--facts="):
            return [word, *words[:at], *words[at + 1 :]]
    return words


def main() -> None:
    """Runs the command line and turns our errors into messages and exit statuses."""
    # Our matrices are small: BLAS threads wait busily for work, and sums would depend on how many there are.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Equations are many small objects that stay: to look for circles among them so often takes a twentieth of the time.
    gc.set_threshold(50_000, 20, 20)
    from speciosa.cli import commands
    from speciosa.cli.terminal import plain

    commands.register(app)
    sys.stdout, sys.stderr = plain(sys.stdout), plain(sys.stderr)
    try:
        try:
            app(_facts_first(sys.argv[1:]))
        finally:
            sys.stdout.flush()  # what cannot be written is told here, not when the interpreter has ended
    except (InputError, UnknownNameError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    except SpeciosaError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            print("Interrupted. What is finished is kept; files are whole.", file=sys.stderr)
            sys.stderr.flush()
            os._exit(_INTERRUPTED)  # without waiting for threads that solve patients
        raise
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except OSError as error:
        where = error.filename or "standard output"  # every file that is written names itself
        print(f"{where}: {(error.strerror or str(error)).casefold()}", file=sys.stderr)
        if error.filename is None:
            with suppress(OSError):  # standard output may be no file
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
