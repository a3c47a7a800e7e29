"""Data sets of NONMEM: one row an event of an individual, in the order of time.

Text becomes rows (`table`), rows become numbers and hours (`clock`, `read`), which are checked (`checks`) and kept (`data`).
With a model, records become its doses (`doses`) and predictions (`predict`), with residual error (`residual`).
"""
