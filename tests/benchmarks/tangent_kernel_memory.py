"""Peak memory and CPU seconds of ResNet20's tangent kernel within a limit, against two other ways.

    python tests/benchmarks/tangent_kernel_memory.py
    python tests/benchmarks/tangent_kernel_memory.py --inputs 10000 --limits 2000 8000 --ways groups --repeats 1

*groups* is :func:`overparam.theory.jacobians.tangent_kernel`: groups of parameters for all inputs, the kernel as their
sum.
*pairs* takes pairs of chunks of inputs that fit into the same limit, with all their columns. *whole* holds the whole
Jacobian, whatever the limit. Every run is a process of its own: peak memory is what it grew by after the libraries were
loaded and used once, without the kernel itself. All must give the same kernel. Runs alternate; seconds are medians, and
ratios those to the first way, *groups* unless told. One thread.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
WAYS = ("groups", "pairs", "whole")


def main() -> None:
    """Print one line per limit and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=150, help="images n")
    parser.add_argument("--side", type=int, default=16, help="pixels per side; CIFAR-10: 32")
    parser.add_argument("--outputs", type=int, default=1, help="outputs K")
    parser.add_argument("--limits", type=float, nargs="+", default=[50, 100], help="limits on memory, MB")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--run", nargs=2, metavar=("WAY", "LIMIT"), help="one run, in this process, as JSON")
    chosen = parser.parse_args()
    if chosen.run:
        print(json.dumps(run(chosen.run[0], float(chosen.run[1]), chosen.inputs, chosen.side, chosen.outputs)))
        return
    names = ("n", "p", "J (MB)", "limit (MB)", "way", "passes", "peak (MB)", "CPU s", "ratio")
    print("".join(f"{name:>11}" for name in names))
    for limit in chosen.limits:
        runs: dict[str, list[dict]] = {way: [] for way in chosen.ways}
        for _ in range(chosen.repeats):
            for way, found in runs.items():
                found.append(_in_a_process(way, limit, chosen))
        seconds = {way: statistics.median(one["seconds"] for one in found) for way, found in runs.items()}
        for way, found in runs.items():
            one, first = found[0], runs[chosen.ways[0]][0]
            if abs(one["norm"] / first["norm"] - 1) > 1e-4:
                raise SystemExit(f"{way} gives another kernel than {chosen.ways[0]}: {one['norm']}, {first['norm']}")
            peak = max(one["peak"] for one in found)
            ratio = seconds[way] / seconds[chosen.ways[0]]
            print(
                f"{chosen.inputs:>11}{one['p']:>11}{one['jacobian']:>11.0f}{limit:>11.0f}{way:>11}{one['passes']:>11.1f}"
                f"{peak:>11.0f}{seconds[way]:>11.2f}{ratio:>11.2f}",
                flush=True,
            )


def _in_a_process(way: str, limit: float, chosen: argparse.Namespace) -> dict:
    sizes = ("--inputs", chosen.inputs, "--side", chosen.side, "--outputs", chosen.outputs)
    command = [sys.executable, __file__, *sizes, "--run", way, limit]
    return json.loads(subprocess.run([str(part) for part in command], capture_output=True, check=True).stdout)


def run(way: str, limit: float, n_inputs: int, side: int, n_outputs: int) -> dict:
    """Compute the kernel one way; sizes in MB, ``passes`` over the inputs."""
    sys.path.insert(0, str(SCRIPTS))
    import torch
    from torch.func import functional_call

    from overparam import models, seeding
    from overparam.theory import jacobians

    torch.set_num_threads(1)
    pack = models.build("resnet20", 16, 1, (3, side, side), n_outputs).eval()
    pack.initialise([seeding.torch_generator(0, "init")])
    parameters = {name: value.detach() for name, value in pack.named_parameters()}
    images = torch.randn(n_inputs, side, side, 3, generator=seeding.torch_generator(0, "images"))
    n_params = sum(value.numel() for value in parameters.values())
    size = jacobians.chunk_size(parameters, limit / 2, n_outputs)  # of a pair
    n_chunks = -(-n_inputs // size)

    def network(theta: jacobians.Parameters, image: torch.Tensor) -> torch.Tensor:
        return functional_call(pack, theta, (pack.arrange(image[None, None]),))[0, :, 0]

    def groups(inputs: torch.Tensor) -> torch.Tensor:
        return jacobians.tangent_kernel(network, parameters, inputs, limit)

    def pairs(inputs: torch.Tensor) -> torch.Tensor:
        kernel = torch.empty(len(inputs) * n_outputs, len(inputs) * n_outputs)
        for row in range(0, len(inputs), size):
            left = jacobians.jacobian(network, parameters, inputs[row : row + size], limit / 2).flatten(0, 1)
            for column in range(row, len(inputs), size):
                part = inputs[column : column + size]
                right = (
                    left if row == column else jacobians.jacobian(network, parameters, part, limit / 2).flatten(0, 1)
                )
                block = left @ right.T
                top, start = row * n_outputs, column * n_outputs
                kernel[top : top + len(left), start : start + len(right)] = block
                kernel[start : start + len(right), top : top + len(left)] = block.T
        return kernel

    def whole(inputs: torch.Tensor) -> torch.Tensor:
        dense = torch.empty(len(inputs) * n_outputs, n_params)
        for start in range(0, len(inputs), jacobians.CHUNK):
            part = jacobians.jacobian(network, parameters, inputs[start : start + jacobians.CHUNK], 1e9).flatten(0, 1)
            dense[start * n_outputs : start * n_outputs + len(part)] = part
        return dense @ dense.T

    way_of = {"groups": groups, "pairs": pairs, "whole": whole}[way]
    way_of(images[:2])  # libraries allocate on first use
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before, start = _peak(), time.process_time()
    kernel = way_of(images)
    seconds, peak = time.process_time() - start, _peak() - before - kernel.numel() * 4 / 1e6
    passes = {
        "groups": jacobians.kernel_plan(network, parameters, images[0], n_inputs, limit).passes,
        "pairs": (n_chunks + 1) / 2,
        "whole": 1,
    }
    return {
        "p": n_params, "jacobian": n_inputs * n_outputs * n_params * 4 / 1e6, "passes": passes[way], "peak": peak,
        "seconds": seconds, "norm": float(torch.linalg.norm(kernel)),
    }  # fmt: skip


def _peak() -> float:
    """Return the peak memory in MB since it was reset; that of getrusage counts the process that started this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6  # in KiB


if __name__ == "__main__":
    main()
