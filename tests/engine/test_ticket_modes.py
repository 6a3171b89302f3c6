"""Modes: confirm, auto and off, for every symbol and for one; what a person set, and another configuration."""

from __future__ import annotations

from engine.config import Config, TicketsConfig, WatchRow
from engine.model import Mode
from engine.tickets import Tickets


def modes(general: Mode, **rows: Mode | None) -> Config:
    watchlist = tuple(WatchRow(symbol=symbol, mode=mode) for symbol, mode in rows.items())
    return Config(tickets=TicketsConfig(mode=general), watchlist=watchlist)


def test_modes_of_another_configuration():
    tickets = Tickets(modes(Mode.AUTO, TSLA=None, GOOG=Mode.AUTO, NVDA=Mode.OFF))
    tickets.set_mode("TSLA", Mode.AUTO)
    tickets.reconfigure(modes(Mode.CONFIRM, TSLA=None, GOOG=Mode.AUTO, NVDA=Mode.OFF))
    assert tickets.modes == {"*": Mode.CONFIRM, "TSLA": Mode.CONFIRM, "GOOG": Mode.AUTO, "NVDA": Mode.OFF}
    tickets.set_mode("*", Mode.OFF)
    tickets.reconfigure(modes(Mode.CONFIRM, TSLA=None, GOOG=Mode.CONFIRM, NVDA=Mode.OFF))
    assert tickets.mode("GOOG") is Mode.OFF, "what a person made stricter stays"
    tickets.reconfigure(modes(Mode.AUTO, TSLA=None, GOOG=Mode.CONFIRM, NVDA=Mode.OFF))
    assert tickets.mode("META") is Mode.AUTO, "what a person has confirmed replaces it"
    tickets.reconfigure(modes(Mode.AUTO, TSLA=Mode.CONFIRM, GOOG=None, NVDA=Mode.CONFIRM))
    assert [tickets.mode(symbol) for symbol in ("TSLA", "GOOG", "NVDA")] == [Mode.CONFIRM, Mode.AUTO, Mode.CONFIRM]


def test_modes():
    tickets = Tickets(modes(Mode.CONFIRM, TSLA=None, NVDA=Mode.OFF))
    assert (tickets.mode("TSLA"), tickets.mode("NVDA"), tickets.mode("*")) == (Mode.CONFIRM, Mode.OFF, Mode.CONFIRM)
    tickets.set_mode("TSLA", Mode.AUTO)
    assert tickets.modes == {"*": Mode.CONFIRM, "TSLA": Mode.AUTO, "NVDA": Mode.OFF}
    tickets.set_mode("*", Mode.AUTO)
    assert (tickets.mode("AAPL"), tickets.mode("NVDA")) == (Mode.AUTO, Mode.OFF)
    tickets.set_mode("*", Mode.CONFIRM)
    assert {tickets.mode(symbol) for symbol in ("TSLA", "NVDA", "AAPL")} == {Mode.CONFIRM}
