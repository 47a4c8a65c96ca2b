"""Figures: the same bytes every time, found by name, and without torch."""

import json
import runpy
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from overparam.drawing import claim_figure, theme
from overparam.errors import UserError
from overparam.jobs import files, program

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
KINDS = ("svg", "png", "pdf")

MODULE = '''
"""A figure for the test."""

import numpy as np
import seaborn as sns

from overparam.drawing import theme


def draw(measurements, verdict):
    """Draw."""
    figure, (axis,) = theme.panels()
    sns.lineplot(measurements, x="width", y="value", errorbar=("ci", 95), seed=0, ax=axis)
    return figure


def alt_text(measurements, verdict):
    """Say it."""
    return f"The value of {verdict['claim']}\\n  is {measurements['value'].mean():.1f}."
'''


@pytest.fixture
def measurements():
    generator = np.random.default_rng(0)
    return pd.DataFrame({"width": np.tile([1, 2, 4, 8], 5), "value": generator.normal(size=20)})


def _draw(measurements):
    figure, (axis,) = theme.panels()
    sns.lineplot(measurements, x="width", y="value", errorbar=("ci", 95), seed=0, ax=axis)
    theme.mark_threshold(axis, 2, "p = n")
    return figure


def test_same_figure_gives_the_same_bytes(tmp_path, measurements):
    for name in ("one", "two"):
        paths = [tmp_path / name / f"figure.{kind}" for kind in KINDS]
        theme.save(_draw(measurements), "It peaks at p = n.", *paths, tmp_path / name / "figure.alt.txt")
    for name in (*(f"figure.{kind}" for kind in KINDS), "figure.alt.txt"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    assert {path.name for path in (tmp_path / "one").iterdir()} == {
        *(f"figure.{kind}" for kind in KINDS),
        "figure.alt.txt",
    }
    assert "It peaks at p = n." in (tmp_path / "one" / "figure.svg").read_text()


def test_an_svg_is_transparent_and_slides_are_white_and_sharp(tmp_path, measurements):
    from PIL import Image

    paths = [tmp_path / f"figure.{kind}" for kind in KINDS]
    theme.save(_draw(measurements), "It peaks.", *paths, tmp_path / "figure.alt.txt")
    picture = Image.open(paths[1]).convert("RGBA")
    assert picture.getpixel((0, 0)) == (255, 255, 255, 255)
    assert picture.width == 2 * 864
    ground = paths[0].read_text().partition('id="patch_1"')[2].partition("</g>")[0]
    assert "fill: none" in ground


def test_a_headline_takes_as_many_lines_as_it_needs(measurements):
    figure = _draw(measurements)
    theme.headline(figure, "The test error peaks at $N = n$ and falls again " * 2)
    figure.draw_without_rendering()
    title = figure._suptitle
    assert title.get_text().count("\n") == 1 and "$N = n$" in title.get_text()
    box = title.get_window_extent()
    assert box.x0 >= 0 and box.x1 <= figure.bbox.width


def test_unknown_figure_is_named():
    with pytest.raises(
        UserError, match=r"no figure 'a\.b\.nowhere': there is no scripts/overparam/claims/a/b/nowhere\.py"
    ):
        claim_figure.module("a.b.nowhere")


def test_incomplete_figure_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "overparam.claims.half", types.SimpleNamespace(draw=lambda: None))
    with pytest.raises(UserError, match="figure 'half' lacks alt_text"):
        claim_figure.module("half")


def test_missing_import_of_a_figure_is_not_hidden(tmp_path, monkeypatch):
    import overparam.claims

    (tmp_path / "broken.py").write_text("import surely_not_installed\n")
    monkeypatch.setattr(overparam.claims, "__path__", [*overparam.claims.__path__, str(tmp_path)])
    with pytest.raises(ModuleNotFoundError, match="surely_not_installed"):
        claim_figure.module("broken")


def test_empty_alt_text_is_refused(tmp_path, monkeypatch, measurements):
    figure = types.SimpleNamespace(draw=lambda m, v: _draw(m), alt_text=lambda m, v: " \n")
    monkeypatch.setitem(sys.modules, "overparam.claims.silent", figure)
    with pytest.raises(ValueError, match="empty alt text"):
        claim_figure.save("silent", measurements, {}, *(tmp_path / f"f.{kind}" for kind in KINDS), tmp_path / "alt.txt")


def test_program_draws_without_torch(tmp_path, measurements, verdicts):
    (tmp_path / "example.py").write_text(MODULE)
    files.write_table(tmp_path / "measurements.parquet", measurements.assign(quantity="error", seed=0))
    files.write_json(tmp_path / "verdict.json", verdicts[0])
    outputs = {kind: tmp_path / "claim" / f"figure.{kind}" for kind in KINDS}
    outputs["alt"] = tmp_path / "claim" / "figure.alt.txt"
    arguments = ["--input", "measurements", tmp_path / "measurements.parquet"]
    arguments += ["--input", "verdict", tmp_path / "verdict.json"]
    arguments += [word for name, path in outputs.items() for word in ("--output", name, path)]
    code = (
        "import runpy, sys\n"
        f"sys.argv = sys.argv[1:]; sys.path.insert(0, {str(SCRIPTS)!r})\n"
        f"import overparam.claims; overparam.claims.__path__.append({str(tmp_path)!r})\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "assert 'torch' not in sys.modules\n"
    )
    settings = json.dumps({"claim": {"id": "A1", "figure": "example"}})
    command = [sys.executable, "-c", code, str(SCRIPTS / "draw.py"), settings, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert all(path.stat().st_size > 0 for path in outputs.values())
    assert outputs["alt"].read_text() == f"The value of A1 is {measurements['value'].mean():.1f}.\n"


def test_a_second_figure_is_drawn_by_the_same_program(tmp_path, measurements, verdicts):
    draw = runpy.run_path(str(SCRIPTS / "draw.py"))["work"]
    (tmp_path / "twofold.py").write_text(MODULE)
    (tmp_path / "twofold_details.py").write_text(MODULE.replace("The value", "A detail"))
    files.write_table(tmp_path / "m.parquet", measurements.assign(quantity="error", seed=0))
    files.write_json(tmp_path / "verdict.json", verdicts[0])
    inputs = {"measurements": [tmp_path / "m.parquet"], "verdict": [tmp_path / "verdict.json"]}
    kinds = {**{kind: kind for kind in KINDS}, "alt": "alt.txt"}
    outputs = {name: [tmp_path / f"figure.{kind}"] for name, kind in kinds.items()}
    outputs |= {f"details_{name}": [tmp_path / f"details.{kind}"] for name, kind in kinds.items()}
    outputs["checksums"] = [tmp_path / "figure.sha256"]
    claim = {"id": "A1", "figure": "twofold", "details": "twofold_details"}
    import overparam.claims

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overparam.claims, "__path__", [*overparam.claims.__path__, str(tmp_path)])
        draw(program.Job({"claim": claim}, inputs, outputs, 0, 0))
    assert outputs["alt"][0].read_text().startswith("The value")
    assert outputs["details_alt"][0].read_text().startswith("A detail")
    assert len(outputs["checksums"][0].read_text().splitlines()) == 8


def test_a_figure_waits_for_no_library_that_it_does_not_use():
    code = (
        "import sys; from overparam.drawing import claim_figure; print(*sys.modules)\n"
        "from scipy import cluster, stats; print(stats.t.ppf(0.5, 3))"  # a figure that uses them has them
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    loaded, number = run.stdout.splitlines()
    assert "seaborn" in loaded.split() and not {"scipy.stats", "scipy.cluster"} & set(loaded.split())
    assert number == "0.0"


@pytest.mark.parametrize(("ends", "expected"), [((2, 40), ["2", "5", "10", "20"]), ((2, 4000), ["10", "100", "1000"])])
def test_logarithmic_axes_have_room_for_their_labels(ends, expected):
    figure, (axis,) = theme.panels()
    axis.plot(ends, ends)
    axis.set(xscale="log", yscale="log")
    theme.tidy(figure)
    figure.draw_without_rendering()
    low, high = axis.get_xlim()
    shown = [label for label in axis.get_xticklabels() if low <= label.get_position()[0] <= high]
    assert [f"{label.get_position()[0]:g}" for label in shown] == expected
    assert not any(label.get_text() for label in axis.get_xticklabels(minor=True))
    placed = theme.panels()[0].axes[0]
    placed.set_xscale("log")
    placed.set_xticks([1, 3], ["one", "three"])
    theme.tidy(placed.figure)
    assert [label.get_text() for label in placed.get_xticklabels()] == ["one", "three"]


def _networks(diverged):
    """Return the measurements of networks of which so many diverged."""
    who = {"study": "s", "model": "mlp", "label_noise": 0.2, "seed": range(4)}
    values = [float("nan")] * diverged + [0.1] * (4 - diverged)
    rows = [
        pd.DataFrame({**who, "width": width, "quantity": quantity, "value": value})
        for width in (1, 2)
        for quantity, value in (("error", values), ("diverged", [float(one != one) for one in values]))
    ]
    return pd.concat(rows, ignore_index=True)


def test_networks_that_diverged_are_counted_in_the_figure_and_its_text(tmp_path, monkeypatch):
    def draw(measurements, verdict):
        errors = measurements[(measurements["quantity"] == "error") & np.isfinite(measurements["value"])]
        figure, (axis,) = theme.panels()
        axis.plot(errors["width"], [float(value) for value in errors["value"]])
        axis.set_title(f"{errors['value'].max() * 100:.0f} %" if len(errors) else str(errors.iloc[0]))
        return figure

    monkeypatch.setattr(
        claim_figure, "module", lambda name: types.SimpleNamespace(draw=draw, alt_text=lambda *_: "A line.")
    )
    paths = [tmp_path / f"figure.{kind}" for kind in KINDS]
    alt, texts = tmp_path / "figure.alt.txt", {}
    for diverged in (0, 1, 4):
        claim_figure.save("any", _networks(diverged), {}, *paths, alt)
        texts[diverged] = alt.read_text()
    assert texts[0] == "A line.\n"
    assert texts[1].startswith("A line. 2 of 8 networks diverged: ")
    assert texts[4].startswith("8 of 8 networks diverged: ")


def test_a_mistake_in_a_figure_is_not_taken_for_divergence(tmp_path, monkeypatch):
    broken = types.SimpleNamespace(draw=lambda *_: 1 / 0, alt_text=lambda *_: "A line.")
    monkeypatch.setattr(claim_figure, "module", lambda name: broken)
    with pytest.raises(ZeroDivisionError):
        claim_figure.save(
            "any", _networks(0), {}, *[tmp_path / f"figure.{kind}" for kind in KINDS], tmp_path / "alt.txt"
        )
