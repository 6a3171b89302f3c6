"""Market data that is missing, old or impossible: no order is made of it, and the verdict says why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.calendar import Calendar
from engine.clock import SystemClock
from engine.journal.reader import Reader
from engine.model import Session, Ticket
from tests.engine.kernel.process import ending
from tests.faults.ledger import Row
from tests.faults.machine import Machine
from tests.faults.street import SYMBOLS, Street
from tests.faults.trouble import spoiled
from tests.venues.alpaca import AlpacaSimulator

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("faults-prices"), pytest.mark.slow]

STALE_S = 2.0
"""Set as `risk.stale_price_s`."""
WATCHED_S = 4.0
"""How long no order may be sent, once the fault is known, though the crowd goes on turning."""

Spoil = Callable[[AlpacaSimulator, str], None]


@pytest.fixture(scope="module")
def machine(folder: Path, street: Street) -> Iterator[Machine]:
    settings = {"RISK__STALE_PRICE_S": str(STALE_S), "ALPACA__SILENCE_S": "5"}
    with ending(Machine(folder, street, **settings)) as made:
        assert isinstance(made, Machine)
        made.begin()
        made.warm()
        yield made


def entries(machine: Machine) -> int:
    """Entries that have come to the venue."""
    return machine.street.ask(lambda venue: sum(body["side"] == "buy" for body in venue.posts()))


def refusals(machine: Machine, since_ns: int) -> dict[str, str]:
    """Controls that failed since then, each with its last reason."""
    with Reader(machine.journal) as reader:
        tickets = [record.value() for record in reader.records(kinds=("ticket",), since_ns=since_ns)]
    return {
        failure.id: failure.reason
        for ticket in tickets
        if isinstance(ticket, Ticket) and ticket.verdict is not None
        for failure in ticket.verdict.failures
    }


def say(kind: str) -> Spoil:
    def tell(venue: AlpacaSimulator, symbol: str) -> None:
        venue.data_stream.publish(spoiled(venue, symbol, kind))

    return tell


def say_nothing(venue: AlpacaSimulator, symbol: str) -> None:
    """Mute."""


BAD = [
    pytest.param("mute", say_nothing, {"R17"}, id="mute"),
    pytest.param("quotes an hour old", say("an hour old"), {"R17"}, id="stale"),
    pytest.param("crossed quotes", say("crossed"), {"R01", "R03", "R04", "R17"}, id="crossed"),
    pytest.param("quotes of zero", say("zero"), {"R01", "R03", "R04", "R17"}, id="zero"),
    pytest.param("quotes of NaN", say("NaN"), {"R01", "R03", "R04", "R17"}, id="nan"),
    pytest.param("negative quotes", say("negative"), {"R01", "R03", "R04", "R17"}, id="negative"),
]


def check_no_entry(machine: Machine, row: Row, controls: set[str], mend: Callable[[], None]) -> None:
    """The crowd turns: signals are refused by one of the controls, nothing is bought until it is mended."""
    street = machine.street
    since_ns = SystemClock().now_ns()
    street.turning = True
    machine.wait(lambda: controls & set(refusals(machine, since_ns)), f"a refusal by {sorted(controls)}", 40.0)
    known_ns, before = SystemClock().now_ns(), entries(machine)
    time.sleep(WATCHED_S)
    assert entries(machine) == before, "an order was made of it"
    machine.wait(lambda: controls & set(refusals(machine, known_ns)), "another refusal", 40.0)
    row.must = "no entry; refused by risk with the reason; trades again when it is over"
    began = time.monotonic()
    mend()
    machine.wait(lambda: entries(machine) > before, "trading again", 60.0)
    row.tried(time.monotonic() - began)
    street.quiet()
    machine.equal()


@pytest.mark.parametrize(("words", "spoil", "controls"), BAD)
def test_prices_that_cannot_be_used(machine: Machine, row: Row, words: str, spoil: Spoil, controls: set[str]) -> None:
    row.where, row.fault = "market data", words
    street = machine.street

    def mend() -> None:
        street.spoil = None

    street.spoil = spoil
    time.sleep(STALE_S + 1)
    check_no_entry(machine, row, controls, mend)


def test_a_halt(machine: Machine, row: Row) -> None:
    row.where, row.fault = "market data", "every symbol halted"
    street = machine.street

    def all_symbols(do: Callable[[AlpacaSimulator, str], None]) -> None:
        street.ask(lambda venue: [do(venue, symbol) for symbol in SYMBOLS])

    all_symbols(lambda venue, symbol: venue.halt(symbol))
    time.sleep(0.5)
    check_no_entry(machine, row, {"R19"}, lambda: all_symbols(lambda venue, symbol: venue.resume(symbol)))


def test_limit_up(machine: Machine, row: Row) -> None:
    """A bid at the upper band: limit-up; nothing can be sold to us there. Bands end with the regular session."""
    if Calendar().market(SystemClock().now_ns()).session is not Session.REGULAR:
        pytest.skip("price bands hold in the regular session alone, and it is not one now")
    row.where, row.fault = "market data", "every symbol at its limit-up band"
    street = machine.street

    def bands(factor: float) -> None:
        def tell(venue: AlpacaSimulator) -> None:
            for symbol in SYMBOLS:
                price = float(venue.exchange.quotes[symbol].bid)
                venue.luld(symbol, price * 0.5, price * factor)

        street.ask(tell)

    bands(0.999)
    time.sleep(0.5)
    check_no_entry(machine, row, {"R19"}, lambda: bands(1.5))
