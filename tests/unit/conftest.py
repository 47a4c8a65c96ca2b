"""Says at the end of a run how many inputs the fuzz tests tried."""

from fuzzing import TRIED


def pytest_terminal_summary(terminalreporter):
    """Print a line for every reader: inputs, and how many of them were refused."""
    targets = sorted({target for target, _ in TRIED})
    if targets:
        terminalreporter.section("fuzzed readers: inputs (refused)")
    for target in targets:
        refused, accepted = TRIED[target, "refused"], TRIED[target, "accepted"]
        terminalreporter.write_line(f"{target}: {refused + accepted:,} ({refused:,})")
    if targets:
        terminalreporter.write_line(f"all: {sum(TRIED.values()):,}")
