"""What the talk (S3, experiment I) and Zhang et al. 2016 (arXiv 1611.03530, table 1) print about networks."""

import dataclasses

TALK, PAPER, PROGRAM = "S3", "1611.03530", "cuda-convnet, layers-18pct"
BOTH = f"{PAPER}; train loss: {TALK}"
DATA, N_TRAIN = "CIFAR-10", 50_000  # what they were trained on


@dataclasses.dataclass(frozen=True)
class Printed:
    """One printed row: errors are fractions, and what is not printed is None."""

    model: str
    width: int
    labels: str
    regularisation: str
    n_params: int
    train_loss: float | None
    train_error: float | None
    test_error: float
    place: str


PRINTED = (
    Printed("cuda_convnet", 1, "true", "none", 145_578, 0.0, None, 0.23, TALK),
    Printed("cuda_convnet", 1, "true", "explicit", 145_578, 0.34, None, 0.18, TALK),
    Printed("cuda_convnet_lrn", 1, "true", "explicit", 89_578, None, None, 0.18, PROGRAM),
    Printed("small_inception", 1, "true", "none", 1_649_402, 0.0, 0.0, 0.1425, BOTH),
    Printed("small_inception", 1, "random", "none", 1_649_402, None, 0.0, 0.9022, PAPER),
    Printed("small_alexnet", 1, "true", "none", 1_387_786, None, 0.0, 0.2393, PAPER),
    Printed("small_alexnet", 1, "random", "none", 1_387_786, None, 0.0018, 0.9014, PAPER),
    Printed("mlp3", 512, "true", "none", 1_735_178, None, 0.0, 0.4761, PAPER),
    Printed("mlp3", 512, "random", "none", 1_735_178, None, 0.0, 0.8952, PAPER),
    Printed("mlp", 512, "true", "none", 1_209_866, None, 0.0, 0.4949, PAPER),
    Printed("mlp", 512, "random", "none", 1_209_866, None, 0.0066, 0.8939, PAPER),
)
COUNTS = {(row.model, row.width): row.n_params for row in PRINTED}
RESNET = Printed("resnet_2m", 1, "true", "none", 2_401_440, 0.0, None, 0.13, TALK)  # the architecture is not printed
