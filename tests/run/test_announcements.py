"""What a run says before it begins and at its end."""

from pathlib import Path

import announcements
import pytest

CLAIMS = ["B4", "C1", "C2"]
RUN = {
    "datasets": [
        {"name": "digits", "source": "digits"},
        {"name": "cifar10-four", "source": "cifar10", "optional": True},
        {"name": "cifar10", "source": "cifar10", "optional": False},
    ],
    "studies": [{"name": "on-digits", "dataset": "digits"}, {"name": "on-images", "dataset": "cifar10-four"}],
}


@pytest.fixture
def results(tmp_path):
    for name in ("claims/C1/figure.svg", "claims/C2/figure.svg", "report/claims/C2.html", "report/index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_images_that_add_studies_to_a_run_are_named(monkeypatch):
    (sentence,) = announcements.own_images(RUN, {"OVERPARAM_CIFAR10": "~/images"})
    assert sentence.startswith("OVERPARAM_CIFAR10 is set to '~/images', so this run does more than without it")
    assert "trains on-images on CIFAR-10 images" in sentence and "`unset OVERPARAM_CIFAR10`" in sentence


def test_images_that_a_run_needs_anyway_are_only_said_to_be_read():
    asked = {"datasets": RUN["datasets"][2:], "studies": [{"name": "on-all", "dataset": "cifar10"}]}
    (sentence,) = announcements.own_images(asked, {"OVERPARAM_CIFAR10": "images"})
    assert sentence.endswith("CIFAR-10 images are read from there.")


@pytest.mark.parametrize(
    ("run", "given"),
    [
        (RUN, {}),
        (RUN, {"OVERPARAM_CIFAR10": ""}),
        ({**RUN, "datasets": RUN["datasets"][:1]}, {"OVERPARAM_CIFAR10": "x"}),
    ],
)
def test_nothing_is_said_where_nothing_changes(run, given):
    assert announcements.own_images(run, given) == []


def test_a_run_for_everything_names_the_page_of_all_claims(results):
    assert announcements.where_to_look(results, [], CLAIMS) == [f"Index of the pages: {results}/report/index.html"]


def test_a_run_for_one_claim_names_what_there_is_of_it(results):
    page = f"Index of the pages: {results}/report/index.html"
    figure = f"C1, figure: {results}/claims/C1/figure.svg"
    assert announcements.where_to_look(results, ["C1"], CLAIMS) == [figure, page]
    own = [f"C2, page: {results}/report/claims/C2.html", f"C2, figure: {results}/claims/C2/figure.svg"]
    assert announcements.where_to_look(results, ["C2"], CLAIMS) == [*own, page]


def test_nothing_is_named_that_is_not_there(results):
    (results / "report/index.html").unlink()
    assert announcements.where_to_look(results, [], CLAIMS) == []
    (sentence,) = announcements.where_to_look(results, ["B4"], CLAIMS)
    assert "without a target" in sentence


def test_a_run_of_everything_says_where_its_pages_will_be():
    for targets in (set(), {"all"}):
        sentence = announcements.where_pages_will_be(Path("results/mine"), targets, ["A1", "B4"])
        assert "results/mine/report/index.html" in sentence and "`snakemake --cores 1 A1`" in sentence
    assert announcements.where_pages_will_be(Path("results/mine"), {"A1"}, ["A1", "B4"]) == ""
