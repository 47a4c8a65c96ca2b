"""What every program in ``scripts/`` shares: its arguments, its log and its way to fail."""

import argparse
import copy
import dataclasses
import faulthandler
import inspect
import json
import logging
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from overparam.errors import UserError
from overparam.jobs import faults, fork_client, interruption, job_log, surroundings

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Job:
    """What a program was asked to do.

    Attributes
    ----------
    settings
        The decoded JSON argument.
    inputs, outputs
        Paths by name, each a list.
    gpus
        Number of GPUs that the job may use, 0 for none.
    memory_mb
        Memory that the job may use, in MB.
    state
        Folder for the states of unfinished work, if it is to be kept.
    code
        Hash of the code of the program, for telling states of other code apart.
    checkpoint_minutes
        Minutes between two states.
    lineage
        What the outputs are made of; see :mod:`overparam.plan.lineage`.
    """

    settings: dict[str, Any]
    inputs: dict[str, list[Path]]
    outputs: dict[str, list[Path]]
    gpus: int
    memory_mb: int
    state: Path | None = None
    code: str = ""
    checkpoint_minutes: float = 5.0
    lineage: str = ""

    def made(self) -> bool:
        """Return whether every output is there."""
        return all(path.is_file() for paths in self.outputs.values() for path in paths)

    def input(self, name: str) -> Path:
        """Return the one input called ``name``."""
        return self._one(self.inputs, name, "--input")

    def output(self, name: str) -> Path:
        """Return the one output called ``name``."""
        return self._one(self.outputs, name, "--output")

    @staticmethod
    def _one(paths: dict[str, list[Path]], name: str, flag: str) -> Path:
        if len(paths.get(name, [])) != 1:
            raise UserError(f"this program needs `{flag} {name} PATH` exactly once")
        return paths[name][0]


def parse(description: str, arguments: list[str] | None = None) -> tuple[Job, Path | None]:
    """Parse ``SETTINGS --input NAME PATH... --output NAME PATH...`` and the options that ``--help`` lists."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("settings", help="settings as one JSON object, or @ and a file that holds it")
    for flag in ("--input", "--output"):
        parser.add_argument(flag, nargs="+", action="append", default=[], metavar=("NAME", "PATH"))
    parser.add_argument("--gpus", type=int, default=0, help="GPUs that this job may use (default: 0)")
    parser.add_argument("--memory-mb", type=int, default=4000, help="MB that this job may use (default: 4000)")
    parser.add_argument("--state", type=Path, help="save the state of training in this folder, and go on from it")
    parser.add_argument("--code", default="", help="hash of the code: a state of other code is not taken up")
    parser.add_argument("--checkpoint-minutes", type=float, default=5.0, help="time between two states (default: 5)")
    parser.add_argument("--lineage", default="", help="what the outputs are made of, as one text to write into them")
    parser.add_argument("--log", type=Path, help="also write the log to this file")
    given = parser.parse_args(arguments)
    try:
        # Linux limits one argument to 128 KiB: long settings come in a file
        text = Path(given.settings[1:]).read_text("utf-8") if given.settings.startswith("@") else given.settings
        settings = json.loads(text)
    except OSError as error:
        parser.error(f"SETTINGS can't be read: {error}")
    except (ValueError, RecursionError) as error:
        parser.error(f"SETTINGS is not JSON: {error}")
    inputs, outputs = (
        {name: [Path(path) for path in paths] for name, *paths in flags} for flags in (given.input, given.output)
    )
    kept = {
        name: getattr(given, name) for name in ("gpus", "memory_mb", "state", "code", "checkpoint_minutes", "lineage")
    }
    return Job(settings, inputs, outputs, **kept), given.log


def run(description: str, work: Callable[[Job], None], arguments: list[str] | None = None) -> None:
    """Run ``work`` on the job given by the command line, with a log, and exit 1 with a message if it fails.

    ``work`` itself imports the libraries that it needs: only here are a user's own settings cleared, and a log is there
    for what can't be imported. A traceback is shown only for what no one foresaw: in the log, or on the terminal if
    there is none.
    """
    if arguments is None:
        surroundings.enter()
    job, log_path = parse(description, arguments)
    if arguments is None and not job.gpus:  # what has forked can't use one
        fork_client.hand_over()
    before = job_log.reclaim_terminal(log_path) if log_path else ""
    try:
        record = job_log.JobLog(log_path) if log_path else None
    except OSError as error:
        raise SystemExit(f"ERROR {faults.explained(error, []) or error}") from None
    _log_to(record)
    if record and record.stream and arguments is None:
        faulthandler.enable(record.stream)  # a library that crashes says where
    start = time.monotonic()
    name, given = Path(sys.argv[0]).name, sys.argv[1] if arguments is None else arguments[0]
    log.info("%s, process %d on %s, settings: %s", name, os.getpid(), platform.node(), given)
    if before:
        log.warning("said before this log was open: %s", before)
    if run := os.environ.get("OVERPARAM_RUN_PID"):
        interruption.watch(int(run))
    try:
        with interruption.listening():
            _check_settings(work, job.settings)
            work(job)
    except interruption.Stopped as stopped:
        log.warning("%s after %.1f s", stopped, time.monotonic() - start)
        raise SystemExit(stopped.exit_code) from None
    except Exception as error:
        outputs = [path for paths in job.outputs.values() for path in paths]
        message = str(error) if isinstance(error, UserError) else faults.explained(error, outputs)
        if message:
            log.error("%s", message)
        elif faults.of_an_import(error):
            log.exception("%s: %s", job_log.NOT_STARTED, faults.not_imported(error))
        else:
            log.exception("unexpected %s: %s", type(error).__name__, error)
        log.info("failed after %.1f s", time.monotonic() - start)
        raise SystemExit(1) from None
    log.info("done in %.1f s", time.monotonic() - start)
    if record:
        record.done()


def _check_settings(work: Callable[[Job], None], settings: Any) -> None:
    """Refuse settings that the program which defines ``work`` can't use; others than those in ``scripts/`` take any."""
    source = Path(inspect.getfile(work))
    if source.parent == Path(__file__).resolve().parents[2]:
        from overparam.plan import program_settings  # it reads YAML, which is loaded once the log is open

        program_settings.check(source.stem, settings)


def _log_to(record: logging.Handler | None) -> None:
    """Send the log to the terminal; if there is a ``record`` all of it there, and only warnings to the terminal."""
    terminal = logging.StreamHandler()
    terminal.setFormatter((_Brief if record else logging.Formatter)(job_log.FORMAT))
    terminal.setLevel(logging.WARNING if record else logging.INFO)
    handlers = [terminal, record] if record else [terminal]
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    logging.captureWarnings(True)
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # else every glyph of a PDF is in the log


class _Brief(logging.Formatter):
    """Leaves tracebacks out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message alone."""
        brief = copy.copy(record)  # other handlers format the same record
        brief.exc_info = brief.exc_text = None
        return super().format(brief)
