"""What the fuzz tests share: wrong values and wrong bytes made from right ones, and a reader watched while it reads.

A reader may do two things with what is wrong: raise a UserError, or return something that holds all that it promises.
Inputs are the same in every run, and counted; the counts stand at the end of what pytest prints. For other inputs,
and 20 times as many: ``FUZZ_FACTOR=20 pytest tests/*/test_fuzz_*.py``.
"""

import copy
import json
import os
import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from overparam.errors import UserError

TRIED: Counter = Counter()  # (target, "refused" or "accepted")
FACTOR = int(os.environ.get("FUZZ_FACTOR", "1"))
MEMORY = 1 << 30  # bytes that reading a few kilobytes may take at most
ODD_VALUES = [
    None, True, False, 0, 1, -1, 2, 0.5, -0.5, 1.0, 1e-4, 1e300, 1e-320, 2**31, 2**53, 2**63, -(2**63) - 1, 10**30,
    16**5000, float("nan"), float("inf"), float("-inf"), "", " ", "0", "1e-4", "1to3", "3to1", "0to999999999", "all",
    "digits", "mlp", "..", "../x", "/", "a\nb", "a\n", "\0", "\x1b[31m", "\ud800", "ü", "x" * 300, "{}", "{x}", "$(id)",
    "'", "null", [], {}, [[]], [{}], [0], ["a"], [None], {"a": 1}, {"": {}}, list(range(50)), (1, 2), {1, 2}, b"bytes",
    {3: 4}, {None: 1},
]  # fmt: skip
CHANGES = ["odd", "odd", "odd", "drop", "retype", "rename", "twice", "swap", "nest"]


def pytest_terminal_summary(terminalreporter):
    """Print a line for every reader: inputs, and how many of them were refused."""
    targets = sorted({target for target, _ in TRIED})
    if targets:
        terminalreporter.section("fuzzed readers: inputs (refused)")
    for target in targets:
        refused, accepted = TRIED[target, "refused"], TRIED[target, "accepted"]
        terminalreporter.write_line(f"{target}: {refused + accepted:,} ({refused:,})")
    if targets:
        terminalreporter.write_line(f"all: {sum(TRIED.values()):,}")


def bounded(examples: int) -> settings:
    """Return settings under which hypothesis tries this many inputs, the same in every run."""
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    options = {"database": None, "deadline": None, "suppress_health_check": checks}
    return settings(max_examples=examples * FACTOR, derandomize=FACTOR == 1, **options)


def read(target: str, reader: Callable[[], Any]) -> Any:
    """Return what ``reader`` returns, or ``None`` if it refuses with a UserError; any other error is the test's.

    Memory is limited meanwhile, so that a wrong size in a file shows as a MemoryError.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE") + MEMORY, hard))
    try:
        found = reader()
    except UserError as error:
        TRIED[target, "refused"] += 1
        assert str(error).strip() and "Traceback" not in str(error)
        str(error).encode()  # can be printed
        return None
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    TRIED[target, "accepted"] += 1
    return found


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Return the paths of all values in nested mappings and lists, but for the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in items for place in ((*path, key), *places(item, (*path, key)))]


def at(value: Any, path: tuple) -> Any:
    """Return what stands at a path."""
    for key in path:
        value = value[key]
    return value


@st.composite
def mutated(draw: st.DrawFn, originals: list[Any], most: int = 3) -> Any:
    """Draw one of ``originals`` after 1 to ``most`` changes, each somewhere in it."""
    value = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, most))):
        paths = places(value)
        if not paths:
            return value
        *above, key = draw(st.sampled_from(paths))
        parent = at(value, tuple(above))
        change = draw(st.sampled_from(CHANGES))
        item = parent[key]
        if change == "odd":
            parent[key] = copy.deepcopy(draw(st.sampled_from(ODD_VALUES)))
        elif change == "drop":
            del parent[key]
        elif change == "retype":
            try:
                text = str(item)
            except ValueError:  # Python refuses to spell thousands of digits
                text = "1"
            parent[key] = draw(st.sampled_from([text, f"'{text}'", [item], {"value": item}, bool(item)]))
        elif change == "nest":
            for _ in range(draw(st.sampled_from([1, 30, 60]))):
                item = [item]
            parent[key] = item
        elif change == "swap":
            parent[key] = copy.deepcopy(at(value, draw(st.sampled_from(paths))))
        elif isinstance(parent, list):
            parent.insert(key, copy.deepcopy(item))
        else:
            names = [f"{key}s", f"{key}\n", str(key)[:-1], str(key).upper(), "", "seed", 3, "\ud800", "x" * 300]
            name = draw(st.sampled_from(names))
            parent[name] = parent.pop(key) if change == "rename" else copy.deepcopy(item)
    return value


@st.composite
def damaged(draw: st.DrawFn, content: bytes, most: int = 3) -> bytes:
    """Draw ``content`` after 1 to ``most`` damages: bytes flipped, overwritten, inserted, deleted, doubled, cut off."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, most))):
        place = draw(st.integers(0, max(len(found) - 1, 0)))
        kind = draw(st.sampled_from(["bit", "bit", "byte", "byte", "run", "insert", "delete", "double", "cut"]))
        if kind == "bit" and found:
            found[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "byte" and found:
            found[place] = draw(st.sampled_from([0, 1, 127, 128, 255, *b"[{:,'-09"]))
        elif kind == "run":
            run = draw(st.sampled_from([b"\xff" * 8, b"\0" * 8, b"\xff" * 7 + b"\x7f", b"\0" * 64]))
            found[place : place + len(run)] = run
        elif kind == "insert":
            found[place:place] = draw(st.binary(min_size=1, max_size=16))
        elif kind == "delete":
            del found[place : place + draw(st.sampled_from([1, 2, 4, 8, 64]))]
        elif kind == "double":
            found[place:place] = found[place : place + draw(st.sampled_from([1, 8, 512]))]
        else:
            del found[place:]
    return bytes(found)


def holds_plain_values(value: Any) -> bool:
    """Return whether ``value`` can be written as JSON and read again as it was, NaN and infinity aside."""
    text = json.dumps(value)
    text.encode()
    return json.dumps(json.loads(text)) == text
