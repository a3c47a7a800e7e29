"""The app in a real browser: pages, figures, messages, links, cancel, and the way of a first-time user."""

import re
import tomllib
import zipfile
from typing import Any

import polars as pl
import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]
_FIGURES = """(page) => [...document.querySelectorAll(`#view_${page} figure`)].map((figure) => ({
  drawn: Boolean(figure.querySelector('.drawing svg')),
  words: figure.querySelector('.drawing').getAttribute('aria-label'),
  rows: figure.querySelectorAll('details table tbody tr').length,
  sources: figure.querySelectorAll("figcaption a[href^='#']").length,
  lost: [...figure.querySelectorAll("a[href^='#']")].map((a) => a.getAttribute('href').slice(1))
    .filter((id) => !document.getElementById(id)),
}))"""


@pytest.mark.parametrize(
    ("name", "count"),
    [("compare", 2), ("patient", 2), ("withdrawal", 2), ("evidence", 3), ("weigh", 2)],
)
def test_every_figure_has_its_table_its_source_and_words_for_who_cannot_see_it(
    visit: Any, name: str, count: int
) -> None:
    visit.open(f"page={name}").view(name)
    figures = visit.page.evaluate(_FIGURES, name)
    assert len(figures) >= count
    for figure in figures:
        assert figure["drawn"] and figure["rows"] and len(figure["words"]) > 40
        assert figure["sources"] > 0
        assert figure["lost"] == []


_CURVES = """() => [...document.querySelectorAll('#fig-course-pain-nrs svg path')].map((p) => p.getAttribute('d')).join('|')"""


def test_a_dose_slider_moves_the_curve(visit: Any) -> None:
    visit.open(
        "days=8&arm1=15 mg morphine oral every 6 h x 12&name1=Morphine&arm2=absent&arm3=absent"
    )
    visit.view("compare")
    before = visit.page.evaluate(_CURVES)
    visit.page.evaluate(
        """() => {
          const slider = document.getElementById('dose-arm1');
          slider.value = slider.max;
          slider.dispatchEvent(new Event('input', {bubbles: true}));
        }"""
    )
    visit.page.wait_for_function(f"(before) => ({_CURVES})() !== before", arg=before)
    assert "60 mg" in visit.page.inner_text("#dose-arm1-shown")
    assert "60+mg" in visit.page.url or "60%20mg" in visit.page.url


_DRAWN = """() => [...document.querySelectorAll('#view_compare figure svg :is(path, text)')]
  .map((part) => part.getAttribute('d') || part.textContent)"""


def test_a_moved_curve_is_the_one_that_a_new_page_draws(visit: Any) -> None:
    size = "days=8&patients=12&draws=3&arm2=absent&arm3=absent&name1=Morphine"
    visit.open(f"{size}&arm1=15 mg morphine oral every 6 h x 12").view("compare", "whole")
    first = visit.page.evaluate(_DRAWN)
    visit.page.evaluate(
        """() => {
          const slider = document.getElementById('dose-arm1');
          slider.value = '30';
          slider.dispatchEvent(new Event('input', {bubbles: true}));
        }"""
    )
    whole = (
        "() => view_compare.dataset.stage === 'whole' && view_compare.dataset.key.includes('30+mg')"
    )
    visit.page.wait_for_function(whole)
    moved = visit.page.evaluate(_DRAWN)
    visit.page.goto(visit.page.url)
    visit.page.wait_for_function(whole)
    assert moved == visit.page.evaluate(_DRAWN)
    assert moved != first


def test_a_bad_entry_is_explained_next_to_its_field(visit: Any) -> None:
    visit.open("page=patient").view("patient")
    visit.page.fill("#weight", "-5")
    found = visit.page.wait_for_selector("#weight-fault:not(:empty)")
    assert "expected a number from 2 to 400 kg, found -5" in found.inner_text()
    assert visit.page.get_attribute("#weight", "aria-invalid") == "true"
    field, said = (visit.page.locator(name).bounding_box() for name in ("#weight", "#weight-fault"))
    below = said["y"] - field["y"] - field["height"]
    assert 0 <= below < 40
    visit.page.fill("#weight", "80")
    visit.page.wait_for_selector("#weight-fault:empty", state="attached")


def test_an_unknown_product_is_explained_with_the_nearest_one(visit: Any) -> None:
    visit.open().view("compare")
    visit.page.select_option("#choose-arm1", "own")
    visit.page.fill("#arm1", "5 g kratm_leaf oral")
    found = visit.page.wait_for_selector("#arm1-fault:not(:empty)")
    assert "Did you mean kratom_leaf" in found.inner_text()


def test_a_link_restores_the_state(visit: Any) -> None:
    query = (
        "page=patient&arm1=10 mg oxycodone oral every 6 h x 12&name1=Oxycodone"
        "&arm2=absent&arm3=absent&days=8&cyp2d6=poor&weight=61"
    )
    visit.open(query).view("patient")
    visit.page.wait_for_function(
        "() => document.getElementById('link').value.includes('cyp2d6=poor')"
    )
    link = visit.page.input_value("#link")
    visit.page.goto(link)
    visit.view("patient")
    assert visit.page.input_value("#cyp2d6") == "poor"
    assert visit.page.input_value("#weight") == "61"
    assert visit.page.input_value("#arm1") == "10 mg oxycodone oral every 6 h x 12"
    assert "poor CYP2D6 metabolisers" in visit.page.inner_text("#view_patient")


def test_a_saved_study_file_restores_the_state(visit: Any, tmp_path: Any) -> None:
    visit.open("arm1=absent&name1=&arm3=absent&days=16&liver=moderate").view("compare")
    visit.page.click("#keep summary")
    visit.page.click("#save-study")
    with visit.page.expect_download() as download:
        visit.page.click("#ready a")
    path = tmp_path / "study.toml"
    download.value.save_as(path)
    assert 'covariates = "hepatic=moderate"' in path.read_text(encoding="utf-8")
    visit.open().view("compare")
    visit.page.click("#keep summary")
    with visit.page.expect_navigation():
        visit.page.set_input_files("#study-file", path)
    visit.view("compare")
    assert visit.page.input_value("#liver") == "moderate"
    assert visit.page.input_value("#arm1").startswith("15 mg morphine")


def test_the_full_report_of_a_state_can_be_kept(visit: Any, tmp_path: Any) -> None:
    visit.open(
        "arm1=10 mg oxycodone oral every 6 h x 12&name1=Oxycodone&arm2=absent&days=5&patients=10&draws=4"
    ).view("compare", "whole")
    visit.page.click("#keep summary")
    visit.page.click("#make-report")
    visit.page.wait_for_selector("#ready a", timeout=240_000)
    with visit.page.expect_download() as download:
        visit.page.click("#ready a")
    assert visit.complaints == []
    with zipfile.ZipFile(download.value.path()) as archive:
        names = archive.namelist()
        page = archive.read("report.html").decode()
        lock = tomllib.loads(archive.read("study.lock.toml").decode())
        outcomes = pl.read_parquet(archive.read("outcomes.parquet"))
    assert "10 mg oxycodone oral every 6 h x 12" in page
    assert [arm["name"] for arm in lock["study"]["arms"]] == ["Oxycodone", "Placebo"]
    assert set(outcomes["arm"]) == {"Oxycodone", "Placebo"}
    drawn = {name.split("/")[-1].removesuffix(".svg") for name in names if name.endswith(".svg")}
    tables = {name.split("/")[-1].removesuffix(".csv") for name in names if name.endswith(".csv")}
    assert drawn and drawn <= tables


def test_cancel_stops_the_full_run_and_keeps_what_is_shown(visit: Any) -> None:
    visit.open("patients=1000&draws=200").view("compare", "preview")
    visit.page.wait_for_function(
        "() => document.getElementById('stage').textContent === 'Refining'"
    )
    visit.page.click("#cancel")
    visit.page.wait_for_function(
        "() => document.getElementById('stage').textContent.startsWith('Stopped')"
    )
    assert visit.page.query_selector("#view_compare[data-stage='preview'] figure svg")
    assert visit.page.is_hidden("#progress")


def test_tabs_and_skip_link_work_from_the_keyboard(visit: Any) -> None:
    visit.open("page=legal").view("legal")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.className") == "skip"
    visit.page.focus("#tab-legal")
    visit.page.keyboard.press("ArrowLeft")
    visit.view("sources")
    assert visit.page.get_attribute("#tab-sources", "aria-selected") == "true"
    unnamed = visit.page.evaluate(
        """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter((el) =>
        !el.labels?.length && !el.getAttribute('aria-label')).map((el) => el.id)"""
    )
    assert unnamed == []


def test_a_search_leads_to_an_entry_and_from_there_to_another(visit: Any) -> None:
    visit.open("page=sources").view("sources")
    visit.page.fill("#q", "oxycodone")
    visit.page.wait_for_selector("#view_sources h2:has-text('Found')")
    visit.page.click("#view_sources button[data-entry='oxycodone']")
    visit.page.wait_for_selector("#entry-title:has-text('Oxycodone')")
    assert "q=oxycodone" in visit.page.url and "entry=oxycodone" in visit.page.url
    visit.page.click("#found summary")
    assert visit.page.is_visible("#found button[data-entry='oxycodone']")
    visit.page.fill("#q", "c07")
    visit.page.wait_for_selector("#view_sources button[data-entry='c07']")
    assert visit.page.query_selector("#entry-title") is None
    assert visit.complaints == []


def test_may_she_take_it_with_citalopram(visit: Any) -> None:
    visit.open("page=interactions").view("interactions")
    visit.page.fill("#taken", "kratom")
    visit.page.fill("#together", "Celexa")
    visit.page.wait_for_selector(
        "#view_interactions h2:has-text('Kratom with citalopram: moderate')"
    )
    assert visit.page.query_selector("#view_interactions td:has-text('Serotonin toxicity')")
    visit.page.fill("#together", "citalopran")
    visit.page.wait_for_selector("#view_interactions p.gap:has-text('Did you mean citalopram')")
    assert visit.complaints == []


def test_the_power_of_a_trial_moves_with_its_size(visit: Any) -> None:
    visit.open("page=trial&people=60").view("trial")
    visit.page.wait_for_selector("#view_trial h2:has-text('With 60 people')")
    visit.page.fill("#people", "400")
    visit.page.wait_for_selector("#view_trial h2:has-text('With 400 people')")
    assert visit.page.query_selector("#fig-power svg, #fig-power canvas")
    assert visit.complaints == []


def test_two_plans_stand_beside_each_other_and_of_other_people_do_not(visit: Any) -> None:
    visit.open("page=plan&followed=26 wk").view("plan")
    visit.page.wait_for_selector("#view_plan h2:has-text('Kratom leaf')")
    assert visit.page.query_selector("#fig-states svg, #fig-states canvas")
    visit.page.select_option("#against", "opioid-use-disorder: Detoxification alone")
    visit.page.wait_for_selector("#view_plan th:has-text('Detoxification alone')")
    visit.page.select_option("#against", "chronic-pain: No medicine")
    visit.page.wait_for_selector("#stage:has-text('the same people')")
    assert visit.complaints == []


def test_a_figure_is_saved_as_svg_and_as_png(visit: Any) -> None:
    visit.open("page=evidence").view("evidence")
    for kind, begins in (("svg", b"<svg"), ("png", b"\x89PNG")):
        with visit.page.expect_download() as saved:
            visit.page.click(f"#fig-network-forest button[data-save='{kind}']")
        assert saved.value.suggested_filename == f"network-forest.{kind}"
        content = saved.value.path().read_bytes()
        assert content.startswith(begins) and len(content) > 2000
    assert visit.complaints == []


def test_dark_mode_is_dark(browser: Any, served: Any) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(served.address + "?page=legal")
    page.wait_for_selector("#view_legal[data-stage]")
    colour = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert max(map(int, re.findall(r"\d+", colour)[:3])) < 60
    page.close()


def test_a_first_time_user_finds_kratom_against_oxycodone_in_under_ten_clicks(visit: Any) -> None:
    visit.open().view("compare")
    visit.choose("#choose-arm1", "kratom-extract")
    visit.choose("#choose-arm2", "oxycodone")
    visit.click("#tab-patient")
    visit.choose("#cyp2d6", "poor")
    visit.page.wait_for_function(
        "() => [/Kratom extract/, /poor CYP2D6/].every((w) => w.test(view_patient.innerText))",
        timeout=180_000,
    )
    shown = visit.page.inner_text("#view_patient")
    assert "Oxycodone" in shown and "Pain relief" in shown
    visit.click("#tab-evidence")
    visit.view("evidence")
    said = visit.page.inner_text("#view_evidence")
    assert "What the trials say of your treatments" in said
    assert "oxycodone" in said and "kratom" in said.casefold()
    print(f"clicks: {visit.clicks}")
    assert visit.clicks < 10
    visit.picture("first-time-user")
