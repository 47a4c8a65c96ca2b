"""From measurements to verdicts: predictions, intervals, controls."""
