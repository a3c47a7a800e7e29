"""Settings of every test, doctests included: no test may fail because a machine is busy."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
