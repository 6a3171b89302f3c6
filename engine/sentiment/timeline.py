"""One symbol's posts in order of publication, with the current and the previous window over them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from heapq import nlargest, nsmallest

import msgspec

from engine.model import DisplayText, Evidence, GuardMark, Match, Mood, Reading, ScoredPost
from engine.sentiment.coverage import Coverage
from engine.sentiment.window import Entry, Window, kept, mean, pack, raw_mean, trust
from engine.text import text_key

_DROP = 1024
"""Posts that have left both windows are dropped from the lists in batches of at least this many."""
_NOTHING = DisplayText("")


class Timeline:
    """Posts newer than now − look_back − window, sorted by publication; equal times keep their order of arrival."""

    def __init__(self, symbol: str, window_ns: int, floor_ns: int, look_back_ns: int, coverage: Coverage) -> None:
        self._symbol = symbol
        self._window_ns = window_ns
        self._floor_ns = floor_ns
        self._look_back_ns = look_back_ns
        self._coverage = coverage
        self._times: list[int] = []
        self._entries: list[Entry] = []
        self._published: dict[str, int] = {}
        self._authors: dict[str, int] = {}
        """Posts in the current window that weigh anything to the guards, by author."""
        self._volume = 0
        """How many they are."""
        self._current = Window(window_ns, floor_ns, 0, ahead_counts=True)
        self._previous = Window(window_ns, floor_ns, -look_back_ns, ahead_counts=False)

    def advance(self, now_ns: int) -> None:
        """Let time pass. An earlier instant than the latest changes nothing."""
        current = self._current
        if now_ns <= current.at_ns:
            return
        entries = self._entries
        left = current.advance(now_ns, self._times, entries)
        if left:
            for index in range(current.first - left, current.first):
                self._leave(entries[index])
        previous = self._previous
        left = previous.advance(now_ns - self._look_back_ns, self._times, entries)
        if left:
            for index in range(previous.first - left, previous.first):
                del self._published[entries[index].id]
            gone = previous.first
            if gone >= _DROP and 2 * gone >= len(entries):
                del self._times[:gone]
                del entries[:gone]
                current.drop(gone)
                previous.drop(gone)

    def put(self, scored: ScoredPost, match: Match, packed: int) -> None:
        """Put a post at its place, in place of an earlier one with its id. One that is too old is left out."""
        post = scored.post
        if post.id in self._published:
            self.take(post.id)
        at = post.published_ns
        if at <= self._previous.at_ns - self._window_ns:
            return
        author = post.author
        entry = Entry(
            post.id, author.id or author.name, packed, author.name, match, scored.reading, scored.mark, post.text
        )
        times = self._times
        if not times or at >= times[-1]:
            times.append(at)
            self._entries.append(entry)
        else:
            index = bisect_right(times, at)
            times.insert(index, at)
            self._entries.insert(index, entry)
        self._published[post.id] = at
        if at <= self._previous.at_ns:
            self._previous.put(at, packed)
        if self._current.put(at, packed):
            entry.said = text_key(post.text) or post.id
            self._count(entry)

    def take(self, post_id: str) -> bool:
        """Take a post out; returns whether it was there."""
        at = self._published.get(post_id)
        if at is None:
            return False
        index = self._place(post_id, at)
        entry = self._entries[index]
        del self._published[post_id]
        del self._times[index]
        del self._entries[index]
        self._previous.take(at, entry.packed)
        if self._current.take(at, entry.packed):
            self._leave(entry)
        return True

    def weigh(self, post_id: str, guard: float) -> bool:
        """Give a post that is in another weight of the guards; returns whether it was there and weighs otherwise."""
        at = self._published.get(post_id)
        if at is None:
            return False
        entry = self._entries[self._place(post_id, at)]
        if entry.mark.weight == guard:
            return False
        self._change(entry, at, entry.reading, msgspec.structs.replace(entry.mark, weight=guard))
        return True

    def rescore(self, post_id: str, reading: Reading) -> bool:
        """Give a post that is in another reading; returns whether it was there."""
        at = self._published.get(post_id)
        if at is None:
            return False
        entry = self._entries[self._place(post_id, at)]
        self._change(entry, at, reading, entry.mark)
        return True

    def _change(self, entry: Entry, at: int, reading: Reading, mark: GuardMark) -> None:
        """Count a post as if it had come with this reading and this mark: the sums are the same to the last bit."""
        score, confidence = reading.about(self._symbol)
        packed = pack(entry.match.influence, confidence, score, mark.weight)
        self._previous.take(at, entry.packed)
        self._previous.put(at, packed)
        counted = self._current.take(at, entry.packed)
        self._current.put(at, packed)
        if counted:
            self._uncount(entry)
        entry.packed = packed
        entry.reading = reading
        entry.mark = mark
        if counted:
            self._count(entry)

    def _place(self, post_id: str, at: int) -> int:
        index = bisect_left(self._times, at)
        while self._entries[index].id != post_id:
            index += 1
        return index

    def mood(self) -> Mood:
        """The mood as of the latest instant."""
        current = self._current
        now_ns = current.at_ns
        total = current.total()
        value = mean(total)
        previous = change = None
        coverage = self._coverage
        missing = "" if now_ns >= coverage.complete_from_ns else coverage.missing(now_ns)
        if not missing or coverage.knows_previous(now_ns):
            previous = mean(self._previous.total())
            if value is not None and previous is not None:
                change = value - previous
        return Mood(
            self._symbol,
            now_ns,
            value,
            previous,
            change,
            self._volume,
            len(self._authors),
            trust(total),
            not missing,
            missing,
            raw_mean(total),
            len(self._entries) - current.first,
            kept(total),
        )

    def evidence(self, limit: int) -> tuple[Evidence, ...]:
        """The posts with the largest share of Σ w·|s|; among equals the newest first."""
        entries, decayed = self._window()
        first = self._current.first
        pulls = [left * entry.opinion for left, entry in zip(decayed, entries, strict=True)]
        total = sum(pulls)
        least = min(nlargest(limit, pulls), default=0)
        rows = [
            (-pull, -self._times[first + index], entries[index].id, index)
            for index, pull in enumerate(pulls)
            if pull >= least
        ]
        largest = [index for *_, index in nsmallest(limit, rows)]
        opinions = {index: entries[index].reading.about(self._symbol) for index in largest}
        return tuple(
            Evidence(
                post_id=entry.id,
                author=entry.name,
                text=entry.text,
                published_ns=self._times[first + index],
                score=opinions[index][0],
                confidence=opinions[index][1],
                weight=entry.match.influence
                * opinions[index][1]
                * entry.mark.weight
                * decayed[index]
                / self._window_ns,
                share=pulls[index] / total if total else 0.0,
                term=entry.match.term,
                scorer=entry.reading.scorer,
                reason=entry.reading.reason,
                guard=entry.mark.weight,
                cluster=entry.mark.cluster,
            )
            for index, entry in ((index, entries[index]) for index in largest)
        )

    def newest_ns(self) -> int:
        """Publication time of the newest post in the window; 0 when empty."""
        return self._times[-1] if len(self._entries) > self._current.first else 0

    def top_share(self, key: Callable[[Entry], str]) -> tuple[str, float]:
        """The key whose posts hold most of the window's weight, and their share; empty and 0 without any weight."""
        held: dict[str, int] = {}
        for entry, left in zip(*self._window(), strict=True):
            name = key(entry)
            held[name] = held.get(name, 0) + left * entry.weight
        total = sum(held.values())
        if not total:
            return "", 0.0
        top = max(held, key=held.__getitem__)
        return top, held[top] / total

    def _leave(self, entry: Entry) -> None:
        entry.text = _NOTHING
        entry.said = ""
        self._uncount(entry)

    def _count(self, entry: Entry) -> None:
        if entry.mark.weight:
            self._volume += 1
            self._authors[entry.author] = self._authors.get(entry.author, 0) + 1

    def _uncount(self, entry: Entry) -> None:
        if not entry.mark.weight:
            return
        self._volume -= 1
        rest = self._authors[entry.author] - 1
        if rest:
            self._authors[entry.author] = rest
        else:
            del self._authors[entry.author]

    def _window(self) -> tuple[list[Entry], list[int]]:
        """The posts in the current window, oldest first, and what is left of each one's life in nanoseconds."""
        current = self._current
        floored = current.aged - current.first
        ahead = len(self._entries) - current.end
        since = self._window_ns - current.at_ns
        young = [at + since for at in self._times[current.aged : current.end]]
        return self._entries[current.first :], [self._floor_ns] * floored + young + [self._window_ns] * ahead
