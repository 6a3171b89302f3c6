"""What only its ground is seen of: the screen behind the panes, and the boxes that hold them edge to edge."""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style
from textual.color import Color
from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


@lru_cache(maxsize=64)
def _blank(width: int, ground: Color) -> Strip:
    return Strip.blank(width, Style(bgcolor=ground.rich_color))


class Ground(Widget):
    """Paints one line as often as it takes. Textual would ask its styles for each, and nearly all are covered."""

    def render_lines(self, crop: Region) -> list[Strip]:
        ground = self.visual_style.background
        if ground is None or ground.a < 1 or ground.ansi is not None:
            return super().render_lines(crop)
        line = _blank(crop.width, ground)
        for each in self.get_line_filters():
            line = line.apply_filter(each, ground)
        return [line] * crop.height


class Panes(Container, Ground):
    """Holds panes edge to edge."""
