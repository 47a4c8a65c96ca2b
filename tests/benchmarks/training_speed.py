"""Images × models per second of training: the packed trainer against the plain loop of public reproductions.

    python tests/benchmarks/training_speed.py                     # under two minutes
    python tests/benchmarks/training_speed.py --full              # every shape
    python tests/benchmarks/training_speed.py --models cnn --widths 4 8 --repeats 7

Three ways to train the same networks on the same images, batch 128, Adam, cross-entropy:

plain   one network at a time, DataLoader with num_workers=0, PIL → ToTensor → Normalize for every item, float32
memory  the same with the normalised images in memory
ours    ``overparam.training.trainer.fit``: a whole pack as one computation, every seed with its own start and order of
        batches, in float32 and where settings allow it in bfloat16

First the packed networks must lose what plain networks with the same parameters and batches lose after a few steps.
Then the ways alternate; ratios to the plain loop are taken within each repetition, and their median, least and largest
are printed. CPU seconds of one thread, or with ``--device cuda`` wall seconds. `peak` counts the operations of the
plain network's products and convolutions, in parts of the fastest matrix product of the same precision on this machine.
Images of 3,072 inputs are those of $OVERPARAM_CIFAR10 where it is set, else noise, which takes as long. The allocator
is set as in the pipeline's jobs, for all three ways.
"""

import argparse
import contextlib
import dataclasses
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]
ALLOCATOR = {  # as in workflow/rules/networks.smk
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "67108864",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
if __name__ == "__main__" and not os.environ.keys() >= ALLOCATOR.keys():
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ALLOCATOR})  # read when a process starts

import pandas as pd  # noqa: E402
import torch  # noqa: E402
from ways import cases, packed, peak, plain  # noqa: E402
from ways.cases import BATCH, Case, Data  # noqa: E402

from overparam.jobs import files  # noqa: E402
from overparam.training import machine  # noqa: E402

QUICK = {"mlp": (4, 64, 512), "cnn": (1, 4, 16)}
FULL = {model: tuple(widths) for model, widths in cases.SEEDS.items() if model != "mlp3"}
Run = Callable[[int], int]  # trains for so many batches, returns images × models


def main() -> None:
    """Check, measure, print, write."""
    given, device = _arguments()
    peaks = {one: peak.measure(device, getattr(torch, one)) for one in given.precisions}
    clock = "wall seconds" if device.type == "cuda" else "CPU seconds of one thread"
    print(f"{machine.description(device)['device_name']}, torch {torch.__version__}, {clock}")
    chosen = _cases(given)
    data = {n_inputs: cases.data(n_inputs) for n_inputs in {case.n_inputs for case in chosen}}
    for n_inputs, one in sorted(data.items()):
        print(f"images with {n_inputs:,} inputs: {one.source}")
    for precision, rate in peaks.items():
        named = f" ({torch.get_float32_matmul_precision()})" if precision == "float32" else ""
        print(f"fastest matrix product, {precision}{named}: {rate / 1e9:.0f} GFLOP/s")
    print(f"\n{'':<46}{'images × models per second':^33} {'ratio to plain [least – largest]':^37}")
    print(
        f"{'network':<16}{'inputs':>6}{'width':>6}{'packed':>8}{'precision':>10}{'plain':>11}{'memory':>11}{'ours':>11}"
        f"{'memory':>8}{'ours':>8}{'':<20}{'peak':>6}  technique"
    )
    rows = []
    for case in chosen:
        for row in _measure(case, data[case.n_inputs], given, device, peaks):
            rows.append(row)
            print(
                f"{case.model:<16}{case.n_inputs:>6}{case.width:>6}{f'{case.seeds}×{case.noises}':>8}"
                f"{row['precision']:>10}{row['plain_rate']:>11,.0f}{row['memory_rate']:>11,.0f}{row['ours_rate']:>11,.0f}"
                f"{row['memory_ratio']:>8.2f}{row['ours_ratio']:>8.2f}"
                f"{'[{:.2f} – {:.2f}]'.format(row['ours_least'], row['ours_largest']):>20}"
                f"{row['peak_fraction']:>6.0%}  {row['technique']}",
                flush=True,
            )
    files.write_table(given.output, pd.DataFrame(rows))
    print(f"\nwritten to {given.output}")


def _measure(case: Case, data: Data, given: argparse.Namespace, device: torch.device, peaks: dict) -> list[dict]:
    """Return one row per precision."""
    for precision in given.precisions:
        packed.check(case, precision, data, device)
    runs = {"plain": _plain(case, data, device, False), "memory": _plain(case, data, device, True)}
    runs |= {precision: _ours(case, data, precision, device) for precision in given.precisions}
    batches = {way: _enough(run, given.seconds, device) for way, run in runs.items()}
    rates = pd.DataFrame(
        [{way: _rate(run, batches[way], device) for way, run in runs.items()} for _ in range(given.repeats)]
    )
    operations = packed.operations(case)
    rows = []
    for precision in given.precisions:
        row = {**dataclasses.asdict(case), "precision": precision}
        for way, column in (("plain", "plain"), ("memory", "memory"), ("ours", precision)):
            row[f"{way}_rate"] = statistics.median(rates[column])
            ratio = rates[column] / rates["plain"]
            row |= {f"{way}_ratio": ratio.median(), f"{way}_least": ratio.min(), f"{way}_largest": ratio.max()}
        row |= {"operations": operations, "peak_per_second": peaks[precision]}
        row["peak_fraction"] = row["ours_rate"] * operations / peaks[precision]
        row |= {"technique": case.pack(precision, device).technique(precision), "repeats": given.repeats}
        row |= {"data": data.source, "device": machine.description(device)["device_name"], "torch": torch.__version__}
        rows.append(row)
    return rows


def _plain(case: Case, data: Data, device: torch.device, resident: bool) -> Run:
    network, samples = case.plain(), data.samples(case, cases.N_TRAIN, device)
    images, labels = samples.images.permute(0, 3, 1, 2).contiguous(), samples.clean
    moments = data.moments()

    def run(batches: int) -> int:
        with _products_as_by_default():
            for start in range(0, batches * BATCH, cases.N_TRAIN):
                n = min(batches * BATCH - start, cases.N_TRAIN)
                if resident:
                    epoch = plain.in_memory(images[:n], labels[:n], BATCH)
                else:
                    epoch = plain.loader(plain.Images(data.images[:n], data.labels[:n], *moments), BATCH)
                plain.train(network, epoch, device)
        return batches * BATCH

    return run


def _ours(case: Case, data: Data, precision: str, device: torch.device) -> Run:
    pack, samples = case.pack(precision, device), data.samples(case, cases.N_TRAIN, device)
    return lambda batches: packed.train(pack, case, precision, samples, batches)


@contextlib.contextmanager
def _products_as_by_default() -> Iterator[None]:
    """Leave out the pipeline's choice of float32 products, which the plain loop does not make."""
    chosen = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(chosen)


def _enough(run: Run, seconds: float, device: torch.device) -> int:
    """Return how many batches take about so long; also warms up."""
    run(1)
    batches = 2
    while True:
        start = peak.seconds(device)
        run(batches)
        taken = peak.seconds(device) - start
        if taken > seconds / 4 or batches >= 4096:
            return max(2, round(batches * seconds / taken))
        batches *= 2 if taken > seconds / 16 else 4


def _rate(run: Run, batches: int, device: torch.device) -> float:
    start = peak.seconds(device)
    done = run(batches)
    return done / (peak.seconds(device) - start)


def _cases(given: argparse.Namespace) -> list[Case]:
    widths = FULL if given.full or given.models or given.widths else QUICK
    chosen = []
    for model in given.models or widths:
        for n_inputs in given.inputs if model.startswith("mlp") else (3072,):
            for width in given.widths or widths.get(model) or cases.SEEDS.get(model, (1,)):
                seeds = given.packed or cases.SEEDS.get(model, {}).get(width, cases.OTHERWISE)
                chosen.append(Case(model, n_inputs, width, seeds))
                if model.startswith("mlp") and (given.full or given.shared) and seeds % 4 == 0:
                    chosen.append(Case(model, n_inputs, width, seeds // 4, 4))
    return chosen


def _arguments() -> tuple[argparse.Namespace, torch.device]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all networks and widths")
    parser.add_argument("--models", nargs="+", help="networks, by the names of their modules")
    parser.add_argument("--widths", type=int, nargs="+", help="their widths")
    parser.add_argument("--inputs", type=int, nargs="+", default=[64, 3072], choices=[64, 3072], help="of the MLPs")
    parser.add_argument("--packed", type=int, help="networks in a pack; default: a table by width")
    parser.add_argument("--shared", action="store_true", help="MLPs also with four noise levels per seed")
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"], choices=["float32", "bfloat16"])
    parser.add_argument("--repeats", type=int, help="repetitions of every way; default: 3, or 5 with --full")
    parser.add_argument("--seconds", type=float, help="of one way in one repetition, about; default: 0.3, or 1")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    output = ROOT / "results" / "benchmarks" / "training_speed.parquet"
    parser.add_argument("--output", type=Path, default=output, help="parquet; default: %(default)s")
    given = parser.parse_args()
    given.repeats = given.repeats or (5 if given.full else 3)
    given.seconds = given.seconds or (1.0 if given.full else 0.3)
    return given, machine.prepare(int(given.device == "cuda"))


if __name__ == "__main__":
    main()
