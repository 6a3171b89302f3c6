"""The posts view: every post, filtered and searched; the chosen one in full, with what is known of its author."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.widget import Widget

from desk.actions import bindings
from desk.link import Link
from desk.mirror import Part
from desk.post_text import author_lines, post_lines
from desk.screens.finding import Finding
from desk.screens.prompt import Prompt
from desk.screens.reading import ReadingView
from engine.errors import JournalError
from engine.journal import Reader
from engine.journal.authors import AuthorRecord, author_record
from engine.journal.search import Index
from engine.model.frames import PostRow
from engine.model.guard import GuardMark
from widgets.feed import Feed
from widgets.text_block import TextBlock

_KNOWN = 64
"""Authors whose record is remembered while the view is open."""


class PostsView(Finding, ReadingView):
    """Nothing moves under the cursor: while it stands on a post, newer ones are only counted."""

    VIEW = "posts"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(VIEW)]
    FILTER_HINT = "TSLA @name >0.3 <-0.2 bull verified from:x held is:ring cluster:ID words"
    _beside = ("post", "author")

    def __init__(self, link: Link, subject: str = "") -> None:
        super().__init__(link, subject)
        self._told = ""
        self._marks: dict[str, GuardMark] = {}
        self._authors: OrderedDict[str, AuthorRecord] = OrderedDict()

    def make_panes(self) -> tuple[Widget, ...]:
        self.feed = Feed(id="posts")
        self.post = TextBlock("POST", empty="Choose a post: up and down.", id="post")
        self.author = TextBlock("AUTHOR", empty="Who wrote the chosen post.", id="author")
        return self.feed, self.post, self.author

    def mounted(self) -> None:
        self.muted = self.desk.muted
        self.feed.clear()  # a frame may have come before the view was mounted: its posts stand on the desk too
        if self.desk.main is not None:
            self.feed.push(self.desk.main.feed.kept)
        self._mark()
        super().mounted()

    def update_parts(self, parts: Part) -> None:
        super().update_parts(parts)
        mirror = self.link.mirror
        if Part.ANEW in parts and not mirror.goes_on:
            self.feed.clear()
        if Part.POSTS in parts:
            self.feed.push(mirror.taken)
            self._mark()
        if Part.STATUS in parts and mirror.status is not None:
            self.feed.count(mirror.posts, mirror.posts_not_shown, mirror.posts_not_scored)

    def beat(self) -> None:
        super().beat()
        self._tell()

    def _mark(self) -> None:
        """Show what posts weigh by now, where the guards thought again."""
        marks = self.link.mirror.marks
        if marks != self._marks:
            self._marks = dict(marks)
            self.feed.mark(self._marks)

    @property
    def symbol(self) -> str:
        post = self.feed.selected
        return post.symbols[0] if post is not None and post.symbols else self.subject

    # The chosen post

    def _tell(self) -> None:
        """Tell the post under the cursor in full, once it rests there."""
        post = None if self.feed.following else self.feed.selected
        if post is not None and post.id != self._told:
            self._told = post.id
            self.post.show(f"POST {post.id}", post_lines(post))
            known = self._authors.get(post.author)
            self._show_author(post.author, ["Asking the journal …"] if known is None else author_lines(known))
            if known is None:
                self._ask_author(post)

    def _show_author(self, name: str, lines: list[str]) -> None:
        self.author.show(f"AUTHOR @{name}", lines)

    @work(exclusive=True, group="author")
    async def _ask_author(self, post: PostRow) -> None:
        name = post.author
        writes = not self.desk.only_shows
        refused = partial(self._no_author, name)
        if writes and not await self.bring_index_up(partial(self._indexing, name), refused=refused):
            return
        if not writes:
            self._show_author(name, ["No search index is there, and this desk only shows."])
        record = await self.ask_journal(lambda reader: _author(reader, name, writes=writes), refused=refused)
        if record is None:
            return
        self._authors[name] = record
        if len(self._authors) > _KNOWN:
            self._authors.popitem(last=False)
        if self._told == post.id:
            self._show_author(name, author_lines(record))

    def _no_author(self, name: str, why: str, remedy: str) -> None:
        """Nobody pressed a key for it: what the last one did stands in the line of answers."""
        self._show_author(name, [why, *([f"→ {remedy}"] if remedy else [])])

    def _indexing(self, name: str, done: int, of: int) -> None:
        self._show_author(name, [f"Indexing the journal: {done / of:.0%} of {of:,} records …"])

    def action_open(self) -> None:
        """The post under the cursor: first in full beside the others, then its story."""
        post = self.feed.selected
        if post is None:
            self.line.say("No post is selected.")
        elif self._told != post.id:
            if self.feed.following:
                self.feed.stand()
            self._tell()
        else:
            self.desk.show_story(post.id)

    @work
    async def action_mute(self) -> None:
        """Hide the author of the chosen post; a name typed in, muted already, is shown again."""
        post = self.feed.selected
        muted = ", ".join(sorted(self.muted.names)[:8]) or "nobody"
        title = f"Hide an author here, or show them again; moods and signals count them as before. Muted: {muted}"
        value = post.author if post else ""
        prompt = Prompt(title, "author", value=value, enter="hide them, or show those that are hidden")
        name = await self.app.push_screen_wait(prompt)
        if not name:
            return
        try:
            now_muted = self.muted.turn(name.lstrip("@ "))
        except OSError as error:
            self.line.refused(f"It holds until this desk is left; it could not be kept: {error.strerror}")
        else:
            said = "is hidden on this desk; moods still count them" if now_muted else "is shown again"
            until = "" if self.muted.kept else ", until this desk is left"
            self.line.done(f"@{name.lstrip('@ ')} {said}{until}.")
        for feed in (self.feed, *([self.desk.main.feed] if self.desk.main is not None else [])):
            feed.mute(self.muted.names)


def _author(reader: Reader, name: str, *, writes: bool) -> AuthorRecord | None:
    """None where there is no index and none may be written. Raises JournalError for a journal that cannot be read."""
    try:
        index = Index(reader, writes=writes)
    except JournalError:
        if writes:
            raise
        return None
    with index:
        index.update()
        return author_record(reader, index, name)
