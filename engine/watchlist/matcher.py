"""One pass over a text finds every watchlist term in it, however many symbols there are (Aho–Corasick)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.config import WatchRow
from engine.model import Author, Match, Value
from engine.watchlist.words import fold, is_cashtag, is_word, single_spaced, ticker, tickers

BASE = 0.5
"""Influence of an author about whom nothing is known."""
FOLLOWERS = (10_000, 100_000, 1_000_000)
REACH = (0.0, 0.1, 0.2, 0.3)
"""How much more for more than none of these, the first, the second, all of them."""
VERIFIED = 0.1
KEY_INFLUENCER = 0.3
CAP = 1.0
_USUAL = tuple(tuple(round(min(CAP, BASE + more + reach), 6) for reach in REACH) for more in (0.0, VERIFIED))
"""Influence of an author who is no key influencer: by whether verified, then by how many of FOLLOWERS are exceeded."""

KEYWORD, CASHTAG = "keyword", "cashtag"
"""Kinds of match, and with these the uses a term can have."""
AMBIGUOUS, NAME = "ambiguous", "name"


class Use(Value, frozen=True, gc=False):
    """What a term means for one row: it matches by itself, beside another term, or it only stands beside."""

    row: int
    role: str
    match: Match


class Matcher:
    """Matches texts against watchlist rows.

    - A cashtag matches its symbol exactly: `$TSLA` is not `$TSLAQ`. It beats every keyword. A pair goes by several:
      `$BTC`, `$BTCUSD` and `$BTC.X` are `BTC/USD`.
    - A keyword matches as a whole word in any case and script; of several the first in the text counts. Where it has
      a blank, the text may have several. One that begins with $ matches where that is a whole cashtag.
    - An ambiguous word matches only where the row's cashtag, one of its keywords or its name is in the text too.
    - A row's name by itself matches nothing: list it under `keywords` when it should.
    """

    def __init__(self, rows: Sequence[WatchRow]) -> None:
        self._rows = tuple(rows)
        self._index = {row.symbol: index for index, row in enumerate(self._rows)}
        self._cashtags = tuple(Match(row.symbol, f"${row.symbol}", CASHTAG) for row in self._rows)
        self._tickers: dict[str, tuple[int, ...]] = {}
        for index, row in enumerate(self._rows):
            for key in tickers(row.symbol):
                self._tickers[key] = (*self._tickers.get(key, ()), index)
        self._influencers = tuple(
            frozenset(fold(name.removeprefix("@")) for name in row.influencers) for row in self._rows
        )
        self._named = frozenset().union(*self._influencers)
        self._automaton = _automaton(self._rows, self._tickers)

    def match(self, text: str, cashtags: Sequence[str] = ()) -> tuple[Match, ...]:
        """The symbols `text` (DisplayText: its blanks are spaces) concerns, one Match each, in watchlist order.

        `cashtags` are those the source listed for the post (with or without $, any case); those written in the text
        are found anyway. Influence is the base until `weigh`.
        """
        folded = fold(text)
        tagged: set[int] = set()
        named: tuple[int, ...] | None = None
        for tag in cashtags:
            named = self._tickers.get(tag) or self._tickers.get(ticker(tag), ())
            tagged.update(named)
        words: list[tuple[int, int, Use]] = []
        for last, (length, tags, rows, uses) in self._automaton.iter(folded) if self._automaton else ():
            if rows is named or (tagged and tagged.issuperset(rows)):
                continue
            end = last + 1
            if tags is not None:
                if is_cashtag(folded, end - length, end):
                    tagged.update(tags)
                    for use in uses:
                        words.append((end - length, -length, use))
            elif is_word(folded, end - length, end):
                if not uses:
                    return self.match(single_spaced(folded), cashtags)
                for use in uses:
                    words.append((end - length, -length, use))
        if words:
            return self._resolved(tagged, words)
        if not tagged:
            return ()
        order = sorted(tagged) if len(tagged) > 1 else tagged
        return tuple([self._cashtags[index] for index in order])

    def weigh(self, author: Author, matches: Sequence[Match]) -> tuple[Match, ...]:
        """The same matches with the author's influence on each symbol.

        0.5, plus 0.1, 0.2 or 0.3 for more than 10 k, 100 k or 1 M followers, plus 0.1 when verified, plus 0.3 for a key
        influencer of that row, at most 1; times the row's multiplier for a key influencer. Unknown counts add nothing.
        """
        reach = bisect_left(FOLLOWERS, author.followers or 0)
        usual = _USUAL[author.verified][reach]
        name = fold(author.name) if self._named else ""
        if name not in self._named:
            return tuple([Match(match.symbol, match.term, match.kind, usual) for match in matches])
        influence = BASE + (VERIFIED if author.verified else 0.0) + REACH[reach]
        weighed = []
        for match in matches:
            index, value = self._index[match.symbol], usual
            if name in self._influencers[index]:
                value = round(min(CAP, influence + KEY_INFLUENCER) * self._rows[index].multiplier, 6)
            weighed.append(Match(match.symbol, match.term, match.kind, value))
        return tuple(weighed)

    def _resolved(self, tagged: set[int], words: list[tuple[int, int, Use]]) -> tuple[Match, ...]:
        """Cashtags first; then each row's first keyword, or ambiguous word that does not stand alone."""
        found = {index: self._cashtags[index] for index in tagged}
        if len(words) > 1:
            words.sort(key=_by_place)
        backed = tagged.union([use.row for _, _, use in words if use.role is not AMBIGUOUS])
        for _, _, use in words:
            if use.row not in found and (use.role is KEYWORD or (use.role is AMBIGUOUS and use.row in backed)):
                found[use.row] = use.match
        return tuple([found[index] for index in sorted(found)])


def _by_place(found: tuple[int, int, Use]) -> tuple[int, int]:
    return found[0], found[1]


def _uses(index: int, row: WatchRow) -> Iterable[tuple[str, Use]]:
    """Each folded word of a row with its use. A word listed twice keeps the use that asks for more company."""
    uses: dict[str, Use] = {}
    for role, terms in ((NAME, (row.name,)), (KEYWORD, row.keywords), (AMBIGUOUS, row.ambiguous)):
        for term in terms:
            folded = single_spaced(fold(term))
            if folded:
                uses[folded] = Use(index, role, Match(row.symbol, term, KEYWORD))
    return uses.items()


def _automaton(rows: Sequence[WatchRow], named: Mapping[str, tuple[int, ...]]) -> Any:
    """An automaton from folded terms to (length, rows of that cashtag, all rows, uses); empty without rows.

    For what does not begin with $ the second is None. A cashtag's rows are the tuple that `named` holds, so that one
    that the source listed is known by sight.
    What a term has before one of its blanks is in it too, with two blanks and no uses: only a text in which such a
    term may be torn apart is worth being single-spaced.
    """
    import ahocorasick

    spelled: dict[str, tuple[int, ...]] = {}
    for key, tagged in named.items():
        for spelling in (key, key.replace(".", "_"), key.replace(".", "-")):
            spelled[f"${spelling}".lower()] = tagged
    terms: dict[str, tuple[Use, ...]] = {}
    for index, row in enumerate(rows):
        for folded, use in _uses(index, row):
            terms[folded] = (*terms.get(folded, ()), use)
    automaton = ahocorasick.Automaton()
    torn: dict[str, tuple[int, ...]] = {}
    for folded, uses in terms.items():
        whose = tuple(use.row for use in uses)
        for blank in re.finditer(" ", folded):
            head = f"{folded[: blank.end()]} "
            torn[head] = (*torn.get(head, ()), *whose)
        tags = spelled.pop(folded, () if folded.startswith("$") else None)
        automaton.add_word(folded, (len(folded), tags, (*(tags or ()), *whose), uses))
    for folded, tags in spelled.items():
        automaton.add_word(folded, (len(folded), tags, tags, ()))
    for head, whose in torn.items():
        automaton.add_word(head, (len(head), None, whose, ()))
    automaton.make_automaton()
    return automaton
