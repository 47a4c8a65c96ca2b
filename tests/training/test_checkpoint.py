"""A training that was interrupted anywhere gives the same bytes as one that was not."""

import itertools
import math
import signal

import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as examples
from tiny_cells import OPTIMIZERS, SHAPES, corruptions, dataset, settings

from overparam.jobs import files, interruption, locks
from overparam.packs.pack import Pack
from overparam.training import cell, checkpoint, evaluation, optimizers, recording, trainer, unfinished

CPU = torch.device("cpu")
CASES = {
    "mlp, Adam": settings("mlp"),
    "mlp, momentum": settings("mlp", optimizer=OPTIMIZERS["sgd"], order_seed=7),
    "cnn, augmented": settings("cnn", augmentation={"crop": 1, "flip": True}, epochs=2),
    "cnn, bfloat16": settings("cnn", precision="bfloat16", optimizer=OPTIMIZERS["sgd"], epochs=2),
    "two widths": settings("mlp", widths=[2, 5], epochs=2, evaluations=[1]),
}


class Killed(Exception):
    """Stands for a SIGKILL."""


@pytest.fixture(params=CASES)
def asked(request):
    return CASES[request.param]


@pytest.fixture(params=["whole", "parts"], autouse=True)
def cut(request, monkeypatch):
    """Let packs take their steps as one, or two models at a time."""
    if request.param == "parts":
        monkeypatch.setattr(Pack, "at_once", 2)
        for kind in _subclasses(Pack):
            if "at_once" in vars(kind):
                monkeypatch.setattr(kind, "at_once", 2)


def _subclasses(kind):
    return [kind, *itertools.chain.from_iterable(_subclasses(below) for below in kind.__subclasses__())]


def trained(given, folder=None, interval=0.0):
    data = dataset(SHAPES[given["model"]])
    tables = corruptions(data, given["label_noise"], given["seeds"])
    with unfinished.opened(folder, interval) as left:
        return cell.train_cell(given, data, tables, CPU, left)


def content(table, path):
    files.write_table(path, table)
    return path.read_bytes()


def counting(monkeypatch, act, at):
    """Call ``act`` in step number ``at``, counted from 1; return the list of steps taken."""
    steps = []
    update = trainer.optimizers.Optimizer.__call__

    def step(self, rate):
        steps.append(rate)
        if len(steps) == at:
            act()
        update(self, rate)

    monkeypatch.setattr(trainer.optimizers.Optimizer, "__call__", step)
    return steps


def killed():
    raise Killed


def test_killed_at_every_step(asked, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        steps = counting(patch, killed, math.inf)
        expected = content(trained(asked)[0], tmp_path / "whole.parquet")
    for number in range(1, len(steps) + 1):
        folder = tmp_path / f"{number}"
        with pytest.MonkeyPatch.context() as patch:
            counting(patch, killed, number)
            with pytest.raises(Killed):
                trained(asked, folder)
        with pytest.MonkeyPatch.context() as patch:
            again = counting(patch, killed, math.inf)
            table, cost = trained(asked, folder)
        assert content(table, tmp_path / "table.parquet") == expected, number
        assert len(again) == len(steps) - number + 1  # nothing that was saved is done again
        assert cost["resumed"] == (number > 1)
        assert not folder.exists() and not folder.with_suffix(".lock").exists()


def test_asked_to_stop_in_a_step(asked, tmp_path, monkeypatch):
    expected = content(trained(asked)[0], tmp_path / "whole.parquet")
    with pytest.MonkeyPatch.context() as patch, interruption.listening():
        counting(patch, lambda: signal.raise_signal(signal.SIGTERM), 4)
        with pytest.raises(interruption.Stopped) as stopped:
            trained(asked, tmp_path / "state", interval=math.inf)
    assert stopped.value.exit_code == 143
    steps = counting(monkeypatch, killed, math.inf)
    assert content(trained(asked, tmp_path / "state")[0], tmp_path / "table.parquet") == expected
    with pytest.MonkeyPatch.context() as patch:
        whole = counting(patch, killed, math.inf)
        trained(asked)
    assert len(steps) - len(whole) == len(whole) - 4  # both counters see the run that is not interrupted


def test_asked_to_stop_while_evaluating(asked, tmp_path):
    expected = content(trained(asked)[0], tmp_path / "whole.parquet")
    evaluate, calls = evaluation.evaluate, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 5:  # the second moment: after its first split
            signal.raise_signal(signal.SIGINT)
        return evaluate(*arguments)

    with pytest.MonkeyPatch.context() as patch, interruption.listening():
        patch.setattr(evaluation, "evaluate", interrupted)
        with pytest.raises(interruption.Stopped) as stopped:
            trained(asked, tmp_path / "state", interval=math.inf)
    assert stopped.value.exit_code == 130
    assert list((tmp_path / "state").glob("w*.state"))
    assert content(trained(asked, tmp_path / "state")[0], tmp_path / "table.parquet") == expected


def test_asked_to_stop_right_after_evaluating(asked, tmp_path):
    expected = content(trained(asked)[0], tmp_path / "whole.parquet")
    record, moments = recording.Recorder.record, []

    def interrupted(recorder, moment):
        record(recorder, moment)
        moments.append(moment)
        if len(moments) == 2:
            signal.raise_signal(signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch, interruption.listening():
        patch.setattr(recording.Recorder, "record", interrupted)
        with pytest.raises(interruption.Stopped):
            trained(asked, tmp_path / "state", interval=math.inf)
    assert list((tmp_path / "state").glob("w*.state"))
    assert content(trained(asked, tmp_path / "state")[0], tmp_path / "table.parquet") == expected


def test_asked_to_stop_before_going_on_keeps_the_state(interrupted, tmp_path):
    asked, expected, folder = interrupted
    state = (folder / "w2.state").read_bytes()
    with pytest.MonkeyPatch.context() as patch, interruption.listening():
        patch.setattr(optimizers, "schedule", lambda *arguments: signal.raise_signal(signal.SIGTERM))
        with pytest.raises(interruption.Stopped):
            trained(asked, folder)
    assert (folder / "w2.state").read_bytes() == state
    assert content(trained(asked, folder)[0], tmp_path / "table.parquet") == expected


@pytest.fixture
def interrupted(tmp_path):
    """Settings, the bytes of the table, and the folder of a training that was killed in its fifth step."""
    asked = CASES["mlp, Adam"]
    expected = content(trained(asked)[0], tmp_path / "whole.parquet")
    with pytest.MonkeyPatch.context() as patch:
        counting(patch, killed, 5)
        with pytest.raises(Killed):
            trained(asked, tmp_path / "state")
    return asked, expected, tmp_path / "state"


def test_a_damaged_state_is_passed_over(interrupted, tmp_path, caplog):
    asked, expected, folder = interrupted
    state = folder / "w2.state"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.MonkeyPatch.context() as patch:
        steps = counting(patch, killed, math.inf)
        table, cost = trained(asked, folder)
    assert content(table, tmp_path / "table.parquet") == expected
    assert "w2.state can't be used" in caplog.text
    assert cost["resumed"] and len(steps) < 9 * (2 if Pack.at_once == 2 else 1)  # the one before it is whole


def test_a_damaged_state_does_not_take_the_place_of_a_whole_one(interrupted, monkeypatch):
    asked, _, folder = interrupted
    whole = (folder / "w2.previous").read_bytes()
    (folder / "w2.state").write_bytes(b"nonsense")
    counting(monkeypatch, killed, 2)
    monkeypatch.setattr(checkpoint, "write", lambda *arguments: killed())  # while the next state is written
    with pytest.raises(Killed):
        trained(asked, folder)
    assert (folder / "w2.previous").read_bytes() == whole


def test_without_a_whole_state_training_starts_anew(interrupted, tmp_path, caplog):
    asked, expected, folder = interrupted
    for path in (folder / "w2.state", folder / "w2.previous"):
        path.write_bytes(b"nonsense")
    table, cost = trained(asked, folder)
    assert content(table, tmp_path / "table.parquet") == expected
    assert caplog.text.count("can't be used") == 2 and not cost["resumed"]


@examples(max_examples=200, derandomize=True, suppress_health_check=list(HealthCheck), deadline=None)
@given(strategies.data())
def test_no_changed_byte_is_taken_for_a_state(tmp_path, data):
    path = tmp_path / "state"
    states = {"pack": {"weight": torch.arange(6.0).view(2, 3)}, "rows": {"split": pd.Series(["train"]).to_numpy(str)}}
    checkpoint.write(path, states)
    whole = path.read_bytes()
    place = data.draw(strategies.integers(0, len(whole) - 1))
    change = data.draw(strategies.sampled_from(["flip", "cut", "insert", "remove"]))
    flipped = bytes([whole[place] ^ data.draw(strategies.integers(1, 255))])
    changed = {
        "flip": whole[:place] + flipped + whole[place + 1 :],
        "cut": whole[:place],
        "insert": whole[:place] + flipped + whole[place:],
        "remove": whole[:place] + whole[place + 1 :],
    }[change]
    path.write_bytes(changed)
    if changed == whole:  # one of equal neighbours inserted
        return
    with pytest.raises(checkpoint.DamagedError):
        checkpoint.read(path)


def test_a_state_that_can_not_be_written_stops_nothing(tmp_path, monkeypatch, caplog):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    asked = CASES["mlp, Adam"]
    expected = content(trained(asked)[0], tmp_path / "whole.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "write", full)
        left = unfinished.Unfinished(tmp_path, 0.0)
        pack_state = left.checkpoint(2)
        assert not pack_state.restore()
        pack_state.save()
    assert "No space left on device" in caplog.text
    assert content(trained(asked, tmp_path / "state")[0], tmp_path / "table.parquet") == expected


def test_the_key_changes_with_all_that_determines_the_bytes(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    asked = CASES["mlp, Adam"]
    keys = [
        unfinished.key(asked, "code", [one]),
        unfinished.key({**asked, "epochs": 9}, "code", [one]),
        unfinished.key(asked, "other code", [one]),
        unfinished.key(asked, "code", [other]),
        unfinished.key(asked, "code", [one, other]),
    ]
    assert len(set(keys)) == len(keys)
    assert unfinished.key(dict(reversed(asked.items())), "code", [one]) == keys[0]


def test_where_files_can_not_be_locked_training_goes_on(tmp_path, monkeypatch, caplog):
    def refused(*arguments, **options):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(locks.FileLock, "acquire", refused)
    asked = CASES["mlp, Adam"]
    assert content(trained(asked, tmp_path / "state")[0], tmp_path / "one") == content(
        trained(asked)[0], tmp_path / "two"
    )
    assert "can't be locked" in caplog.text and not (tmp_path / "state").exists()
