"""A picture as text that can be read, compared and kept: what stands where, and in which colours under every theme.

One picture holds all themes: the text once, under each line which style each cell has, and a legend that says what
each style is in each theme. A line `12a 3b` means twelve cells of style a, then three of style b. A theme under which
other words are seen (the terminal's own colours know no veil over what a dialog covers) gets a picture of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from string import ascii_letters

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as ScreenColor
from textual.filter import Monochrome

Lines = Sequence[Sequence[Segment]]

_BLACK = ScreenColor(0, 0, 0)


def without_colour(lines: Lines) -> list[list[Segment]]:
    """The lines as they are under NO_COLOR: Textual's own filter turns every colour into a grey."""
    grey = Monochrome()
    return [grey.apply(list(line), _BLACK) for line in lines]


def looks(lines_of: Mapping[str, Lines]) -> str:
    """One picture out of the same screen under several themes."""
    alike: dict[tuple[str, ...], dict[str, Lines]] = {}
    for theme, lines in lines_of.items():
        text = tuple("".join(part.text for part in line).rstrip() for line in lines)
        alike.setdefault(text, {})[theme] = lines
    return "\n".join(_one(text, themes) for text, themes in alike.items())


def _one(texts: Sequence[str], lines_of: Mapping[str, Lines]) -> str:
    legend: dict[tuple[str, ...], str] = {}
    shown = []
    for row, text in enumerate(texts):
        cells = zip(*(_cells(lines[row]) for lines in lines_of.values()), strict=True)
        runs = ((legend.setdefault(styles, _name(len(legend))), len(list(same))) for styles, same in groupby(cells))
        shown += [f"│{text}", f"╰{' '.join(f'{length}{name}' for name, length in runs)}"]
    shown.append("")
    for styles, name in legend.items():
        shown += [f"{name}", *(f"  {theme:<10} {style}" for theme, style in zip(lines_of, styles, strict=True))]
    return "\n".join(shown) + "\n"


def _cells(line: Iterable[Segment]) -> list[str]:
    return [style for part in line for style in [told(part.style)] * part.cell_length]


def _name(number: int) -> str:
    return ascii_letters[number] if number < len(ascii_letters) else f"({number})"


def told(style: Style | None) -> str:
    """A style in words: ink, ground, and what is done to the letters."""
    if style is None:
        return "-"
    marks = [name for name in ("bold", "dim", "italic", "underline", "reverse", "strike") if getattr(style, name)]
    return " ".join([_color(style.color), "on", _color(style.bgcolor), *marks])


def _color(color: Color | None) -> str:
    return "-" if color is None else color.name
