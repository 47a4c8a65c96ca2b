"""What nothing makes is said by its name, with what there is instead."""

import os

import pytest
import targets

RULES = {"A1": False, "B4": False, "all": False, "claims": False, "measure": True}
CLAIMS = {"A1": "polynomial-overfitting", "B4": "model-wise-double-descent", "B5": "epoch-wise-double-descent"}
KNOWN = {"claims": CLAIMS, "datasets": ["digits"], "cells": ["sweep/w2_n0_s0", "sweep/w4_n0_s0"]}


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/smoke.yaml").touch()
    (tmp_path / "results/own/claims").mkdir(parents=True)
    return tmp_path


def problems(target):
    return list(targets.problems(target, RULES, "results/own", KNOWN))


@pytest.mark.parametrize(
    "target",
    [
        *("A1", "all", "claims", "results/own/claims/A1/verdict.json", "results/own/claims.parquet"),
        *("results/own/data/digits/train.arrow", "results/own/data/downloads/cifar-10-python.tar.gz"),
        *("results/own/data/digits/labels/wrong_label_0.2_s0to3.arrow", "./results/own/claims.parquet"),
        *("results/own/training/sweep/w2_n0_s0.parquet", "results/own/training/sweep/w2_n0_s0.cost.json"),
    ],
)
def test_what_may_be_asked_for(target):
    assert problems(target) == []


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("", "an empty target; leave it out to make everything, or name one of A1, B4"),
        ("b4", "there is no claim or other target of this name; did you mean B4?"),
        (
            "double-descent",
            "did you mean B4 (model wise double descent) or B5 (epoch wise double descent)?",
        ),
        ("Double_Descent, epoch", "did you mean B5 (epoch wise double descent)?"),
        ("poly", "did you mean A1 (polynomial overfitting)?"),
        ("model-wise-duoble-descent", "did you mean B4 (model wise double descent)?"),
        ("Z9", "there is no claim or other target of this name; allowed: A1, B4, all, claims"),
        ("clams", "did you mean 'claims'?"),
        ("{x}", "'{x}': there is no claim"),
        ("measure", "makes many files"),
        ("config/smoke.yaml", "is it meant for --configfile?"),
        ("results/other/claims.parquet", "this preset's results are in results/own"),
        ("/somewhere/else", "this preset's results are in results/own"),
        ("results/own", "a folder, not a file"),
        ("results/own/claims/", "a folder, not a file"),
        ("results/own/data/mnist/train.arrow", "there is no data set 'mnist'; allowed: digits"),
        ("results/own/data/digits/labels/wrong_label_0.2_s9to0.arrow", "9to0 is no range"),
        ("results/own/data/digits/labels/wrong_label_0.2_s0to999999999.arrow", "0to999999999 is no range"),
        ("results/own/training/swep/w2_n0_s0.parquet", "there is no study 'swep'; did you mean 'sweep'?"),
        (
            "results/own/training/sweep/w3_n0_s0.parquet",
            "There is no cell w3_n0_s0 of study sweep; it has w2_n0_s0, w4",
        ),
        ("\x1b[31m", "'\\x1b[31m': there is no claim"),
        ("x" * 100_000, "there is no claim or other target"),
    ],
)
def test_what_nothing_makes(target, sentence):
    (message,) = problems(target)
    assert sentence in message and message.isprintable() and len(message) < 1000


def test_a_full_path(folder):
    (message,) = problems(f"{folder}/results/own/claims.parquet")
    assert message.endswith("by its path in this folder only: results/own/claims.parquet")
    assert os.sep not in message.split(": ")[-1].removeprefix("results/own/")
