"""The title line of the feed: how many posts there were, what hides some of them, how many came since."""

from __future__ import annotations

from dataclasses import dataclass

from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.post_window import PostWindow
from widgets.title import titled


@dataclass(slots=True)
class FeedHead:
    """What the line says besides the posts that are kept. Counts never lie: what is not shown is counted too."""

    title: str
    total: int = 0
    """Posts there really were."""
    unseen: int = 0
    """Posts that never came to this screen for want of time."""
    unscored: int = 0
    """Posts that concern no symbol or only repeat another post."""
    hint: str = ""
    """Said at the right end on a narrow screen, where nothing else has to be said."""
    keys: tuple[str, str, str] = ("G", "f", "Tab")
    """The keys that follow, filter and go to the next pane, as words name them."""

    def nothing(self, window: PostWindow) -> str:
        """Said where the first post would stand."""
        if window.filter:
            return f" No post matches. {self.keys[1]} changes the filter, an empty one shows all."
        if window.hidden:
            return " Every post here is of a muted author."
        return " No posts yet." if self.total == 0 else ""

    def line(self, window: PostWindow, width: int, colors: Palette, *, focused: bool) -> Line:
        """The line in `width` cells."""
        style = colors.title_focus if focused else colors.title
        line = titled(self.title, colors, focused=focused)
        line.add(f" {figures.count(self.total)}", colors.head_row)
        if self.unscored:
            line.add(f"  {figures.count(self.unscored)} not scored", colors.head_row)
        if self.unseen:
            line.add(f"  {figures.count(self.unseen)} not shown", colors.warn)
        for label, words in (("filter", window.filter.text), ("search", window.words)):
            if words:
                line.add(f"  {label} ", colors.head_row).field(words, min(24, len(words)), style)
        if window.filter:
            line.add(f"  {figures.count(len(window.shown))} match", colors.head_row)
        if window.hidden:
            line.add(f"  {figures.count(window.hidden)} muted", colors.head_row)
        if window.cursor is not None:
            new = f"▲ {figures.count(window.new)} new  {self.keys[0]} follow "
            return line.right(new, width - line.cells, colors.title_focus)
        busy = bool(window.filter or window.words or self.unseen)
        hint = f"{self.keys[2]}: {self.hint} " if self.hint and width < 100 and not busy else ""
        return line.right(hint if line.cells + 2 + len(hint) <= width else "", width - line.cells, colors.head_row)
