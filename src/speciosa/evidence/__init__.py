"""What trials say: effect sizes, pairwise and network meta-analysis, certainty, and the ledger of claims.

The rooms stand on each other in this order: `table` reads what people export, `effects` turns figures into effect sizes,
`pairwise` pools one comparison, `dose` curves, `network` many, `network_models` what sets their trials apart, `appraisal`
says how sure they are, `bayes` gives posteriors of both, and `ledger` holds what this project says of the trials in its
fact base. Names are loaded when first used. Knows nothing of the simulation.

Example:
    >>> from speciosa import evidence
    >>> trials = {"study": ["A", "B"], "effect": [-0.5, -0.3], "se": [0.2, 0.2]}
    >>> round(evidence.meta_analysis(trials, measure="MD", method="EE").estimate, 3)
    -0.4
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
