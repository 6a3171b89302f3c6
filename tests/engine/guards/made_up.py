"""Made-up posts for the guards: accounts that people have for years, and accounts that a promoter opened last week."""

from __future__ import annotations

from engine.clock import DAY, SECOND
from engine.model import Author, DisplayText, Match, Post

T0 = 1_773_230_000 * SECOND
NEWS = "Officials say the plant in the north opens a quarter earlier than planned"
PITCH = "the next big winner is here, huge gains coming, join the free group today"


def post(
    number: int,
    text: str = "",
    *,
    after_s: float = 0.0,
    author: str = "",
    followers: int | None = 900,
    age_days: float | None = 2000,
    verified: bool = False,
    client: str = "Deckboard",
    cashtags: tuple[str, ...] = ("GOOG",),
    edits: tuple[str, ...] = (),
    repost_of: str = "",
    received_after_s: float | None = None,
) -> Post:
    """A post `after_s` seconds after T0; without a text it says something that no other post says."""
    at_ns = T0 + round(after_s * SECOND)
    said = DisplayText(text or f"note{number} says{number} its{number} own{number} words{number} only{number}")
    name = author or f"a{number}"
    created_ns = None if age_days is None else at_ns - round(age_days * DAY)
    return Post(
        f"p{number}",
        "test",
        at_ns,
        at_ns if received_after_s is None else T0 + round(received_after_s * SECOND),
        Author(name, DisplayText(name), followers, 100, 1000, verified, created_ns),
        said,
        said,
        "en",
        client,
        cashtags,
        edits=edits,
        repost_of=repost_of,
    )


def goog(*more: str) -> tuple[Match, ...]:
    """What such a post matches."""
    return tuple(Match(symbol, "$" + symbol, "cashtag") for symbol in ("GOOG", *more))


def throw_away(number: int, after_s: float, text: str = PITCH) -> Post:
    """One of a promoter's accounts: a week old, hardly followed, one program."""
    return post(number, f"{text} {'!' * (number % 3)}", after_s=after_s, followers=7, age_days=9, client="BulkPilot")


def ring(count: int, *, first: int = 100, begin_s: float = 0.0, every_s: float = 3.0) -> list[Post]:
    """A promoter's accounts, seconds apart, with the same words."""
    return [throw_away(first + number, begin_s + number * every_s) for number in range(count)]


def crowd(count: int, *, first: int = 500, begin_s: float = 0.0, every_s: float = 20.0, text: str = NEWS) -> list[Post]:
    """People who pass on the same news: every fifth has few followers, programs vary."""
    return [
        post(
            first + number,
            f"RT @paper: {text}",
            after_s=begin_s + number * every_s,
            followers=40 if number % 5 == 4 else 300 + 10 * number,
            client=("Deckboard", "Pocket", "Web", "Birdsong")[number % 4],
        )
        for number in range(count)
    ]
