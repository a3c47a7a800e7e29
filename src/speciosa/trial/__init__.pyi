from . import design as design
