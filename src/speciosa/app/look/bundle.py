"""Vega for the browser, as vl_convert carries it: put together once for each version, then kept in the user's cache."""

import os
from importlib.metadata import version

from speciosa.saving import cache_folder


def bundle() -> bytes:
    """The script, with its names kept to itself."""
    place = cache_folder() / f"vega-{version('vl-convert-python')}.js"
    if place.is_file():
        return place.read_bytes()
    import vl_convert

    names = vl_convert.javascript_bundle()  # type: ignore[call-arg]
    script = f"(()=>{{{names}}})();".encode()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(f".{os.getpid()}.part")
        beside.write_bytes(script)
        beside.replace(place)
    except OSError:
        # A cache that cannot be written costs time at each start, nothing else.
        pass
    return script
