"""The page in a real browser: from a file, without network or scripts, light and dark, wide and narrow."""

import re
import shutil

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


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(PROGRAM, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def _show(browser, page, scheme, width, scripts=False):
    browser.call("Emulation.setScriptExecutionDisabled", value=not scripts)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
    return browser.open(page.as_uri())


@pytest.fixture
def page(finished_run):
    return finished_run / "report" / "index.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_page_fits_and_loads(browser, page, scheme, width, tmp_path):
    events = _show(browser, page, scheme, width)
    failed = [event["params"] for event in events if event.get("method") == "Network.loadingFailed"]
    asked = [
        event["params"]["request"]["url"] for event in events if event.get("method") == "Network.requestWillBeSent"
    ]
    complaints = [event["params"] for event in events if event.get("method") == "Log.entryAdded"]
    assert not failed
    assert not complaints
    assert all(re.match("file:|data:", address) for address in asked), asked
    assert sum(address.endswith("figure.svg") for address in asked) == 4
    assert browser.value("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    overflow = browser.value(
        "[...document.querySelectorAll('body *')].filter((e) => !e.closest('.skip, .visually-hidden, .scroll > *')"
        " && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert overflow == []
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")
    browser.screenshot(tmp_path / f"page-{scheme}-{width}.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable(browser, page, scheme):
    _show(browser, page, scheme, 1280)
    browser.value("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    contrast, text = browser.value(CONTRAST)
    assert contrast >= 4.5, text
    dark = browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(13, 15, 18)"
    assert dark == (scheme == "dark")


def test_tables_need_no_scrolling_on_a_phone(browser, page):
    _show(browser, page, "light", 375)
    assert browser.value("[...document.querySelectorAll('.scroll')].every((e) => e.scrollWidth <= e.clientWidth)")


def test_page_prints_on_paper_in_light_colours(browser, page):
    _show(browser, page, "dark", 1280)
    printed = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser.call("Emulation.setEmulatedMedia", media="print", features=printed)
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.call("Page.printToPDF")["data"]
    browser.call("Emulation.setEmulatedMedia", media="")
