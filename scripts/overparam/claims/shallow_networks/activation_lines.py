"""How the figures on Hermite expansions draw each activation."""

ACTIVATION_STYLES = {  # label, marker, dashes
    "relu": ("ReLU", "o", "-"),
    "softplus": ("softplus", "s", "--"),
    "tanh": ("tanh", "^", "-."),
    "sigmoid": ("sigmoid", "v", ":"),
    "erf": ("erf", "D", (0, (5, 1.5))),
    "quadratic": ("quadratic", "P", (0, (1, 1))),
}
