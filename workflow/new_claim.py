"""Make the files of a new claim, which run at once and say what is to be written in them.

    make claim NAME=my_claim TOPIC=sgd [EXPERIMENT=three_point_sgd] [ID=C7]

In an experiment that exists these are two files, the claim and its figure; else the folder of an experiment, called
like the claim if nothing else is said, and its test. `make test` fails as long as something is to be written.
"""

import argparse
import functools
import keyword
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

BASE = Path(__file__).resolve().parents[1]
TEMPLATE = BASE / "workflow/template"
sys.path.insert(0, str(BASE / "scripts"))

from overparam import places  # noqa: E402
from overparam.errors import UserError  # noqa: E402
from overparam.plan import experiment_settings, registry  # noqa: E402
from overparam.plan.validation import nearest  # noqa: E402

MARK = "WRITE:"  # before everything that a template leaves to its author
LONGEST = 50  # characters of a name: imports must fit on a line
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ID = re.compile(r"[A-Z][1-9][0-9]{0,2}")
TAKEN = ("measure", "experiment")  # files that every experiment has


def files(name: str, topic: str = "", experiment: str = "", id: str = "") -> dict[Path, str]:
    """Return the files of a new claim by their path in the project, with what they hold.

    Parameters
    ----------
    name
        Name of the claim's files.
    topic
        Folder of a topic; if empty, that of the experiment.
    experiment
        One that exists, or the name of a new one; if empty, a new one called like the claim.
    id
        Short code of the claim; if empty, the next free one of the topic.

    Raises
    ------
    UserError
        One sentence for each argument that can't be used.
    """
    claims, homes = _claims(), places.experiments()
    exists = experiment in homes
    topic = topic or (homes[experiment].parent.name if exists else "")
    found = [
        *_wrong_name(name, claims),
        *_wrong_topic(topic, experiment),
        *_wrong_experiment(experiment or name, topic, given=bool(experiment)),
        *_wrong_id(id, topic, claims),
    ]
    if found:
        raise UserError("\n".join(found))
    experiment = experiment or name
    home = places.CLAIMS.relative_to(BASE) / topic / experiment
    made = {home / f"{name}.yaml": "claim.yaml", home / f"{name}.py": "figure.py"}
    if not exists:
        made[home / "experiment.yaml"] = "experiment.yaml"
        made[home / "measure.py"] = "measure.py"
        made[Path(f"tests/claims/{topic}/test_{experiment}.py")] = "test.py"
    if there := [path.as_posix() for path in made if (BASE / path).exists()]:
        raise UserError(f"NAME, EXPERIMENT: {', '.join(there)} is there already; choose another name, or remove it")
    measures = experiment_settings.measures(experiment) if exists else _template("experiment.yaml")["measures"]
    words = {
        "TOPIC": topic,
        "EXPERIMENT": experiment,
        "ID": id or _next_id(topic, claims),
        "QUANTITY": next(iter(measures["quantities"])),
        "MEASURED": _measured(measures),
    }
    texts = {path: _filled((TEMPLATE / source).read_text("utf-8"), words) for path, source in made.items()}
    return texts if exists else {home / "__init__.py": "", **texts}


def unwritten(root: Path = BASE) -> list[str]:
    """Return what is still to be written in the files of claims, each as ``file:line: text``."""
    folders = (root / places.CLAIMS.relative_to(BASE), root / "tests/claims")
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".yaml"))
    return [
        f"{path.relative_to(root).as_posix()}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if MARK in line
    ]


def topics() -> list[str]:
    """Return the names of all topics."""
    return sorted(path.parent.name for path in places.CLAIMS.glob("*/__init__.py"))


@functools.cache
def _claims() -> list[dict[str, Any]]:
    return registry.load()


def _wrong_name(name: str, claims: list[dict[str, Any]]) -> Iterator[str]:
    if not name:
        yield "NAME: missing; say how the claim is called, such as NAME=larger_steps_higher_floor"
    elif sentence := _no_name(name):
        yield f"NAME: {sentence}"
    elif name in TAKEN:
        yield f"NAME: {name!r} is taken by a file that every experiment has; choose another name"
    for claim in claims:
        if claim["name"] == name.replace("_", "-"):
            yield f"NAME: {name!r} is the claim {claim['id']} already, {claim['figure'].replace('.', '/')}.yaml"


def _wrong_topic(topic: str, experiment: str) -> Iterator[str]:
    home = places.experiments().get(experiment)
    if not topic:
        yield f"TOPIC: missing; one of {', '.join(topics())}"
    elif topic not in topics():
        yield f"TOPIC: {_shown(topic)} is not known; {nearest(topic, topics())}"
    elif home and home.parent.name != topic:
        yield f"TOPIC: experiment {experiment!r} lies in {home.parent.name}, not in {topic}; leave TOPIC out"


def _wrong_experiment(experiment: str, topic: str, given: bool) -> Iterator[str]:
    exists = experiment in places.experiments()
    if not exists and (sentence := _no_name(experiment)):
        if given:  # else it is the name of the claim that is wrong
            yield f"EXPERIMENT: {sentence}"
    elif exists and not given:
        yield (
            f"EXPERIMENT: missing, as there is an experiment {experiment!r} already; "
            f"say EXPERIMENT={experiment} to add a claim to it, or how a new one is called"
        )
    elif not exists and (places.CLAIMS / topic / f"{experiment}.py").exists():
        yield f"EXPERIMENT: {experiment!r} is a module that experiments of {topic} share; choose another name"


def _wrong_id(id: str, topic: str, claims: list[dict[str, Any]]) -> Iterator[str]:
    if not id:
        return
    taken = [claim for claim in claims if claim["id"] == id]
    if not ID.fullmatch(id):
        yield f"ID: expected a capital letter and a number of up to three digits, such as C7, found {_shown(id)}"
    elif topic in topics() and id[0] != _letter(topic, claims):
        yield f"ID: claims of {topic} begin with {_letter(topic, claims)}, found {id!r}"
    elif taken:
        yield f"ID: {id!r} is {taken[0]['name']} already; the next free one is {_next_id(topic, claims)}"


def _no_name(name: str) -> str:
    """Return why a module can't be called so, or nothing."""
    if len(name) > LONGEST:
        return f"expected {LONGEST} characters at most, found {len(name)}: {_shown(name)}"
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        what = "a word that Python keeps to itself" if keyword.iskeyword(name) else _shown(name)
        return f"expected words in lower case joined by _, such as larger_steps_higher_floor, found {what}"
    return ""


def _letter(topic: str, claims: list[dict[str, Any]]) -> str:
    """Return the letter of a topic: that of most claims which lie there."""
    return Counter(claim["id"][0] for claim in claims if claim["figure"].startswith(f"{topic}.")).most_common(1)[0][0]


def _next_id(topic: str, claims: list[dict[str, Any]]) -> str:
    letter = _letter(topic, claims)
    return f"{letter}{1 + max(int(claim['id'][1:]) for claim in claims if claim['id'][0] == letter)}"


def _measured(measures: dict[str, Any]) -> str:
    """Return the names of what an experiment measures, and of the columns that tell its rows apart, as a comment."""
    text = f"Measured: {', '.join(measures['quantities'])}; by {', '.join(['seed', *measures['columns']])}."
    return "\n      # ".join(textwrap.wrap(text, 110))


def _template(name: str) -> dict[str, Any]:
    return yaml.safe_load((TEMPLATE / name).read_text("utf-8"))


def _filled(text: str, words: dict[str, str]) -> str:
    for word, meant in words.items():
        text = text.replace(f"__{word}__", meant)
    return text


def _shown(value: str) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _write(made: dict[Path, str]) -> None:
    """Write files that are new, all of them or none."""
    done: list[Path] = []
    try:
        for path, text in made.items():
            target = BASE / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as file:
                done.append(target)
                file.write(text)
    except OSError as error:
        for target in done:
            target.unlink()
        raise UserError(f"{error.filename}: can't be written ({error.strerror})") from None


def main(arguments: list[str] | None = None) -> None:
    """Make the files that the command line asks for, and say which and what to do next."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", default="", help="name of the claim's files")
    parser.add_argument("--topic", default="", help="folder of its topic")
    parser.add_argument("--experiment", default="", help="an experiment that exists, or the name of a new one")
    parser.add_argument("--id", default="", help="short code (default: the next free one of the topic)")
    given = vars(parser.parse_args(arguments))
    try:
        made = files(**given)
        _write(made)
    except UserError as error:
        sys.exit(f"Nothing was made:\n{error}")
    id = next(yaml.safe_load(text)["id"] for path, text in made.items() if path.stem == given["name"])
    print("Made", *(f"  {path.as_posix()}" for path in made), sep="\n")
    print(f"It runs as it is: snakemake --cores 1 {id}. Write what is marked {MARK}, see CONTRIBUTING.md.")


if __name__ == "__main__":
    main()
