"""The activations that the lecture lists for wide networks: ReLU among them, whose Hessian exists almost everywhere."""

from overparam.theory.activations import ACTIVATIONS

LISTED = {name: ACTIVATIONS[name] for name in ("tanh", "sigmoid", "relu")}
