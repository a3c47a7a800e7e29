"""Speciosa compares kratom's alkaloids with opioid medicines, from dose to effect.

Mechanism (population pharmacokinetics and pharmacodynamics on virtual patients) and evidence (meta-analysis of
trials, a ledger of claims) end in one table of outcomes, which benefit-risk analysis and the report read.

Names are loaded when first used, so that ``import speciosa`` stays quick.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
