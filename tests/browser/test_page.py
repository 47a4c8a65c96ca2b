"""The pages in a real browser: from files, without network, light and dark, wide and narrow."""

import re
import shutil
from pathlib import Path

import pytest
from chromium import Chromium

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: the page is not rendered")

# the smallest contrast of any text against the ground that it lies on (WCAG 2.2, 1.4.3)
CONTRAST = """(() => {
  const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).slice(0, 3).map(Number).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let worst = [99, ''];
  while (texts.nextNode()) { const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim()) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst[0]) worst = [ratio, texts.currentNode.data.trim().slice(0, 40)]; }
  return worst; })()"""

BARRIERS = Path(__file__).with_name("barriers.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(PROGRAM, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def _show(browser, page, scheme, width, scripts=False):
    browser.call("Emulation.setScriptExecutionDisabled", value=not scripts)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
    return browser.open(page.as_uri())


@pytest.fixture(scope="module")
def report(finished_run):
    return finished_run / "report"


PAGES = ["index.html", "claims/E13.html", "data.html"]


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 400), ("light", 1280)])
@pytest.mark.parametrize("page", PAGES)
def test_pages_fit_and_load(browser, report, page, scheme, width, tmp_path):
    events = _show(browser, report / page, scheme, width)
    failed = [event["params"] for event in events if event.get("method") == "Network.loadingFailed"]
    asked = [
        event["params"]["request"]["url"] for event in events if event.get("method") == "Network.requestWillBeSent"
    ]
    complaints = [event["params"] for event in events if event.get("method") == "Log.entryAdded"]
    assert not failed
    assert not complaints
    assert all(re.match("file:|data:", address) for address in asked), asked
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    overflow = browser.value(
        "[...document.querySelectorAll('body *')].filter((e) => !e.closest('.skip, .visually-hidden, .scroll > *')"
        " && !e.closest('.formula, svg *') && e.getBoundingClientRect().right > innerWidth + 1)"
        ".map((e) => e.outerHTML.slice(0, 80))"
    )
    assert overflow == []
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")
    browser.screenshot(tmp_path / f"page-{scheme}-{width}.png")


def test_all_pictures_load(browser, report):
    for page, count in {"index.html": 4, "claims/E13.html": 2, "all.html": 4}.items():
        _show(browser, report / page, "light", 1280)
        browser.value("[...document.images].forEach((image) => { image.loading = 'eager' })")
        loaded = "Promise.all([...document.images].map((image) => image.decode())).then(() => document.images.length)"
        assert browser.value(loaded) == count, page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_text_is_readable(browser, report, page, scheme):
    _show(browser, report / page, scheme, 1280)
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    contrast, text = browser.value(CONTRAST)
    assert contrast >= 4.5, text
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) < 100) == (scheme == "dark")


@pytest.mark.parametrize("page", [*PAGES, "all.html", "claims/A1.html"])
def test_no_page_has_a_barrier(browser, report, page):
    _show(browser, report / page, "light", 400, scripts=True)
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert browser.value(BARRIERS) == []


def test_lines_of_text_are_short(browser, report):
    _show(browser, report / "claims/E13.html", "light", 1280)
    letter = """(() => { const e = document.createElement('span'); e.style.whiteSpace = 'nowrap';
      e.textContent = 'x'.repeat(100);
      document.querySelector('.reading').append(e); const w = e.getBoundingClientRect().width / 100;
      e.remove(); return w })()"""
    texts = "[...document.querySelectorAll('article > p:not(.files)')]"
    widest = browser.value(f"Math.max(...{texts}.map((e) => e.clientWidth))")
    assert widest / browser.value(letter) <= 72  # an x is wider than the average letter


def test_tables_need_no_scrolling_on_a_phone(browser, report):
    for page in PAGES:
        _show(browser, report / page, "light", 375)
        assert browser.value("[...document.querySelectorAll('.scroll')].every((e) => e.scrollWidth <= e.clientWidth)")


def test_pages_print_on_paper_in_light_colours(browser, report):
    _show(browser, report / "claims/E13.html", "dark", 1280)
    printed = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", media="print", features=printed)
    assert browser.value("getComputedStyle(document.documentElement).getPropertyValue('--ink')").strip() == "#20262c"
    assert browser.value("getComputedStyle(document.querySelector('.bar')).display") == "none"
    assert browser.value("document.querySelectorAll('details:not([open])').length") >= 3
    folded = "[...document.querySelectorAll('details')].map((e) => e.lastElementChild.getBoundingClientRect().height)"
    assert min(browser.value(folded)) > 10  # nobody can unfold it on paper
    browser.call("Emulation.setDeviceMetricsOverride", width=680, height=900, deviceScaleFactor=1, mobile=False)
    row = "getComputedStyle(document.querySelector('table.forest tbody tr')).display"
    assert browser.value(row) == "table-row"  # a sheet is as narrow as a phone, and has room for a table
    assert browser.call("Page.printToPDF")["data"]
    browser.call("Emulation.setEmulatedMedia", media="")


def _shown(browser):
    return browser.value("[...document.querySelectorAll('table.all tbody tr')].filter((r) => !r.hidden).length")


def test_claims_can_be_searched_and_filtered(browser, report):
    _show(browser, report / "index.html", "light", 1280, scripts=True)
    choose = """((name, value) => { const field = document.querySelector('.filters').elements[name];
      if (field.type === 'checkbox') field.checked = value; else field.value = value;
      field.dispatchEvent(new Event('input', { bubbles: true })) })"""
    assert _shown(browser) == 5
    for name, value, count in (
        ("text", "hessian", 1), ("text", "wide STAY", 1), ("text", "nothing of that", 0), ("text", "", 5),
        ("verdict", "refuted", 1), ("verdict", "", 5), ("chapter", "C", 1), ("chapter", "", 5),
        ("source", "1812.11118", 5), ("differs", True, 1),
    ):  # fmt: skip
        browser.value(f"{choose}({name!r}, {str(value).lower() if isinstance(value, bool) else repr(value)})")
        assert _shown(browser) == count, (name, value)
    assert browser.value("document.querySelector('[data-shown]').textContent") == "1 of 5 claims"


def test_without_scripts_the_claims_are_a_plain_table(browser, report):
    _show(browser, report / "index.html", "light", 1280)
    assert browser.value("getComputedStyle(document.querySelector('.filters')).display") == "none"
    assert _shown(browser) == 5


def test_the_keyboard_reaches_everything(browser, report):
    """Every link, field, fold and formula can have the focus, and shows that it has it."""
    _show(browser, report / "claims/E13.html", "light", 1280)
    reached = """[...document.querySelectorAll('a[href], summary, input, select, [tabindex="0"]')]
      .filter((e) => e.checkVisibility()).map((e) => { e.focus({ focusVisible: true });
        return [document.activeElement === e, getComputedStyle(e).outlineStyle] })"""
    found = browser.value(reached)
    assert len(found) > 10 and all(focused and outline == "solid" for focused, outline in found[1:]), found


def test_the_still_picture_stands_where_the_chart_can_not(browser, report):
    _show(browser, report / "claims/A1.html", "light", 1280)
    assert browser.value("document.querySelector('.chart').hidden && document.images[0].checkVisibility()")
