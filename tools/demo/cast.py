"""Who posts on the demo day. Nobody here exists: handles are a colour or mood, a thing of the trade and an animal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dice import Dice

MOODS = (
    "quiet",
    "amber",
    "patient",
    "lunar",
    "mossy",
    "velvet",
    "brisk",
    "paper",
    "copper",
    "drowsy",
    "salty",
    "linen",
)
THINGS = ("candle", "ledger", "tick", "margin", "gamma", "basis", "carry", "wedge", "delta", "order", "spread", "chart")
ANIMALS = ("otter", "heron", "newt", "badger", "lynx", "puffin", "gecko", "marten", "plover", "vole", "ibis", "tapir")
CLIENTS = ("Phone App", "Web App", "Phone App", "Tablet App", "Web App", "Deckboard")

VOICES = {
    "harbour_wire": 2_400_000,
    "the_opening_tern": 1_150_000,
    "floor_nine_desk": 640_000,
    "ledgerlight_news": 310_000,
    "copper_gull_research": 145_000,
    "auntie_basis": 98_000,
    "slow_money_sloth": 61_000,
    "gridlock_gazette": 27_000,
}
"""Verified accounts with an audience: they break the news and are quoted."""

Person = dict[str, Any]


def crowd(dice: Dice, size: int) -> list[Person]:
    """Ordinary accounts, most with a few hundred followers, a few with many."""
    people: list[Person] = []
    taken: set[str] = set()
    for number in range(size):
        name = f"{dice.one_of(MOODS)}_{dice.one_of(THINGS)}_{dice.one_of(ANIMALS)}"
        if dice.happens(0.3) or name in taken:
            name = f"{name[: name.rindex('_')]}{number + 2}"
        taken.add(name)
        people.append(
            _person(
                9_000_000 + number,
                name,
                followers=int(10 ** dice.between(1.2, 3.6 if dice.happens(0.93) else 4.9)),
                following=int(10 ** dice.between(1.5, 3.2)),
                tweets=int(10 ** dice.between(2, 4.7)),
                verified=dice.happens(0.06),
                age_days=dice.between(200, 4500),
                client=dice.one_of(CLIENTS),
            )
        )
    return people


def voices() -> dict[str, Person]:
    """The verified accounts, by handle."""
    return {
        name: _person(9_900_000 + number, name, followers, 400 + number, 50_000, True, 3000 + 90 * number, "Deckboard")
        for number, (name, followers) in enumerate(VOICES.items())
    }


def ring(dice: Dice, size: int) -> list[Person]:
    """Throw-away accounts of one promoter: a few days old, hardly followed, one program."""
    return [
        _person(
            9_800_000 + number,
            f"{dice.one_of(MOODS)}{dice.one_of(ANIMALS)}{dice.whole(10_000, 99_999)}",
            followers=dice.whole(0, 25),
            following=dice.whole(400, 900),
            tweets=dice.whole(3, 60),
            verified=False,
            age_days=dice.between(2, 19),
            client="BulkPilot",
        )
        for number in range(size)
    ]


def _person(
    number: int, name: str, followers: int, following: int, tweets: int, verified: bool, age_days: float, client: str
) -> Person:
    created = datetime(2026, 3, 10, tzinfo=UTC) - timedelta(days=int(age_days))
    return {
        "author_id": str(number),
        "client": client,
        "author": {
            "screen_name": name,
            "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "followers": followers,
            "following": following,
            "tweets": tweets,
            "verified": verified,
        },
    }
