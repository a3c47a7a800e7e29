"""Calibration of the slow clock on retention, use and deaths: ``python -m speciosa.care.calibrate``."""
