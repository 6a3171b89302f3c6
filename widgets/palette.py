"""What colours mean. Every panel asks for a meaning (`up`, `warn`, `muted`), never for a colour.

Colour is never the only sign: a glyph, a sign or a word says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from engine.model.base import Value

_MUTED = 0.64
"""How far `muted` stands from the background towards the foreground, where a theme names no `desk-muted`."""
_FAINT = 0.26
READABLE = 4.5
"""Least contrast of text (WCAG 2, level AA)."""
_ROOM = 9.0
"""Least contrast that white or black has on a ground, so that coloured inks have room below it."""
_STEPS = 24
_TERMINAL = {
    True: ("ansi_bright_green", "ansi_bright_red", "ansi_bright_yellow", "ansi_bright_cyan", "ansi_white"),
    False: ("ansi_blue", "ansi_red", "ansi_magenta", "ansi_blue", "ansi_default"),
}
"""Of the terminal's sixteen colours those that read on a dark and on a light ground in most terminals: up, down, warn,
accent, muted. On white no green does, bright or not."""
_DARK_INK = ("ansi_bright_yellow", "ansi_bright_cyan")
"""Grounds of blocks on which black reads; on the others it is white."""
_WHITE = Color(255, 255, 255)
_BLACK = Color(16, 16, 16)


class Palette(Value, frozen=True, gc=False):
    """Styles by meaning. The plain ones set only the foreground; `*_row` and blocks set the background too."""

    base: Style
    """Foreground and background of a panel."""
    text: Style
    strong: Style
    muted: Style
    faint: Style
    up: Style
    down: Style
    warn: Style
    accent: Style
    head_row: Style
    """The line with a panel's title and its column captions."""
    title: Style
    title_focus: Style
    cursor_row: Style
    """Background of the selected row in the focused panel."""
    quiet_row: Style
    """Background of the selected row in a panel without focus."""
    found: Style
    """A search hit."""
    good: Style
    """A block of words that says all is well."""
    caution: Style
    alarm: Style
    simulated: Style
    paper: Style
    live: Style

    def greyed(self) -> Palette:
        """The same palette for data that is no longer fresh: nothing but grey, blocks excepted."""
        kept = (
            "base",
            "head_row",
            "cursor_row",
            "quiet_row",
            "faint",
            "alarm",
            "caution",
            "simulated",
            "paper",
            "live",
        )
        grey = {name: self.muted for name in self.__struct_fields__ if name not in kept}
        return msgspec.structs.replace(self, **grey)

    def signed(self, value: float) -> Style:
        """`up` for a positive figure, `down` for a negative one, `muted` for nothing."""
        return self.up if value > 0 else self.down if value < 0 else self.muted

    def ground(self, *, chosen: bool, focused: bool) -> Style:
        """The ground of a row: lifted where the cursor stands, less so in a pane without the focus."""
        return self.base + (self.cursor_row if focused else self.quiet_row) if chosen else self.base

    def profile(self, profile: str) -> Style:
        """The block that names the profile; an unknown one is shown as loudly as live."""
        return {"simulated": self.simulated, "paper": self.paper}.get(profile, self.live)


def palette(theme: Theme) -> Palette:
    """The palette of a Textual theme, own or built in, with true colours or the terminal's own sixteen."""
    up, down, warn, accent, muted = _TERMINAL[theme.dark]
    if theme.ansi:
        return _build(
            True, "ansi_default", "ansi_default", "", "", up, down, warn, accent, muted,
            simulated="ansi_bright_cyan", paper="ansi_blue", live="ansi_red",
        )  # fmt: skip
    return _build(
        False,
        theme.foreground or ("#e0e0e0" if theme.dark else "#1f2328"),
        theme.background or ("#121212" if theme.dark else "#efefef"),
        theme.surface or ("#1e1e1e" if theme.dark else "#e2e2e2"),
        theme.panel or ("#2a2f36" if theme.dark else "#d4d4d4"),
        theme.success or "#4ebf71",
        theme.error or "#e0607e",
        theme.warning or "#ffa62b",
        theme.accent or theme.primary,
        theme.variables.get("desk-muted", ""),
        theme.variables.get("desk-simulated", "#0e6f78"),
        theme.variables.get("desk-paper", "#2459b5"),
        theme.variables.get("desk-live", "#b3202c"),
    )


@lru_cache(maxsize=32)
def _build(
    ansi: bool,
    foreground: str,
    background: str,
    surface: str,
    panel: str,
    success: str,
    error: str,
    warning: str,
    accent: str,
    muted: str,
    simulated: str,
    paper: str,
    live: str,
) -> Palette:
    blended = Color.parse(background).blend(Color.parse(foreground), _FAINT)
    faint = Color.parse("ansi_bright_black") if ansi else blended
    quiet = Color.parse(muted) if muted else Color.parse(background).blend(Color.parse(foreground), _MUTED)
    ground = Color.parse(background)
    grounds = (ground,) if ansi else (ground, *(_calm(Color.parse(each), ground) for each in (surface, panel)))

    def ink(color: Color | str) -> Style:
        found = Color.parse(color) if isinstance(color, str) else color
        return _ink(found if ansi else legible(found, grounds))

    text = ink(foreground)
    raised = Style() if ansi else _paper(grounds[1])
    lifted = Style(bold=True) if ansi else _paper(grounds[2])
    loud = ink(accent)
    return Palette(
        base=text + _paper(ground),
        text=text,
        strong=text + Style(bold=True),
        muted=ink(quiet),
        faint=_ink(faint),
        up=ink(success),
        down=ink(error),
        warn=ink(warning),
        accent=loud,
        head_row=ink(quiet) + raised,
        title=text + raised + Style(bold=True),
        title_focus=loud + raised + Style(bold=True),
        cursor_row=lifted,
        quiet_row=raised,
        found=_block("ansi_bright_yellow" if ansi else warning),
        good=ink(success) + Style(bold=True),
        caution=_block("ansi_bright_yellow" if ansi else warning),
        alarm=_block(live),
        simulated=_block(simulated),
        paper=_block(paper),
        live=_block(live),
    )


def legible(color: Color, grounds: Sequence[Color]) -> Color:
    """The colour itself where it reads on every ground, else as little nearer to white or black as it takes."""
    extreme = _extreme(grounds[0])
    for step in range(_STEPS + 1):
        found = color.blend(extreme, step / _STEPS)
        if min(contrast(found, ground) for ground in grounds) >= READABLE:
            return found
    return extreme


def _calm(ground: Color, background: Color) -> Color:
    """The ground itself where white or black reads well on it, else as little nearer to the background as it takes."""
    extreme = _extreme(background)
    for step in range(_STEPS + 1):
        found = ground.blend(background, step / _STEPS)
        if contrast(extreme, found) >= _ROOM:
            return found
    return background


def _extreme(ground: Color) -> Color:
    """White or black, whichever reads better on a ground."""
    return max((Color(255, 255, 255), Color(0, 0, 0)), key=lambda candidate: contrast(candidate, ground))


def contrast(one: Color, other: Color) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4 for channel in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _ink(color: Color) -> Style:
    return Style(color=color.rich_color)


def _paper(color: Color) -> Style:
    return Style(bgcolor=color.rich_color)


def _block(name: str) -> Style:
    """Bold words on a coloured ground, in black or white, whichever reads better. The terminal's black is not bold:
    many show that as dark grey."""
    color = Color.parse(name)
    if color.ansi is not None:
        dark = name in _DARK_INK
        ink = Color.parse("ansi_black" if dark else "ansi_bright_white")
        return Style(color=ink.rich_color, bgcolor=color.rich_color, bold=not dark)
    ink = max((_WHITE, _BLACK), key=lambda candidate: contrast(candidate, color))
    return Style(color=ink.rich_color, bgcolor=color.rich_color, bold=True)
