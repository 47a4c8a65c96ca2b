"""The shapes that annotations state are checked while tests run; to be imported before any module of the package.

In the jobs themselves nothing is checked: there an annotation is a comment. What kind of number a scalar is, Python's
or NumPy's, is not what this is about.
"""

import numpy as np
from beartype import BeartypeConf, BeartypeHintOverrides, beartype
from jaxtyping import install_import_hook

SCALARS = {
    bool: bool | np.bool_,
    int: int | np.integer,
    float: float | int | np.floating | np.integer,
}
checked = beartype(conf=BeartypeConf(hint_overrides=BeartypeHintOverrides(SCALARS)))
install_import_hook(["overparam.packs", "overparam.theory", "overparam.training"], f"{__name__}.checked")
