"""Label corruption in the two definitions of the literature, and the table that keeps it.

``wrong_label``
    A corrupted sample gets a uniformly random *wrong* label (Nakkiran et al. 2019, arXiv 1912.02292): the share of
    false labels is ``label_noise``.
``random_label``
    A corrupted sample gets a uniformly random label, which is right by chance in one case of C (Zhang et al. 2016,
    arXiv 1611.03530): the share of false labels is ``label_noise`` · (C − 1)/C.

Sample i owns one draw of two numbers, (uᵢ, rᵢ): it is drawn iff uᵢ < ``label_noise``, and rᵢ decides its new label. So
with one seed the samples drawn at a lower noise are drawn at every higher one too, with the same new label; both
definitions draw the same samples; and a sample's draw does not depend on how many samples there are.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from overparam import files, seeding
from overparam.program import UserError

DEFINITIONS = ("wrong_label", "random_label")
TYPES = {
    "index": pa.int64(),
    "clean_label": pa.int64(),
    "given_label": pa.int64(),
    "corrupted": pa.bool_(),
    "drawn": pa.bool_(),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Corruption:
    """The labels of one training set before and after corruption.

    Attributes
    ----------
    label_noise, definition, seed, n_classes
        How it was drawn.
    clean, given
        ``(n,)``, int64: the true labels, and those that training sees.
    drawn
        ``(n,)``, bool: samples whose label was replaced; under ``random_label`` some were given their own again.
    """

    label_noise: float
    definition: str
    seed: int
    n_classes: int
    clean: np.ndarray
    given: np.ndarray
    drawn: np.ndarray

    @property
    def corrupted(self) -> np.ndarray:
        """``(n,)``, bool: samples whose given label is false."""
        return self.given != self.clean


def corrupt(
    labels: np.ndarray, n_classes: int, label_noise: float, definition: str, generator: np.random.Generator
) -> np.ndarray:
    """Return the labels that training is given.

    Parameters
    ----------
    labels
        ``(n,)``, integers in ``[0, n_classes)``; left as it is.
    n_classes
        Number of classes C, at least 2.
    label_noise
        Probability that a sample is drawn, in ``[0, 1)``.
    definition
        ``"wrong_label"`` or ``"random_label"``, see the module.
    generator
        Owned by the caller; gives 2n numbers, two to a sample, whatever the noise.

    Returns
    -------
    np.ndarray
        ``(n,)``, int64, a new array.

    Raises
    ------
    UserError
        If an argument is out of its range.
    """
    return _replaced(labels, n_classes, label_noise, definition, generator)[0]


def draw(
    labels: np.ndarray, n_classes: int, label_noise: float, definition: str, seed: int, root: int = 0
) -> Corruption:
    """Return the corruption of ``labels`` that belongs to ``seed``; the other arguments are those of :func:`corrupt`.

    The address of the draw is the root seed of the run and the seed of the networks that see these labels: noise
    levels and definitions share it, so that they are nested.
    """
    generator = seeding.generator(root, "corruption", seed)
    given, drawn = _replaced(labels, n_classes, label_noise, definition, generator)
    return Corruption(float(label_noise), definition, seed, n_classes, np.asarray(labels, np.int64), given, drawn)


def write(path: Path, corruption: Corruption) -> None:
    """Write the table of a corruption as an Arrow file, atomically; how it was drawn is in the schema metadata."""
    n = len(corruption.clean)
    columns = {
        "index": np.arange(n),
        "clean_label": corruption.clean,
        "given_label": corruption.given,
        "corrupted": corruption.corrupted,
        "drawn": corruption.drawn,
    }
    metadata = {
        **{key: getattr(corruption, key) for key in ("label_noise", "definition", "seed", "n_classes")},
        "corrupted_fraction": float(corruption.corrupted.mean()),
        "drawn_fraction": float(corruption.drawn.mean()),
    }
    schema = pa.schema(
        [pa.field(name, kind, nullable=False) for name, kind in TYPES.items()],
        metadata={key: json.dumps(value) for key, value in metadata.items()},
    )
    batch = pa.RecordBatch.from_arrays([pa.array(columns[name], kind) for name, kind in TYPES.items()], schema=schema)
    with files.replaced(path) as temporary, pa.ipc.new_file(str(temporary), schema) as writer:
        writer.write_batch(batch)


def read(path: Path) -> Corruption:
    """Return the corruption in ``path``; raise a UserError if it is missing, cut off, or contradicts itself."""
    try:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
            if dict(zip(table.schema.names, table.schema.types, strict=True)) != TYPES:
                raise UserError(f"{path} has the columns\n{table.schema}\nnot {', '.join(TYPES)}; draw it anew")
            columns = {name: table[name].to_numpy() for name in TYPES}
            how = {key.decode(): json.loads(value) for key, value in (table.schema.metadata or {}).items()}
            result = Corruption(
                **{key: how[key] for key in ("label_noise", "definition", "seed", "n_classes")},
                clean=columns["clean_label"].copy(),  # the file is unmapped at the end of the block
                given=columns["given_label"].copy(),
                drawn=columns["drawn"].copy(),
            )
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise UserError(f"{path} is no whole table of corrupted labels ({error}); draw it anew") from None
    _check(result.clean, result.n_classes, result.label_noise, result.definition)
    _check(result.given, result.n_classes, result.label_noise, result.definition)
    if not np.array_equal(columns["index"], np.arange(len(result.clean))):
        raise UserError(f"{path}: `index` does not count the samples from 0; draw it anew")
    if not np.array_equal(columns["corrupted"], result.corrupted) or np.any(result.corrupted & ~result.drawn):
        raise UserError(f"{path}: `corrupted` does not agree with the labels; draw it anew")
    return result


def _replaced(
    labels: np.ndarray, n_classes: int, label_noise: float, definition: str, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the given labels, and which samples were drawn."""
    labels = np.asarray(labels)
    _check(labels, n_classes, label_noise, definition)
    labels = labels.astype(np.int64)
    threshold, choice = generator.random((len(labels), 2)).T
    if definition == "wrong_label":
        replacement = (labels + 1 + (choice * (n_classes - 1)).astype(np.int64)) % n_classes
    else:
        replacement = (choice * n_classes).astype(np.int64)
    drawn = threshold < label_noise
    return np.where(drawn, replacement, labels), drawn


def _check(labels: np.ndarray, n_classes: int, label_noise: float, definition: str) -> None:
    if definition not in DEFINITIONS:
        raise UserError(f"unknown definition of label noise {definition!r}; known: {', '.join(DEFINITIONS)}")
    if not 0 <= label_noise < 1:
        raise UserError(f"`label_noise` must lie in [0, 1), got {label_noise}")
    if n_classes < 2:
        raise UserError(f"labels of {n_classes} class cannot be corrupted: at least 2 are needed")
    if labels.ndim != 1 or labels.size == 0 or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(f"labels must be a list of integers, got {labels.dtype} of shape {labels.shape}")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise UserError(f"labels must lie in 0..{n_classes - 1}, got {labels.min()}..{labels.max()}")
