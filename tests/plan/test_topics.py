"""Topics and works as they are read: whatever is wrong with them is said in a sentence."""

import pytest
import yaml

from overparam.errors import UserError
from overparam.plan import bibliography, registry, topics

CLAIMS = [{"id": "A1"}, {"id": "A2"}, {"id": "B1"}]
TOPIC = {"letter": "A", "title": "Can it fit?", "bridge": "What $n$ is.", "show_first": ["A1"]}
WORK = {"authors": ["A One"], "title": "On errors", "year": 2018, "where": "a journal"}


def read(folder, *given):
    for number, topic in enumerate(given):
        path = folder / f"topic_{number}/topic.yaml"
        path.parent.mkdir()
        path.write_text(yaml.safe_dump(topic))
    return topics.load(CLAIMS, folder)


B = {**TOPIC, "letter": "B", "show_first": ["B1"]}


def test_topics_come_in_the_order_of_their_letters(tmp_path):
    found = read(tmp_path, B, TOPIC)
    assert found == [{**TOPIC, "folder": "topic_1"}, {**B, "folder": "topic_0"}]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{**TOPIC, "tittle": "x"}, B], "topic_0/topic.yaml: tittle: unknown key; did you mean 'title'?"),
        ([{**TOPIC, "bridge": "what $n is"}, B], "topic_0/topic.yaml: bridge: has an odd number of $"),
        ([{**TOPIC, "show_first": ["A3"]}, B], "show_first[0]: 'A3' is no claim of this topic"),
        ([TOPIC], "B1: no topic has the letter B; give their topic a topic.yaml"),
        ([TOPIC, TOPIC, B], "letter: A is that of two topics"),
        (["text", B], "topic_0/topic.yaml: expected the keys of a topic"),
    ],
)
def test_what_is_wrong_with_topics(tmp_path, given, expected):
    with pytest.raises(UserError) as caught:
        read(tmp_path, *given)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("works", "expected"),
    [
        ({"S1": {**WORK, "by": "x"}}, "S1.by: unknown key"),
        ({"S1": {key: WORK[key] for key in ("authors", "title", "where")}}, "S1.year: missing"),
        ({"S1": {**WORK, "url": "arxiv.org"}}, 'S1.url: "arxiv.org" does not match'),
        (["S1"], "expected works by their key"),
    ],
)
def test_what_is_wrong_with_works(tmp_path, works, expected):
    (tmp_path / "bibliography.yaml").write_text(yaml.safe_dump(works))
    with pytest.raises(UserError) as caught:
        bibliography.load(tmp_path)
    assert expected in str(caught.value)


def test_a_run_of_some_claims_knows_their_topics_alone():
    topics.recall(topics.load(registry.load()))
    known = topics.known([{"id": "A3"}, {"id": "B5"}])
    assert [topic["letter"] for topic in known] == ["A", "B"]
    assert known[0]["show_first"] == ["A3"] and known[1]["show_first"] == ["B5"]
