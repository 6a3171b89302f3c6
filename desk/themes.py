"""The desk's own two themes. Quiet grounds; colour is kept for what matters. Every text has contrast ≥ 4.5."""

from __future__ import annotations

from textual.theme import Theme

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
