"""Print the peak memory of one tangent kernel of ResNet20, and the kernel's sum, as JSON; a process of its own.

python kernel_memory.py SCRIPTS LIMIT_MB N_INPUTS
"""

import json
import sys
from pathlib import Path


def main(scripts: str, limit_mb: float, n_inputs: int) -> None:
    """Compute the kernel and report."""
    sys.path.insert(0, scripts)
    import torch
    from torch.func import functional_call

    from overparam import models, seeding
    from overparam.theory import jacobians

    torch.set_num_threads(1)
    pack = models.build("resnet20_unnormalised", 16, 1, (1, 8, 8), 1).eval()
    pack.initialise([seeding.torch_generator(0, "init")])
    parameters = {name: value.detach() for name, value in pack.named_parameters()}
    images = torch.randn(n_inputs, 8, 8, 1, generator=seeding.torch_generator(0, "images"))

    def network(theta: jacobians.Parameters, image: torch.Tensor) -> torch.Tensor:
        return functional_call(pack, theta, (pack.arrange(image[None, None]),))[0, :, 0]

    jacobians.tangent_kernel(network, parameters, images[:2], limit_mb)  # libraries allocate on first use
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here, not from the imports
    before = _peak_mb()
    kernel = jacobians.tangent_kernel(network, parameters, images, limit_mb)
    peak = _peak_mb() - before
    plan = jacobians.kernel_plan(network, parameters, images[0], n_inputs, limit_mb)
    n_params = sum(value.numel() for value in parameters.values())
    found = {
        "peak_mb": peak,
        "kernel_mb": kernel.numel() * kernel.element_size() / 1e6,
        "jacobian_mb": n_inputs * n_params * 4 / 1e6,
        "passes": plan.passes,
        "sums": kernel.double().sum(dim=1).tolist(),
    }
    print(json.dumps(found))


def _peak_mb() -> float:
    """Return the peak memory in MB since it was reset; that of getrusage counts the process that started this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6  # in KiB


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))
