"""Finding posts: the filter that hides the others, and the search that goes from hit to hit."""

from __future__ import annotations

from typing import ClassVar

from textual import work

from desk.screens.prompt import FILTERS, Prompt
from desk.screens.view import ViewScreen
from widgets.feed import Feed

SEARCHES = "go to the newest that says it; an empty line ends the search"
"""What Enter does where posts are searched."""


class Finding(ViewScreen):
    """A view with posts in it."""

    feed: Feed
    FILTER_HINT: ClassVar[str] = ""
    """What stands in the empty line of the filter: examples of what it takes."""

    @property
    def search_hint(self) -> str:
        """What stands in the empty line of a search in posts."""
        keymap = self.desk.keymap
        return f"words; {keymap.said('feed.older')} older hit, {keymap.said('feed.newer')} newer hit"

    @work
    async def action_filter(self) -> None:
        prompt = Prompt("Show only posts that match", self.FILTER_HINT, value=self.feed.filter_text, enter=FILTERS)
        text = await self.app.push_screen_wait(prompt)
        if text is not None:
            self.feed.filter(text)
            self.go(self.feed)

    @work
    async def action_search(self) -> None:
        text = await self.app.push_screen_wait(Prompt("Find in posts", self.search_hint, enter=SEARCHES))
        if text is None:
            return
        if self.feed.search(text):
            self.go(self.feed)
        else:
            self.line.say(f"No post here says {text!r}.")

    def action_search_older(self) -> None:
        self._find(older=True)

    def action_search_newer(self) -> None:
        self._find(older=False)

    def _find(self, *, older: bool) -> None:
        """Go to the next hit of the search, or say that there is none."""
        if not self.feed.find(older=older):
            self.line.say(f"No further hit that way. {self.desk.keymap.said('feed.search')} starts a search.")
