"""How the figures of this topic call and mark the activations."""

STYLES = {"tanh": ("tanh", "o"), "sigmoid": ("sigmoid", "s"), "relu": ("ReLU", "D")}  # label, marker
