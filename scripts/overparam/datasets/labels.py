"""Label corruption in the two definitions of the literature, or as people gave labels, and the table that keeps it.

``wrong_label``
    A corrupted sample gets a uniformly random *wrong* label (Nakkiran et al. 2019, arXiv 1912.02292): the share of
    false labels is ``label_noise``.
``random_label``
    A corrupted sample gets a uniformly random label, which is right by chance in one case of C (Zhang et al. 2016,
    arXiv 1611.03530): the share of false labels is ``label_noise`` · (C − 1)/C.
``given_labels``
    Labels stand in a file (:mod:`overparam.datasets.given_labels`), and ``label_noise`` is the share of false ones
    among them, or 0 for the true labels. Nothing is drawn.

Sample i owns one draw of two numbers, (uᵢ, rᵢ): it is drawn iff uᵢ < ``label_noise``, and rᵢ decides its new label. So
with one seed the samples drawn at a lower noise are drawn at every higher one too, with the same new label; both
definitions draw the same samples; and a sample's draw does not depend on how many samples there are.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from overparam import seeding
from overparam.errors import UserError
from overparam.jobs import files

DEFINITIONS = ("wrong_label", "random_label")  # by which labels are drawn
GIVEN = "given_labels"
TYPES = {
    "seed": pa.int64(),
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
        How it was drawn, or given.
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
        Probability that a sample is drawn, in ``[0, 1]``.
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


def write(path: Path, corruptions: Sequence[Corruption]) -> None:
    """Write the tables of some seeds as one Arrow file, atomically; how they were drawn is in the schema metadata.

    The corruptions agree in everything but their seeds and draws; the column ``seed`` tells them apart.
    """
    shared = {(one.label_noise, one.definition, one.n_classes) for one in corruptions}
    if len(shared) != 1:
        raise ValueError("one file holds one noise level of one definition")
    label_noise, definition, n_classes = shared.pop()
    metadata = {
        "label_noise": label_noise,
        "definition": definition,
        "n_classes": n_classes,
        "corrupted_fraction": float(np.mean([one.corrupted.mean() for one in corruptions])),
        "drawn_fraction": float(np.mean([one.drawn.mean() for one in corruptions])),
    }
    metadata["content"] = _digest(metadata, corruptions)
    schema = pa.schema(
        [pa.field(name, kind, nullable=False) for name, kind in TYPES.items()],
        metadata={key: json.dumps(value) for key, value in metadata.items()},
    )
    with files.replaced(path) as temporary, pa.ipc.new_file(str(temporary), schema) as writer:
        for one in corruptions:
            n = len(one.clean)
            values = (np.full(n, one.seed), np.arange(n), one.clean, one.given, one.corrupted, one.drawn)
            arrays = [pa.array(column, kind) for column, kind in zip(values, TYPES.values(), strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _digest(metadata: dict[str, Any], corruptions: Sequence[Corruption]) -> str:
    """Return the SHA-256 of all that a file says."""
    said = {key: value for key, value in metadata.items() if key != "content"}
    digest = hashlib.sha256(json.dumps([said, [one.seed for one in corruptions]], sort_keys=True).encode())
    for one in corruptions:
        for column in (one.clean, one.given, one.drawn):
            digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


def read(path: Path) -> list[Corruption]:
    """Return the corruptions in ``path``; raise a UserError if it is missing, cut off, or not as it was written."""
    try:
        with pa.memory_map(str(path)) as source:
            return _validated(pa.ipc.open_file(source).read_all())
    except MemoryError:
        raise
    except UserError as error:
        raise UserError(f"{path}: {error}; delete it and run again") from None
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(f"{path} is no whole table of corrupted labels ({error}); delete it and run again") from None


def _validated(table: pa.Table) -> list[Corruption]:
    """Return the corruptions in a table; nothing of it stays in the file, which is unmapped afterwards."""

    def require(holds: bool, problem: str) -> None:
        if not holds:
            raise UserError(problem)

    columns = dict(zip(table.schema.names, table.schema.types, strict=True))
    require(columns == TYPES, f"has the columns\n{table.schema}\nnot {', '.join(TYPES)}")
    table.validate()  # before anything looks into it: no array is longer than its memory
    require(not any(column.null_count for column in table.columns), "has nulls")
    columns = {name: table[name].to_numpy().copy() for name in TYPES}
    how = {key.decode(): json.loads(value) for key, value in (table.schema.metadata or {}).items()}
    missing = sorted({"label_noise", "definition", "n_classes", "content"} - how.keys())
    require(not missing, f"the schema metadata lacks {', '.join(missing)}")
    numbers = type(how["label_noise"]) in (int, float) and type(how["n_classes"]) is int
    require(numbers, "label_noise or n_classes in the schema metadata is no number")
    shared = {key: how[key] for key in ("label_noise", "definition", "n_classes")}
    found = []
    for seed in dict.fromkeys(columns["seed"].tolist()):
        one = {name: column[columns["seed"] == seed] for name, column in columns.items()}
        result = Corruption(**shared, seed=seed, clean=one["clean_label"], given=one["given_label"], drawn=one["drawn"])
        _check(result.clean, result.n_classes, result.label_noise, result.definition)
        _check(result.given, result.n_classes, result.label_noise, result.definition)
        counted = np.array_equal(one["index"], np.arange(len(result.clean)))
        require(counted, "`index` does not count the samples of a seed from 0")
        agreed = np.array_equal(one["corrupted"], result.corrupted) and not np.any(result.corrupted & ~result.drawn)
        require(agreed, "`corrupted` does not agree with the labels")
        found.append(result)
    require(how["content"] == _digest(how, found), "was changed after it was made")
    return found


def _replaced(
    labels: np.ndarray, n_classes: int, label_noise: float, definition: str, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the given labels, and which samples were drawn."""
    labels = np.asarray(labels)
    if definition == GIVEN:
        raise UserError("given labels are not drawn: name the file that holds them, `given_labels` of the data set")
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
    if definition not in (*DEFINITIONS, GIVEN):
        raise UserError(f"unknown definition of label noise {definition!r}; known: {', '.join((*DEFINITIONS, GIVEN))}")
    if not 0 <= label_noise <= 1:
        raise UserError(f"`label_noise` must lie in [0, 1], got {label_noise}")
    if n_classes < 2:
        raise UserError(f"labels of {n_classes} class cannot be corrupted: at least 2 are needed")
    if labels.ndim != 1 or labels.size == 0 or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(f"labels must be a list of integers, got {labels.dtype} of shape {labels.shape}")
    if labels.min() < 0 or labels.max() >= n_classes:
        raise UserError(f"labels must lie in 0..{n_classes - 1}, got {labels.min()}..{labels.max()}")
