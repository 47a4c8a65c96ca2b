"""What a program is made of: a hash over the source of every module that it can import and that decides its results.

Snakemake reruns a job when one of its params changes, so this hash as a param makes an edit to a module rerun
exactly the jobs whose program imports it, and a touched file or a fresh checkout rerun nothing. The machinery around
the science, what jobs share and what plans them, is left out, but for the modules that :data:`DECIDES` names: a message
about a full disk can be reworded, and nothing is trained anew.
"""

import ast
import functools
import hashlib
from pathlib import Path

import grimp

from overparam import places
from overparam.errors import UserError
from overparam.plan.checksums import sha256

PACKAGE = places.PACKAGE.name
SCRIPTS = places.PACKAGE.parent
MACHINERY = ("jobs", "plan", "places", "errors", "progress", "quoting")  # refuses, logs, waits and finds its way
DECIDES = {  # of the machinery, what decides the bytes of a result nevertheless
    "overparam.jobs.files",  # how tables and texts are written
    "overparam.jobs.records",  # how they are read
    "overparam.plan.known_sources",  # what data sets must be
    "overparam.plan.data_dictionary",  # what a page says of columns
}


@functools.cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(PACKAGE, cache_dir=None)


def check_sources() -> None:
    """Refuse sources that are no Python: no job could import them, and none can be planned.

    Raises
    ------
    UserError
        If a program or a module has a mistake of syntax, or is no text; names the file and the line.
    """
    path: Path | str = SCRIPTS
    line: int | None = None
    try:
        _graph()
        for path in SCRIPTS.glob("*.py"):
            _imports(path)
    except grimp.exceptions.SourceSyntaxError as error:
        path, line, why = error.filename, error.lineno, f"invalid syntax: {str(error.text).strip()!r}"
    except (SyntaxError, UnicodeError) as error:
        line, why = getattr(error, "lineno", None), getattr(error, "msg", str(error))
    else:
        return
    raise UserError(f"{path}{f', line {line}' if line else ''}: Python can't read this ({why}); mend it")


def _path(module: str) -> Path:
    """Return the source file of ``module``."""
    stem = SCRIPTS.joinpath(*module.split("."))
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


@functools.cache
def _imports(program: Path) -> set[str]:
    """Return the modules of the package that a program outside it imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(program.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found & _graph().modules


def machinery(module: str) -> bool:
    """Return whether a module of the package surrounds the science, whether it decides bytes or not."""
    return module.split(".")[1:2] in [[name] for name in MACHINERY]


@functools.cache
def modules(program: str, *named: str) -> frozenset[str]:
    """Return every module that ``scripts/<program>`` can import and that decides its results.

    Parameters
    ----------
    program
        File name below ``scripts/``.
    named
        Modules that the program imports by a name known at run time only, say ``"overparam.models.mlp"``.

    Raises
    ------
    ValueError
        If one of ``named`` is no module of the package.
    """
    graph = _graph()
    if unknown := set(named) - graph.modules:
        raise ValueError(f"no such module: {', '.join(sorted(unknown))}")
    roots = _imports(SCRIPTS / program) | set(named)
    found = roots.union(*(graph.find_upstream_modules(root) for root in roots))
    found = {module for module in found if module in DECIDES or not machinery(module)}
    parents = {module.rsplit(".", count)[0] for module in found for count in range(1, module.count(".") + 1)}
    return frozenset(found | parents)


def _line(path: Path) -> bytes:
    """Return name and checksum of a source file, as it enters a hash."""
    return f"{path.relative_to(SCRIPTS).as_posix()}\0{sha256(path)}\n".encode()


@functools.cache
def _line_of_module(module: str) -> bytes:
    return _line(_path(module))


@functools.cache
def code_hash(program: str, *named: str, files: tuple[Path, ...] = ()) -> str:
    """Return a short hash of the source of a program, of all it imports and of the other ``files`` it reads."""
    sources = map(_line_of_module, modules(program, *named))
    others = map(_line, (SCRIPTS / program, *files))
    return hashlib.sha256(b"".join(sorted([*sources, *others]))).hexdigest()[:16]
