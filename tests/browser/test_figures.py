"""A saved figure in a real browser: its inks follow a light and a dark page that shows it as an image."""

import shutil

import pytest
from chromium import Chromium
from PIL import Image

from overparam.drawing import inks, theme

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs a Chromium")


def test_a_figure_is_readable_on_light_and_on_dark_pages(tmp_path):
    figure, (axis,) = theme.panels(height=2)
    axis.axis("off")
    axis.fill_between([0, 1], 0, 1, color=theme.INK)
    axis.fill_between([1, 2], 0, 1, color=theme.CATEGORIES[1])
    theme.save(figure, "Two fields.", *(tmp_path / f"figure.{kind}" for kind in ("svg", "png", "pdf", "alt.txt")))
    page = tmp_path / "page.html"
    page.write_text('<meta name="color-scheme" content="light dark"><img src="figure.svg" width="864">')
    with Chromium(PROGRAM, tmp_path / "profile") as browser:
        for scheme in ("light", "dark"):
            browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            browser.open(page.as_uri())
            browser.screenshot(tmp_path / f"{scheme}.png")
            colors = {color for _, color in Image.open(tmp_path / f"{scheme}.png").convert("RGB").getcolors(1 << 20)}
            for ink in (inks.INK, inks.CATEGORIES[1]):
                shade = ink if scheme == "light" else inks.ON_DARK[ink]
                assert tuple(bytes.fromhex(shade[1:])) in colors, (scheme, ink)
