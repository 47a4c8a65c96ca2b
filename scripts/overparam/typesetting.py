"""Mathematics in words: LaTeX between dollar signs, as MathML on a page and as Unicode where there is only text."""

import functools
import re
from collections.abc import Iterator

from markupsafe import Markup, escape

INLINE = re.compile(r"\$([^$]+)\$")
MOVED = re.compile(r"([_^])(?:\{((?:[^{}]|\{[^{}]*\})*)\}|([A-Za-z0-9*+-]|\\[A-Za-z]+))")
PART = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
FRACTION = re.compile(r"\\frac\s*" + PART + r"\s*" + PART)
RELATION = re.compile("\\s*([≤≥≲≳≪≫∼≈⇒→∝⊙≽∈])\\s*")
LINE_END = r"\qquad"  # a space between statements, where a page begins a new line
HIDDEN = {"_": "\ue000", "^": "\ue001"}  # signs that are text by now, which a second reading would take for LaTeX
SIZES = re.compile(r"\\[bB]igg?[lrm]?(?![A-Za-z])")  # latex2mathml takes what follows for a part of them
COMMAND = re.compile(r"\\[A-Za-z]+|\\.")
LOWERED = str.maketrans("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ")
RAISED = str.maketrans("0123456789+-=()abcdefghijklmnoprstuvwxyzT⊤*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᵀ*")
IN_TEXT = {  # what pylatexenc leaves out, or writes in a way that can't be read
    r"\|": "‖",
    r"\Vert": "‖",
    r"\lVert": "‖",
    r"\rVert": "‖",
    r"\lvert": "|",
    r"\rvert": "|",
    r"\tfrac": r"\frac",
    r"\dfrac": r"\frac",
    r"\operatorname*": r"\mathrm",
    r"\operatorname": r"\mathrm",
    r"\left": "",
    r"\right": "",
    r"\,": " ",
    r"\;": " ",
    r"\!": "",
    r"\bigl": "",
    r"\bigr": "",
    r"\Bigl": "",
    r"\Bigr": "",
}
FOR_TEXT = re.compile("|".join(sorted(map(re.escape, IN_TEXT), key=len, reverse=True)) + r"(?![A-Za-z])")


@functools.cache
def mathml(latex: str, block: bool = False) -> Markup:
    """Return LaTeX, without dollar signs, as MathML.

    Raises
    ------
    ValueError
        If it is no LaTeX, or has a command that is not known.
    """
    from latex2mathml.converter import convert

    try:
        made = convert(SIZES.sub("", latex.strip()), display="block" if block else "inline")
    except Exception as error:  # its own exceptions share no class
        raise ValueError(f"“{latex}” is no LaTeX that can be set ({type(error).__name__})") from None
    if unknown := COMMAND.search(re.sub("<[^>]*>", "", made)):
        raise ValueError(f"“{latex}” has the command {unknown[0]}, which is not known")
    return Markup(made)


def lines(latex: str) -> list[Markup]:
    """Return a formula as MathML, one part for each line: what ``\\qquad`` parts needs not stand on one."""
    return [mathml(part, True) for part in latex.split(LINE_END) if part.strip(" ,;")]


def prose(text: str) -> Markup:
    """Return text as HTML, what stands between dollar signs as MathML."""
    return Markup("").join(mathml(part) if formula else escape(part) for formula, part in _parts(text))


def plain(text: str) -> str:
    """Return text without LaTeX: what stands between dollar signs as Unicode."""
    return "".join(unicode(part) if formula else part for formula, part in _parts(text))


@functools.cache
def unicode(latex: str) -> str:
    """Return LaTeX, without dollar signs, as a line of Unicode."""
    from pylatexenc.latex2text import LatexNodes2Text

    reader = LatexNodes2Text(math_mode="text", keep_comments=True)
    text = FOR_TEXT.sub(lambda found: IN_TEXT[found[0]], latex)
    text = FRACTION.sub(lambda found: "/".join(_grouped(part) for part in found.groups()), text)
    text = MOVED.sub(lambda found: _moved(found[1], reader.latex_to_text(found[2] or found[3])), text)
    made = reader.latex_to_text(text).translate({ord(hidden): sign for sign, hidden in HIDDEN.items()})
    return " ".join(RELATION.sub(r" \1 ", made).split())


def _grouped(latex: str) -> str:
    """Return one side of a fraction, in brackets if it has several parts."""
    bare = re.sub(r"\\sqrt\s+|\{[^{}]*\}|\|[^|]*\||‖[^‖]*‖", "", latex.strip())
    return f"({latex})" if re.search(r"[-+ ]\s*\S", bare) else latex


def _moved(sign: str, text: str) -> str:
    """Return an index or a power: in small letters where Unicode has all of them, else after its sign."""
    text, table = text.strip(), LOWERED if sign == "_" else RAISED
    if all(ord(letter) in table for letter in text.replace("−", "-")):
        return "{}" + text.replace("−", "-").translate(table)  # {} ends the name of a command before it
    return "{}" + HIDDEN[sign] + (text if text.isalpha() or len(text) == 1 else f"({text})")


def problems(text: str) -> Iterator[str]:
    """Yield what is wrong with the mathematics in a text."""
    if text.count("$") % 2:
        yield "has an odd number of $: LaTeX stands between two of them"
        return
    for formula, part in _parts(text):
        if formula:
            yield from wrong(part)


def wrong(latex: str) -> Iterator[str]:
    """Yield what is wrong with LaTeX."""
    bare = re.sub(r"\\[{}]", "", latex)
    if bare.count("{") != bare.count("}"):
        yield f"“{latex}” has braces that do not match"
        return
    try:
        mathml(latex)
    except ValueError as error:
        yield str(error)


def wrong_lines(latex: str) -> Iterator[str]:
    """Yield what is wrong with a formula that may take several lines."""
    for part in latex.split(LINE_END):
        yield from wrong(part) if part.strip(" ,;") else ()


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of a text, each with whether it stood between dollar signs."""
    for number, part in enumerate(INLINE.split(text)):
        yield bool(number % 2), part
