"""One post in one line: time, score, symbol, followers, author, and its text last, because its width is not ours."""

from __future__ import annotations

from engine.clock import iso
from engine.model.frames import PostRow
from widgets import figures
from widgets.line import Line
from widgets.palette import Palette
from widgets.post_filter import LABEL


def post_line(post: PostRow, width: int, colors: Palette, *, chosen: bool, hit: bool, symbols: bool = True) -> Line:
    """The line, exactly `width` cells: `chosen` is under the cursor, a `hit` says what is searched for.

    Without `symbols` it names none: where every post is about the same one.
    """
    line = Line().add("▌" if chosen else "›" if hit else " ", colors.accent)
    line.add(figures.clock(post.published_ns), colors.muted).gap(colors.text)
    beyond = abs(post.score) >= LABEL
    style = colors.signed(post.score) if beyond else colors.muted
    line.add(f"{figures.glyph(post.score if beyond else 0)}{figures.score(post.score)}", style).gap(colors.text)
    if symbols:
        more = f"+{len(post.symbols) - 1}" if len(post.symbols) > 1 else ""
        line.field(f"{post.symbols[0] if post.symbols else figures.NONE}{more}", 7, colors.strong).gap(colors.text)
    if width >= 110:
        line.right(figures.followers(post.followers), 4, colors.muted).gap(colors.text)
    name = 11 if width < 100 else 15
    line.add("✓" if post.verified else " ", colors.accent).field(post.author, name, colors.muted).gap(colors.text)
    if post.recovered:
        line.add("↺ ", colors.muted)
    return line.field(post.text, width - line.cells, colors.found if hit else colors.text)


def post_words(post: PostRow) -> str:
    """The post as text to copy."""
    return f"@{post.author} {iso(post.published_ns)} {' '.join(post.symbols)} {post.score:+.2f}: {post.text}"
