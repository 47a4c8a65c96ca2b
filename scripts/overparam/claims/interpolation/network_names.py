"""Names of networks in figures."""

SHORT = {
    "cnn": "5-layer CNN",
    "cuda_convnet": "CudaConvNet",
    "cuda_convnet_lrn": "CudaConvNet with LRN",
    "mlp": "MLP",
    "mlp3": "MLP, 3 hidden layers",
    "preact_resnet18": "ResNet18",
    "resnet20": "ResNet20",
    "resnet20_unnormalised": "ResNet20 without batch norm",
    "resnet_2m": "ResNet",
    "small_alexnet": "small AlexNet",
    "small_inception": "small Inception",
}


def short(model: str) -> str:
    """Return the usual name of a network, or the name of its module if none is listed here."""
    return SHORT.get(model, model)
