"""What was read and checked is not read again, unless anything that decides it has changed."""

import json
import os
import shutil

import pytest

from overparam import places
from overparam.errors import UserError
from overparam.plan import bibliography, experiment_settings, kept_registry, registry, topics

TOPIC = "scripts/overparam/claims/sgd"
CLAIM = f"{TOPIC}/three_point_sgd/constant_step_has_a_floor"
FOUND = [{"id": "X1"}]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    """Forget what these tests let the declarations of experiments be."""
    read = experiment_settings.declaration
    monkeypatch.setattr(experiment_settings, "_known", {})
    yield
    read.cache_clear()


@pytest.fixture
def memory(tmp_path):
    return tmp_path / "new/memory"


@pytest.fixture
def way(memory, monkeypatch):
    """Return a function that loads a registry of one claim, and says whether it was ``read`` or ``recalled``."""
    read = []
    monkeypatch.setattr(registry, "load", lambda: read.append("read") or FOUND)
    monkeypatch.setattr(topics, "load", lambda claims: [])
    monkeypatch.setattr(experiment_settings, "names", list)

    def way():
        read.clear()
        assert kept_registry.load(memory) == FOUND
        return read[0] if read else "recalled"

    return way


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of all files that decide, taken for the project itself."""
    root, package = places.PACKAGE.parents[1], tmp_path / "scripts/overparam"
    shutil.copytree(places.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "workflow/schemas", tmp_path / "workflow/schemas")
    monkeypatch.setattr(kept_registry, "ROOT", tmp_path)
    monkeypatch.setattr(places, "PACKAGE", package)
    monkeypatch.setattr(places, "CLAIMS", package / "claims")
    monkeypatch.setattr(topics, "SCHEMA", tmp_path / topics.SCHEMA.relative_to(root))
    monkeypatch.setattr(bibliography, "SCHEMA", tmp_path / bibliography.SCHEMA.relative_to(root))
    for module, name in ((registry, "SCHEMA"), (experiment_settings, "MEASURES")):
        monkeypatch.setattr(module, name, tmp_path / getattr(module, name).relative_to(root))
    return tmp_path


def test_what_is_recalled_is_what_was_read(memory, monkeypatch):
    claims = registry.load()
    declared = {name: experiment_settings.declaration(name) for name in experiment_settings.names()}
    assert kept_registry.load(memory) == claims
    monkeypatch.setattr(registry, "load", lambda: pytest.fail("read again"))
    monkeypatch.setattr(experiment_settings.strict_yaml, "read", lambda path: pytest.fail("read again"))
    monkeypatch.setattr(experiment_settings, "_known", {})
    experiment_settings.declaration.cache_clear()
    assert kept_registry.load(memory) == claims
    assert {name: experiment_settings.declaration(name) for name in experiment_settings.names()} == declared
    assert [path.name for path in memory.parent.iterdir()] == ["memory"]


@pytest.mark.parametrize(
    "path",
    [
        f"{CLAIM}.yaml",
        f"{TOPIC}/three_point_sgd/experiment.yaml",
        "workflow/schemas/claims.schema.yaml",
        "workflow/schemas/measures.schema.yaml",
        *(f"scripts/overparam/plan/{name}.py" for name in ("registry", "contract", "validation", "strict_yaml")),
        *(f"scripts/overparam/{name}.py" for name in ("quoting", "places", "errors")),
    ],
)
def test_an_edit_reads_all_again(copy, way, path):
    assert (way(), way()) == ("read", "recalled")
    text = (copy / path).read_bytes()
    (copy / path).write_bytes(text + b"\n")
    assert (way(), way()) == ("read", "recalled")
    (copy / path).write_bytes(text)
    os.utime(copy / path, (1e9, 1e9))
    assert (way(), way()) == ("read", "recalled")


def test_files_that_come_go_or_move_read_all_again(copy, way):
    assert (way(), way()) == ("read", "recalled")
    for suffix in ("py", "yaml"):
        path = copy / f"{CLAIM}.{suffix}"
        path.rename(path.with_name(f"another.{suffix}"))
        assert (way(), way()) == ("read", "recalled")
        path.with_name(f"another.{suffix}").unlink()
        assert (way(), way()) == ("read", "recalled")
    shutil.copytree(copy / TOPIC / "three_point_sgd", copy / TOPIC / "four_point_sgd")
    assert (way(), way()) == ("read", "recalled")


@pytest.mark.parametrize("linked", [TOPIC, f"{TOPIC}/three_point_sgd"])
def test_an_edit_behind_a_link_reads_all_again(copy, way, tmp_path_factory, linked):
    elsewhere = (copy / linked).rename(tmp_path_factory.mktemp("elsewhere") / "folder")
    (copy / linked).symlink_to(elsewhere)
    assert (way(), way()) == ("read", "recalled")
    with (copy / f"{CLAIM}.yaml").open("a") as file:
        file.write("\n")
    assert (way(), way()) == ("read", "recalled")


def test_neither_times_nor_figures_nor_the_place_of_the_project_matter(copy, way, tmp_path_factory, monkeypatch):
    assert way() == "read"
    for path in copy.rglob("*.*"):
        os.utime(path, (1e9, 1e9))
    (copy / f"{CLAIM}.py").write_text("another figure")
    assert way() == "recalled"
    moved = tmp_path_factory.mktemp("moved") / "project"
    shutil.copytree(copy, moved)
    for module, name in (
        (kept_registry, "ROOT"), (places, "PACKAGE"), (places, "CLAIMS"), (registry, "SCHEMA"),
        (experiment_settings, "MEASURES"), (topics, "SCHEMA"), (bibliography, "SCHEMA"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, moved / getattr(module, name).relative_to(copy))
    assert way() == "recalled"


def test_other_libraries_read_all_again(way, monkeypatch):
    assert (way(), way()) == ("read", "recalled")
    monkeypatch.setattr(kept_registry.importlib.metadata, "version", lambda name: "0")
    assert (way(), way()) == ("read", "recalled")


@pytest.mark.parametrize("part", ["claims", "declarations"])
def test_what_is_wrong_is_never_kept(way, memory, monkeypatch, part):
    def wrong(*name):
        raise UserError("wrong")

    if part == "claims":
        monkeypatch.setattr(registry, "load", wrong)
    else:
        monkeypatch.setattr(experiment_settings, "names", lambda: ["an_experiment"])
        monkeypatch.setattr(experiment_settings, "declaration", wrong)
    for _ in range(2):
        with pytest.raises(UserError, match="wrong"):
            kept_registry.load(memory)
    assert not memory.parent.exists()


DAMAGES = {
    "empty": lambda whole: b"",
    "cut": lambda whole: whole[: len(whole) // 2],
    "one letter": lambda whole: whole.replace(b"X1", b"X2"),
    "no text": lambda whole: b"\xff" + whole,
    "another format": lambda whole: json.dumps({"claims": FOUND}).encode(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_memory_is_made_anew(way, memory, damage):
    assert way() == "read"
    memory.write_bytes(DAMAGES[damage](memory.read_bytes()))
    assert (way(), way()) == ("read", "recalled")


@pytest.mark.parametrize("obstacle", ["a folder in its place", "a file for its folder"])
def test_nothing_is_kept_where_nothing_can_be_written(way, memory, obstacle):
    if obstacle == "a folder in its place":
        memory.mkdir(parents=True)
    else:
        memory.parent.touch()
    before = sorted(memory.parents[1].rglob("*"))
    assert (way(), way()) == ("read", "read")
    assert sorted(memory.parents[1].rglob("*")) == before


def test_what_changes_while_it_is_read_is_not_kept(way, memory, monkeypatch):
    keys = iter(["before", "after", "after", "after"])
    monkeypatch.setattr(kept_registry, "_key", lambda: next(keys))
    assert way() == "read" and not memory.exists()
    assert way() == "read" and memory.exists()


def test_a_pipe_among_the_files_keeps_nobody_waiting(way, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.yaml")
    monkeypatch.setattr(registry, "SCHEMA", tmp_path / "pipe.yaml")
    assert (way(), way()) == ("read", "read")
