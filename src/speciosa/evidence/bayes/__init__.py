"""Posteriors of pairwise and network meta-analyses, by quadrature and by sampling."""
