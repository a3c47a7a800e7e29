"""The effects of one model: each shared part is added once, when an output first needs it."""

from collections.abc import Container, Mapping
from functools import cached_property

from sympy import Expr, Integer

from speciosa.facts.effects import ligands, relievers, without
from speciosa.model import Model
from speciosa.model.extremes import larger
from speciosa.pharmacology.breathing.physiology import Physiology
from speciosa.pharmacology.effect import tolerance as tolerance_part
from speciosa.pharmacology.effect.analgesia import SHARES, Relief
from speciosa.pharmacology.effect.biophase import biophase
from speciosa.pharmacology.effect.effect_numbers import EffectNumbers
from speciosa.pharmacology.effect.receptors import (
    Binding,
    History,
    at_equilibrium,
    habitual_opioid,
    half_effect,
    mu_affinity,
    mu_receptor,
)
from speciosa.pharmacology.effect.stimulus import endpoint_stimulus, graded
from speciosa.pharmacology.effect.trial_relief import Setting, TrialRelief, relieves
from speciosa.pharmacology.effect.ventilation import (
    AWAKE,
    Breathing,
    Drives,
    Sedated,
    Stimuli,
    adaptation,
    at_constant_co2,
    by_age,
    drives,
    followed_breathing,
    sedatives,
    settled_breathing,
)
from speciosa.pharmacology.effect.withdrawal import Withdrawal, withdrawal
from speciosa.pharmacology.exposure.physiology import covariate

ROUNDING = 1e-12
"""Below this a difference between two shares is that of rounding."""

MU = frozenset({"mor_c50", "mor_ratio", "mor_k", "mor_ki"})
"""Any of these gives a substance a place at the mu receptor."""

TARGETS = {
    "kor": "kor_ratio",
    "dor": "dor_ratio",
    "alpha2a": "alpha2a_k",
    "serotonin_1a": "serotonin_1a_k",
    "net": "net_k",
    "sert": "sert_k",
    "herg": "herg_k",
    "sedative": "sedative_c50",
    "gut": "gut_c50",
    "reward": "reward_c50",
}
"""Other targets, with the number that gives a substance a place there."""


RELIEVED: dict[str, Setting] = {"acute": "acute", "chronic": "chronic"}
"""The settings in which trials may say how much pain a drug relieves."""


def lacks(substance: str, targets: tuple[str, ...]) -> bool:
    """Whether a substance is known to act at none of these, so that their effects are those of no drug.

    Example:
        >>> lacks("ibuprofen", ("mor",)), lacks("gabapentin", ("mor", "sedative"))
        (True, False)
    """
    return set(targets) - set(RELIEVED) <= set(without().get(substance, {}))


def acts_on(substance: str, target: str) -> bool:
    """Whether a substance has a place at a target: ``mor`` or a key of `TARGETS`; ``acute`` or ``chronic`` for relief by trials.

    Example:
        >>> acts_on("clonidine", "alpha2a"), acts_on("clonidine", "mor")
        (True, False)
    """
    if target in RELIEVED:
        return relieves(substance, RELIEVED[target])
    numbers = ligands().get(substance, frozenset())
    return bool(numbers & MU) if target == "mor" else TARGETS[target] in numbers


class EffectSystem:
    """The parts of the effects in one model.

    Args:
        m: the model.
        plasma: total plasma concentration by substance, nmol/L.
        dynamic_co2: whether free breathing is followed second by second, with gases, blood flow and arrest.
        calibrated: whether estimates of the calibration replace the numbers of the files.
    """

    def __init__(
        self,
        m: Model,
        plasma: Mapping[str, Expr],
        *,
        dynamic_co2: bool = False,
        calibrated: bool = True,
    ) -> None:
        self.model = m
        self.plasma = {name: c for name, c in plasma.items() if name in ligands()}
        self.numbers = EffectNumbers(m, calibrated)
        self._trials = TrialRelief(m, plasma, self.numbers)
        self._dynamic = dynamic_co2
        self._sites: dict[str, Expr] = {}

    def site(self, substance: str) -> Expr:
        """Concentration at the site of action, nmol/L."""
        if substance not in self._sites:
            self._sites[substance] = biophase(
                self.model, substance, self.plasma[substance], self.numbers
            )
        return self._sites[substance]

    def on(self, target: str) -> tuple[str, ...]:
        """The substances of the model that have a place at a target."""
        return tuple(name for name in self.plasma if acts_on(name, target))

    @cached_property
    def affinities(self) -> dict[str, Expr]:
        """K at the mu receptor, nmol/L, of the ligands of the model and of morphine, the habitual opioid."""
        names = dict.fromkeys((*self.on("mor"), "morphine"))
        return {name: mu_affinity(self.model, name, self.numbers) for name in names}

    @cached_property
    def history(self) -> History:
        """The habitual opioid."""
        use = covariate(self.model, "opioid_history")
        return habitual_opioid(self.model, use, self.affinities["morphine"], self.numbers)

    @cached_property
    def mu(self) -> Binding:
        """The mu receptor."""
        sites = {name: self.site(name) for name in self.on("mor")}
        history = (self.history, self.affinities["morphine"])
        return mu_receptor(self.model, sites, self.affinities, self.numbers, history)

    def occupancy(self, target: str) -> dict[str, Expr]:
        """Fractions of another target by ligand."""
        if target in {"kor", "dor"}:
            ratios = {
                name: self.site(name)
                / (self.affinities[name] * self.numbers(f"{name}.{TARGETS[target]}", "1"))
                for name in self.on(target)
                if name in self.affinities
            }
        else:
            ratios = {
                name: self.site(name) / self.numbers.concentration(name, TARGETS[target])
                for name in self.on(target)
            }
        return at_equilibrium(ratios)

    def driven(self, target: str, of: Container[str] | None = None) -> Expr:
        """Occupancy of another target weighted by efficacy, where one is known, else by 1; by all its ligands or some."""
        return sum(
            (
                self._efficacy(name, target) * r
                for name, r in self.occupancy(target).items()
                if of is None or name in of
            ),
            Integer(0),
        )

    def _efficacy(self, substance: str, target: str) -> Expr:
        if target in {"kor", "dor"}:
            return self.numbers(f"{substance}.efficacy", "1")
        own = f"{substance}.{target}_efficacy"
        return self.numbers(own, "1") if self.numbers.has(own) else Integer(1)

    @cached_property
    def tolerance(self) -> Expr:
        """The tolerance state R."""
        return tolerance_part.tolerance(
            self.model, self.mu.stimulus, self.history.steady_stimulus, self.numbers
        )

    @cached_property
    def withdrawal(self) -> Withdrawal:
        """Dependence and withdrawal."""
        return withdrawal(
            self.model, self.mu.occupancy, self.history, self.driven("alpha2a"), self.numbers
        )

    @cached_property
    def acute_depression(self) -> Expr:
        """Share of ventilation that opioids take beyond what the stimulus takes to which the person is used."""
        expected = self.tolerance / (1 - self.tolerance) * self._age
        usual, now = (
            at_constant_co2(drives(felt, self._adapted, AWAKE, self.numbers), self.numbers)
            for felt in (Stimuli(expected, expected), self._felt(Integer(0), Integer(0)))
        )
        # Both are equal but for rounding where nothing acts; what is left of that would depend on the width of a chunk.
        return self.model.formula("acute_depression", larger(0, usual - now - ROUNDING), "1")

    @cached_property
    def _adapted(self) -> Expr:
        found = adaptation(self.model, self.tolerance, self.history_tolerance, self.numbers)
        return self.model.formula("breathing_adapted", found, "1")

    @cached_property
    def _age(self) -> Expr:
        return self.model.derived("ventilation_by_age", by_age(self.model, self.numbers), "1")

    @cached_property
    def _alertness(self) -> Drives:
        """What is left of the drives, were all opioids to depress breathing alike."""
        return self._named("alertness", self._drives(Integer(0), Integer(0)))

    @cached_property
    def drives(self) -> Drives:
        """What is left of the drives to breathe.

        Of some opioids only a share of what they do to wakefulness counts, as they leave more of ventilation than doses that
        relieve alike; of what kratom's alkaloids take beyond the others only a share counts.
        """
        aside = self._aside
        alkaloids = [name for name in self.on("mor") if self.numbers.has(f"{name}.mor_ki")]
        whole = self._alertness if aside == 0 else self._drives(Integer(0), aside)
        if not alkaloids:
            return whole if aside == 0 else self._named("breathing", whole)
        parts = [self.numbers(f"{n}.efficacy", "1") * self.mu.occupancy[n] for n in alkaloids]
        others = self._drives(sum(parts, Integer(0)), aside)
        share = self.numbers("kratom.breathing", "1")
        mixed = Drives(
            others.wakefulness + share * (whole.wakefulness - others.wakefulness),
            others.reflex + share * (whole.reflex - others.reflex),
        )
        return self._named("breathing", mixed)

    @cached_property
    def _aside(self) -> Expr:
        """The part of the stimulus of the mu receptor that does not count in the drive of wakefulness.

        Where breathing was measured apart from the potency in relief, the receptors that count there are as many as would be
        held with a concentration of its own for half effect; at full occupancy all count.
        """
        parts = []
        for name in self.on("mor"):
            if self.numbers.has(f"{name}.wakefulness_c50"):
                own = self.numbers.concentration(name, "wakefulness_c50")
                less = 1 - self.model.derived(
                    f"wakefulness_share_{name}", half_effect(name, self.numbers) / own, "1"
                )
                held = self.mu.occupancy[name]
                idle = held * less * (1 - held) / (1 - less * held)
                parts.append(self.numbers(f"{name}.efficacy", "1") * idle)
        return sum(parts, Integer(0))

    def _named(self, name: str, left: Drives) -> Drives:
        return Drives(
            self.model.formula(f"{name}_wakefulness", left.wakefulness, "1"),
            self.model.formula(f"{name}_reflex", left.reflex, "1"),
        )

    def _drives(self, without: Expr, aside: Expr) -> Drives:
        return drives(self._felt(without, aside), self._adapted, self._sedated, self.numbers)

    def _felt(self, without: Expr, aside: Expr) -> Stimuli:
        """The stimuli of the drives to breathe, but for parts of the stimulus of the mu receptor: of both, of wakefulness."""
        special = sum(
            (
                (
                    self.numbers(f"{n}.wakefulness_efficacy", "1")
                    - self.numbers(f"{n}.efficacy", "1")
                )
                * self.mu.occupancy[n]
                for n in self.on("mor")
                if self.numbers.has(f"{n}.wakefulness_efficacy")
            ),
            Integer(0),
        )
        rhythm = self.mu.stimulus - without
        return Stimuli(self._ventilatory(rhythm), self._ventilatory(rhythm - aside + special))

    @cached_property
    def _sedated(self) -> Sedated:
        others = {name: self.site(name) for name in self.on("sedative")}
        if not others:
            return AWAKE
        left = sedatives(others, self.numbers)
        return Sedated(
            self.model.formula("awake", left.wakefulness, "1"),
            self.model.formula("rhythm_left", left.rhythm, "1"),
        )

    @cached_property
    def ventilation_left(self) -> Expr:
        """Ventilation at constant carbon dioxide over that of the person without any drug; 0 is apnoea."""
        left = at_constant_co2(self.drives, self.numbers)
        return self.model.formula("ventilation_left", left, "1")

    @cached_property
    def alertness_left(self) -> Expr:
        """The same as if all opioids depressed breathing alike, which sedation goes with."""
        return at_constant_co2(self._alertness, self.numbers)

    @cached_property
    def drives_usual(self) -> Drives:
        """What is left of the drives at time 0, under the habitual opioid."""
        adapted = self.history_tolerance / (1 - self.history_tolerance)
        usual = self._ventilatory(self.history.steady_stimulus)
        left = drives(Stimuli(usual, usual), adapted, AWAKE, self.numbers)
        return Drives(
            self.model.derived("usual_wakefulness", left.wakefulness, "1"),
            self.model.derived("usual_reflex", left.reflex, "1"),
        )

    @cached_property
    def ventilation_usual(self) -> Expr:
        """Ventilation at constant carbon dioxide at time 0."""
        usual = at_constant_co2(self.drives_usual, self.numbers)
        return self.model.derived("ventilation_usual", usual, "1")

    @cached_property
    def history_tolerance(self) -> Expr:
        """The tolerance state at time 0."""
        before = tolerance_part.steady(self.history.steady_stimulus, self.numbers)
        return self.model.derived("history_tolerance", before, "1")

    def _ventilatory(self, stimulus: Expr) -> Expr:
        felt = endpoint_stimulus(self.model, "ventilation", stimulus, None, self.numbers)
        return felt * self._age

    @cached_property
    def breathing(self) -> Breathing:
        """Free breathing."""
        if self._dynamic:
            return followed_breathing(self.model, self.drives, self.drives_usual, self.numbers)
        return settled_breathing(self.model, self.drives, self.numbers)

    @cached_property
    def followed(self) -> Physiology:
        """Gases, blood flow and arrest."""
        body = self.breathing.physiology
        assert body is not None, "add_effects follows breathing where gases are asked for"
        return body

    @cached_property
    def relief(self) -> Relief:
        """What receptors leave of pain; a drug whose relief trials give does nothing more by its receptors."""
        counted = [name for name in self.plasma if name not in relievers()]
        others = {
            name: self.driven(name, counted)
            for name in SHARES
            if not set(self.on(name)).isdisjoint(counted)
        }
        return Relief(self.model, self.mu.given, self.tolerance, others, self.numbers)

    @cached_property
    def acute_pain_left(self) -> Expr:
        """Share of the pain after surgery that the drugs leave."""
        return self.relief.acute * self._trials.left("acute")

    @cached_property
    def chronic_pain_left(self) -> Expr:
        """Share of chronic pain that the drugs leave."""
        left = self.relief.chronic * self._trials.left("chronic")
        return self.model.formula("pain_left", left, "1")

    @cached_property
    def gut_effect(self) -> Expr:
        """Effect in the gut: of what is in plasma, without adaptation."""
        ratios = {name: self.plasma[name] / self.affinities[name] for name in self.on("mor")}
        stimulus = sum(
            (
                self.numbers(f"{name}.efficacy", "1") * r
                for name, r in at_equilibrium(ratios).items()
            ),
            Integer(0),
        )
        strength = (
            self.numbers("gut.reserve", "1") * self.numbers("person.sensitivity", "1") * stimulus
        )
        return self.model.formula("gut_effect", graded(strength, Integer(1)), "1")
