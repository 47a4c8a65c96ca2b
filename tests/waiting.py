"""Waiting for what other processes do."""

import time

PATIENCE = 240.0  # seconds after which a wait has failed


def until(holds, what):
    """Wait until ``holds()`` is true, and return what it gave."""
    end = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < end, f"{what}: not within {PATIENCE:g} s"
        time.sleep(0.02)
    return found
