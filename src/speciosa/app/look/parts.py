"""Pieces of a page: fields with their labels, hints and the place where their faults are shown."""

from collections.abc import Iterable, Mapping

from htmltools import Tag, TagList, tags

from speciosa.app.asking.state import State

Child = Tag | TagList | str


def fault(name: str) -> Tag:
    """Where the faults of a field are shown."""
    return tags.p({"class": "fault", "id": f"{name}-fault", "data-field": name, "role": "alert"})


def text(state: State, name: str, label: Child, *, kind: str = "text", **more: str) -> TagList:
    """A line of text."""
    box = tags.input(
        {
            "class": "field",
            "id": name,
            "type": kind,
            "value": state[name],
            "autocomplete": "off",
            "spellcheck": "false",
            "aria-describedby": f"{name}-fault",
            **more,
        }
    )
    return TagList(tags.label({"for": name}, label), box, fault(name))


def choice(state: State, name: str, label: Child, known: Mapping[str, str], **more: str) -> TagList:
    """A choice from a list."""
    options = [option(value, words, value == state[name]) for value, words in known.items()]
    box = tags.select(
        {"class": "field", "id": name, "aria-describedby": f"{name}-fault", **more}, *options
    )
    return TagList(tags.label({"for": name}, label), box, fault(name))


def option(value: str, words: str, chosen: bool = False, **data: str) -> Tag:
    """One entry of a list; `data` is what choosing it writes."""
    attributes = {f"data-{name}": text for name, text in data.items()}
    return tags.option(
        {"value": value, **attributes, **({"selected": ""} if chosen else {})}, words
    )


def unit(label: str, words: str) -> TagList:
    """A label with its unit."""
    return TagList(label, " ", tags.span({"class": "unit"}, words))


def filling(field: str, value: str, words: str) -> Tag:
    """A button that fills one field; pressed again it leaves the field open."""
    return tags.button(
        {"type": "button", "class": "plain", "data-fills": field, "data-value": value}, words
    )


def hidden(state: State, name: str) -> Tag:
    """A field that no one types into."""
    return tags.input({"class": "field", "id": name, "type": "hidden", "value": state[name]})


def dosing(state: State, name: str, label: str, *, hint: str = "") -> TagList:
    """A regimen in words with a slider for its dose."""
    slider = f"dose-{name}"
    return TagList(
        tags.div(
            {"class": "dosing"},
            tags.label(
                {"for": slider}, "Dose", tags.output({"id": f"{slider}-shown", "for": slider})
            ),
            tags.input(
                {
                    "type": "range",
                    "class": "dose",
                    "data-shiny-no-bind-input": "",
                    "id": slider,
                    "data-words": name,
                    "aria-label": f"Dose of {label}",
                }
            ),
        ),
        tags.details(
            {"id": f"details-{name}"},
            tags.summary("Doses in words"),
            words(state, name, slider, f"Doses of {label} in words", spellcheck="false"),
            tags.p({"class": "basis"}, hint) if hint else "",
        ),
        fault(name),
    )


def words(state: State, name: str, slider: str, label: str, **more: str) -> Tag:
    """A regimen in words; moving its slider changes the dose in them."""
    return tags.input(
        {
            "class": "field words",
            "id": name,
            "type": "text",
            "value": state[name],
            "data-slider": slider,
            "autocomplete": "off",
            **more,
            "aria-label": label,
            "aria-describedby": f"{name}-fault",
        }
    )


def treatment_list(state: State, words: str, name: str, label: str, *, absent: bool) -> TagList:
    """The list of treatments, grouped, with words to find one by; choosing one writes its doses and its name."""
    from speciosa.app.asking.choices import ABSENT, OWN, grouped_products, grouped_treatments

    shown = state[words]
    ready = grouped_treatments()
    known = [each for treatments in ready.values() for each in treatments]
    chosen = next((each.key for each in known if each.regimen == shown), OWN)
    if shown == ABSENT:
        chosen = ABSENT
    options = [option(OWN, "in my own words", chosen == OWN)]
    if absent:
        none = "(no further treatment)"
        options.append(option(ABSENT, none, chosen == ABSENT, regimen=ABSENT, name=""))
    options += [
        group(
            title,
            [
                option(t.key, t.name, t.key == chosen, regimen=t.regimen, name=t.name, also=t.note)
                for t in treatments
            ],
        )
        for title, treatments in ready.items()
    ]
    options += [
        group(
            title,
            [
                option(t.key, t.name, regimen=t.regimen, name=t.name, also=t.note, open="yes")
                for t in products
            ],
        )
        for title, products in grouped_products().items()
    ]
    box = f"choose-{words}"
    find = tags.input(
        {
            "type": "search",
            "class": "find",
            "id": f"find-{words}",
            "data-shiny-no-bind-input": "",
            "data-list": box,
            "placeholder": "find, Enter",
            "autocomplete": "off",
            "aria-label": f"Find in the list of {label or 'treatments'}",
        }
    )
    return TagList(
        tags.div({"class": "finding"}, tags.label({"for": box}, label), find),
        treatment_box(box, words, name, options),
    )


def group(title: str, options: Iterable[Tag]) -> Tag:
    """Entries of a list under a heading."""
    return tags.optgroup({"label": title}, *options)


def treatment_box(box: str, words: str, name: str, options: Iterable[Tag]) -> Tag:
    """A list whose entries write the doses of the field `words` and the name of the field `name`."""
    return tags.select(
        {
            "class": "treatment",
            "id": box,
            "data-shiny-no-bind-input": "",
            "data-words": words,
            "data-name": name,
        },
        *options,
    )
