"""The desk's own two themes. Quiet grounds; colour is kept for what matters. Every text has contrast ≥ 4.5."""

from __future__ import annotations

from rich.color import Color
from textual.theme import Theme

from widgets.palette import palette

DARK = Theme(
    name="desk-dark",
    primary="#5aa9e6",
    secondary="#7d8fa3",
    accent="#7cc4ff",
    success="#5fca8c",
    error="#f28482",
    warning="#e6b450",
    foreground="#d6dde6",
    background="#0e1318",
    surface="#171e26",
    panel="#24303c",
    dark=True,
    variables={
        "desk-muted": "#8d9aa8",
        "desk-simulated": "#0f6b74",
        "desk-paper": "#2459b5",
        "desk-live": "#b3202c",
        "input-selection-background": "#5aa9e6 35%",
        "block-cursor-background": "#24303c",
        "block-cursor-foreground": "#d6dde6",
    },
)

LIGHT = Theme(
    name="desk-light",
    primary="#0a58a8",
    secondary="#5b6672",
    accent="#0a58a8",
    success="#14653a",
    error="#a8201a",
    warning="#7a4b00",
    foreground="#1d242c",
    background="#fbfbf9",
    surface="#eef0ee",
    panel="#d9e4ee",
    dark=False,
    variables={
        "desk-muted": "#56616d",
        "desk-simulated": "#0f6b74",
        "desk-paper": "#2459b5",
        "desk-live": "#b3202c",
        "input-selection-background": "#0a58a8 25%",
        "block-cursor-background": "#d9e4ee",
        "block-cursor-foreground": "#1d242c",
    },
)

THEMES = (DARK, LIGHT)
_HUES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
"""The terminal's own colours, in their order."""


def variables(theme: Theme) -> dict[str, str]:
    """The palette of a theme for style sheets: inks with contrast ≥ 4.5 on `$raised` and on `$field`."""
    colors = palette(theme)
    inks = {"ink": colors.text, "ink-quiet": colors.muted, "ink-loud": colors.accent, "ink-grave": colors.down}
    named = {name: _named(style.color) for name, style in inks.items()}
    named["raised"] = theme.surface or "ansi_default" if theme.ansi else _named(colors.head_row.bgcolor)
    named["field"] = theme.panel or "ansi_default" if theme.ansi else _named(colors.cursor_row.bgcolor)
    named["on-loud"] = ("ansi_black" if theme.dark else "ansi_bright_white") if theme.ansi else named["raised"]
    return named


def _named(color: Color | None) -> str:
    """A colour as style sheets write it."""
    if color is None or color.is_default:
        return "ansi_default"
    if color.triplet is not None:
        return color.triplet.hex
    bright, hue = divmod(color.number or 0, 8)
    return f"ansi_{'bright_' if bright else ''}{_HUES[hue]}"
