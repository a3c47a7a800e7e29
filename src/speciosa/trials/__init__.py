"""Controlled trials: their design by formula, and the analysis of their repeated measurements.

`design` holds what has a formula: group-sequential boundaries, sample sizes, dose finding. `repeated` is the mixed model
for repeated measures.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
