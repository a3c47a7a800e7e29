"""The science as model parts: from dose to concentration to effect, put together for the substances asked for.

`system` builds one model of the parts that a question needs. Names are loaded when first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
