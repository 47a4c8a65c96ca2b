"""Downloads from a server on this machine that is slow, unreliable or wrong."""

import dataclasses
import hashlib
import http.server
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from overparam.datasets import download
from overparam.errors import UserError

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SCRIPTS = Path(download.__file__).parents[2]


@dataclasses.dataclass
class Answer:
    """How the server answers one request."""

    status: int = 200
    content: bytes = CONTENT
    cut: int | None = None  # close the connection after so many bytes
    ranges: bool = True  # honour Range
    length: bool = True  # send Content-Length
    chunked: bool = False
    pause: float = 0.0  # seconds before each 64 KiB


class Server(http.server.ThreadingHTTPServer):
    """Gives the answers of its list one by one, then the last one for ever; notes every Range it was asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = [Answer()]
        self.ranges: list[str | None] = []

    def handle_error(self, request, client_address):
        """A client that hangs up is part of the tests."""

    def url(self, name: str = "file.bin") -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.close_connection = True
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        if answer.status >= 400:
            self.send_error(answer.status)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and answer.ranges else 0
        if start >= len(answer.content):
            self.send_error(416)
            return
        body = answer.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(answer.content) - 1}/{len(answer.content)}")
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        body = body[: answer.cut]
        for place in range(0, len(body), 1 << 16):
            time.sleep(answer.pause)
            piece = body[place : place + (1 << 16)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if answer.chunked else piece)
            self.wfile.flush()
        if answer.chunked and answer.cut is None:
            self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def server():
    server = Server()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def destination(tmp_path):
    return tmp_path / "data" / "file.bin"


def fetch(urls, destination, sha256=SHA256, **options):
    """Fetch without waiting; return the waits that would have been made."""
    waits = []
    download.fetch(urls, destination, sha256, sleep=waits.append, **options)
    return waits


def partial(destination, sha256=SHA256) -> Path:
    return destination.parent / f".{destination.name}.{sha256[:16]}.partial"


def put_partial(destination, content: bytes) -> None:
    destination.parent.mkdir(parents=True)
    partial(destination).write_bytes(content)


def test_whole_file_arrives_and_nothing_partial_is_left(server, destination):
    assert fetch([server.url()], destination) == []
    assert destination.read_bytes() == CONTENT
    assert not partial(destination).exists()


def test_slow_server_is_waited_for(server, destination):
    server.answers = [Answer(pause=0.02)]
    assert fetch([server.url()], destination, timeout=5) == []
    assert destination.read_bytes() == CONTENT
    assert len(server.ranges) == 1


def test_silent_server_times_out_and_is_asked_again(server, destination):
    server.answers = [Answer(pause=3), Answer()]
    fetch([server.url()], destination, timeout=0.2)
    assert destination.read_bytes() == CONTENT
    assert len(server.ranges) == 2


@pytest.mark.parametrize("chunked", [False, True])
def test_cut_off_transfer_resumes_where_it_ended(server, destination, chunked):
    server.answers = [Answer(cut=300_000, chunked=chunked), Answer(cut=200_000), Answer()]
    fetch([server.url()], destination)
    assert destination.read_bytes() == CONTENT
    first, second, third = server.ranges
    assert first is None
    assert second == "bytes=300000-"
    assert third == "bytes=500000-"


def test_server_without_ranges_is_started_anew(server, destination):
    server.answers = [Answer(cut=300_000), Answer(ranges=False)]
    fetch([server.url()], destination)
    assert server.ranges == [None, "bytes=300000-"]
    assert destination.read_bytes() == CONTENT


@pytest.mark.parametrize("rubbish", [b"x" * 1000, b"x" * len(CONTENT), b"x" * 2 * len(CONTENT)])
def test_partial_file_of_rubbish_is_replaced(server, destination, rubbish):
    put_partial(destination, rubbish)  # shorter, as long (416) and longer (416) than the file
    fetch([server.url()], destination, attempts=1)
    assert server.ranges == [f"bytes={len(rubbish)}-", None]
    assert destination.read_bytes() == CONTENT


def test_whole_partial_file_needs_no_request(server, destination):
    put_partial(destination, CONTENT)
    fetch([server.url()], destination)
    assert server.ranges == []
    assert destination.read_bytes() == CONTENT


def test_right_file_in_place_needs_no_request(server, destination):
    destination.parent.mkdir()
    destination.write_bytes(CONTENT)
    fetch([server.url()], destination)
    assert server.ranges == []


def test_partial_file_of_another_hash_is_not_touched(server, destination):
    other = "0" * 64
    put_partial(destination, CONTENT[:1000])
    with pytest.raises(UserError):
        fetch([server.url()], destination, other, attempts=1)
    assert partial(destination).read_bytes() == CONTENT[:1000]
    assert server.ranges == [None]


@pytest.mark.parametrize("chunked", [True, False])
def test_a_file_without_end_fills_no_disk(server, destination, monkeypatch, chunked):
    monkeypatch.setattr(download, "LARGEST", len(CONTENT) // 2)
    server.answers = [Answer(chunked=chunked)]
    with pytest.raises(UserError, match=r"file\.bin: sends more than 0 MiB"):
        fetch([server.url()], destination)
    assert not any(path.stat().st_size for path in destination.parent.iterdir())
    assert len(server.ranges) == 1


def test_wrong_file_is_named_and_never_appears(server, destination):
    wrong = b"<html>log in first</html>"
    server.answers = [Answer(content=wrong)]
    with pytest.raises(UserError) as caught:
        fetch([server.url()], destination)
    for part in (server.url(), SHA256, hashlib.sha256(wrong).hexdigest(), "mirror", "OVERPARAM_CIFAR10"):
        assert part in str(caught.value)
    assert len(server.ranges) == 1, "a mirror with another file was asked again"
    assert not destination.exists()
    assert not partial(destination).exists()


def test_next_mirror_follows_a_wrong_one(server, destination):
    server.answers = [Answer(content=b"wrong" * 1000), Answer()]
    assert fetch([server.url("a"), server.url("b")], destination, attempts=1) == []
    assert destination.read_bytes() == CONTENT


def test_next_mirror_resumes_what_the_first_began(server, destination):
    server.answers = [Answer(cut=100_000), Answer()]
    fetch([server.url("a"), server.url("b")], destination, attempts=1)
    assert server.ranges == [None, "bytes=100000-"]
    assert destination.read_bytes() == CONTENT


def test_mirror_is_not_blamed_for_the_beginning_of_another(server, destination):
    server.answers = [Answer(content=b"y" * 200_000, cut=100_000), Answer(), Answer()]
    fetch([server.url("a"), server.url("b")], destination, attempts=1)
    assert server.ranges == [None, "bytes=100000-", None]
    assert destination.read_bytes() == CONTENT


def test_failing_server_is_asked_again_after_growing_waits(server, destination):
    server.answers = [Answer(404), Answer(503), Answer(500), Answer()]
    assert fetch([server.url()], destination, attempts=4, backoff=0.5) == [0.5, 1.0, 2.0]
    assert destination.read_bytes() == CONTENT


def test_waits_are_bounded(server, destination):
    server.answers = [Answer(503)]
    with pytest.raises(UserError):
        waits = []
        download.fetch([server.url()], destination, SHA256, attempts=9, sleep=waits.append)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_giving_up_names_every_mirror_and_the_next_run_resumes(server, destination):
    server.answers = [Answer(404), Answer(cut=400_000)]
    gone = "http://127.0.0.1:9/file.bin"  # nobody listens there
    with pytest.raises(UserError) as caught:
        fetch([server.url("a"), server.url("b"), gone], destination, attempts=1)
    assert "HTTP 404" in str(caught.value)
    assert f"cut off after 400000 of {len(CONTENT)} bytes" in str(caught.value)
    assert gone in str(caught.value)
    assert not destination.exists()
    server.answers = [Answer()]
    fetch([server.url()], destination)
    assert server.ranges[-1] == "bytes=400000-"
    assert destination.read_bytes() == CONTENT


def test_short_answer_without_length_never_counts(server, destination):
    server.answers = [Answer(length=False, cut=300_000), Answer(length=False)]
    fetch([server.url()], destination)
    assert destination.read_bytes() == CONTENT
    server.answers = [Answer(length=False, cut=300_000)]
    destination.unlink()
    with pytest.raises(UserError, match="without saying how long"):
        fetch([server.url()], destination, attempts=2)
    assert not destination.exists()


def test_file_url(tmp_path, destination):
    source = tmp_path / "with space.bin"
    source.write_bytes(CONTENT)
    put_partial(destination, CONTENT[:1000])
    fetch([source.as_uri()], destination)
    assert destination.read_bytes() == CONTENT
    with pytest.raises(UserError, match="No such file"):
        fetch([(tmp_path / "absent").as_uri()], tmp_path / "other", attempts=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"urls": []}, "`urls` is empty"),
        ({"urls": ["ftp://example.org/file"]}, "only http"),
        ({"sha256": "abc"}, "64 hexadecimal"),
        ({"attempts": 0}, "`attempts`"),
    ],
)
def test_wrong_arguments_are_refused(destination, change, message):
    with pytest.raises(UserError, match=message):
        download.fetch(**{"urls": ["http://127.0.0.1:9/"], "destination": destination, "sha256": SHA256} | change)


def test_two_at_once_download_once(server, destination):
    server.answers = [Answer(pause=0.02)]
    threads = [threading.Thread(target=fetch, args=([server.url()], destination)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert destination.read_bytes() == CONTENT
    assert server.ranges == [None]


def test_killed_program_resumes_at_the_next_run(server, destination):
    server.answers = [Answer(pause=0.1), Answer()]
    settings = json.dumps({"urls": [server.url()], "sha256": SHA256, "attempts": 1, "timeout": 10})
    command = [sys.executable, str(SCRIPTS / "download.py"), settings, "--output", "file", str(destination)]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (partial(destination).exists() and partial(destination).stat().st_size > 1 << 17):
        assert time.monotonic() < deadline
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    running.wait()
    have = partial(destination).stat().st_size
    assert not destination.exists()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert server.ranges[-1] == f"bytes={have}-"
    assert destination.read_bytes() == CONTENT


def test_program_fails_with_a_message(server, destination):
    server.answers = [Answer(content=b"wrong")]
    settings = json.dumps({"urls": [server.url()], "sha256": SHA256})
    command = [sys.executable, str(SCRIPTS / "download.py"), settings, "--output", "file", str(destination)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "is not the expected file" in done.stderr
    assert "Traceback" not in done.stderr
    assert not destination.exists()
