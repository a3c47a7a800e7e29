"""Fitting a population model to data of patients, with exact derivatives.

A fit file and its data set are read and checked together (`question`); predictions carry their derivatives (`closed_form`, by the
arithmetic of `jet`); what each observation says is worked out with its derivatives (`likelihood`) and joined over random effects
(`objective`); the rest searches, tells how sure the estimates are, and saves.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
