"""What is written of the claims, for readers: mathematics is LaTeX that can be set, and stands nowhere else."""

import re

import pytest
from latex2mathml.converter import convert

from overparam.plan import bibliography, registry, topics

CLAIMS = {entry["id"]: entry for entry in registry.load()}
TOPICS = {topic["folder"]: topic for topic in topics.load(CLAIMS.values())}
WORKS = bibliography.load()
ASCII = re.compile(r"\w_\w|\^|[<>=*\\|]|->|\d[eE][-+]?\d|\bsqrt\b|\b(alpha|beta|kappa|lambda|rho|sigma|tau|theta)\b")
SIGNS = re.compile("[α-ωΑ-Ωϕ√≥≤≈≪≫∇‖⇒→∞⊙∝≲≳∼·⁰¹²³⁴-⁹⁻₀-₉ᵢᵀℓ∃∀∈±−]")
NAMED = re.compile(r"\\(text|mathrm|operatorname)\{[^}]*\}")
FOUR_WORDS = 4  # at least, in whatever is a sentence


def rich_texts():
    """Yield every text that may hold LaTeX between dollar signs, with its place."""
    for name, entry in CLAIMS.items():
        for key in ("statement", "reading", "note"):
            yield f"{name}.{key}", entry.get(key, "")
        for number, row in enumerate(entry.get("published", [])):
            yield from ((f"{name}.published[{number}].{key}", row[key]) for key in ("value", "setting"))
    for topic, content in TOPICS.items():
        yield f"{topic}.bridge", content["bridge"]


def plain_texts():
    """Yield every text of the claims that is read as it stands, with its place."""
    for name, entry in CLAIMS.items():
        yield f"{name}.question", entry.get("question", "")
        yield from ((f"{name}.published", row["quantity"]) for row in entry.get("published", []))
        controls = [entry["control"], *entry.get("more_controls", [])]
        yield from ((f"{name}.controls", control["description"]) for control in controls)
        for form, content in entry["forms"].items():
            told = content.get("refutation", {})
            yield from ((f"{name}.{form}.{key}", told[key]) for key in ("says", "why") if key in told)


def formulas():
    """Yield every piece of LaTeX, with its place."""
    yield from ((f"{name}.formula", entry["formula"]) for name, entry in CLAIMS.items())
    for place, text in rich_texts():
        yield from ((place, part) for part in text.split("$")[1::2])


def mishaps(latex):
    """Return what a reader would stumble over if this were set: unknown commands, and words in letters of variables."""
    made = convert(latex)
    left = re.findall(r"\\[A-Za-z]+|[\\$]", re.sub("<[^>]*>", " ", made))
    words = re.findall("[A-Za-z]{3,}", re.sub(r"\\[A-Za-z]+", "", NAMED.sub("", latex)))
    return left + words


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\text{test error} \le x^2", []),
        (r"\foo x", [r"\foo"]),
        (r"train \le x", ["train"]),
        (r"\text{5 \%}", ["\\"]),
        (r"\operatorname*{argmax}", ["argmax"]),
    ],
)
def test_mishaps_are_found(latex, expected):
    assert mishaps(latex) == expected


def test_every_formula_can_be_set():
    found = {f"{place}: {latex}": mishaps(latex) for place, latex in formulas()}
    assert {place: what for place, what in found.items() if what} == {}
    assert [name for name, entry in CLAIMS.items() if not entry["formula"].isascii()] == []


def test_no_mathematics_outside_of_dollar_signs():
    found = [place for place, text in rich_texts() if text.count("$") % 2]
    for place, text in rich_texts():
        outside = " ".join(text.split("$")[::2])
        signs = [*ASCII.finditer(outside), *SIGNS.finditer(outside)]
        found += [f"{place}: {sign[0]!r} in {outside!r}" for sign in signs]
    assert found == []


def test_no_typewriter_mathematics_in_plain_texts():
    typewriter = re.compile(r"\$|\w_\w|\w\^|[<>]=|->|=>|\|\||\d[eE][-+]?\d|\\")
    assert [(place, text) for place, text in plain_texts() if typewriter.search(text)] == []
    assert [text for place, text in plain_texts() if place.endswith(".question") and SIGNS.search(text)] == []


def test_questions_and_readings_are_what_a_reader_is_promised():
    for name, entry in CLAIMS.items():
        question, reading = entry.get("question", ""), entry.get("reading", "")
        assert question.endswith("?") and len(question.split()) >= FOUR_WORDS, f"{name}.question: {question!r}"
        sentences = re.findall(r"[.?!](?= |$)", re.sub(r"\$[^$]*\$", "x", reading))
        assert len(sentences) == 2, f"{name}.reading: two sentences are expected, found {reading!r}"


def test_chapters_are_those_of_the_claims():
    letters = {name[0] for name in CLAIMS}
    assert {topic["letter"] for topic in TOPICS.values()} == letters and len(TOPICS) == len(letters)
    for topic, content in TOPICS.items():
        assert len(content["show_first"]) >= 2, topic
        assert 90 <= len(content["bridge"].split()) <= 135, topic
        assert not re.search(r"\d", content["bridge"].replace("$2/h$", "")), (
            f"{topic}: a number that a run could change"
        )


def test_every_cited_work_is_in_the_bibliography():
    cited = {key for _, text in rich_texts() for key in re.findall(r"\barXiv (\d{4}\.\d{4,5})\b", text)}
    assert cited - set(WORKS) == set()
    for key, work in WORKS.items():
        assert ("url" in work and work["url"].endswith(f"/{key}")) or not re.fullmatch(r"\d{4}\.\d+", key), key
