"""What all figures share: a curve that begins in a control."""

import pandas as pd

from overparam.drawing import theme


def test_a_curve_leaves_its_control():
    _, (axis,) = theme.panels()
    theme.leave_control(
        axis, pd.Series([0.1, 0.2, 0.6, 1.0], index=[1, 2, 4, 8]), 2, color=theme.INK, marker="o", label="fits"
    )
    control, rest = axis.get_lines()
    assert (control.get_color(), control.get_linestyle()) == (theme.GREY, "--")
    assert list(control.get_xdata()) == [1, 2, 4] and control.get_markevery() == [0, 1]
    assert (rest.get_color(), rest.get_linestyle(), rest.get_label()) == (theme.INK, "-", "fits")
    assert list(rest.get_xdata()) == [4, 8]
    assert control.get_label().startswith("_")
