"""What is finished of a measurement is measured once, however often the job is interrupted."""

import json

import numpy as np
import pytest

from overparam.jobs import finished_parts


class Measured:
    """Rows that are measured, with how often they were."""

    def __init__(self, value=0.1):
        self.value, self.times = value and np.float64(value), 0

    def __call__(self):
        self.times += 1
        return [{"quantity": "loss", "value": self.value, "definition": None, "width": np.int64(3)}]


def test_an_interrupted_measurement_goes_on_after_its_finished_parts(tmp_path):
    folder, first, second = tmp_path / "state" / "key", Measured(), Measured()
    with pytest.raises(KeyboardInterrupt), finished_parts.opened(folder) as kept:
        made = kept("first", first)
        raise KeyboardInterrupt
    with finished_parts.opened(folder) as kept:
        again, other = kept("first", first), kept("second", second)
    assert again == made == other and (first.times, second.times) == (1, 1)
    assert not folder.exists() and not list(folder.parent.iterdir())


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e-300, np.inf, -0.0, 5e-324])
def test_numbers_come_back_as_they_were(tmp_path, value):
    with pytest.raises(KeyboardInterrupt), finished_parts.opened(tmp_path / "key") as kept:
        kept("part", Measured(value))
        raise KeyboardInterrupt
    with finished_parts.opened(tmp_path / "key") as kept:
        assert kept("part", Measured(None))[0]["value"].hex() == float(value).hex()


def test_a_damaged_part_is_measured_anew(tmp_path):
    (tmp_path / "key").mkdir()
    (tmp_path / "key/part.json").write_text(json.dumps([1])[:-1])
    measured = Measured()
    with finished_parts.opened(tmp_path / "key") as kept:
        assert kept("part", measured)[0]["value"] == measured.value
    assert measured.times == 1


def test_without_a_folder_nothing_is_kept():
    measured = Measured()
    with finished_parts.opened(None) as kept:
        kept("part", measured)
        kept("part", measured)
    assert measured.times == 2


def test_other_settings_code_or_images_are_another_measurement(tmp_path):
    description = tmp_path / "dataset.json"
    description.write_text("one")
    known = finished_parts.key({"n": 1}, "code", [description])
    assert finished_parts.key({"n": 1}, "code", [description]) == known
    assert finished_parts.key({"n": 2}, "code", [description]) != known
    assert finished_parts.key({"n": 1}, "other", [description]) != known
    description.write_text("two")
    assert finished_parts.key({"n": 1}, "code", [description]) != known
