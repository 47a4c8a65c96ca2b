"""Each bad input is answered by one sentence that names the key and what is allowed."""

import datetime

import pytest
import yaml

from overparam.plan.validation import problems, repeated, spelled

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
        ({"name": "a", "widths": []}, "config.widths: needs at least 1 entry, found 0"),
        ({"name": "a", "widths": 3}, "config.widths: expected a list, found 3"),
        (
            {"name": "a", "widths": [{}]},
            "config.widths[0]: expected a whole number or a list, found a mapping",
        ),
        (
            {"name": "a", "width": "1e4"},
            'config.width: expected a whole number, found "1e4", which YAML reads as text: write 10000 (units)',
        ),
        ({"name": "a", "width": "5e-1"}, 'config.width: expected a whole number, found "5e-1" (units)'),
        ({"name": ""}, "config.name: needs at least 1 character, found 0 (name of it)"),
        ({"name": datetime.date(2020, 1, 2)}, 'config.name: expected text, found "2020-01-02" (name of it)'),
        ({"name": ["a"]}, "config.name: expected text, found a list (name of it)"),
    ],
)
def test_one_sentence(wrong, sentence):
    assert problems(wrong, SCHEMA, "config") == [sentence]


def test_all_problems_are_named_at_once():
    assert len(problems({"width": 0, "source": "x"}, SCHEMA)) == 3


def test_problems_come_in_the_order_of_a_list():
    found = problems({"name": "a", "widths": [1] * 2 + [0] + [1] * 7 + [0]}, SCHEMA)
    assert [sentence.partition(":")[0] for sentence in found] == ["widths[2]", "widths[10]"]


BY_KIND = {
    "type": "array",
    "items": {
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "enum": ["line", "disk"]}},
        "allOf": [
            {"if": {"required": ["kind"], "properties": {"kind": {"const": kind}}}, "then": {"$ref": f"#/$defs/{kind}"}}
            for kind in ("line", "disk")
        ],
    },
    "$defs": {
        "length": {"type": "number", "minimum": 0, "description": "In metres."},
        "line": {"required": ["length"], "properties": {"length": {"$ref": "#/$defs/length"}}},
        "disk": {
            "required": ["radius"],
            "properties": {"radius": {"$ref": "#/$defs/length", "description": "From centre to rim."}},
            "dependentRequired": {"centre": ["label"]},
        },
    },
}


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"kind": "line"}, "[a].length: missing (In metres)"),
        ({"kind": "disk"}, "[a].radius: missing (From centre to rim)"),
        ({"kind": "disk", "radius": -1}, "[a].radius: must be at least 0, found -1 (From centre to rim)"),
        ({"kind": "disk", "radius": 1, "centre": 0}, "[a].label: missing, centre needs it"),
        ({"kind": "lime"}, "[a].kind: \"lime\" is not known; did you mean 'line'? allowed: disk, line"),
        ({"kind": 3}, "[a].kind: 3 is not known; allowed: disk, line"),
    ],
)
def test_rules_by_kind_and_items_called_by_name(item, sentence):
    assert problems([{"name": "a", **item}], BY_KIND, called=["name"]) == [sentence]


def test_an_item_whose_name_another_has_keeps_its_index():
    items = [{"name": "a", "kind": "line"}, {"name": "a", "kind": "line", "length": 1}]
    assert problems(items, BY_KIND, called=["name"]) == ["[0].length: missing (In metres)"]


def test_repeated():
    assert repeated(["a", "b", "a", "c", "c", "c"], "config.studies") == [
        "config.studies: the name 'a' stands twice",
        "config.studies: the name 'c' stands 3 times",
    ]


@pytest.mark.parametrize("text", ["1e-4", "2E5", "-1e4", "+3e7", "1.e5", ".5e3", "12", "0.5", "1e04"])
def test_spelled_is_read_as_the_number_that_was_meant(text):
    assert yaml.safe_load(spelled(text)) == float(text)


@pytest.mark.parametrize("text", ["1e", "e4", "inf", "nan", "1_0", "1e4 rows", "", None, 3])
def test_spelled_leaves_other_values_alone(text):
    assert spelled(text) is None


def test_defaults_are_filled_in_where_asked():
    mine = {"name": "a"}
    assert problems(mine, SCHEMA) == []
    assert mine == {"name": "a"}


def test_defaults_are_filled_in_and_not_shared():
    first, second = {"name": "a"}, {"name": "b"}
    assert problems(first, SCHEMA, defaults=True) == problems(second, SCHEMA, defaults=True) == []
    assert first == {"name": "a", "width": 3, "nested": {"depth": 2}}
    first["nested"]["depth"] = 9
    assert second["nested"]["depth"] == 2
