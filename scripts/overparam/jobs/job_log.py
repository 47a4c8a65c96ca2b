"""The log of a job: one file, which keeps the attempts that failed until one of them is done.

A workflow engine removes the log of a job before it starts the job again. So the file has a second name beside the
first, a hard link, until the job is done; the next attempt goes on in the file behind that name.
"""

import contextlib
import logging
import os
import re
import signal
import sys
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(message)s"
SEPARATOR = "=" * 30 + " the attempt above did not end well; the next one "
ENDINGS = ("done in", "failed after", "stopped by")  # how the last line of a program begins
NOT_STARTED = "Python could not start"  # or not import what the job needs
TERMINAL = 3  # the rules of a run put the terminal here, and send stderr into the log until it is open
# what Python, the shell or the system say of a program that does not begin; a warning is none of it
NO_START = re.compile(
    r"^Traceback \(most recent call last\)|^  File \".*\", line \d+|^Fatal Python error|: (command )?not found"
    r"|: No such file or directory|: Permission denied|: cannot execute|: can't open file |: No module named "
    r"|: error while loading shared libraries|: version `\S+' not found|: symbol lookup error|Exec format error"
    r"|^(Illegal instruction|Segmentation fault|Bus error)",
    re.MULTILINE,
)
RECORD = re.compile(r"\d{4}-\d\d-\d\d [\d:,]+ [A-Z]+ ")


class JobLog(logging.FileHandler):
    """Writes the log of one job.

    Parameters
    ----------
    path
        The log. It starts afresh if the job was done when it last ran; else this attempt follows the earlier ones.

    Raises
    ------
    OSError
        If the file can't be written.
    """

    def __init__(self, path: Path):
        self.second_name = path.with_name(f".{path.name}.unfinished")
        path.parent.mkdir(parents=True, exist_ok=True)
        earlier = self.second_name.exists()
        path.unlink(missing_ok=True)
        if earlier:
            self.second_name.rename(path)
        super().__init__(path, mode="a", encoding="utf-8")
        with contextlib.suppress(OSError):  # not every file system has hard links: there only the last attempt is kept
            self.second_name.hardlink_to(path)
        self.setFormatter(logging.Formatter(FORMAT))
        self.whole = True
        if earlier:
            self.stream.write(f"{SEPARATOR}\n")

    def done(self) -> None:
        """Let the next run of the job start the log afresh."""
        with contextlib.suppress(OSError):
            self.second_name.unlink(missing_ok=True)

    def handleError(self, record: logging.LogRecord) -> None:
        """Say once, on the terminal, that the log can't be written; the job goes on."""
        if self.whole:
            self.whole = False
            print(f"WARNING the log {self.baseFilename} has gaps: {sys.exc_info()[1]}", file=sys.stderr)


def reclaim_terminal(path: Path) -> str:
    """Send stderr to the terminal again if a rule has sent it into this log; return what was written there till now."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(sys.stderr.fileno()), path.stat()):
            said = path.read_text(encoding="utf-8", errors="replace").strip()
            os.dup2(TERMINAL, sys.stderr.fileno())
            os.close(TERMINAL)
            return said
    return ""


def why_not_started(path: Path) -> str | None:
    """Return why the program of this log could not start, at its last attempt; ``None`` if it could, or was killed."""
    lines = _last_attempt(path)
    for line in lines:
        if (record := RECORD.match(line)) and line[record.end() :].startswith(f"{NOT_STARTED}: "):
            return line[record.end() :].removeprefix(f"{NOT_STARTED}: ")
    if any(map(RECORD.match, lines)) or not NO_START.search("\n".join(lines)):
        return None
    said = [line for line in lines if line.strip() and not line.startswith((" ", "\t"))]
    crashed = [line for line in said if line.startswith("Fatal Python error")]
    reason = (crashed or said or lines)[-1].strip()
    return None if reason.startswith("KeyboardInterrupt") else reason


def crash(path: Path) -> str | None:
    """Return how a library crashed the program of this log, say ``Segmentation fault``; ``None`` if none did."""
    found = re.findall(r"^Fatal Python error: (.*)$", "\n".join(_last_attempt(path)), re.MULTILINE)
    return found[-1] if found else None


def ended(path: Path) -> bool:
    """Return whether the program that wrote this log came to its own end, good or bad."""
    return _last_message(path).startswith(ENDINGS)


def succeeded(path: Path) -> bool:
    """Return whether the program that wrote this log did its work."""
    return _last_message(path).startswith(ENDINGS[0])


def stopped_by(path: Path, number: signal.Signals) -> bool:
    """Return whether the program that wrote this log ended because it got this signal."""
    return _last_message(path).startswith(f"stopped by {number.name} ")


def last_lines(path: Path, count: int = 12) -> list[str]:
    """Return the last lines of the last attempt in a log, without its settings, which can be very long."""
    return [line for line in _last_attempt(path) if ", settings: " not in line][-count:]


def _last_message(path: Path) -> str:
    return RECORD.sub("", "".join(_lines(path)[-1:]))


def _last_attempt(path: Path) -> list[str]:
    lines = _lines(path)
    start = max((number for number, line in enumerate(lines, 1) if line == SEPARATOR), default=0)
    return lines[start:]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
