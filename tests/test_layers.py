"""The rooms of the house: who may import whom. Read from the import graph, so no import can hide."""

import graphlib

import grimp
import pytest

from overparam.plan import closure

# from the top floor to the ground; rooms of one floor don't know each other
FLOORS = [
    ("claims", "report"),
    ("drawing",),
    ("training", "theory", "judge"),
    ("models",),
    ("packs",),
    ("datasets",),
    ("jobs",),
    ("plan",),
    ("seeding", "progress", "places", "quoting", "tables", "typesetting"),
    ("errors",),
]
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}
# what the science may take from the machinery around it: to write files, to raise what a user can mend, to say how far
# it is; and, for these modules alone, what they can't do without
FREE = {"overparam.jobs.files", "overparam.errors", "overparam.progress", "overparam.quoting"}
KINDS = {"overparam.plan.file_kinds"}
KNOWN = {"overparam.plan.known_sources"}
LENT = {
    "overparam.claims.measuring": {
        "overparam.jobs.processor",
        "overparam.jobs.records",
        "overparam.jobs.surroundings",
        "overparam.jobs.table_checks",
        "overparam.places",
        "overparam.plan.experiment_settings",
    },
    "overparam.drawing.claim_chart": {"overparam.places"},
    "overparam.drawing.claim_figure": {"overparam.places"},
    "overparam.datasets.cifar": KINDS | KNOWN,
    "overparam.datasets.cifar_archive": KINDS | KNOWN,
    "overparam.datasets.download": KINDS
    | KNOWN
    | {"overparam.jobs.locks", "overparam.jobs.network_faults", "overparam.plan.addresses"},
    "overparam.datasets.encoded_images": KINDS,
    "overparam.datasets.class_folders": {"overparam.plan.picture_folders"},
    "overparam.datasets.expected": KNOWN,
    "overparam.datasets.given_labels": KINDS,
    "overparam.datasets.idx_files": KINDS,
    "overparam.datasets.parquet": KINDS,
    "overparam.datasets.image_sources": KNOWN | {"overparam.plan.published_files"},
    "overparam.datasets.svhn": KINDS,
    "overparam.report.data_view": {"overparam.plan.data_dictionary"},
    "overparam.report.larger_runs": {"overparam.jobs.records", "overparam.places"},
    "overparam.report.present": {"overparam.jobs.records", "overparam.plan.checksums"},
    "overparam.training.machine": {"overparam.jobs.devices", "overparam.jobs.processor", "overparam.jobs.surroundings"},
    "overparam.training.trainer": {"overparam.jobs.interruption"},
    "overparam.training.unfinished": {"overparam.jobs.state_folders"},
}


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("overparam", cache_dir=None)


@pytest.fixture(scope="module")
def arrows(graph):
    """Return every import as a pair of modules, the importer first."""
    return sorted((one, other) for one in graph.modules for other in graph.find_modules_directly_imported_by(one))


def room(module):
    """Return the room that a module lies in."""
    return module.split(".")[1]


def home(module):
    """Return topic and experiment of a module of a claim, as far as it has them."""
    return tuple(module.split(".")[2:-1])


def test_every_room_has_a_floor(arrows):
    assert {room(module) for arrow in arrows for module in arrow} == set(FLOOR)


def test_imports_lead_downwards(arrows):
    upward = [(a, b) for a, b in arrows if room(a) != room(b) and FLOOR[room(a)] >= FLOOR[room(b)]]
    assert not upward


def test_there_is_no_circle(arrows):
    imported = {}
    for one, other in arrows:
        imported.setdefault(one, set()).add(other)
    graphlib.TopologicalSorter(imported).prepare()  # raises a CycleError that shows the circle


def test_a_topic_or_an_experiment_imports_no_other(arrows):
    """What experiments share lies in the folder of their topic, what topics share in ``theory`` or ``drawing``."""
    within = [(a, b) for a, b in arrows if room(a) == room(b) == "claims"]
    assert [(a, b) for a, b in within if home(b) != home(a)[: len(home(b))]] == []


def test_an_experiment_imports_no_figure_and_a_figure_measures_nothing(graph, arrows):
    measuring = {module for module in graph.modules if module.endswith(".measure")}
    assert len(measuring) > 40
    reached = {(module, other) for module in measuring for other in graph.find_upstream_modules(module)}
    assert [(a, b) for a, b in reached if room(b) == "drawing"] == []
    assert [(a, b) for a, b in arrows if b in measuring] == []


def test_the_science_takes_from_the_machinery_only_what_is_named(arrows):
    """What decides bytes must be in the code hash: `closure.DECIDES` names what of the machinery does."""
    taken = [(a, b) for a, b in arrows if closure.machinery(b) and not closure.machinery(a)]
    assert [(a, b) for a, b in taken if b not in FREE | LENT.get(a, set())] == []
    assert [(a, b) for a in LENT for b in LENT[a] if (a, b) not in taken] == [], "lent, but no longer needed"


def test_what_decides_bytes_is_there(arrows):
    assert {other for _, other in arrows} >= closure.DECIDES
    assert all(map(closure.machinery, closure.DECIDES))
