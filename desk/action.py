"""What an action of the desk is: one thing a person can do, with its id, verb, keys and words."""

from __future__ import annotations

from enum import Enum

from engine.model.base import Value

EVERYWHERE = ("*",)
"""`views` of an action that every view carries out."""


class Group(Enum):
    """Where help lists an action."""

    DECIDE = "Decide"
    ENGINE = "Engine"
    READ = "Read"
    MOVE = "Move"
    VIEWS = "Views"
    DESK = "Desk"


class Action(Value, frozen=True, gc=False):
    """One thing a person can do here."""

    id: str
    """Stable: the `[keys]` table of config.toml names it."""
    verb: str
    """The word of the command line where there is one; with underscores, of the screen's `action_<verb>` method."""
    keys: tuple[str, ...]
    """Default keys as Textual names them; the first one is shown."""
    label: str
    """One or two words for the key bar."""
    tooltip: str
    """One sentence for help, palette and documentation."""
    group: Group
    views: tuple[str, ...] = ("desk",)
    """Ids of the views that carry it out (`desk.views`), or EVERYWHERE."""
    app_call: str = ""
    """An action of the app, as Textual writes it, in place of the screen's own method."""
    by_key_only: bool = False
    """True when the palette does not offer it: Enter must never confirm."""

    @property
    def method(self) -> str:
        """What Textual runs: `confirm` is handled by the screen's `action_confirm`."""
        return self.app_call or self.verb.replace("-", "_")

    @property
    def commands(self) -> bool:
        """Whether it commands the engine: a desk that only looks cannot."""
        return self.group in (Group.DECIDE, Group.ENGINE)

    def is_in(self, view: str) -> bool:
        """Whether a view carries it out."""
        return view in self.views or self.views == EVERYWHERE
