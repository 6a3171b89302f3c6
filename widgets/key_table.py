"""The table of keys: what help shows. Long sentences hang under their column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from widgets.line import Line, wrap
from widgets.line_block import LineBlock

_TEXT_LINES = 4


class KeyTable(LineBlock):
    """A note, seen however small the screen is, and groups of (keys, label, sentence); scrolls by `scroll_lines`."""

    DEFAULT_CSS = """
    KeyTable { height: auto; }
    """

    def __init__(
        self, groups: Mapping[str, Sequence[tuple[str, str, str]]], note: str = "", *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._groups = groups
        self._note = note

    def lines(self, width: int) -> list[Line]:
        colors = self.inks
        keys_width = 1 + max(len(keys) for rows in self._groups.values() for keys, _, _ in rows)
        label_width = 1 + max(len(label) for rows in self._groups.values() for _, label, _ in rows)
        room = max(10, width - keys_width - label_width - 2)
        lines = [Line().add(f" {more}", colors.muted) for more in wrap(self._note, width - 2, _TEXT_LINES)]
        for name, rows in self._groups.items():
            lines += [Line()] if lines else []
            lines.append(Line().add(f" {name.upper()}", colors.muted))
            for keys, label, sentence in rows:
                first, *rest = wrap(sentence, room, _TEXT_LINES) or [""]
                line = Line().gap(colors.text).field(keys, keys_width, colors.accent)
                lines.append(line.field(label, label_width, colors.strong).add(first, colors.text))
                indent = keys_width + label_width + 1
                lines += [Line().gap(colors.text, indent).add(more, colors.text) for more in rest]
        return lines
