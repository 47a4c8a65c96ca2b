"""Drawing: the theme, and axes and curves that figures of several topics share. Nothing in here imports torch."""

import contextlib
from pathlib import Path

# matplotlib reads a `matplotlibrc` of the working directory before any other, and fails if that is no text
with contextlib.chdir(Path(__file__).parent):
    import matplotlib  # noqa: F401
