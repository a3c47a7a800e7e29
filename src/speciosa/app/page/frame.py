"""The frame of every page: head, tabs, the bar that tells what runs and keeps or shares it, and the controls."""

import json
from functools import lru_cache
from importlib.resources import files

from htmltools import HTML, Tag, tags
from shiny import ui
from shiny.ui._page import PageHtmlDocument

from speciosa.app.asking.fields import PAGES
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.bundle import bundle
from speciosa.app.look.drawing import DARK
from speciosa.app.page import (
    compare,
    evidence,
    interactions,
    legal,
    patient,
    plan,
    sources,
    trial,
    weigh,
    withdrawal,
)
from speciosa.study.cautions import EMERGENCY

MODULES = {
    "compare": compare,
    "patient": patient,
    "withdrawal": withdrawal,
    "interactions": interactions,
    "evidence": evidence,
    "trial": trial,
    "plan": plan,
    "weigh": weigh,
    "sources": sources,
    "legal": legal,
}
DEPENDENCIES = '<meta name="shiny-dependency-placeholder" content="">'
NOTICE = "Speciosa informs research and education. It is not dosing advice and it does not replace a clinician."


def whole_page(state: State) -> PageHtmlDocument:
    """The whole page in a state, as a document with a place for Shiny's own files."""
    head = tags.head(
        tags.meta({"charset": "utf-8"}),
        tags.title("Speciosa: kratom beside opioid medicines"),
        tags.meta({"name": "viewport", "content": "width=device-width,initial-scale=1"}),
        HTML(DEPENDENCIES),
        tags.link({"rel": "stylesheet", "href": "/app.css"}),
        tags.link({"rel": "icon", "href": "data:,"}),
        tags.script({"src": "/vega.js", "defer": ""}),
        tags.script({"src": "/app.js", "defer": ""}),
    )
    main = tags.main(
        {"id": "pages", "class": "work page"},
        tags.div(
            {"class": "controls"},
            parts.fault(""),
            tags.div({"id": "question"}, compare.question(state)),
            *[_controls(state, page) for page in PAGES],
            parts.hidden(state, "page"),
            tags.input({"type": "hidden", "id": "narrow"}),
            parts.fault("page"),
        ),
        tags.div(
            {"class": "results"},
            tags.section(
                {"id": "kept", "hidden": "", "aria-label": "Kept results"},
                tags.h2("Kept results"),
                tags.div({"id": "kept-tables"}),
            ),
            *[_view(state, page) for page in PAGES],
        ),
    )
    body = tags.body(
        {"data-dark": json.dumps(DARK)},
        tags.a({"class": "skip", "href": "#pages"}, "Skip to the page"),
        tags.header(
            {"class": "top"},
            tags.h1("Speciosa"),
            tags.p(NOTICE),
            tags.p({"class": "emergency"}, EMERGENCY),
        ),
        _tabs(state),
        _bar(),
        tags.div({"id": "said", "role": "status", "aria-live": "polite"}),
        main,
    )
    return ui.page_html(f"<!doctype html>{tags.html({'lang': 'en'}, head, body)}")


def _tabs(state: State) -> Tag:
    return tags.nav(
        {"class": "tabs", "role": "tablist", "aria-label": "Pages"},
        *[
            tags.button(
                {
                    "type": "button",
                    "role": "tab",
                    "id": f"tab-{page}",
                    "data-page": page,
                    "aria-controls": f"panel-{page}",
                    "aria-selected": "true" if page == state["page"] else "false",
                },
                MODULES[page].TITLE,
            )
            for page in PAGES
        ],
    )


def _bar() -> Tag:
    return tags.div(
        {"class": "bar"},
        tags.span({"id": "stage", "role": "status"}, "Starting"),
        tags.progress(
            {"id": "progress", "max": "1", "value": "0", "hidden": "", "aria-label": "Progress"}
        ),
        tags.button(
            {
                "id": "cancel",
                "class": "plain",
                "type": "button",
                "data-event": "cancel",
                "hidden": "",
            },
            "Cancel",
        ),
        _event("keep_result", "Keep this result"),
        _keep(),
    )


def _keep() -> Tag:
    """Link, study file and report."""
    return tags.details(
        {"id": "keep"},
        tags.summary("Keep or share"),
        tags.div(
            {"class": "keep"},
            tags.label({"for": "link"}, "Link"),
            tags.input(
                {
                    "id": "link",
                    "data-shiny-no-bind-input": "",
                    "type": "text",
                    "readonly": "",
                    "aria-label": "Link to this state",
                }
            ),
            tags.button({"id": "copy-link", "class": "plain", "type": "button"}, "Copy link"),
            _event("save_study", "Save as study file"),
            _event("make_report", "Make full report"),
            tags.label({"for": "study-file"}, "Open a study file"),
            tags.input(
                {
                    "id": "study-file",
                    "data-shiny-no-bind-input": "",
                    "type": "file",
                    "accept": ".toml,text/plain",
                }
            ),
            tags.span({"id": "ready", "role": "status"}),
        ),
    )


def _event(name: str, words: str) -> Tag:
    """A button that tells the server."""
    return tags.button(
        {
            "class": "plain",
            "type": "button",
            "id": name.replace("_", "-"),
            "data-event": name,
        },
        words,
    )


def _controls(state: State, page: str) -> Tag:
    return tags.div(
        {"class": "page-controls", "data-for": page, "id": f"controls-{page}"},
        MODULES[page].controls(state),
    )


def _view(state: State, page: str) -> Tag:
    return tags.section(
        {
            "role": "tabpanel",
            "id": f"panel-{page}",
            "aria-labelledby": f"tab-{page}",
            **({} if page == state["page"] else {"hidden": ""}),
        },
        tags.div({"class": "view", "id": f"view_{page}", "aria-busy": "true"}, "One moment."),
    )


@lru_cache(maxsize=1)
def assets() -> dict[str, tuple[str, bytes]]:
    """What the page loads beside Shiny's own files: media type and content by path."""
    www = files("speciosa.app") / "www"
    report = files("speciosa.report") / "templates" / "style.css"
    style = report.read_text(encoding="utf-8") + (www / "app.css").read_text(encoding="utf-8")
    script = (www / "app.js").read_text(encoding="utf-8")
    return {
        "/app.css": ("text/css; charset=utf-8", style.encode()),
        "/app.js": ("text/javascript; charset=utf-8", script.encode()),
        "/vega.js": ("text/javascript; charset=utf-8", bundle()),
    }
