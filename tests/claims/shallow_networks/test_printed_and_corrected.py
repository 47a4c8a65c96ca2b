"""Headlines follow the verdicts of the printed and the corrected form."""

import pytest

from overparam.claims.shallow_networks import printed_and_corrected

TEXTS = {name: name for name in ("both", "printed", "supported", "refuted", "undecided")}


@pytest.mark.parametrize(
    ("printed", "corrected", "said"),
    [
        ("refuted", "supported", "both"),
        ("refuted", "inconclusive", "printed"),
        ("refuted", "refuted", "refuted"),
        ("inconclusive", "supported", "supported"),
        ("inconclusive", "inconclusive", "Undecided: undecided"),
    ],
)
def test_the_headline_says_what_was_decided(printed, corrected, said):
    verdict = {"forms": {"printed": {"verdict": printed}, "corrected": {"verdict": corrected}}}
    assert printed_and_corrected.headline(verdict, **TEXTS) == said
