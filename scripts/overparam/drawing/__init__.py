"""Drawing: the theme, and axes and curves that figures of several topics share. Nothing in here imports torch."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def _without(*libraries: str) -> Iterator[None]:
    """Let libraries that are not loaded yet be absent meanwhile."""
    absent = dict.fromkeys(set(libraries) - sys.modules.keys())
    sys.modules.update(absent)  # type: ignore[arg-type] # None makes an ImportError
    try:
        yield
    finally:
        for library in absent:
            del sys.modules[library]


# matplotlib reads a `matplotlibrc` of the working directory before any other, and fails if that is no text
with contextlib.chdir(Path(__file__).parent):
    import matplotlib  # noqa: F401

# seaborn takes them for densities and dendrograms, which no figure has; to load them takes a second of every figure
with _without("scipy.stats", "scipy.cluster"):
    import seaborn  # noqa: F401
