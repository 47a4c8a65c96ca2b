"""What a reader sees of a run: the table of verdicts and the page."""
