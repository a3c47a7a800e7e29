"""Lets the documentation show ``Example:`` as the section that Griffe calls ``Examples:``, with its code as code."""

import re
from typing import Any

import griffe


class Examples(griffe.Extension):
    """Renames the heading in every docstring, before it is parsed."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called for each module, class, function and attribute once its docstring is known."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"(?m)^Example:$", "Examples:", obj.docstring.value)
