"""The field's own files: data sets of NONMEM, read into records, predicted by a model and written.

Names are loaded when first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
