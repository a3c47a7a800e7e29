"""How many small faults the tests catch: a seeded sample of mutants, each judged by the tests nearest to it.

A mutant is the code with one small fault: a sign turned, a term or factor left out, a bound moved, a mean for a median,
a filter dropped, a rate not added. It is caught if the tests nearest to its file fail. A sample holds as many mutants of
each floor, drawn by the seed from all that the operators below can make there. Everything happens on a copy of the tree.

The kept tools do not fit: `mutmut` (3.8) leaves out every decorated function, so properties and whatever is cached, and
first passes the whole suite; `cosmic-ray` (8.7) has one test command for all mutants and changes files in place. Neither
leaves out a term or a factor, which is how equations go wrong.

Run by ``make mutants``; what cannot be told apart from the original stands with its reason in ``data/equivalent.csv``.
With ``--kept FILE`` verdicts are written to a file as they come, and a run that was cut short goes on where it ended.
"""

import argparse
import ast
import csv
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
EQUIVALENT = Path(__file__).parent / "data" / "equivalent.csv"
FLOORS = {
    "pharmacology": ("pharmacology",),
    "study": ("study", "comparison"),
    "evidence": ("evidence",),
    "decision": ("decision",),
    "validation": ("validation",),
}
"""Where mutants are made, by the name under which they are counted."""
NEAREST: dict[str, list[str]] = tomllib.loads(
    (Path(__file__).parent / "data" / "nearest.toml").read_text(encoding="utf-8")
)
"""The tests that judge a file beside its own, by the longest beginning of its path."""
SWAPS: dict[type[ast.AST], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*", ast.FloorDiv: "/", ast.Mod: "*",
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is", ast.And: "or", ast.Or: "and",
}  # fmt: skip
NAMES = {
    "Max": "Min", "Min": "Max", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum",
    "nanmean": "mean", "mean": "median", "nanmedian": "nanmean", "median": "mean", "nansum": "sum",
    "any": "all", "all": "any", "argmax": "argmin", "argmin": "argmax", "exp": "abs", "expm1": "exp",
    "log1p": "log", "geomspace": "linspace", "floor": "ceil", "ceil": "floor",
}  # fmt: skip
BARE = {"sqrt", "log", "exp", "abs", "square"}
"""Functions of one argument that may be left out altogether."""
EITHER_WAY = {"min", "max", "minimum", "maximum", "hypot", "isinstance", "zip"}
"""Functions whose two arguments are not exchanged: it changes nothing, or no test is needed to see it."""
SLACK = 1e-7
"""Constants below it allow for rounding; a quarter more or less of them changes no result."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the characters `start` to `end` of a file replaced by `text`."""

    floor: str
    path: str
    line: int
    start: int
    end: int
    before: str
    text: str

    @property
    def shown(self) -> str:
        """Where, and what became of what."""
        before, after = (" ".join(text.split()) for text in (self.before, self.text))
        return f"{self.path}:{self.line}  {before[:70]}  ->  {after[:70] or '(left out)'}"


def mutants_of(floor: str, path: str, text: str) -> list[Mutant]:
    """Every mutant of one file."""
    lines = [0]
    for line in text.encode().splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    raw = text.encode()

    def span(node: ast.AST) -> tuple[int, int]:
        return (
            lines[node.lineno - 1] + node.col_offset,  # type: ignore[attr-defined]
            lines[node.end_lineno - 1] + node.end_col_offset,  # type: ignore[attr-defined]
        )

    def source(node: ast.AST, part: ast.AST | None = None, new: str = "") -> str:
        """The text of a node, with a part of it replaced."""
        begin, end = span(node)
        if part is None:
            return raw[begin:end].decode()
        cut, on = span(part)
        return raw[begin:cut].decode() + new + raw[on:end].decode()

    found = []
    for node in _calculations(ast.parse(text)):
        start, end = span(node)
        for new in dict.fromkeys(_faults(node, source)):
            if new != source(node):
                found.append(Mutant(floor, path, node.lineno, start, end, source(node), new))
    return found


def _calculations(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that compute: no annotations, decorators, docstrings, nor what is said of faults."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "bases", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Raise | ast.Assert):
                continue
            if isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom):
                continue
            if isinstance(child, ast.keyword) and child.arg == "strict":
                continue
            if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Call) and _called(child) in {"Fault", "Path", "compile"}:
                continue
            if hasattr(child, "lineno"):
                yield child
            yield from _calculations(child)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _faults(node: ast.AST, source) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """What may stand in place of a node."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS and not _textual(node):
        left, right = source(node.left), source(node.right)
        yield f"({left}) {SWAPS[type(node.op)]} ({right})"
        yield f"({left})"
        if isinstance(node.op, ast.Add | ast.Mult):
            yield f"({right})"
    elif isinstance(node, ast.AugAssign) and type(node.op) in SWAPS:
        yield f"{source(node.target)} {SWAPS[type(node.op)]}= {source(node.value)}"
        yield f"{source(node.target)} = {source(node.value)}"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = source(node.left), source(node.comparators[0])
        yield f"({left} {SWAPS[type(node.ops[0])]} {right})"
        if isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE):
            yield f"(not {source(node)})"
    elif isinstance(node, ast.BoolOp):
        parts = [f"({source(value)})" for value in node.values]
        yield "(" + f" {SWAPS[type(node.op)]} ".join(parts) + ")"
        yield from parts
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not | ast.Invert):
        yield f"({source(node.operand)})"
    elif isinstance(node, ast.Constant) and type(node.value) in {int, float, bool}:
        yield from _other_constants(node.value)
    elif isinstance(node, ast.Call):
        yield from _other_calls(node, source)
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield source(node, node.test, f"not ({source(node.test)})")
    elif isinstance(node, ast.comprehension | ast.Slice):
        pass
    elif isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp):
        for part in node.generators:
            for test in part.ifs:
                yield source(node).replace(f"if {source(test)}", "", 1)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "pass"


def _textual(node: ast.BinOp) -> bool:
    """Whether the operation joins texts, lists or sets rather than numbers, as far as can be seen."""
    plain = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.JoinedStr)
    return any(
        isinstance(part, plain) or (isinstance(part, ast.Constant) and isinstance(part.value, str))
        for part in (node.left, node.right)
    )


def _other_constants(value: float) -> Iterator[str]:
    if isinstance(value, bool):
        yield repr(not value)
    elif isinstance(value, int):
        yield repr(value + 1)
    elif value == 0 or abs(value) >= SLACK:
        yield repr(value * 1.25 if value else 0.25)


def _other_calls(node: ast.Call, source) -> Iterator[str]:  # type: ignore[no-untyped-def]
    name, whole, function = _called(node), source(node), source(node.func)
    if name in NAMES:
        yield function[: len(function) - len(name)] + NAMES[name] + whole[len(function) :]
    if name in BARE and len(node.args) == 1:
        yield f"({source(node.args[0])})"
    if (
        len(node.args) == 2
        and not node.keywords
        and all(isinstance(a, ast.Name) for a in node.args)
    ):
        one, other = node.args
        if name not in EITHER_WAY:
            yield f"{function}({source(other)}, {source(one)})"


def sample(count: int, seed: int, only: Sequence[str] = ()) -> list[Mutant]:
    """A seeded sample with as many mutants of each floor, without those known to be equivalent."""
    known = _equivalent()
    random_ = random.Random(seed)
    chosen: list[Mutant] = []
    floors = [floor for floor in FLOORS if not only or floor in only]
    for number, floor in enumerate(floors):
        pool = []
        for room in FLOORS[floor]:
            for file in sorted((ROOT / "src" / "speciosa" / room).rglob("*.py")):
                path = file.relative_to(ROOT).as_posix()
                text = file.read_text(encoding="utf-8")
                lines = text.splitlines()
                pool += [m for m in mutants_of(floor, path, text) if not _is_one(m, known, lines)]
        share = count // len(floors) + (number < count % len(floors))
        chosen += random_.sample(pool, min(share, len(pool)))
    return chosen


def _equivalent() -> dict[tuple[str, str, str], str]:
    """By path and both texts the words of the line that are meant; no words where every such place in the file is."""
    with EQUIVALENT.open(encoding="utf-8", newline="") as file:
        return {
            (row["path"], row["before"], row["after"]): row["line"] for row in csv.DictReader(file)
        }


def _is_one(mutant: Mutant, known: dict[tuple[str, str, str], str], lines: Sequence[str]) -> bool:
    words = known.get((mutant.path, mutant.before, mutant.text))
    return words is not None and words in lines[mutant.line - 1]


def nearest(path: str) -> list[str]:
    """The tests that judge a file, in the order in which they are run: its examples, its own, those of its room."""
    inside = path.removeprefix("src/speciosa/")
    room = max((key for key in NEAREST if f"{inside}/".startswith(key + "/")), key=len)
    folders = [place for place in NEAREST[room] if (ROOT / place).exists()]
    name, floor = f"test_{Path(path).name}", inside.partition("/")[0]
    own = [str(f.relative_to(ROOT)) for f in sorted((ROOT / "tests" / floor).rglob(name))]
    return list(dict.fromkeys([path, *own, *folders]))


def judge(tree: Path, tests: Sequence[str], seconds: int) -> str:
    """``passed``, ``failed`` or ``time`` (of the processor, so that a busy machine changes nothing)."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    # Plugins that other packages bring along take longer to load than most tests to run; none is used here.
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))

    try:
        found = subprocess.run(
            command, cwd=tree, env=environment, preexec_fn=limit, timeout=20 * seconds,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "time"
    if found.returncode in {0, 5}:
        return "passed"
    return "failed" if found.returncode > 0 else "time"


def copy_tree(to: Path) -> Path:
    """The files of the project, committed or not, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


def caught(mutant: Mutant, tree: Path, seconds: int) -> str:
    """How the nearest tests end with the mutant in place of the file."""
    place = tree / mutant.path
    original = place.read_bytes()
    changed = original[: mutant.start] + mutant.text.encode() + original[mutant.end :]
    try:
        compile(changed, mutant.path, "exec")
    except SyntaxError:
        return "no code"
    try:
        place.write_bytes(changed)
        return judge(tree, nearest(mutant.path), seconds)
    finally:
        place.write_bytes(original)


def main() -> int:
    """Draws, judges and prints; the exit status is 1 where the score is below the least asked for."""
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    ask.add_argument("--count", type=int, default=40)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument(
        "--seconds", type=int, default=240, help="processor time for the tests of one mutant"
    )
    ask.add_argument("--least", type=float, default=0.0, help="share that must be caught")
    ask.add_argument("--floor", action="append", default=[], choices=list(FLOORS))
    ask.add_argument(
        "--trust", action="store_true", help="do not run the tests without a mutant first"
    )
    ask.add_argument("--list", action="store_true", help="show the sample and run nothing")
    ask.add_argument(
        "--minutes", type=float, default=float("inf"), help="begin no mutant after this time"
    )
    ask.add_argument("--kept", type=Path, help="file of verdicts, read first and added to")
    chosen = ask.parse_args()
    ends = time.monotonic() + 60 * chosen.minutes
    mutants = sample(chosen.count, chosen.seed, chosen.floor)
    if chosen.list:
        print("\n".join(mutant.shown for mutant in mutants))
        return 0
    verdicts = _kept(chosen.kept)
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_tree(Path(folder))
        for tests in [] if chosen.trust else sorted({tuple(nearest(m.path)[1:]) for m in mutants}):
            if judge(tree, tests, 5 * chosen.seconds) != "passed":
                print(f"The tests in {', '.join(tests)} fail without any mutant.")
                return 2
        for number, mutant in enumerate(mutants, start=1):
            if mutant.shown in verdicts or time.monotonic() > ends:
                continue
            begin = time.perf_counter()
            verdict = verdicts[mutant.shown] = caught(mutant, tree, chosen.seconds)
            taken = time.perf_counter() - begin
            print(f"{number:3d} {verdict:8s}{taken:6.0f} s  {mutant.shown}", flush=True)
            if chosen.kept:
                with chosen.kept.open("a", encoding="utf-8") as file:
                    file.write(f"{verdict}\t{mutant.shown}\n")
    judged = [m for m in mutants if verdicts.get(m.shown, "no code") != "no code"]
    survivors = [m for m in judged if verdicts[m.shown] == "passed"]
    _report(len(judged), survivors, chosen.seed)
    return int(len(judged) - len(survivors) < chosen.least * len(judged))


def _kept(file: Path | None) -> dict[str, str]:
    """Verdicts of an earlier run, by the mutant as it is shown."""
    if file is None or not file.exists():
        return {}
    lines = (line.partition("\t") for line in file.read_text(encoding="utf-8").splitlines())
    return {shown: verdict for verdict, _, shown in lines}


def _report(judged: int, survivors: Sequence[Mutant], seed: int) -> None:
    print(f"\n{judged - len(survivors)} of {judged} mutants caught (seed {seed}).")
    for floor in FLOORS:
        left = [mutant for mutant in survivors if mutant.floor == floor]
        if left:
            print(f"\nSurvivors in {floor}:")
            print("\n".join(f"  {mutant.shown}" for mutant in left))


if __name__ == "__main__":
    raise SystemExit(main())
