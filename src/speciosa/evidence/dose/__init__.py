"""Dose-response meta-analysis: covariances of published contrasts, curves, and their pooling over studies."""
