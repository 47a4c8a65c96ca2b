"""Progress of anything long, as log lines with rate and time left."""

import logging
import time

log = logging.getLogger(__name__)


class Progress:
    """Count finished units and log at most one line every ``interval`` seconds.

    Parameters
    ----------
    total
        Number of units to do.
    unit
        What is counted, in the plural, say ``"epochs"``.
    interval
        Seconds between two lines.
    """

    def __init__(self, total: int, unit: str, interval: float = 5.0):
        self.total, self.unit, self.interval = total, unit, interval
        self.done = self.before = 0
        self.start = self.last = time.monotonic()

    def skip(self, count: int) -> None:
        """Record ``count`` units that were finished before, and tell nothing of the rate."""
        self.done += count
        self.before += count

    def advance(self, count: int = 1) -> None:
        """Record ``count`` more finished units."""
        self.done += count
        now = time.monotonic()
        if now - self.last < self.interval and self.done < self.total:
            return
        self.last = now
        rate = (self.done - self.before) / max(now - self.start, 1e-9)
        left = (self.total - self.done) / max(rate, 1e-9)
        log.info("%d/%d %s, %.3g per second, %.0f s left", self.done, self.total, self.unit, rate, left)
