"""Fuzzing: made-up seeds, made worse by a seeded mutator, through every parser of foreign bytes.

Each gives an answer or its documented error, and makes no more of its input than its share. In CI so many inputs per
parser; `make fuzz` gives every parser DESK_FUZZ_SECONDS and other draws each time, and keeps what it finds.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.mutate import MOST, Mutator
from tests.fuzz.targets import TARGETS, Target, seeds, size_of

SECONDS = float(os.environ.get("DESK_FUZZ_SECONDS", "0"))
INPUTS = 400
"""Per parser in CI, times its share."""
FOUND = Path(__file__).parent / "found"
"""Where inputs that break something are kept; what is mended moves to the corpus."""

SPREAD = 40
FLOOR = 40_000
"""What a parser returns may have SPREAD characters per byte of its input, and FLOOR whatever the input."""

pytestmark = pytest.mark.timeout(120 + 2 * SECONDS)


def inputs(target: Target) -> Iterator[tuple[bytes, Mutator]]:
    """Every seed as it is, then what the mutator draws."""
    corpus = [data for _, data in seeds(target)]
    number = random.SystemRandom().randrange(1 << 32) if SECONDS else 1
    mutator = Mutator(corpus, number)
    for data in corpus:
        yield data, mutator
    if SECONDS:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            yield mutator.next(), mutator
    else:
        for _ in range(int(INPUTS * target.share)):
            yield mutator.next(), mutator


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_bytes_break_a_parser(target: Target) -> None:
    answered = refused = 0
    for data, mutator in inputs(target):
        try:
            found = target.read(data, mutator)
        except target.raises:
            refused += 1
            continue
        except (Exception, RecursionError) as error:
            raise AssertionError(f"{target.name}: {type(error).__name__}: {error}\n{keep(target, data)}") from error
        answered += 1
        size = size_of(found)
        assert size <= FLOOR + SPREAD * len(data), f"{len(data)} bytes made {size} characters\n{keep(target, data)}"
    assert answered, "nothing got through: the seeds are no use"
    if target.raises:
        assert refused, "nothing was refused: the mutations are no use"


def keep(target: Target, data: bytes) -> str:
    """Keep an input that broke something; where, and how it begins."""
    folder = FOUND / target.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:12]
    path.write_bytes(data)
    return f"kept in {path.relative_to(FOUND.parent)}: {data[:200]!r}"


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_every_seed_is_made_up(target: Target) -> None:
    """Small, and more than one."""
    corpus = list(seeds(target))
    assert len(corpus) >= 2
    assert all(len(data) < 64_000 for _, data in corpus)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(0, 1 << 32))
def test_the_mutator_is_bounded_and_repeats_itself(corpus: list[bytes], seed: int) -> None:
    first, second = Mutator(corpus, seed), Mutator(corpus, seed)
    for _ in range(5):
        data = first.next()
        assert data == second.next()
        assert len(data) <= MOST
        assert b"".join(first.pieces(data)) == data == b"".join(second.pieces(data))
