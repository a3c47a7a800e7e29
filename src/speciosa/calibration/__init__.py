"""Calibration: the free parameters of the models, fitted to the observations whose split is ``fit``.

Run by ``python -m speciosa.calibration``; nothing else in the program tunes anything.
"""
