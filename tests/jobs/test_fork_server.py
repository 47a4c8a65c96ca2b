"""Programs whose work is done by a fork server: as they would do it, and they end as it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import fork_servers
import pytest
import waiting

from overparam.jobs import fork_client, fork_server, surroundings

SAID = """
import json, os, sys
print(json.dumps({
    "arguments": sys.argv, "folder": os.getcwd(), "mine": os.environ.get("MINE"), "process": os.getpid(),
    "parent": os.getppid(), "imported": sorted({"statistics", "overparam"} & sys.modules.keys()),
    "given": sys.stdin.read(), "beside": sys.path[0], "name": __name__,
    "server": os.environ.get("OVERPARAM_FORK_SERVER"),
}))
print("a word", file=sys.stderr)
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server that has imported one module, as a process."""
    for name, value in surroundings.SET.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(fork_client.VARIABLE, "")  # what is told below is forgotten after the test
    process = fork_servers.start(tmp_path / "socket", ["statistics"])
    yield process
    process.stdin.close()
    process.wait(timeout=waiting.PATIENCE)


class Asking:
    """Starts programs that ask the server before they do anything themselves."""

    def __init__(self, folder: Path):
        self.folder = folder

    def start(self, text, *arguments, own="print('by itself')", **options):
        """Start a program of this text; ``own`` is what is run where no server does the work."""
        program = self.folder / "program.py"
        program.write_text(
            "import os, sys\n"
            "if os.environ.get('OVERPARAM_FORK_SERVER'):\n"
            f"    sys.path.insert(0, {str(surroundings.SCRIPTS)!r})\n"
            "    from overparam.jobs import fork_client\n"
            "    fork_client.hand_over()\n"
            f"    exec({own!r}); sys.exit()\n"
            f"{text}\n"
        )
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(
            [sys.executable, program, *arguments], text=True, cwd=self.folder, **{**pipes, **options}
        )

    def run(self, text, *arguments, given="", **options):
        """Run a program to its end; return its exit code and what it printed on both streams."""
        with self.start(text, *arguments, **options) as process:
            printed, said = process.communicate(given, timeout=waiting.PATIENCE)
        return process.returncode, printed, said


@pytest.fixture
def asking(server, tmp_path):
    """What starts programs that ask the server."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return Asking(folder)


def test_a_copy_of_the_server_is_as_the_program_was_started(asking, server, monkeypatch):
    asking.run("")  # the first may come before the library
    monkeypatch.setenv("MINE", "of this program")
    code, printed, said = asking.run(SAID, "one", "two words", given="a line")
    found = json.loads(printed)
    assert (code, said) == (0, "a word\n")
    assert found["parent"] == server.pid
    assert found["arguments"][1:] == ["one", "two words"]
    assert (found["folder"], found["beside"], found["name"]) == (str(asking.folder), str(asking.folder), "__main__")
    assert (found["mine"], found["given"]) == ("of this program", "a line")
    assert found["imported"] == ["statistics"]  # before the program itself imports anything
    assert found["server"] is None  # its own programs begin by themselves


def test_streams_know_that_they_lead_elsewhere_than_those_of_the_server(asking):
    """Those of the server lead to files in which one can seek."""
    text = "sys.stdout.reconfigure(errors='replace'); print('a word', sys.stdout.seekable(), sys.stdin.seekable())"
    assert asking.run(text)[:2] == (0, "a word False False\n")


def test_two_programs_are_done_beside_each_other(asking):
    waits = "import sys; print('begun', flush=True); sys.stdin.read()"
    with asking.start(waits) as first, asking.start(waits) as second:
        for process in (first, second):
            assert process.stdout.readline() == "begun\n"
        for process in (second, first):
            process.communicate(timeout=waiting.PATIENCE)
    assert (first.returncode, second.returncode) == (0, 0)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("sys.exit(7)", 7, ""),
        ("sys.exit('a sentence')", 1, "a sentence\n"),
        ("sys.exit(None)", 0, ""),
        ("raise KeyError('x')", 1, "KeyError: 'x'\n"),
        ("os.kill(os.getpid(), 9)", -signal.SIGKILL, ""),
        ("os.abort()", -signal.SIGABRT, ""),
        ("import threading; threading.Timer(0.3, lambda: print('x', file=sys.stderr)).start()", 0, "x\n"),
        ("import atexit; atexit.register(lambda: print('last', file=sys.stderr))", 0, "last\n"),
    ],
)
def test_a_program_ends_as_its_work_ends(asking, text, code, said):
    ended, _, printed = asking.run(text)
    assert ended == code
    assert printed.endswith(said)


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_work(asking, number, before):
    """Also one that is ignored at first, as SIGINT is in the background of a shell: jobs listen to it."""
    text = f"""
import signal, time
signal.signal({int(number)}, lambda number, frame: sys.exit(100 + number))
print("begun", flush=True)
time.sleep(1000)
"""
    with asking.start(text, preexec_fn=lambda: signal.signal(number, before)) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        process.communicate(timeout=waiting.PATIENCE)
    assert process.returncode == 100 + number


def test_the_work_of_a_program_that_is_killed_ends_too(asking):
    with asking.start("import time; print(os.getpid(), flush=True); time.sleep(1000)") as process:
        worker = int(process.stdout.readline())
        process.kill()
        waiting.until(lambda: not _lives(worker), "the end of the work")


def test_what_a_program_ignores_its_work_ignores_too(asking):
    text = "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    _, printed, _ = asking.run(text, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert printed == "True\n"


def test_a_program_fails_with_a_server_that_is_killed_and_leaves_nothing_at_work(asking, server):
    with asking.start("import time; print(os.getpid(), flush=True); time.sleep(1000)") as process:
        worker = int(process.stdout.readline())
        server.kill()
        process.communicate(timeout=waiting.PATIENCE)
    assert process.returncode == -signal.SIGKILL
    waiting.until(lambda: not _lives(worker), "the end of the work")
    assert asking.run("print('by a server')")[1] == "by itself\n"  # the next one begins by itself


@pytest.mark.parametrize(
    ("name", "value"),
    [("OMP_NUM_THREADS", "2"), ("MALLOC_TOP_PAD_", "1000"), ("MKL_CBWR", "COMPATIBLE"), ("LD_LIBRARY_PATH", "/x")],
)
def test_a_program_that_libraries_would_serve_otherwise_does_its_work_itself(asking, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert asking.run("print('by a server')")[1] == "by itself\n"


def test_a_server_outlives_the_signals_of_a_terminal_and_ends_with_its_run(asking, server, tmp_path):
    assert asking.run("")[0] == 0  # it has begun
    for number in fork_server.SIGNALS:
        server.send_signal(number)
    with asking.start("print('begun', flush=True); sys.stdin.read(); print('done')") as process:
        assert process.stdout.readline() == "begun\n"
        server.stdin.close()  # as if the run were over, or killed
        time.sleep(0.2)
        assert server.poll() is None  # somebody waits for what is still at work
        printed, _ = process.communicate("", timeout=waiting.PATIENCE)
    assert printed == "done\n"
    assert server.wait(timeout=waiting.PATIENCE) == 0
    assert not (tmp_path / "socket").exists()  # nobody else would remove it after a run that was killed


def test_what_asks_nothing_is_left_alone(asking, tmp_path):
    for said in (b"", b"\0\0\0\5[1,", b"\0\0\0\2[]"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.connect(str(tmp_path / "socket"))
            other.sendall(said)
    assert asking.run("print('by a server')")[1] == "by a server\n"


def test_the_libraries_start_no_thread_that_a_copy_would_miss():
    """A copy of a process has the thread alone that made it; the allocator of pyarrow starts its own anew."""
    many = {rule: 100 for rules, *_ in fork_servers.MORE for rule in rules}
    text = (
        "import importlib, os, sys\n"
        f"for name in {fork_servers.libraries(many)!r}: importlib.import_module(name)\n"
        "for task in os.listdir('/proc/self/task'): print(open(f'/proc/self/task/{task}/comm').read().strip())"
    )
    environment = {**os.environ, **surroundings.SET}
    done = subprocess.run([sys.executable, "-c", text], env=environment, check=True, text=True, capture_output=True)
    assert set(done.stdout.split()[1:]) <= {"jemalloc_bg_thd"}


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
