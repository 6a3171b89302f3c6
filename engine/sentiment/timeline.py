"""One symbol's posts in order of publication, with the current and the previous window over them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import msgspec

from engine.model import DisplayText, Evidence, GuardMark, Match, Mood, Reading, ScoredPost
from engine.sentiment.coverage import Coverage
from engine.sentiment.ranking import Ranking
from engine.sentiment.shares import Shares
from engine.sentiment.window import Entry, Window, figures, mean, opinions, pack, weights

_DROP = 1024
"""The places of posts that have left both windows are dropped from the lists in batches of at least this many …"""
_DROP_SHARE = 8
"""… and of at least this part of the list, so that a post is moved at most so many times however many there are."""
_NOTHING = DisplayText("")
_LEFT = Entry("", 0, 0, 0, 0, 0, _NOTHING, Match("", "", ""), Reading("", "", "", 0.0, 0.0, 0), GuardMark(), _NOTHING)
"""Stands where a post was that has left both windows: posts go one by one, a batch of thousands takes milliseconds."""


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
        self._by_id: dict[str, Entry] = {}
        self._volume = 0
        """Posts in the current window that weigh anything to the guards."""
        self._authors = Shares[int](window_ns, floor_ns)
        """They, by author."""
        self._texts = Shares[int](window_ns, floor_ns)
        """They, by what they say."""
        self._clusters = Shares[str](window_ns, floor_ns)
        """They, by cluster; posts that are in none are left out."""
        self._ranking = Ranking(window_ns, floor_ns)
        self._current = Window(window_ns, floor_ns, 0, ahead_counts=True)
        self._previous = Window(window_ns, floor_ns, -look_back_ns, ahead_counts=False)

    def advance(self, now_ns: int) -> None:
        """Let time pass. An earlier instant than the latest changes nothing."""
        current = self._current
        if now_ns <= current.at_ns:
            return
        entries = self._entries
        end, aged = current.end, current.aged
        left = current.advance(now_ns, self._times, entries)
        if current.end != end:
            for index in range(end, current.end):
                for group in entries[index].groups:
                    group.arrive(entries[index])
        if current.aged != aged:
            for index in range(aged, current.aged):
                for group in entries[index].groups:
                    group.age(entries[index])
        if left:
            for index in range(current.first - left, current.first):
                self._leave(entries[index])
            self._ranking.gone(now_ns)
        previous = self._previous
        left = previous.advance(now_ns - self._look_back_ns, self._times, entries)
        if left:
            for index in range(previous.first - left, previous.first):
                del self._by_id[entries[index].id]
                entries[index] = _LEFT
            gone = previous.first
            if gone >= _DROP and _DROP_SHARE * gone >= len(entries):
                del self._times[:gone]
                del entries[:gone]
                current.drop(gone)
                previous.drop(gone)

    def put(self, scored: ScoredPost, match: Match, packed: int, said: int) -> None:
        """Put a post at its place, in place of an earlier one with its id. One that is too old is left out.

        `said`: what it says, as `Entry` has it; a post that names hundreds of symbols is read once and not by each.
        """
        post = scored.post
        if post.id in self._by_id:
            self.take(post.id)
        at = min(post.published_ns, post.received_ns)  # a source's clock that is a day ahead makes no post of all day
        if at <= self._previous.at_ns - self._window_ns:
            return
        author = hash(post.author.id or post.author.name)
        numbers = packed, weights(packed), opinions(packed)
        name, reading, mark = post.author.name, scored.reading, scored.mark
        entry = Entry(post.id, at, author, *numbers, name, match, reading, mark, post.text)
        times = self._times
        if not times or at >= times[-1]:
            times.append(at)
            self._entries.append(entry)
        else:
            index = bisect_right(times, at)
            times.insert(index, at)
            self._entries.insert(index, entry)
        self._by_id[post.id] = entry
        if at <= self._previous.at_ns:
            self._previous.put(at, packed)
        if self._current.put(at, packed):
            entry.said = said
            self._ranking.add(entry)
            self._count(entry)

    def take(self, post_id: str) -> bool:
        """Take a post out; returns whether it was there."""
        entry = self._by_id.pop(post_id, None)
        if entry is None:
            return False
        at = entry.at_ns
        index = self._entries.index(entry, bisect_left(self._times, at))
        del self._times[index]
        del self._entries[index]
        self._previous.take(at, entry.packed)
        if self._current.take(at, entry.packed):
            self._leave(entry)
            self._ranking.gone(self._current.at_ns)
        return True

    def weigh(self, post_id: str, guard: float) -> bool:
        """Give a post that is in another weight of the guards; returns whether it was there and weighs otherwise."""
        entry = self._by_id.get(post_id)
        if entry is None or entry.mark.weight == guard:
            return False
        self._change(entry, entry.reading, msgspec.structs.replace(entry.mark, weight=guard))
        return True

    def rescore(self, post_id: str, reading: Reading) -> bool:
        """Give a post that is in another reading; returns whether it was there."""
        entry = self._by_id.get(post_id)
        if entry is None:
            return False
        self._change(entry, reading, entry.mark)
        return True

    def _change(self, entry: Entry, reading: Reading, mark: GuardMark) -> None:
        """Count a post as if it had come with this reading and this mark: the sums are the same to the last bit."""
        score, confidence = reading.about(self._symbol)
        packed, at = pack(entry.match.influence, confidence, score, mark.weight), entry.at_ns
        self._previous.take(at, entry.packed)
        self._previous.put(at, packed)
        counted = self._current.take(at, entry.packed)
        self._current.put(at, packed)
        if counted:
            self._uncount(entry)
        entry.packed = packed
        entry.weight, entry.opinion = weights(packed), opinions(packed)
        entry.reading = reading
        entry.mark = mark
        if counted:
            self._ranking.raised(entry)
            self._count(entry)

    def mood(self) -> Mood:
        """The mood as of the latest instant."""
        current = self._current
        now_ns = current.at_ns
        value, sure, raw, kept = figures(current.total())
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
            sure,
            not missing,
            missing,
            raw,
            len(self._entries) - current.first,
            kept,
        )

    def evidence(self, limit: int) -> tuple[Evidence, ...]:
        """The posts with the largest share of Σ w·|s|; among equals the newest first."""
        now_ns, symbol = self._current.at_ns, self._symbol
        total = opinions(self._current.total())
        found = []
        for pull, entry in self._ranking.strongest(limit, now_ns):
            score, confidence = entry.reading.about(symbol)
            guard, left = entry.mark.weight, self._ranking.left(entry.at_ns, now_ns)
            found.append(
                Evidence(
                    post_id=entry.id,
                    author=entry.name,
                    text=entry.text,
                    published_ns=entry.at_ns,
                    score=score,
                    confidence=confidence,
                    weight=entry.match.influence * confidence * guard * left / self._window_ns,
                    share=pull / total if total else 0.0,
                    term=entry.match.term,
                    scorer=entry.reading.scorer,
                    reason=entry.reading.reason,
                    guard=guard,
                    cluster=entry.mark.cluster,
                )
            )
        return tuple(found)

    def newest_ns(self) -> int:
        """Publication time of the newest post in the window that weighs anything; 0 where none does."""
        for index in range(len(self._entries) - 1, self._current.first - 1, -1):
            if self._entries[index].weight:
                return self._times[index]
        return 0

    def top_author_share(self) -> float:
        """Largest share of the window's weight held by one author; 0 without any weight."""
        return self._share(max(self._authors.top(self._current.at_ns)[0], self._alone()[0]))

    def top_text_share(self) -> float:
        """Largest share of the window's weight held by one text; 0 without any weight."""
        return self._share(max(self._texts.top(self._current.at_ns)[0], self._alone()[0]))

    def top_cluster(self) -> tuple[str, float]:
        """The cluster whose posts hold most of the window's weight, and their share; empty and 0 without any weight.

        A post that is in none is a cluster by itself, by its id. Among equals the one whose first post is oldest.
        """
        held, keys = self._clusters.top(self._current.at_ns)
        alone, entry = self._alone()
        if entry is not None and alone >= held:
            key = _cluster(entry)
            keys = [key] if alone > held else [*keys, key]
        share = self._share(max(held, alone))
        if len(keys) < 2:
            return (keys[0] if keys else ""), share
        window = self._entries[self._current.first :]
        return next(_cluster(entry) for entry in window if entry.weight and _cluster(entry) in keys), share

    def _alone(self) -> tuple[int, Entry | None]:
        """The most that a single post holds, and that post."""
        return self._ranking.heaviest(self._current.at_ns)

    def _share(self, held: int) -> float:
        """Of the window's weight; 0 without any weight."""
        total = weights(self._current.total())
        return held / total if total else 0.0

    def _leave(self, entry: Entry) -> None:
        self._uncount(entry)
        entry.text = _NOTHING
        entry.said = 0

    def _count(self, entry: Entry) -> None:
        if not entry.mark.weight:
            return
        now_ns = self._current.at_ns
        self._volume += 1
        self._authors.add(entry.author, entry, now_ns)
        self._texts.add(entry.said, entry, now_ns)
        cluster = entry.mark.cluster
        if cluster:
            if cluster != entry.id and cluster not in self._clusters:
                self._found(cluster, now_ns)
            self._clusters.add(cluster, entry, now_ns)
        elif entry.id in self._clusters:
            self._clusters.add(entry.id, entry, now_ns)

    def _found(self, cluster: str, now_ns: int) -> None:
        """A cluster has its second post: the first one, which did not know, is in it too."""
        first = self._by_id.get(cluster)
        if first is not None and first.said and first.mark.weight and not first.mark.cluster:
            self._clusters.add(cluster, first, now_ns)

    def _uncount(self, entry: Entry) -> None:
        if not entry.mark.weight:
            return
        now_ns = self._current.at_ns
        self._volume -= 1
        self._authors.remove(entry.author, entry, now_ns)
        self._texts.remove(entry.said, entry, now_ns)
        if len(self._clusters):
            self._clusters.remove(_cluster(entry), entry, now_ns)
        entry.groups = ()


def _cluster(entry: Entry) -> str:
    """What a post counts under where near-duplicates count as one."""
    return entry.mark.cluster or entry.id
