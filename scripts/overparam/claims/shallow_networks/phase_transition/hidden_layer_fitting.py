"""Fit the hidden layer of f(W; x) = vᵀφ(Wx) to given labels: many small networks of unlike widths at once.

A *problem* is a data set, inputs (n, d) and labels (n,). Several *networks* belong to it, each with a width k and
hidden weights W (k, d) of its own. The output weights stay as they are: half +, half −, |v_i| = ‖y‖/√(kn).

There are two optimisers: :func:`descend`, gradient descent with momentum on ½‖f − y‖², and :func:`levenberg_marquardt`,
the second-order reference, which does not suffer from bad conditioning.
"""

import dataclasses

import torch

from overparam.theory import hidden_layer

HOPELESS = 100.0  # a residual this many times its start has diverged
STALLED = 0.99  # a residual that keeps more than this share of itself over a whole spell is stuck
POWER_ITERATIONS = 30
REFERENCE_SPELL = 25  # steps of Levenberg–Marquardt between two looks at its progress


@dataclasses.dataclass(frozen=True)
class RaggedNetworks:
    """M networks of different widths (ragged, as they fit into no single tensor) on T problems.

    Attributes
    ----------
    inputs, labels
        Shapes (T, n, d) and (T, n).
    problem
        The index of the problem that each network belongs to, shape (M,), ascending.
    hidden
        Initial hidden weights, M tensors of shape (k, d), whose widths k may differ.
    """

    inputs: torch.Tensor
    labels: torch.Tensor
    problem: torch.Tensor
    hidden: list[torch.Tensor]

    def to(self, dtype: torch.dtype) -> "RaggedNetworks":
        """Return the same networks and problems in another floating-point type."""
        hidden = [one.to(dtype) for one in self.hidden]
        return RaggedNetworks(self.inputs.to(dtype), self.labels.to(dtype), self.problem, hidden)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How each of M networks ended: ‖f − y‖/‖y‖ (float64), steps taken (int64) and whether it diverged, all (M,)."""

    residual: torch.Tensor
    steps: torch.Tensor
    diverged: torch.Tensor


def output_weights(labels: torch.Tensor, width: int) -> torch.Tensor:
    """Return v, half + and half −, |v_i| = ‖y‖/√(kn), for labels (n,): shape (k,)."""
    return hidden_layer.half_signs(width, float(labels.norm()) / (width * len(labels)) ** 0.5).to(labels.dtype)


def value_and_slope(z: torch.Tensor, activation: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Return φ(z) and φ'(z) for ``softplus`` or ``relu``.

    Softplus is computed as −log σ(−z), which is exact to the rounding of 1 in absolute terms. It shares σ with its
    derivative, which is three times as fast as the two functions by themselves. It saturates where σ(−z) is the
    smallest normal number, at 87 in float32.
    """
    if activation == "relu":
        return torch.relu(z), (z > 0).to(z.dtype)
    complement = torch.sigmoid(-z)
    value = complement.clamp(min=torch.finfo(z.dtype).tiny).log_().neg_()
    return value, complement.neg_().add_(1)


class _Pack:
    """The networks that still run, the units of all networks of a problem side by side, padded to the largest sum."""

    def __init__(self, networks: RaggedNetworks, active: torch.Tensor, weights: list[torch.Tensor], momenta, rates):
        self.active = active
        problem = networks.problem[active]
        self.kept, self.row = torch.unique(problem, return_inverse=True)
        first = torch.searchsorted(self.row, torch.arange(len(self.kept)))
        self.column = torch.arange(len(active)) - first[self.row]
        sizes = [len(weights[m]) for m in active.tolist()]
        sums = torch.zeros(len(self.kept), dtype=torch.long).index_add_(0, self.row, torch.tensor(sizes))
        shape = (len(self.kept), int(sums.max()))
        dtype, dimension = networks.inputs.dtype, networks.inputs.shape[2]
        self.inputs, self.labels = networks.inputs[self.kept], networks.labels[self.kept]
        self.weights = torch.zeros(*shape, dimension, dtype=dtype)
        self.momentum = torch.zeros_like(self.weights)
        self.rate = torch.zeros(*shape, 1, dtype=dtype)
        self.output = torch.zeros(
            *shape, int(self.column.max()) + 1, dtype=dtype
        )  # block diagonal, from units to networks
        self.slices, filled = [], [0] * len(self.kept)
        for m, row, column, size in zip(active.tolist(), self.row.tolist(), self.column.tolist(), sizes, strict=True):
            place = (row, slice(filled[row], filled[row] + size))
            self.weights[place], self.momentum[place], self.rate[place] = weights[m], momenta[m], rates[m]
            self.output[(*place, column)] = output_weights(networks.labels[networks.problem[m]], size)
            self.slices.append(place)
            filled[row] += size
        self.minus_inputs, self.minus_output = -self.inputs, -self.output

    def residuals(self, activation: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Return residuals (T, n, networks per problem), and what :meth:`gradient` needs of the units, (T, n, units).

        Signs are turned in the inputs and output weights, which are small, and not in the arrays of all units.
        """
        if activation == "relu":
            value = torch.relu_(self.inputs @ self.weights.mT)
            return value @ self.output - self.labels[..., None], value
        complement = torch.sigmoid_(self.minus_inputs @ self.weights.mT)
        minus_value = complement.clamp(min=torch.finfo(complement.dtype).tiny).log_()
        return minus_value @ self.minus_output - self.labels[..., None], complement

    def gradient(self, residual: torch.Tensor, units: torch.Tensor, activation: str) -> torch.Tensor:
        """Return Jᵀ(f − y) in the shape of the weights, from what :meth:`residuals` returned, which is used up."""
        pulled = residual @ self.output.mT
        if activation == "relu":
            pulled = torch.ops.aten.threshold_backward(pulled, units, 0)
        else:
            pulled = units.neg_().add_(1).mul_(pulled)
        return pulled.mT @ self.inputs

    def relative(self, residual: torch.Tensor) -> torch.Tensor:
        """Return ‖f − y‖/‖y‖ of each running network."""
        return (residual.norm(dim=1) / self.labels.norm(dim=1, keepdim=True))[self.row, self.column]

    def unpack(self, weights: list[torch.Tensor], momenta: list[torch.Tensor]) -> None:
        for m, place in zip(self.active.tolist(), self.slices, strict=True):
            weights[m], momenta[m] = self.weights[place].clone(), self.momentum[place].clone()


def descend(
    networks: RaggedNetworks,
    activation: str,
    momentum: float,
    tolerance: float,
    step_limit: int,
    check_every: int = 25,
    spell: int = 500,
) -> Outcome:
    """Run gradient descent with heavy-ball momentum on ½‖f − y‖² from the given weights; each network ends on its own.

    The step is 1/λ_max(J(W₀)J(W₀)ᵀ) throughout. A network ends when ‖f − y‖ ≤ ``tolerance``·‖y‖ at one of the checks,
    every ``check_every`` steps; when ‖f − y‖ has fallen by less than 1 % in a ``spell`` of steps (stuck); when it is
    nan or exceeds 100 times its start (diverged); or at ``step_limit``.

    Parameters
    ----------
    networks
        The networks; the dtype of their tensors is that of the run.
    activation
        ``softplus`` or ``relu``.
    momentum
        0 for plain gradient descent.
    tolerance, step_limit, check_every, spell
        As above; ``spell`` is a multiple of ``check_every``.

    Notes
    -----
    Networks that have ended are dropped, and the rest is packed anew once a quarter of the units has gone.
    """
    count = len(networks.hidden)
    weights, momenta = list(networks.hidden), [torch.zeros_like(one) for one in networks.hidden]
    rates = 1 / largest_curvature(networks, activation)
    residual = torch.full((count,), torch.nan, dtype=torch.float64)
    steps, diverged = torch.zeros(count, dtype=torch.long), torch.zeros(count, dtype=torch.bool)
    pack = _Pack(networks, torch.arange(count), weights, momenta, rates)
    going = torch.ones(count, dtype=torch.bool)
    start = earlier = None
    for step in range(step_limit + 1):
        error, units = pack.residuals(activation)
        if step % check_every == 0 or step == step_limit:
            relative = pack.relative(error).double()
            if start is None:
                start, earlier = relative, relative * torch.inf
            lost = ~(relative <= HOPELESS * start[pack.active])
            stuck = torch.zeros_like(lost)
            if step % spell == 0:
                stuck = relative > STALLED * earlier[pack.active]
                earlier[pack.active] = relative
            running = going[pack.active]
            ended = pack.active[running & (lost | stuck | (relative <= tolerance) | (step == step_limit))]
            residual[pack.active[running]], diverged[pack.active[running & lost]] = relative[running], True
            steps[ended], going[ended] = step, False
            if not going.any():
                break
            left = sum(len(weights[m]) for m in torch.nonzero(going)[:, 0].tolist())
            if left < 0.75 * pack.weights.shape[0] * pack.weights.shape[1]:
                pack.unpack(weights, momenta)
                repacked = _Pack(networks, torch.nonzero(going)[:, 0], weights, momenta, rates)
                if repacked.weights.numel() < 0.9 * pack.weights.numel():
                    pack = repacked
                    error, units = pack.residuals(activation)
        gradient = pack.gradient(error, units, activation)
        pack.momentum.mul_(momentum).addcmul_(pack.rate, gradient, value=-1)
        pack.weights.add_(pack.momentum)
    return Outcome(residual, steps, diverged)


def _padded(
    networks: RaggedNetworks, chosen: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return inputs, labels, hidden weights and output weights of the chosen networks, padded to the largest width."""
    inputs, labels = networks.inputs[networks.problem[chosen]], networks.labels[networks.problem[chosen]]
    hidden = [networks.hidden[m] for m in chosen.tolist()]
    v = [output_weights(label, len(one)) for label, one in zip(labels, hidden, strict=True)]
    pad = torch.nn.utils.rnn.pad_sequence
    return inputs, labels, pad(hidden, batch_first=True), pad(v, batch_first=True)


def largest_curvature(networks: RaggedNetworks, activation: str) -> torch.Tensor:
    """Return λ_max(JJᵀ) at the given weights by power iteration, shape (M,): at most a few per cent too small."""
    found = torch.empty(len(networks.hidden), dtype=networks.inputs.dtype)
    for chosen in _by_width(networks):
        inputs, _, hidden, v = _padded(networks, chosen)
        _, slope = value_and_slope(inputs @ hidden.mT, activation)
        kernel = _kernel(slope, v, inputs)
        vector = torch.ones_like(kernel[..., :1])
        for _ in range(POWER_ITERATIONS):
            vector = kernel @ vector
            norm = vector.norm(dim=1, keepdim=True)
            vector = vector / norm
        found[chosen] = norm[:, 0, 0]
    return found


def _by_width(networks: RaggedNetworks, largest_spread: float = 1.5, most: int = 64) -> list[torch.Tensor]:
    """Return groups of networks of similar widths, so that padding wastes little."""
    widths = torch.tensor([len(one) for one in networks.hidden])
    groups: list[list[int]] = []
    for m in torch.argsort(widths, stable=True).tolist():
        if groups and widths[m] <= largest_spread * widths[groups[-1][0]] and len(groups[-1]) < most:
            groups[-1].append(m)
        else:
            groups.append([m])
    return [torch.tensor(group) for group in groups]


def _kernel(slope: torch.Tensor, v: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
    """Return JJᵀ = (φ' diag(v)² φ'ᵀ) ⊙ XXᵀ (arXiv 1902.04674, section 6.1)."""
    weighted = slope * v[:, None]
    return (weighted @ weighted.mT) * (inputs @ inputs.mT)


def levenberg_marquardt(networks: RaggedNetworks, activation: str, tolerance: float, step_limit: int) -> Outcome:
    """Fit by Levenberg and Marquardt's method, float64: W ← W − Jᵀ(JJᵀ + λI)⁻¹(f − y).

    λ starts at 1e-2 of the mean diagonal of JJᵀ. A step that lowers ‖f − y‖ is taken and divides λ by 3, down to 1e-14
    of that diagonal; any other step is refused and multiplies λ by 4. A network ends when ‖f − y‖ ≤ ``tolerance``·‖y‖,
    when that has fallen by less than 1 % in 25 steps or λ exceeds 1e8 of the diagonal (stuck), or at ``step_limit``,
    refused steps included.
    """
    count = len(networks.hidden)
    residual = torch.full((count,), torch.nan, dtype=torch.float64)
    steps = torch.zeros(count, dtype=torch.long)
    for chosen in _by_width(networks):
        residual[chosen], steps[chosen] = _second_order(networks, chosen, activation, tolerance, step_limit)
    return Outcome(residual, steps, ~residual.isfinite())


def _second_order(
    networks: RaggedNetworks, chosen: torch.Tensor, activation: str, tolerance: float, step_limit: int
) -> tuple[torch.Tensor, torch.Tensor]:
    x, y, w, v = _padded(networks, chosen)
    size = y.norm(dim=1)
    value, slope = value_and_slope(x @ w.mT, activation)
    error = (value @ v[..., None]).squeeze(-1) - y
    norm = error.norm(dim=1)
    gram = x @ x.mT
    unit = ((slope * v[:, None]) ** 2).sum(2).mul(gram.diagonal(dim1=1, dim2=2)).mean(1)
    damping = torch.full_like(norm, 1e-2)
    final, steps = norm.clone(), torch.zeros(len(chosen), dtype=torch.long)
    here, earlier = torch.arange(len(chosen)), norm * torch.inf
    for step in range(step_limit):
        keep = (norm > tolerance * size) & (damping < 1e8)
        if step % REFERENCE_SPELL == 0:
            keep &= norm <= STALLED * earlier
            earlier = norm
        final[here], steps[here] = norm, step
        if not keep.all():
            here = here[keep]
            x, y, w, v, size, slope, error, norm, gram, unit, damping, earlier = (
                part[keep] for part in (x, y, w, v, size, slope, error, norm, gram, unit, damping, earlier)
            )
        if not len(here):
            break
        weighted = slope * v[:, None]
        kernel = (weighted @ weighted.mT).mul_(gram)
        kernel.diagonal(dim1=1, dim2=2).add_((damping * unit)[:, None])
        factor, failed = torch.linalg.cholesky_ex(kernel)
        solved = torch.cholesky_solve(error[..., None], factor)
        proposed = w - (weighted * solved).mT @ x
        value, new_slope = value_and_slope(x @ proposed.mT, activation)
        new_error = (value @ v[..., None]).squeeze(-1) - y
        new_norm = new_error.norm(dim=1)
        better = (new_norm < norm) & (failed == 0)
        take = better[:, None, None]
        w, slope = torch.where(take, proposed, w), torch.where(take, new_slope, slope)
        error, norm = torch.where(better[:, None], new_error, error), torch.where(better, new_norm, norm)
        damping = torch.where(better, (damping / 3).clamp(min=1e-14), damping * 4)
        final[here], steps[here] = norm, step + 1
    return final / networks.labels[networks.problem[chosen]].norm(dim=1), steps
