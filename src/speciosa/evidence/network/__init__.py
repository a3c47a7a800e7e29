"""Network meta-analysis: consistency, heterogeneity, inconsistency, components, contributions and ranks."""
