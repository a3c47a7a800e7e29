"""Treatment plans over months and years: people who start, leave and return, use, overdose and die, one by one.

Two clocks: `mechanism` reads the pharmacological model once for each regimen (occupancy, withdrawal, tolerance, the concentration
that stops breathing); `stepping` follows people by day and week with hazards that read it. `calibrate` fits the slow clock.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
