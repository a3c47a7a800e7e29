"""From a question to a comparison: simulate, gather the evidence, weigh."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from speciosa import facts
from speciosa.comparison.drivers import drivers, worth_knowing
from speciosa.comparison.special import Special, special_people
from speciosa.comparison.weighing import Weighing, weigh, weights_of
from speciosa.decision.sensitivity import Driver
from speciosa.errors import ConvergenceError, Fault, InputError, StudyError
from speciosa.outcomes import Outcomes
from speciosa.progress import Progress, silent
from speciosa.saving import writable_folder
from speciosa.shown import Shown
from speciosa.study.arm_model import absences, unused
from speciosa.study.cautions import cautions
from speciosa.study.endpoints import definitions
from speciosa.study.lock import differences
from speciosa.study.question.check import dangers
from speciosa.study.question.read import read_study, study_of, text_of
from speciosa.study.question.schema import Study
from speciosa.study.result import StudyRun
from speciosa.study.run import run_study
from speciosa.toml_lines import line_numbers
from speciosa.toml_text import read_toml

if TYPE_CHECKING:
    from speciosa.comparison.trials import Pooled
    from speciosa.workers import Cluster


@dataclass(frozen=True)
class Comparison(Shown):
    """A question answered as far as simulation and trials go.

    Attributes:
        run: the simulated study.
        pooled: networks of trials, pooled.
        risks: recorded rates of harm for the substances of the arms.
        claims: the ledger of claims; empty where the study leaves it out.
        ledger: by claim id, what pooled trials and this simulation say of it.
        legal: legal status of what is compared.
        outcomes: simulated, pooled and observational outcomes in one table.
        weighing: benefit against risk; None without criteria.
        drivers: by arm, the parameters that drive its difference from the reference in the first outcome.
        worth_knowing: by parameter, what learning it alone would add to the expected score.
        notes: what a reader must know about this run.
        special: each arm in old people, with weak kidneys or livers, in poor metabolisers.
    """

    run: StudyRun
    pooled: "tuple[Pooled, ...]"
    risks: pl.DataFrame
    claims: pl.DataFrame
    ledger: dict[str, tuple[str, ...]]
    legal: pl.DataFrame
    outcomes: Outcomes
    weighing: Weighing | None
    drivers: dict[str, list[Driver]]
    worth_knowing: dict[str, float]
    notes: tuple[str, ...]
    special: tuple[Special, ...] = ()

    @property
    def study(self) -> Study:
        """The question."""
        return self.run.study


def question(source: Study | str | Path) -> tuple[Study, tuple[str, ...]]:
    """Reads a study or a lock file; says how it differs from the lock, which doses kill, and what of the patients no model uses.

    Raises:
        StudyError: lists every fault.

    Example:
        >>> question("default")[0].indication
        'pain'
    """
    study, notes = (source, ()) if isinstance(source, Study) else read_study_or_lock(source)
    try:
        known = definitions()
        names = [known[entry.outcome].title for entry in study.benefit_risk.criteria]
        if names:
            weights_of(study.benefit_risk, names)
    except InputError as error:
        raise StudyError(
            Fault(f"benefit_risk: {fault.where}", fault.expected, fault.found, fault.fix)
            for fault in error.faults
        ) from None
    told = (*map(str, cautions(study)), *dangers(study), *absences(study), *unused(study))
    return study, (*notes, *told)


def read_study_or_lock(source: str | Path) -> tuple[Study, tuple[str, ...]]:
    """The study of a file; of a lock file also what has changed since."""
    path = Path(source)
    text = text_of(path, str(source)) if path.is_file() else ""
    lock = _lock(text)
    if lock is None:
        return read_study(source), ()
    lines = {path[1:]: number for path, number in line_numbers(text).items() if path[0] == "study"}
    study = study_of(lock["study"], path.name, lines)
    changed = differences(lock["lock"])
    notes = tuple(f"Numbers may differ from those of the lock file: {line}" for line in changed)
    return study, notes


def _lock(text: str) -> dict[str, Any] | None:
    try:
        table = read_toml(text, "lock file")
    except InputError:
        return None
    return table if all(isinstance(table.get(key), dict) for key in ("lock", "study")) else None


def compare(
    source: Study | str | Path = "default",
    *,
    folder: Path | None = None,
    threads: int | None = None,
    chunk: int | None = None,
    fresh: bool = False,
    progress: Progress = silent,
    cluster: "Cluster | None" = None,
) -> Comparison:
    """Answers a question: simulates its arms, pools the trials, and weighs benefit and risk.

    Args:
        source: a study, a study or lock file, or the name of one that ships.
        folder: where finished arms are kept, so that an interrupted run goes on; nowhere if None.
        threads: of the simulation; all cores if None. Results do not depend on it.
        chunk: patients solved at a time. Results do not depend on it.
        fresh: whether to ignore arms that were finished before.
        progress: called with stage, done, total.
        cluster: workers that simulate; this process if None. Results do not depend on it.

    Raises:
        StudyError: lists every fault of the study.
        InputError: the folder cannot be written to.
        ClusterError: the workers could not finish.
        ConvergenceError: not one patient of any arm could be solved, with the reasons.
    """
    study, notes = question(source)
    kept = None if folder is None else writable_folder(folder) / "arms"
    run = run_study(
        study,
        folder=kept,
        threads=threads,
        chunk=chunk,
        fresh=fresh,
        progress=progress,
        cluster=cluster,
    )
    if run.outcomes.table.is_empty():
        why = "; ".join(_failures(run)) or "no outcome is read in this time"
        raise ConvergenceError(f"{study.title}: there is nothing to compare. {why}.")
    progress("special people", 0, 1)
    special = special_people(run, folder=kept, threads=threads, fresh=fresh)
    progress("special people", 1, 1)
    # Loaded when the arms are done: pooling needs much that a simulation does not.
    from speciosa.comparison.ledger import ledger
    from speciosa.comparison.trials import observed, pooled

    progress("pooling trials", 0, 1)
    networks = tuple(pooled(name, study.evidence) for name in study.evidence.networks)
    risks = observed(run) if study.evidence.risks else pl.DataFrame()
    progress("pooling trials", 1, 1)
    outcomes = Outcomes.concat([run.outcomes, *(part.outcomes(run) for part in networks)])
    weighing, found = weigh(study, run.outcomes), _drivers(run)
    return Comparison(
        run=run,
        pooled=networks,
        risks=risks,
        claims=facts.table("claims") if study.evidence.claims else pl.DataFrame(),
        ledger=ledger(run) if study.evidence.claims else {},
        legal=facts.table("legal"),
        outcomes=outcomes,
        weighing=weighing,
        drivers=found,
        worth_knowing=worth_knowing(run, found, weighing),
        notes=(*notes, *_failures(run)),
        special=special,
    )


def _drivers(run: StudyRun) -> dict[str, list[Driver]]:
    reference = run.study.reference
    first = next(iter(run.definitions.values())).title
    have = {
        arm
        for arm, name in run.outcomes.table.select("arm", "outcome").unique().iter_rows()
        if name == first
    }
    return {
        arm.name: drivers(run, first, arm.name, reference)
        for arm in run.arms
        if arm.name != reference and {arm.name, reference} <= have
    }


def _failures(run: StudyRun) -> list[str]:
    return [
        f"{arm.name}: {count} patients left out, {reason}"
        for arm in run.arms
        for reason, count in arm.failed.items()
    ]
