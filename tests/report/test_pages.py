"""The pages: nothing lost, nothing loaded from elsewhere, nothing taken for markup, and light."""

import html.parser
import itertools
import re

import pytest
from synthetic_run import pages_of

from overparam import typesetting
from overparam.plan import registry
from overparam.report import answer, claim_view, estimates, index_view, pages, reading, sizes

VOID = {"meta", "link", "img", "br", "input", "hr", "col", "rect", "path", "mspace"}
KB = 1000
NAMES = ["index", "data", "all", *(f"claims/{name}" for name in ("A1", "E13", "B4", "C1", "D3"))]


class Page(html.parser.HTMLParser):
    """Elements of a page, with a check that every one is closed."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"repeated attribute in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += data

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(params=NAMES)
def path(request, finished_run):
    return finished_run / "report" / f"{request.param}.html"


@pytest.fixture
def parsed(path):
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture
def said(finished_run):
    """Return what a page says, in one line."""

    def said(name):
        return " ".join(Page((finished_run / "report" / f"{name}.html").read_text(encoding="utf-8")).text.split())

    return said


def test_pages_are_well_formed(parsed):
    assert parsed.open == []
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert not parsed.all("iframe", "object", "embed")
    assert parsed.all("html") == [{"lang": "en"}] and {"class": "skip", "href": "#main"} in parsed.all("a")


def test_every_link_is_relative_and_exists(parsed, path):
    ids = {attributes.get("id") for _, attributes in parsed.elements}
    for tag, attributes in parsed.elements:
        assert not {"srcset", "poster", "background", "onclick", "style"} & set(attributes)
        for target in filter(None, (attributes.get("href"), attributes.get("src"))):
            file, _, part = target.partition("#")
            if target.startswith("https://"):
                assert tag == "a"  # a place to go to, never something that the page loads
            elif not file:
                assert part in ids, target
            elif target != "data:,":
                assert not re.match(r"[a-z]+:|/", file), target
                assert (path.parent / file).is_file(), target
                if part:
                    linked = Page((path.parent / file).read_text(encoding="utf-8"))
                    assert part in {attributes.get("id") for _, attributes in linked.elements}, target


def test_nothing_is_loaded_from_elsewhere(path):
    assert set(re.findall(r"https?://[^/\"'< ]+", path.read_text(encoding="utf-8"))) <= {
        "https://arxiv.org", "http://www.w3.org",
    }  # fmt: skip
    for asset in (path.parents[path.parent.name == "claims"] / "assets").glob("*.css"):
        assert "url(" not in asset.read_text() and "@import" not in asset.read_text()


def test_registry_text_is_escaped(path, parsed):
    text = path.read_text(encoding="utf-8")
    assert "<b>" not in text and "alert(" not in re.sub("&lt;.*?&gt;", "", text.replace("alert(&#39;no&#39;)", ""))
    assert "<of>" not in text


def test_tables_and_figures_are_accessible(parsed):
    assert len(parsed.all("table")) == len(parsed.all("caption"))
    assert all(cell.get("scope") in ("col", "row", "rowgroup") for cell in parsed.all("th"))
    assert all("alt" in image and int(image["width"]) > int(image["height"]) > 0 for image in parsed.all("img"))
    assert all(drawn.get("aria-hidden") == "true" for drawn in parsed.all("svg"))


def test_pages_are_light(finished_run):
    report = finished_run / "report"
    assert (report / "index.html").stat().st_size < 200 * KB
    assert sum(path.stat().st_size for path in report.rglob("*.*")) < 15_000 * KB
    for path in report.glob("claims/*.html"):
        figure = finished_run / "claims" / path.stem / "figure.svg"
        assert path.stat().st_size + (figure.stat().st_size if figure.exists() else 0) < 500 * KB
    lazy = [image.get("loading") for image in Page((report / "index.html").read_text()).all("img")]
    assert lazy and set(lazy) == {"lazy"}


def test_only_pages_with_a_chart_load_vega(finished_run):
    loading = [path.stem for path in (finished_run / "report").rglob("*.html") if "vega.js" in path.read_text()]
    assert loading == ["A1"]
    assert (
        '<script type="application/json">{"mark": "point"}</script>'
        in (finished_run / "report/claims/A1.html").read_text()
    )
    assert "vegaEmbed" in (finished_run / "report/assets/vega.js").read_text()


def test_a_claim_is_told_in_the_order_in_which_it_is_read(said):
    text = said("claims/E13")
    order = [
        "What does distance-from-initialisation ask?",
        "Wide networks stay close to where they start ✓ supported (vacuous)",
        "How to read it.",
        "What is claimed",
        "As printed, and as it should read",
        "What was measured, and what was predicted",
        "What decided it",
        "The control",
        "Published numbers, and ours",
        "More of the picture",
        "Method, and choices made after looking",
        "Settings, cost, and what the judge was given",
        "Files.",
    ]
    places = [text.find(words) for words in order]
    assert -1 not in places and places == sorted(places), list(zip(order, places, strict=True))
    assert "<script>alert('no')</script>" in text


def test_what_is_printed_and_what_is_measured_stand_on_one_row(said):
    text = said("claims/E13")
    assert "distance slide 41 √(kd)/√n not measured here" in text
    assert "risk slide 42 87 % 70 % (0 to 100 %) method: ridge, place x 3 (peak), 2 repetitions" in text


def test_pages_say_what_was_found(said):
    index, data, claim = said("index"), said("data"), said("claims/C1")
    assert "5 claims, 6 verdicts" in index and "What surprised us" not in index
    assert "1. Question A?" in said("claims/A1") and "What n is." in index
    for words in (
        "Chance could have turned 2 of the 6 verdicts",
        "0 would be expected wrong",
        "Of 4 controls, 1 was supported (which makes the verdict inconclusive) and 1 was nearly supported",
        "with all its defaults",
        "a" * 40,
        "b" * 40 + " (C1)",
        "snakemake --cores 2",
        "sha256:0123456789abcdef",
        "A One and others, “Reconciling”, PNAS (2018)",
        "a risk",
    ):
        assert words in data, words
    assert "supported, which it must not be" in claim
    assert "Not available in this run: It needs images, and the preset has none." in said("claims/B4")
    assert "The same measurements judge E13, B4, C1." in said("claims/A1")
    assert "−0.52 to −0.4812" in said("claims/A1") and "−0.55 to −0.45" in said("claims/A1")


def test_everything_stands_on_one_page(said):
    text = said("all")
    for entry in ("What does polynomial-overfitting ask?", "Never violated", "Tuned ridge regression has no peak."):
        assert entry in text or entry == "Never violated"


def test_errata_stand_by_source_with_what_holds(entries, verdicts, finished_run):
    entries[1]["forms"]["corrected"]["refutation"] = {"kind": "slip", "says": "“like 1/k”", "why": "it is $1/\\sqrt k$"}
    entries[0]["forms"]["printed"]["refutation"] = {"kind": "slip", "says": "never shown", "why": "it is supported"}
    run = pages_of(finished_run, reading.collect(entries, verdicts))
    (source,) = index_view.errata(run)
    assert source["work"]["title"] == "The benefits <of> it"
    ((row,),) = [source["rows"]]
    assert (row["id"], row["says"]) == ("E13", "like 1/k") and "<msqrt>" in row["why"]
    text = pages.render(run)["index.html"]
    assert "✎" in text and "What surprised us" in text and "data-differs" in text
    entries[1]["forms"]["corrected"]["refutation"]["kind"] = "reading"
    assert index_view.errata(pages_of(finished_run, reading.collect(entries, verdicts))) == []


def test_standings_are_counted_and_can_be_filtered(entries, verdicts, finished_run):
    verdicts[0]["forms"]["printed"]["basis"] = "theorem"
    verdicts[2]["forms"]["printed"]["not_reached"] = ["fitted"]
    index = index_view.view(pages_of(finished_run, reading.collect(entries, verdicts)))
    counted = {claim_view.wording.standing(one["form"]): one["count"] for one in index["standings"]}
    assert counted == {"supported": 1, "proved": 1, "vacuous": 1, "refuted": 1, "inconclusive": 1, "not-reached": 1}
    assert [key for key, _ in index["filters"]["verdicts"]] == list(counted)
    assert ("1812.11118", "One et al. 2018: Reconciling") in index["filters"]["sources"]
    assert [row["id"] for row in index["rows"] if row["differs"]] == ["E13"]


@pytest.mark.parametrize(
    ("verdict", "more", "expected"),
    [
        ("supported", {}, "All is well."),
        ("supported", {"vacuous": True}, "Cross blocks of the Hessian vanish? That holds, but says little here."),
        ("refuted", {}, "Cross blocks of the Hessian vanish? That is refuted here."),
        ("inconclusive", {}, "Cross blocks of the Hessian vanish? That could not be decided here."),
        (
            "inconclusive",
            {"not_reached": ["x"]},
            "Cross blocks of the Hessian vanish? That was not reached at this size.",
        ),
    ],
)
def test_the_answer_says_what_its_verdicts_say(entries, verdicts, verdict, more, expected):
    next(one for one in verdicts if one["claim"] == "D3")["forms"]["printed"] |= {"verdict": verdict, **more}
    (claim,) = (one for one in reading.collect(entries, verdicts) if one.id == "D3")
    forms, titles = {"D3": claim.forms["printed"]}, {"D3": claim.entry["title"]}
    (told,) = answer.told(forms, titles, [{"claims": {"D3": "supported"}, "text": "All is well."}])
    assert told["text"] == expected
    (told,) = answer.told(forms, titles, [{"claims": {"D3": verdict}, "text": "As it is."}])
    assert (told["text"] == "As it is.") is not more.get("vacuous", False)
    assert answer.told(forms, titles, [{"claims": {"D3": verdict, "Z1": verdict}, "text": "All is well."}]) == []


def test_the_answer_rests_on_claims_that_there_are():
    claims = {claim["id"] for claim in registry.load()}
    written = answer.sentences()
    assert {name for one in written for name in one["claims"]} <= claims
    pictures = [one["picture"] for one in written if "picture" in one]
    assert len(pictures) == 3 and all(one["picture"] in one["claims"] for one in written if "picture" in one)


FRACTION = {"quantities": {"error": {"unit": "fraction"}}, "columns": {"p_over_n": {"label": "$p/n$"}}}


@pytest.mark.parametrize(
    ("declared", "part", "value", "expected"),
    [
        ({"kind": "peak", "quantity": "error"}, "rise", 0.083412, "8.34 points"),
        ({"kind": "peak", "quantity": "error", "relation": "ratio"}, "rise", 3.2, "3.2"),
        ({"kind": "peak", "quantity": "error"}, "place", 12.0, "12"),
        ({"kind": "ordering", "quantity": "error", "greater": {}, "less": 0}, "difference", 0.25, "25 %"),
        ({"kind": "ordering", "quantity": "error", "greater": {}, "less": {}}, "difference", 0.25, "25 points"),
        ({"kind": "ordering", "quantity": "other", "greater": {}, "less": {}}, "difference", 0.25, "0.25"),
        ({"kind": "slope", "quantity": "error"}, "slope", -1.5e7, "−1.5·10⁷"),
    ],
)
def test_estimates_are_told_in_the_units_of_the_figure(declared, part, value, expected):
    assert estimates.scale(declared, part, FRACTION).number(value) == expected


def test_estimates_have_readable_names():
    named = estimates.named("p_over_n = 1.2, study = mlp-digits: slope of upper half", {}, FRACTION)
    assert named == ("slope over the upper half", ["p/n 1.2", "mlp digits"])
    valley = {"valley": True, "x": "p_over_n", "name": "dip"}
    assert estimates.named("place", valley, FRACTION) == ("place of the bottom (p/n)", [])


def test_a_strip_shows_where_an_interval_lies():
    inside = {"estimate": 0.5, "low": 0.4, "high": 0.6, "band": [0, 1]}
    along = estimates.axis([inside])
    assert estimates.strip(inside, along) == {
        "band": (4.0, 96.0), "width": 92.0, "interval": (40.8, 59.2), "point": 50.0, "zero": None,
    }  # fmt: skip
    unbounded = {"estimate": 1e6, "low": 1e5, "high": None, "band": [1.0, None]}
    found = estimates.strip(unbounded, estimates.axis([unbounded]))
    assert found["band"] == (4.0, 100.0) and found["interval"][1] == 100.0
    assert estimates.axis([unbounded]).logarithmic
    assert estimates.axis([{"estimate": None, "low": None, "high": None, "band": [0, 1]}]) is None


def test_many_estimates_are_folded():
    groups = [{"name": name, "rows": list(range(count))} for name, count in (("a", 20), ("b", 3))]
    shown, folded = claim_view.divided(groups)
    assert [len(one["rows"]) for one in shown] == [12] and [len(one["rows"]) for one in folded] == [8, 3]
    shown, folded = claim_view.divided(groups[::-1])
    assert [one["name"] for one in shown] == ["b"] and [one["name"] for one in folded] == ["a"]


def test_the_size_is_that_of_the_studies_or_the_settings():
    studies = [{"experiments": ["x"], "model": "mlp", "widths": [[2, 4], 64], "n_train": 500, "dataset": "digits"}]
    verdict = {"forms": {"printed": {"predictions": [{"n_seeds": 8}]}}, "data": None, "cost": {}}
    trained = {**verdict, "provenance": {"run": {"config": {"studies": studies}}}}
    assert (
        sizes.told(trained, "x") == "MLP networks of width 2 to 64, trained on 500 images of digits and 8 repetitions"
    )
    verdict["cost"] = {"settings": {"n_train": 16, "smallest_exponent": 4, "largest_exponent": 16}}
    assert sizes.told(verdict, "x") == "16 samples, 16 to 65,536 hidden units and 8 repetitions"


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"m^{-1/2}", "m^(-1/2)"),
        (r"\|W - W_0\|_F \lesssim \tfrac{1}{\sqrt n}", "‖W - W₀‖_F ≲ 1/√(n)"),
        (r"\sum_{i=1}^n x_i^2", "∑ᵢ₌₁ⁿ xᵢ²"),
        (r"\eta_t = \frac{c}{t + t_0}, X^\top X", "ηₜ = c/(t + t₀), Xᵀ X"),
        (r"\bigl\| x \bigr\|_2 \leq 10^{-12}", "‖ x ‖₂ ≤ 10⁻¹²"),
    ],
)
def test_mathematics_as_text(latex, expected):
    assert typesetting.unicode(latex) == expected
    assert not list(typesetting.wrong(latex))


def test_prose_is_escaped_and_its_mathematics_set():
    made = typesetting.prose("a <b> $x_1$ & c")
    assert made.startswith("a &lt;b&gt; <math") and "<msub>" in made and made.endswith("</math> &amp; c")
    assert typesetting.plain("for $p < n$ only") == "for p < n only"
