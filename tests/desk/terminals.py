"""The sixteen colours of terminals as their makers ship them: facts to measure by what the terminal itself decides.

VGA, Terminal.app, PuTTY, xterm: the table of defaults in https://en.wikipedia.org/wiki/ANSI_escape_code (3-bit and
4-bit). Windows Terminal: the scheme Campbell, https://learn.microsoft.com/windows/terminal/customize-settings/color-schemes
GNOME Terminal and Tango: its built-in palettes, https://gitlab.gnome.org/GNOME/gnome-terminal/-/blob/master/src/profile-editor.cc
Solarized: https://ethanschoonover.com/solarized/ (its bright colours are greys).
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.color import Color as InkColor
from rich.color import ColorType
from textual.color import Color


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a terminal shows for the sixteen colours, and on which dark and light pages it does."""

    name: str
    colors: str
    """Sixteen colours: black, red, green, yellow, blue, magenta, cyan, white, and the same bright."""
    dark: tuple[str, str]
    """Ground and ink of its dark page."""
    light: tuple[str, str] = ("ffffff", "000000")

    def shown(self, ink: InkColor | None, *, dark: bool, ground: bool = False) -> Color:
        """A colour as it is seen there; the page's own where nothing or the default is asked for."""
        if ink is None or ink.is_default:
            page = self.dark if dark else self.light
            return Color.parse(f"#{page[0] if ground else page[1]}")
        assert ink.type is ColorType.STANDARD, f"expected one of the sixteen, found {ink}"
        return Color.parse(f"#{self.colors.split()[ink.number or 0]}")


TERMINALS = (
    Terminal(
        "VGA, Linux console",
        "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
        "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
        ("000000", "aaaaaa"),
    ),
    Terminal(
        "xterm",
        "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
        "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
        ("000000", "e5e5e5"),
    ),
    Terminal(
        "Windows Terminal",
        "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
        "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2",
        ("0c0c0c", "cccccc"),
    ),
    Terminal(
        "Terminal.app",
        "000000 c23621 25bc24 adad27 492ee1 d338d3 33bbc8 cbcccd "
        "818383 fc391f 31e722 eaec23 5833ff f935f8 14f0f0 e9ebeb",
        ("000000", "cbcccd"),
    ),
    Terminal(
        "PuTTY",
        "000000 bb0000 00bb00 bbbb00 0000bb bb00bb 00bbbb bbbbbb "
        "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
        ("000000", "bbbbbb"),
    ),
    Terminal(
        "GNOME Terminal",
        "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc "
        "5e5c64 f66151 33d17a e9ad0c 2a7bde c061cb 33c7de ffffff",
        ("171421", "d0cfcc"),
    ),
    Terminal(
        "Tango",
        "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf "
        "555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec",
        ("2e3436", "d3d7cf"),
    ),
    Terminal(
        "Solarized",
        "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 "
        "002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3",
        ("002b36", "839496"),
        ("fdf6e3", "657b83"),
    ),
)
