"""Vega for the browser, as vl_convert carries it: put together once for each version, then kept in the user's cache."""

from importlib.metadata import version

from speciosa.saving import keep, kept


def bundle() -> bytes:
    """The script, with its names kept to itself."""
    name = f"vega-{version('vl-convert-python')}.js"
    known = kept("scripts", name)
    if known is not None:
        return known
    import vl_convert

    names = vl_convert.javascript_bundle()  # type: ignore[call-arg]
    script = f"(()=>{{{names}}})();".encode()
    keep("scripts", name, script)
    return script
