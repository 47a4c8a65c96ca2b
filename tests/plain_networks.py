"""The networks as plain torch modules, one model at a time: what the packs are compared with."""

import math

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock

from overparam.models.small_inception import MODULES

Shape = tuple[int, int, int]


def mlp(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return the network of one hidden layer."""
    channels, height, side = input_shape
    return nn.Sequential(
        nn.Flatten(), nn.Linear(channels * height * side, width), nn.ReLU(), nn.Linear(width, n_classes)
    )


def mlp3(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return the network of three hidden layers."""
    layers, n_in = [nn.Flatten()], math.prod(input_shape)
    for _ in range(3):
        layers += [nn.Linear(n_in, width), nn.ReLU()]
        n_in = width
    return nn.Sequential(*layers, nn.Linear(n_in, n_classes))


def cnn(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return the 5-layer CNN, written out in the order of the paper (pooling after ReLU)."""
    channels, _, side = input_shape
    k = width

    def stage(n_in: int, n_out: int, pool: int) -> list[nn.Module]:
        return [nn.Conv2d(n_in, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU(), nn.MaxPool2d(pool)]

    stages = stage(channels, k, 1) + stage(k, 2 * k, 2) + stage(2 * k, 4 * k, 2) + stage(4 * k, 8 * k, side // 4)
    return nn.Sequential(*stages, nn.Flatten(), nn.Linear(8 * k, n_classes))


class PreactivationBlock(nn.Module):
    """The block of preactivation ResNet18."""

    def __init__(self, n_in: int, n_out: int, stride: int):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(n_in)
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Conv2d(n_in, n_out, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map images to images."""
        active = torch.relu(self.bn1(x))
        shortcut = self.shortcut(active) if hasattr(self, "shortcut") else x
        return self.conv2(torch.relu(self.bn2(self.conv1(active)))) + shortcut


def preact_resnet18(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return preactivation ResNet18 as in the public code of Nakkiran et al."""
    layers, n_in = [nn.Conv2d(input_shape[0], width, 3, 1, 1, bias=False)], width
    for n_out, first in ((width, 1), (2 * width, 2), (4 * width, 2), (8 * width, 2)):
        for stride in (first, 1):
            layers.append(PreactivationBlock(n_in, n_out, stride))
            n_in = n_out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n_in, n_classes))


class Bias(nn.Module):
    """What torchvision's block has in place of batch norm in networks without it: its convolutions have no biases."""

    def __init__(self, n_channels: int):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n_channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the bias."""
        return x + self.bias.view(-1, 1, 1)


class PaddedShortcut(nn.Module):
    """Option A of He et al. 2015."""

    def __init__(self, n_new: int, stride: int):
        super().__init__()
        self.n_new, self.stride = n_new, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Take every second pixel, append channels of zeros."""
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, x.new_zeros(len(x), self.n_new, *x.shape[2:])], dim=1)


def resnet20(width, input_shape, n_classes, norm=nn.BatchNorm2d, stem=None) -> nn.Module:
    """Return ResNet20 of torchvision's blocks."""
    n_in = stem or width
    layers = [nn.Conv2d(input_shape[0], n_in, 3, 1, 1, bias=False), norm(n_in), nn.ReLU()]
    for n_out, first in ((width, 1), (2 * width, 2), (4 * width, 2)):
        for stride in (first, 1, 1):
            shortcut = PaddedShortcut(n_out - n_in, stride) if n_in != n_out else None
            layers.append(BasicBlock(n_in, n_out, stride, shortcut, norm_layer=norm))
            n_in = n_out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n_in, n_classes))


def resnet20_unnormalised(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return ResNet20 without batch norm."""
    return resnet20(width, input_shape, n_classes, norm=Bias)


def resnet_2m(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return ResNet20 three times as wide."""
    return resnet20(48 * width, input_shape, n_classes, stem=16 * width)


class ResponseNorm(nn.Module):
    """The ``rnorm`` of cuda-convnet, written out pixel by pixel of the 3×3 window."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Divide each pixel by a power of the squares around it in the same map."""
        _, _, height, width = x.shape
        squares = nn.functional.pad(x**2, (1, 1, 1, 1))
        around = sum(squares[:, :, i : i + height, j : j + width] for i in range(3) for j in range(3))
        return x / (1 + 5e-5 / 9 * around) ** 0.75


def cuda_convnet(width: int, input_shape: Shape, n_classes: int, hidden: bool = True) -> nn.Module:
    """Return cuda-convnet's layers-80sec.cfg, or layers-18pct.cfg with ``hidden=False``."""
    channels, height, side = input_shape
    n, wide = 32 * width, 64 * width
    features = wide * height * side // 64
    norm = nn.Identity if hidden else ResponseNorm
    maps = [nn.Conv2d(channels, n, 5, padding=2), nn.MaxPool2d(3, 2, ceil_mode=True), nn.ReLU(), norm()]
    maps += [nn.Conv2d(n, n, 5, padding=2), nn.ReLU(), nn.AvgPool2d(3, 2, ceil_mode=True), norm()]
    maps += [nn.Conv2d(n, wide, 5, padding=2), nn.ReLU(), nn.AvgPool2d(3, 2, ceil_mode=True), nn.Flatten()]
    if hidden:
        return nn.Sequential(*maps, nn.Linear(features, wide), nn.ReLU(), nn.Linear(wide, n_classes))
    return nn.Sequential(*maps, nn.Linear(features, n_classes))


def cuda_convnet_lrn(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return cuda-convnet's layers-18pct.cfg."""
    return cuda_convnet(width, input_shape, n_classes, hidden=False)


def small_alexnet(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return the small AlexNet of Zhang et al."""
    channels, height, side = input_shape
    k, layers = 64 * width, []
    for n_in in (channels, k):
        layers += [nn.Conv2d(n_in, k, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)]
        layers += [nn.LocalResponseNorm(9, alpha=0.001, beta=0.75, k=1)]
    layers += [nn.Flatten(), nn.Linear(k * height * side // 16, 384 * width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(384 * width, 192 * width), nn.ReLU(), nn.Linear(192 * width, n_classes))


class Branches(nn.Module):
    """Branches of the same input, their channels joined."""

    def __init__(self, *branches: nn.Module):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map images to images."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def small_inception(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return the small Inception of Zhang et al."""

    def conv_module(n_in: int, n_out: int, size: int, stride: int = 1) -> nn.Module:
        norm = nn.BatchNorm2d(n_out)
        norm.register_parameter("weight", None)
        return nn.Sequential(nn.Conv2d(n_in, n_out, size, stride, size // 2, bias=False), norm, nn.ReLU())

    n_in = 96 * width
    layers: list[nn.Module] = [conv_module(input_shape[0], n_in, 3)]
    for n_1x1, n_3x3 in MODULES:
        if n_1x1:
            layers.append(Branches(conv_module(n_in, n_1x1 * width, 1), conv_module(n_in, n_3x3 * width, 3)))
            n_in = (n_1x1 + n_3x3) * width
        else:
            layers.append(Branches(conv_module(n_in, n_3x3 * width, 3, 2), nn.MaxPool2d(3, 2, padding=1)))
            n_in += n_3x3 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n_in, n_classes))


def lenet(width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return two convolutions and two fully connected layers."""
    channels, height, side = input_shape
    return nn.Sequential(
        nn.Conv2d(channels, width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(2 * width * (height // 4) * (side // 4), 16 * width), nn.ReLU(),
        nn.Linear(16 * width, n_classes),
    )  # fmt: skip


PLAIN = {
    "mlp": mlp,
    "mlp3": mlp3,
    "cnn": cnn,
    "preact_resnet18": preact_resnet18,
    "resnet20": resnet20,
    "resnet20_unnormalised": resnet20_unnormalised,
    "resnet_2m": resnet_2m,
    "cuda_convnet": cuda_convnet,
    "cuda_convnet_lrn": cuda_convnet_lrn,
    "small_alexnet": small_alexnet,
    "small_inception": small_inception,
    "lenet": lenet,
}
FIXED = ("resnet_2m", "cuda_convnet", "cuda_convnet_lrn", "small_alexnet", "small_inception")  # width 1 is as published


def taken_from(pack, number: int, model: str, width: int, input_shape: Shape, n_classes: int) -> nn.Module:
    """Return a plain network with the parameters of model ``number`` of a pack.

    Biases before batch norm are frozen: their gradient is exactly zero but for rounding, which Adam would blow up.
    """
    plain = PLAIN[model](width, input_shape, n_classes)
    with torch.no_grad():
        for own, packed in zip(plain.parameters(), pack.parameters(), strict=True):
            own.copy_(packed[number])
        if model.startswith("mlp"):  # packs read pixels by rows, columns, channels; torch by channels, rows, columns
            channels, height, side = input_shape
            weight = plain[1].weight.view(width, height, side, channels)
            plain[1].weight.copy_(weight.permute(0, 3, 1, 2).flatten(1))
    if model == "cnn":
        for layer in plain:
            if isinstance(layer, nn.Conv2d):
                layer.bias.requires_grad_(False)
    return plain
