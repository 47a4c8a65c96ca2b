"""Interactive charts in a real browser: they are moved by the keyboard, and what they say is the parquet's own."""

import re
import shutil

import pandas as pd
import pytest
import vl_convert
from chromium import Chromium

from overparam import places
from overparam.drawing import charts
from overparam.plan import registry

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHARTS = {claim["id"]: claim["experiment"] for claim in registry.load() if "interactive" in claim}
PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A chart</title><style>{style}</style><main>
<div class="chart" hidden><script type="application/json">{chart}</script></div></main>
<script src="vega.js"></script><script src="charts.js"></script></html>"""
ROUNDED = 0.051  # half a place of what is written with one, ties included
READY = """new Promise((ready) => { const look = setInterval(() => {
  if (box.chart || "failed" in box.dataset) { clearInterval(look); ready(Boolean(box.chart)); } }, 20); })"""

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: the charts are not shown")


@pytest.fixture(scope="module")
def pages(finished, tmp_path_factory):
    """A folder with a page for every interactive chart of a smoke run, which has the chart and nothing else."""
    folder, run = tmp_path_factory.mktemp("charts"), finished[0].folder / "results/smoke"
    report = places.PACKAGE / "report/assets"
    style = (report / "style.css").read_text() + (report / "charts.css").read_text()
    (folder / "vega.js").write_text(vl_convert.javascript_bundle())
    shutil.copy(report / "charts.js", folder)
    for name in CHARTS:
        chart = (run / f"claims/{name}/interactive.json").read_text()
        (folder / f"{name}.html").write_text(PAGE.format(style=style, chart=chart))
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Chromium(PROGRAM, tmp_path_factory.mktemp("profile")) as browser:
        browser.call("Runtime.enable")
        browser.call("Log.enable")
        yield browser


class Chart:
    """A chart that is shown."""

    def __init__(self, browser, page, scheme="light", width=1000):
        self.browser = browser
        browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
        self.events = browser.open(page.as_uri())
        browser.value("globalThis.box = document.querySelector('.chart'); null")
        assert browser.value(READY), "the chart is not shown"
        self.events = [*self.events, *browser.events]

    def said(self):
        """Return the sentence below the controls, once it says what the chart has."""
        return self.browser.value(
            "box.chart.runAsync().then(() => box.querySelector('.chart-readout').textContent)"
        ).replace("\xa0", " ")

    def slide(self, name, place):
        """Move a slider with the keyboard: to its beginning, then step by step."""
        self.browser.value(f"document.querySelector('input[name={name}]').focus()")
        for key in ["Home", *["ArrowRight"] * place]:
            for kind in ("keyDown", "keyUp"):
                self.browser.call(
                    "Input.dispatchKeyEvent",
                    type=kind,
                    key=key,
                    code=key,
                    windowsVirtualKeyCode={"Home": 36}.get(key, 39),
                )

    def choose(self, name, value):
        """Choose a radio button or a box to tick by its name and value."""
        one = f"input[name={name}]"
        self.browser.value(f"document.querySelector('{one}[value=\"{value}\"], {one}[type=checkbox]').click()")

    def signal(self, name):
        """Return the value of a parameter of the chart."""
        return self.browser.value(f"box.chart.signal('{name}')")


@pytest.fixture
def measured(finished):
    """Return a function that gives the measurements of a claim, of one quantity."""

    def rows(name, quantity):
        table = pd.read_parquet(finished[0].folder / f"results/smoke/measurements/{CHARTS[name]}.parquet")
        return table[table["quantity"] == quantity]

    return rows


def percents(sentence):
    """Return all that a sentence gives as per cent."""
    return [float(number) for number in re.findall(r"([0-9.]+)\s%", sentence)]


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_loads_and_fits(browser, pages, name, tmp_path):
    for scheme, width in (("light", 400), ("dark", 760)):
        chart = Chart(browser, pages / f"{name}.html", scheme, width)
        complaints = [
            one
            for one in chart.events
            if one["method"] in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        ]
        assert not complaints
        asked = [
            one["params"]["request"]["url"] for one in chart.events if one["method"] == "Network.requestWillBeSent"
        ]
        assert all(re.match("file:|data:|blob:", address) for address in asked), asked
        assert browser.value("document.documentElement.scrollWidth <= innerWidth")
        drawn, room = browser.value("[box.querySelector('svg').getBoundingClientRect().width, box.clientWidth]")
        assert 0.85 * room < drawn <= room + 1
        ink = browser.value("getComputedStyle(box.querySelector('.role-axis-label text')).fill")
        assert ink == browser.value("getComputedStyle(document.body).color")
        unnamed = "[...box.querySelectorAll('input')].filter((one) => !one.labels.length).length"
        assert browser.value(unnamed) == 0
        browser.screenshot(tmp_path / f"{name}-{scheme}.png")


def test_without_the_bundle_nothing_is_shown(browser, pages, tmp_path):
    page = tmp_path / "page.html"
    page.write_text((pages / "A1.html").read_text().replace("vega.js", "missing.js"))
    shutil.copy(pages / "charts.js", tmp_path)
    browser.open(page.as_uri())
    browser.value("new Promise((wait) => setTimeout(wait, 50))")
    assert browser.value("document.querySelector('.chart').getBoundingClientRect().height") == 0


def test_the_slider_moves_the_polynomial_and_its_errors(browser, pages, measured):
    losses = measured("A1", "loss")
    shown = losses[(losses["basis"] == "legendre_orthonormal") & (losses["split"] == "test")]
    medians = shown.groupby(["method", "n_params"])["value"].median()
    chart = Chart(browser, pages / "A1.html")
    values = chart.signal("p_values")
    assert values == sorted(shown["n_params"].unique())
    place, paths = len(values) // 2, []
    for step in (place, place + 2):
        chart.slide("p", step)
        p = values[step]
        assert chart.said().startswith(
            f"p = {p}: test error {charts.written(medians['minimum_norm', p])}, train error "
        )
        assert f"test error of tuned ridge {charts.written(medians['ridge', p])};" in chart.said()
        slider = "document.querySelector('input[name=p]')"
        assert browser.value(f"{slider}.getAttribute('aria-valuetext')") == str(p)
        paths.append(browser.value("[...box.querySelectorAll('.mark-line path')].map((one) => one.getAttribute('d'))"))
    assert paths[0] != paths[1]
    kept = measured("A1", "prediction").set_index(["n_params", "x"])["value"]
    for p in kept.index.unique("n_params"):
        curve = browser.value(f"box.chart.data('curves').map((row) => [row.x, row.at_p[{values.index(p)}]])")
        there = {x: value for x, value in curve if x in kept[p].index}
        assert len(there) > 50
        assert list(there.values()) == pytest.approx(kept[p][list(there)].tolist(), rel=1e-5, abs=0.006)


def test_label_noise_and_ridge_are_switched(browser, pages, measured):
    errors = measured("B1", "error")
    chart = Chart(browser, pages / "B1.html")
    ratios = chart.signal("ratio_values")
    place = ratios.index(1)
    chart.slide("ratio", place)
    for noise, definition in ((0, None), (2, "wrong_label")):
        chart.choose("noise", noise)
        arm = errors["noise_definition"].isna() if definition is None else errors["noise_definition"] == definition
        rows = errors[arm & (errors["features"] == "relu") & (errors["features_per_sample"] == 1)]
        means = 100 * rows.groupby(["method", "split"])["value"].mean()
        test, train = (means["minimum_norm", split] for split in ("test", "train"))
        assert chart.said().startswith("N/n = 1: test error ") and "ridge" not in chart.said()
        assert percents(chart.said()) == pytest.approx([test, train], abs=ROUNDED)
    chart.choose("ridge", True)
    assert "test error of tuned ridge" in chart.said()
    assert percents(chart.said()) == pytest.approx([test, train, means["ridge", "test"]], abs=ROUNDED)


def test_every_share_of_the_phase_transition_can_be_read(browser, pages, measured):
    success = measured("E15", "success")
    success = success[success["in_panel"]]
    chart = Chart(browser, pages / "E15.html")
    sizes = sorted(success["n_train"].unique())
    chart.choose("activation", "relu")
    chart.choose("samples", sizes[1])
    part = success[(success["activation"] == "relu") & (success["n_train"] == sizes[1])]
    dimension = sorted(part["dimension"].unique())[1]
    widths = sorted(part["width"][part["dimension"] == dimension].unique())
    for row in (0, len(widths) - 1):
        chart.slide("d", 1)
        chart.slide("k", row)
        rows = part[(part["dimension"] == dimension) & (part["width"] == widths[row])]
        shares = rows.groupby("optimiser", observed=True)["value"].mean()
        descent, reference = (100 * shares[name] for name in ("gradient descent", "Levenberg–Marquardt"))
        said = f"n = {sizes[1]}, d = {dimension}, k = {widths[row]}: gradient descent fits {descent:.0f} % of "
        assert chart.said().startswith(said) and chart.said().endswith(f"Levenberg–Marquardt {reference:.0f} %")
    browser.value("box.querySelector('details').open = true")
    browser.value("new Promise((wait) => setTimeout(wait, 50))")
    assert browser.value("box.querySelector('table').caption.textContent")
    maps = success.groupby(["activation", "n_train", "dimension", "width"], observed=True).ngroups
    assert browser.value("box.querySelectorAll('tbody tr').length") == maps


@pytest.mark.parametrize(("name", "quantity", "split", "curve"), [
    ("F1", "error", "train", "train accuracy (given labels)"), ("F2", "fitted", "train", "false labels fitted"),
])  # fmt: skip
def test_corruption_and_epoch_are_moved(browser, pages, measured, name, quantity, split, curve):
    rows = measured(name, quantity)
    chart = Chart(browser, pages / f"{name}.html")
    study = chart.signal("networks")
    own = (rows["study"] == study) & (rows["split"] == split) & (rows["parameterization"] == "over")
    rows = rows[own & (rows["labels"].isna() | (rows["labels"] == "noisy"))]
    surface = chart.signal("surfaces")[study]
    for row, column in ((1, 2), (2, 0)):
        chart.slide("row", row)
        chart.slide("epoch", column)
        level, epoch = surface["rows"][row], surface["epochs"][column]
        here = rows[rows["label_noise"] == level]
        path = here[here["stopping"].isna() & (here["epoch"] == epoch)]["value"].mean()
        stop = here[here["stopping"] == "heldout_error"]
        value, ended = ((1 - one if quantity == "error" else one) for one in (path, stop["value"].mean()))
        said = chart.said()
        assert f"{100 * level:g} %, epoch {epoch}: " in said
        assert f"Early stopping ends at epoch {stop['epoch'].median():g}: " in said
        found = percents(" ".join(re.findall(rf"{re.escape(curve)} [0-9.]+\s%", said)))
        assert found == pytest.approx([100 * value, 100 * ended], abs=ROUNDED)


@pytest.mark.parametrize(("name", "quantity"), [("B4", "error"), ("B5", "smoothed_error")])
def test_width_is_moved(browser, pages, measured, name, quantity):
    rows = measured(name, quantity)
    chart = Chart(browser, pages / f"{name}.html")
    networks = chart.signal("networks")
    study, level = networks.rsplit(" ", 1)
    rows = rows[(rows["study"] == study) & (rows["label_noise"] == float(level))]
    surface = chart.signal("surfaces")[networks]
    for place in (0, len(surface["rows"]) - 1):
        chart.slide("row", place)
        here = rows[rows["width"] == surface["rows"][place]]
        if name == "B4":
            here = here[here["stopping"] == "final"]
        else:
            chart.slide("epoch", 1)
            here = here[here["epoch"] == surface["epochs"][1]]
        test, train = (
            100 * here[(here["split"] == split) & (here["labels"] == labels)]["value"].mean()
            for split, labels in (("test", "clean"), ("train", "noisy"))
        )
        said = chart.said()
        assert said.startswith(f"width {surface['rows'][place]:g}")
        assert percents(said)[:2] == pytest.approx([test, train], abs=ROUNDED)
