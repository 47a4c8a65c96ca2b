"""The data dictionary has a row for whatever a table can hold."""

from declarations import MEASURES

from overparam.plan import data_dictionary


def test_every_quantity_and_column_has_a_row():
    rows = data_dictionary.rows(MEASURES)
    assert [row["name"] for row in rows] == [*MEASURES["quantities"], *MEASURES["columns"], "seed"]
    by_name = {row["name"]: row for row in rows}
    assert by_name["error"] == {
        "name": "error",
        "kind": "quantity",
        "meaning": "share misclassified",
        "unit": "fraction",
        "allowed": "0 to 1",
        "gaps": "no",
        "label": "error",
    }
    assert (by_name["loss"]["allowed"], by_name["loss"]["gaps"]) == ("0 to ∞", "yes")
    assert (by_name["norm"]["allowed"], by_name["split"]["allowed"]) == ("", "train, test")
    assert (by_name["width"]["kind"], by_name["width"]["unit"]) == ("whole", "")


def test_markdown_shows_every_cell_as_it_is():
    text = data_dictionary.markdown(data_dictionary.rows(MEASURES))
    head, rule, *lines = text.splitlines()
    assert head == "| name | kind | meaning | unit | allowed | gaps | label |"
    assert set(rule) <= set("|- ") and len(lines) == 12
    assert lines[2] == "| `norm` | quantity | norm of the weights | 1 |  | no | $\\\\\\|w\\\\\\|$ |"
