"""Which rows of the facts a study uses, what for, and what became of each when it was compared with its source.

A study uses the rows behind the numbers of its models (typical values, spreads between patients, effects of covariates,
what the products hold) and those of the tables that its report shows (the networks it names, the pools and rows behind
the claims, trials of kratom, recorded rates of harm). A row is settled when it is confirmed, or when it says of itself that it
is this project's own judgement. The statements of the claims and the law are dated and held by rules of their own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from speciosa.comparison.trials import kratom_trials, network_rows, recorded_harms
from speciosa.errors import UnknownNameError
from speciosa.evidence.ledger.claims import claim_ids, support
from speciosa.evidence.ledger.pool_definitions import definitions, groups
from speciosa.facts.effects import effect_parameters
from speciosa.facts.lookup import row_of, table_of
from speciosa.facts.products import product
from speciosa.facts.sheets.sheet import SheetParameter, names, sheet
from speciosa.facts.sourced import numbers
from speciosa.model.records import Parameter
from speciosa.study.arm_model import arm_model
from speciosa.study.endpoints import wanted
from speciosa.study.question.schema import Study

SETTLED = ("confirmed", "judgement")
"""States of a row that a study that ships with Speciosa may rest on."""

_ROW = re.compile(r"[A-Za-z][\w-]*\d[\w-]*")
_OWN_RULES = ("claims", "legal")


@dataclass(frozen=True, slots=True)
class UsedRow:
    """A row that a study uses.

    Attributes:
        id: of the row.
        state: ``confirmed``, ``corrected``, ``unconfirmed``, ``recalled`` or ``judgement``.
        uses: what for, such as ``parameter morphine.disposition.CL`` or ``network oud_retention``.
    """

    id: str
    state: str
    uses: tuple[str, ...]

    @property
    def settled(self) -> bool:
        """Whether it was confirmed, or is called judgement."""
        return self.state in SETTLED


def used_rows(study: Study) -> tuple[UsedRow, ...]:
    """Every row that a study uses, by id.

    Example:
        >>> from speciosa.study import read_study
        >>> rows = {row.id: row for row in used_rows(read_study("default"))}
        >>> rows["comparators-0012"].state, rows["comparators-0012"].uses[-1]
        ('confirmed', 'parameter morphine.disposition.CL')
    """
    found: dict[str, list[str]] = {}
    for row, use in chain(_models(study), _products(study), _shown(study)):
        uses = found.setdefault(row, [])
        if use not in uses:
            uses.append(use)
    return tuple(
        UsedRow(row, row_of(row).cells["checked"], tuple(uses))
        for row, uses in sorted(found.items())
        if table_of(row) not in _OWN_RULES
    )


def _models(study: Study) -> Iterator[tuple[str, str]]:
    outcomes = {each.key: each for each in wanted(study.follow_up.outcomes, study.indication)}
    for arm in study.arms:
        equations = arm_model(arm, outcomes).equations
        for parameter in equations.parameters:
            for row in _behind(parameter):
                yield row, f"parameter {parameter.name.removeprefix('effects.')}"


def _behind(parameter: Parameter) -> Iterator[str]:
    """Rows of the typical value, of its spread, and of what covariates do to it."""
    for word in _ROW.findall(parameter.source or ""):
        if _is_row(word):
            yield word
    substance, _, path = parameter.name.partition(".")
    if substance == "effects":
        entry = effect_parameters().get(path)
        yield from entry.omega_rows if entry is not None else ()
    elif substance in names():
        yield from _of_sheet(substance, path)


def _of_sheet(substance: str, path: str) -> Iterator[str]:
    entry = sheet(substance).parameters().get(path)
    yield from entry.omega_rows if entry is not None else ()
    part, _, covariate = path.partition(".")
    if part == "covariates":
        for effect in sheet(substance).covariates:
            if effect.name == covariate:
                yield from effect.rows
                yield from _rows(effect.coefficient)


def _rows(entry: SheetParameter | None) -> tuple[str, ...]:
    return () if entry is None else (*entry.rows, *entry.omega_rows)


def _products(study: Study) -> Iterator[tuple[str, str]]:
    given = {dose.product for arm in study.arms for dose in arm.doses.doses if dose.product}
    for name in sorted(given):
        try:
            entry = product(name).entry
        except UnknownNameError:
            continue  # a metabolite given as itself
        for number in numbers(entry):
            for row in number.rows:
                yield row, f"product {name}"


def _shown(study: Study) -> Iterator[tuple[str, str]]:
    evidence = study.evidence
    for network in evidence.networks:
        for row in network_rows(network):
            yield row, f"network {network}"
    for row in kratom_trials()["id"]:
        yield row, "trials of kratom"
    if evidence.claims:
        yield from _of_claims()
    if evidence.risks:
        outcomes = {each.key: each for each in wanted(study.follow_up.outcomes, study.indication)}
        substances = {name for arm in study.arms for name in arm_model(arm, outcomes).substances}
        for row in recorded_harms(substances)["id"]:
            yield row, "rates of harm"


def _of_claims() -> Iterator[tuple[str, str]]:
    for name in claim_ids():
        behind = support(name)
        for row in (*behind.supporting, *behind.against):
            yield row.id, f"claim {name}"
        for pool, _ in behind.pools:
            for group in groups(definitions()[pool.id]):
                for each in group:
                    yield each, f"pool {pool.id}"


def _is_row(word: str) -> bool:
    try:
        row_of(word)
    except UnknownNameError:
        return False
    return True
