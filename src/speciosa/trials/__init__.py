"""Controlled trials: their design by formula, the analysis of their repeated measurements, and whole trials on simulated patients.

`design` holds what has a formula: group-sequential boundaries, sample sizes, dose finding. `repeated` is the mixed model
for repeated measures. A whole trial goes from its file (`question`) to people solved once (`people`), to what happens to them
(`conduct`), to analyses (`analysis`) of many trials (`operating`); `virtual` joins these, `replay` holds them to published trials.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
