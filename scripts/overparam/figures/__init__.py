"""One module per figure: measurements and verdict in, figure out. Nothing in here imports torch."""

import contextlib
from pathlib import Path

# matplotlib reads a `matplotlibrc` of the working directory before any other, and fails if that is no text
with contextlib.chdir(Path(__file__).parent):
    import matplotlib  # noqa: F401
