"""What is known and how: substances, products, parameters, observations, studies, claims, risks, law, references.

The facts are plain files in ``data`` that a pharmacologist can edit. `table` gives a kind of fact as a Polars frame,
`records` as typed records, `fact` one of them by its id; `substance` and `reference` find by any of their names.
Names are loaded when first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
