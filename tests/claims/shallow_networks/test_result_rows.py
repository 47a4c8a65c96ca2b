"""Rows of results beside the side of a bound that was promised, and the filled panels of the phase transition."""

import numpy as np
import pandas as pd
import pytest
from altered_verdicts import uprights

from overparam.claims.shallow_networks import log_ticks, result_rows
from overparam.claims.shallow_networks.phase_transition import phase_panels
from overparam.drawing import theme


@pytest.fixture
def axis():
    _, (axis,) = theme.panels()
    axis.set(xscale="log", xlim=(0.1, 10))
    return axis


def markers(axis):
    return {line.get_marker(): line.get_xdata()[0] for line in axis.get_lines() if line.get_marker() != "None"}


def test_a_row_marks_its_median_and_what_lies_beyond_the_axis(axis):
    result_rows.row(axis, 0, [0.5, 1, 2], theme.INK)
    assert markers(axis) == {"o": 1}
    axis.clear()
    axis.set(xscale="log", xlim=(0.1, 10))
    result_rows.row(axis, 0, [1, 100, np.inf, np.nan], theme.INK)  # no number is worse than any
    assert markers(axis) == {"<": 0.1, ">": 10}


def test_the_promised_side_is_shaded_up_to_the_edge_and_leaves_the_limits(axis):
    result_rows.allowed(axis, 2, "below")
    assert uprights(axis) == [2]
    assert axis.get_xlim() == (0.1, 10)
    (shade,) = axis.patches
    assert tuple(shade.get_extents().transformed(axis.transData.inverted()).intervalx.round(9)) == (0.1, 2)


def test_rows_stand_from_above_in_their_colours(axis):
    result_rows.name(axis, ["first", "second"], [theme.INK, theme.GREY])
    assert [label.get_color() for label in axis.get_yticklabels()] == [theme.INK, theme.GREY]
    assert axis.yaxis_inverted()


def test_short_logarithmic_axes_have_plain_numbers(axis):
    log_ticks.plain(axis.xaxis)
    axis.figure.draw_without_rendering()
    shown = [label.get_text() for label in axis.get_xticklabels()]
    assert {"0.5", "2", "5"} <= set(shown)


def test_filled_cells_hold_the_shares_and_go_on_in_a_paler_shade(axis):
    cells = pd.DataFrame({"dimension": [4, 4, 4, 8, 8], "width": [2, 2, 8, 2, 4], "value": [0.0, 1.0, 1.0, 0.0, 1.0]})
    phase_panels.filled(axis, cells)
    tried = [mesh.get_array().ravel().tolist() for mesh in axis.collections if mesh.get_alpha() is None]
    assert tried == [[0.5, 1.0], [0.0, 1.0]]
    paler = [mesh.get_array().ravel().tolist() for mesh in axis.collections if mesh.get_alpha() is not None]
    assert paler == [[1.0]]  # above the widths that were tried at d = 8
