"""Each bad input is answered by one sentence that names the key and what is allowed."""

import pytest

from overparam.validation import problems

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "description": "name of it"},
        "width": {"type": "integer", "minimum": 1, "default": 3, "description": "units"},
        "learning_rate": {"type": "number", "exclusiveMinimum": 0},
        "source": {"enum": ["digits", "cifar10"]},
        "widths": {
            "type": "array",
            "minItems": 1,
            "items": {
                "oneOf": [
                    {"type": "integer", "minimum": 1},
                    {"type": "array", "items": {"type": "integer", "minimum": 1}},
                ]
            },
        },
        "nested": {"type": "object", "default": {}, "properties": {"depth": {"type": "integer", "default": 2}}},
    },
}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({}, "config.name: missing (name of it)"),
        ({"name": "a", "width": 0}, "config.width: must be at least 1, found 0 (units)"),
        (
            {"name": "a", "learning_rate": "1e-4"},
            'config.learning_rate: expected a number, found "1e-4", which YAML reads as text: write 1.0e-4',
        ),
        (
            {"name": "a", "learning_rate": "2E5"},
            'config.learning_rate: expected a number, found "2E5", which YAML reads as text: write 2.0e+5',
        ),
        ({"name": "a", "learning_rate": 0}, "config.learning_rate: must be above 0, found 0"),
        (
            {"name": "a", "source": "digit"},
            "config.source: \"digit\" is not known; did you mean 'digits'? allowed: cifar10, digits",
        ),
        (
            {"name": "a", "widht": 3},
            "config.widht: unknown key; did you mean 'width'? "
            "allowed: learning_rate, name, nested, source, width, widths",
        ),
        ({"name": "a", "widths": [2, 0]}, "config.widths[1]: must be at least 1, found 0"),
        ({"name": "a", "widths": [2, [4, 0]]}, "config.widths[1][1]: must be at least 1, found 0"),
        ({"name": "a", "widths": ["x"]}, 'config.widths[0]: expected a whole number or a list, found "x"'),
        ({"name": "a", "widths": [0.5]}, "config.widths[0]: expected a whole number or a list, found 0.5"),
        ({"name": "a", "widths": []}, "config.widths: needs at least 1 entry"),
        ({"name": "a", "widths": 3}, "config.widths: expected a list, found 3"),
        ({"name": ["a"]}, "config.name: expected text, found a list (name of it)"),
    ],
)
def test_one_sentence(wrong, sentence):
    assert problems(wrong, SCHEMA, "config") == [sentence]


def test_all_problems_are_named_at_once():
    assert len(problems({"width": 0, "source": "x"}, SCHEMA)) == 3


def test_defaults_are_filled_in_and_not_shared():
    first, second = {"name": "a"}, {"name": "b"}
    assert problems(first, SCHEMA) == problems(second, SCHEMA) == []
    assert first == {"name": "a", "width": 3, "nested": {"depth": 2}}
    first["nested"]["depth"] = 9
    assert second["nested"]["depth"] == 2
