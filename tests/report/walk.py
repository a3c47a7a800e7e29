"""Walks a report and finds numbers without a source, links without a target, and requests to the network."""

from html.parser import HTMLParser

from speciosa.report.number import NUMBER

VOID = {"meta", "link", "br", "img", "hr", "input"}
SILENT = {"style", "script", "svg", "title", "nav", "code"}


class Walk(HTMLParser):
    """Gathers what a test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict[str, str | None]]] = []
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.bare: list[str] = []
        self.loads: list[str] = []
        self.headings: list[str] = []
        self.images_without_text = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.add(str(found["id"]))
        for key in ("href", "data-source"):
            value = found.get(key) or ""
            if value.startswith("#"):
                self.targets.append(value[1:])
        if tag not in {"a", "link"} and (found.get("src") or found.get("href", "") or "").startswith("http"):
            self.loads.append(str(found))
        if found.get("role") == "img" and not found.get("aria-label"):
            self.images_without_text += 1
        if tag not in VOID:
            self.stack.append((tag, found))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.stack]
        if set(tags) & SILENT:
            return
        if tags and tags[-1] in {"h1", "h2", "h3"}:
            self.headings.append(data)
        sourced = any(
            (tag == "a" and (attrs.get("href") or "").startswith("#")) or attrs.get("data-source")
            for tag, attrs in self.stack
        )
        if not sourced and NUMBER.search(data):
            self.bare.append(data.strip())
