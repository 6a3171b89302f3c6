"""The words of the desk, as types: used by every stage, every widget and every test.

Everything here is frozen and slotted. It does no I/O and knows no stage.
"""

from engine.model.account import Account, Position, VenueAccount, VenuePosition, VenueSnapshot
from engine.model.base import ONE, ZERO, DisplayText, Mode, Session, Side, TradingState, Value
from engine.model.book import Book, LimitUse, StateChange
from engine.model.guard import PLAIN, GuardMark
from engine.model.market import Bar, Halt, Instrument, Market, Quote, price_step
from engine.model.mood import Evidence, Mood, Signal
from engine.model.order import (
    Answer,
    Fill,
    Intent,
    Lookup,
    Order,
    OrderStatus,
    OrderUpdate,
    Outcome,
    Role,
    client_order_id,
)
from engine.model.ports import Asked, Broker, Feed, FeedEvent, LateScorer, MoodView, Score, Scorer, Sink, Strategy
from engine.model.post import Author, Match, Post, Reading, ScoredPost, SymbolScore
from engine.model.state import Alert, FeedState, Level, Light, Protection
from engine.model.ticket import (
    ControlResult,
    Decision,
    DecisionKind,
    Draft,
    Edits,
    Ticket,
    TicketStatus,
    Verdict,
    fingerprint,
)

__all__ = [
    "ONE",
    "PLAIN",
    "ZERO",
    "Account",
    "Alert",
    "Answer",
    "Asked",
    "Author",
    "Bar",
    "Book",
    "Broker",
    "ControlResult",
    "Decision",
    "DecisionKind",
    "DisplayText",
    "Draft",
    "Edits",
    "Evidence",
    "Feed",
    "FeedEvent",
    "FeedState",
    "Fill",
    "GuardMark",
    "Halt",
    "Instrument",
    "Intent",
    "LateScorer",
    "Level",
    "Light",
    "LimitUse",
    "Lookup",
    "Market",
    "Match",
    "Mode",
    "Mood",
    "MoodView",
    "Order",
    "OrderStatus",
    "OrderUpdate",
    "Outcome",
    "Position",
    "Post",
    "Protection",
    "Quote",
    "Reading",
    "Role",
    "Score",
    "ScoredPost",
    "Scorer",
    "Session",
    "Side",
    "Signal",
    "Sink",
    "StateChange",
    "Strategy",
    "SymbolScore",
    "Ticket",
    "TicketStatus",
    "TradingState",
    "Value",
    "VenueAccount",
    "VenuePosition",
    "VenueSnapshot",
    "Verdict",
    "client_order_id",
    "fingerprint",
    "price_step",
]
