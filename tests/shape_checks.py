"""The shapes that annotations state are checked while tests run; to be imported before any module of the package.

In the jobs themselves nothing is checked: there an annotation is a comment.
"""

from beartype import BeartypeConf, beartype
from jaxtyping import install_import_hook

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int is a float, as for mypy
install_import_hook(["overparam.packs", "overparam.theory", "overparam.training"], f"{__name__}.checked")
