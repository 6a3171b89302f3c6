"""What colours mean. Every panel asks for a meaning (`up`, `warn`, `muted`), never for a colour.

Colour is never the only sign: a glyph, a sign or a word says the same.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

_MUTED = 0.64
"""How far `muted` stands from the background towards the foreground, where a theme names no `desk-muted`."""
_FAINT = 0.26
_WHITE = Color(255, 255, 255)
_BLACK = Color(16, 16, 16)


@dataclass(frozen=True, slots=True)
class Palette:
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
        grey = {item.name: self.muted for item in fields(self) if item.name not in kept}
        return replace(self, **grey)

    def signed(self, value: float) -> Style:
        """`up` for a positive figure, `down` for a negative one, `muted` for nothing."""
        return self.up if value > 0 else self.down if value < 0 else self.muted

    def profile(self, profile: str) -> Style:
        """The block that names the profile; an unknown one is shown as loudly as live."""
        return {"simulated": self.simulated, "paper": self.paper}.get(profile, self.live)


def palette(theme: Theme) -> Palette:
    """The palette of a Textual theme, own or built in, with true colours or the terminal's own sixteen."""
    return _build(
        theme.ansi,
        theme.foreground or ("#e0e0e0" if theme.dark else "#1f2328"),
        theme.background or ("#121212" if theme.dark else "#efefef"),
        theme.surface or ("#1e1e1e" if theme.dark else "#e2e2e2"),
        theme.panel or ("#2a2f36" if theme.dark else "#d4d4d4"),
        theme.success or "#4ebf71",
        theme.error or "#e0607e",
        theme.warning or "#ffa62b",
        theme.accent or theme.primary,
        theme.variables.get("desk-muted", ""),
        theme.variables.get("desk-simulated", "ansi_cyan" if theme.ansi else "#0e6f78"),
        theme.variables.get("desk-paper", "ansi_blue" if theme.ansi else "#2459b5"),
        theme.variables.get("desk-live", "ansi_red" if theme.ansi else "#b3202c"),
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
    if ansi:
        muted, faint = "ansi_bright_black", Color.parse("ansi_bright_black")
    else:
        faint = Color.parse(background).blend(Color.parse(foreground), _FAINT)
    quiet = Color.parse(muted) if muted else Color.parse(background).blend(Color.parse(foreground), _MUTED)
    text = _ink(Color.parse(foreground))
    raised = Style() if ansi else _paper(Color.parse(surface))
    lifted = Style(bold=True) if ansi else _paper(Color.parse(panel))
    loud = _ink(Color.parse(accent))
    return Palette(
        base=text + _paper(Color.parse(background)),
        text=text,
        strong=text + Style(bold=True),
        muted=_ink(quiet),
        faint=_ink(faint),
        up=_ink(Color.parse(success)),
        down=_ink(Color.parse(error)),
        warn=_ink(Color.parse(warning)),
        accent=loud,
        head_row=_ink(quiet) + raised,
        title=text + raised + Style(bold=True),
        title_focus=loud + raised + Style(bold=True),
        cursor_row=lifted,
        quiet_row=raised,
        found=_block(warning),
        good=_ink(Color.parse(success)) + Style(bold=True),
        caution=_block(warning),
        alarm=_block(live),
        simulated=_block(simulated),
        paper=_block(paper),
        live=_block(live),
    )


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
    """Bold words on a coloured ground, in black or white, whichever reads better."""
    color = Color.parse(name)
    if color.ansi is not None:
        ink = Color.parse("ansi_black" if name in ("ansi_yellow", "ansi_cyan", "ansi_green") else "ansi_bright_white")
    else:
        ink = max((_WHITE, _BLACK), key=lambda candidate: contrast(candidate, color))
    return Style(color=ink.rich_color, bgcolor=color.rich_color, bold=True)
