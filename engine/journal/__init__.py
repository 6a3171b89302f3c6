"""The audit journal: append-only, hash-chained, durable before any effect leaves the process."""

from engine.journal.anchor import Anchor
from engine.journal.chain import Record
from engine.journal.kinds import KINDS
from engine.journal.ledger_read import read_ledger
from engine.journal.reader import Reader
from engine.journal.story import Story
from engine.journal.story_text import format_story
from engine.journal.verify import Verification
from engine.journal.writer import Journal

__all__ = [
    "KINDS",
    "Anchor",
    "Journal",
    "Reader",
    "Record",
    "Story",
    "Verification",
    "format_story",
    "read_ledger",
]
