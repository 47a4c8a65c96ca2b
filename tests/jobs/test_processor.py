"""One name for the processor, wherever a result or a log says what made it."""

import platform

import pytest

from overparam.jobs import processor, provenance


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (b"processor\t: 0\nmodel name\t: Fast CPU @ 2 GHz: v2\nmodel name\t: Other\n", "Fast CPU @ 2 GHz: v2"),
        (b"processor\t: 0\nBogoMIPS\t: 50.00\n", "some architecture"),  # as on ARM
        (b"model name\t:\n", "some architecture"),
        (b"model name\t: F\xffst\n", "F\ufffdst"),
        (None, "some architecture"),  # no such file
    ],
)
def test_name_of_the_processor(monkeypatch, tmp_path, listed, expected):
    file = tmp_path / "cpuinfo"
    if listed is not None:
        file.write_bytes(listed)
    monkeypatch.setattr(processor, "LISTED", file)
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "some architecture")
    assert processor.name() == expected == provenance.collect()["cpu"]
