"""Designs of trials that have a formula: boundaries, sizes, power, dose finding.

`brownian` integrates a test statistic over its looks, `spending` and `sequential` make boundaries of it, `fixed` gives sizes of
trials with one look, `interval` and `reassessment` find a tolerated dose, `shapes`, `rays` and `contrasts` a dose with an effect.
`arms` and `multi_arm` are of several arms and one control, `promising` of trials that grow, `strategies` of treatment strategies.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
