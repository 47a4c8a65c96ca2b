"""How long jobs are expected to take: from records first, then from declared costs, then from their likes."""

import json

import pytest
from durations import GUESS, Durations, recorded

HEAD = "s\th:m:s\tcpu_time\n"


@pytest.fixture
def results(tmp_path):
    for name, text in {
        "benchmarks/measure/hessian.tsv": f"{HEAD}12.5\t0:00:12\t8.5\n",
        "benchmarks/measure/broken.tsv": HEAD,
        "benchmarks/judge/A1.tsv": f"{HEAD}2.0\t0:00:02\t-\n",
        "training/sweep/w2_n0_s0.cost.json": json.dumps({"seconds": 80.0}),
        "training/sweep/w4_n0_s0.cost.json": "{",
    }.items():
        (tmp_path / "results" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results" / name).write_text(text)
    return tmp_path / "results"


def test_what_a_job_took_before_goes_first(results, tmp_path):
    reference = tmp_path / "seconds.json"
    reference.write_text(json.dumps({"measure/hessian": 99, "measure/other": 40, "draw/A1": 6}))
    expected = Durations(results, reference, {"sweep/w2_n0_s0": 5, "sweep/w4_n0_s0": 7})
    names = ["measure/hessian", "measure/other", "train/sweep/w2_n0_s0", "train/sweep/w4_n0_s0", "draw/A1"]
    assert [expected.of(name) for name in names] == [12.5, 40, 80, 7, 6]


def test_a_job_of_which_nothing_is_known_is_as_long_as_its_likes(results, tmp_path):
    expected = Durations(results, tmp_path / "missing.json", {})
    assert expected.of("measure/broken") == 12.5 and expected.of("judge/Z9") == 2 and expected.of("tabulate") == GUESS


def test_others_on_the_machine_do_not_count_where_cpu_seconds_are_known(results):
    assert recorded(results, alone=True) == {"measure/hessian": 8.5, "judge/A1": 2.0, "train/sweep/w2_n0_s0": 80.0}


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "3"])
def test_a_reference_that_is_none_is_left_aside(results, tmp_path, text):
    (tmp_path / "seconds.json").write_text(text)
    assert Durations(results, tmp_path / "seconds.json", {}).of("judge/A1") == 2
