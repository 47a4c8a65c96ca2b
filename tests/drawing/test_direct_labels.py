"""Labels at line ends lie beside their lines and on no other label."""

import itertools

import numpy as np
import pytest

from overparam.drawing import direct_labels, theme


@pytest.mark.parametrize(
    ("middles", "expected"),
    [([0, 100], [0, 100]), ([50, 50], [45, 55]), ([0, 100, 104], [0, 97, 107]), ([9, 0, 5], [14.67, -5.33, 4.67])],
)
def test_labels_move_no_further_than_they_must(middles, expected):
    assert np.allclose(direct_labels.apart(middles, [10] * len(middles)), expected, atol=0.01)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_names_stand_at_the_ends_of_their_lines_and_do_not_touch(scale):
    figure, (axis,) = theme.panels()
    for number in range(4):
        axis.plot([0, 1], [0.5, 0.5 + 0.0005 * number], label=f"line {number}", color=theme.CATEGORIES[number])
    axis.plot([0, 1], [1, np.nan], label="to the middle")
    axis.axhline(0.5)  # has no name
    axis.set_yscale(scale)
    direct_labels.of_lines(axis)
    theme.finish(figure)
    labels = [one for one in axis.get_children() if isinstance(one, direct_labels.EndLabel)]
    boxes = [label.get_window_extent() for label in labels]
    assert [label.get_text() for label in labels] == ["line 0", "line 1", "line 2", "line 3", "to the middle"]
    assert all(a.y1 <= b.y0 + 0.1 for a, b in itertools.pairwise(boxes[:4]))
    assert boxes[0].x1 < figure.bbox.width and boxes[0].x0 > axis.transData.transform((1, 0))[0]
    assert boxes[4].x0 < axis.transData.transform((0.2, 0))[0]
