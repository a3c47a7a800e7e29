"""The app: the comparison in a browser, one module a page.

It computes nothing itself. A page turns fields into a `Study`, calls the same functions that the command line calls,
and draws with the report's figures. `state` is the door: whatever comes from a browser or a link passes through it.
"""
