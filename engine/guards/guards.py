"""How much each post weighs in the cleaned mood: rings, bursts, repeats, copies, stuffed cashtags, prolific authors.

A post's mark is decided when it arrives, from what is known then. Only one thing changes it afterwards: the verdict on
its cluster. When a cluster turns out to be a ring (or, later, not to be one), the posts that are already in are weighed
again from that instant on, by a `guard` record (of a large cluster by several, `engine.guards.again`); the past is not
rewritten. A cluster's verdict changes at most `CHANGES` times, so a post costs the same however large its cluster
becomes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from engine.clock import from_seconds
from engine.config import Config
from engine.guards.again import Again
from engine.guards.burst import Burst
from engine.guards.crowd import Cluster, Crowd, Member, is_fresh, is_throw_away
from engine.guards.similar import SHORT, Index, read
from engine.model import PLAIN, GuardMark, Match, Post, Value
from engine.model.post import PUBLISHED
from engine.model.records import GuardRecord

CHANGES: Final = 3
"""Most verdicts on one cluster; the last one stays."""
CLEARED: Final = 0.9
"""A ring is one no longer when its suspicion falls under this share of the limit."""
TERSE: Final = 0.8
"""How suspicious copies of a text of up to four words are beside those of a longer one: people come to it by
themselves."""
RING: Final = "ring:"
"""How the reason of a ring's post begins."""
MIXED: Final = 20
"""Piggybacking puts a cashtag beside one that is named so many times as often."""


class Weighed(Value, frozen=True, gc=False):
    """A post's mark, and a verdict by which earlier posts weigh otherwise from now on."""

    mark: GuardMark
    verdict: GuardRecord | None = None
    """On the post's cluster, when it changed with the post; else what an earlier one has left to weigh again."""


_PLAIN = Weighed(PLAIN)

Begun: TypeAlias = tuple[Post | None, GuardRecord | None]
"""How a cluster began: its first post, and the last verdict on it; None where there is none."""


class Guards:
    """Remembers the posts published in the last `guards.window_s`, at most `guards.posts` of them.

    The newest time of publication seen is the present (the time of receipt, where a source's clock is ahead): a warm
    start that brings in an hour of posts at once weighs them as they would have been. It never goes back.
    """

    def __init__(self, config: Config) -> None:
        self._settings = settings = config.guards
        self._window_ns = from_seconds(settings.window_s)
        self._reposts_count = config.x.reposts
        names = [*settings.publishers, *(name for row in config.watchlist for name in row.influencers)]
        self._trusted = frozenset(name.lstrip("@").lower() for name in names)
        self._now_ns = 0
        self._order: deque[Member] = deque()
        """Every member, in order of arrival; replaced ones stay until their time is over."""
        self._members: dict[str, Member] = {}
        self._clusters: dict[str, Cluster] = {}
        self._index: Index[Cluster] = Index(settings.similarity)
        self._cashtags: dict[str, int] = {}
        """How often each was named within the window."""
        self._bursts: dict[str, Burst] = {}
        """By symbol."""
        self._posts: dict[tuple[str, str], int] = {}
        """Posts within the window by author and symbol."""
        self._again = Again(self._weight)

    def __len__(self) -> int:
        """Posts remembered."""
        return len(self._members)

    def check(self, post: Post, matches: Sequence[Match]) -> Weighed:
        """Weigh a post against those before it. Each id once; an edit takes the place of its earlier versions.

        A post that concerns no watched symbol is not remembered.
        """
        if not matches or not self._settings.enabled:
            return _PLAIN
        self._enter(post)
        member, reasons = self._member(post, matches)
        words, letters = read(post.text, post.cashtags)
        cluster = self._index.find(words, letters) if words or letters else None
        if cluster is None:
            self._open(Cluster(post.id, words, letters, member), member)
            self._keep(member)
            again = self._again.next(post.received_ns) if self._again else None
            if member.own == 1.0:
                return _PLAIN if again is None else Weighed(PLAIN, again)
            return Weighed(GuardMark(member.weight, "", tuple(reasons)), again)
        new_author = self._join(cluster, member)
        self._keep(member)
        self._own_words(member, new_author, reasons)
        verdict = self._judge(cluster, post.received_ns)
        member.weight = self._weight(cluster, member)
        if verdict is not None:
            self._again.begin(cluster, verdict, _crowd(cluster).members)
            verdict = self._again.portion(cluster, post.received_ns) or verdict
        elif self._again:
            verdict = self._again.next(post.received_ns)
        if cluster.ring and not member.heard:
            reasons.insert(0, f"{RING} {_crowd(cluster).words()}")
        alone = None if member.weight == member.own else member.own
        return Weighed(GuardMark(member.weight, cluster.id, tuple(reasons), alone), verdict)

    def restore(self, post: Post, matches: Sequence[Match], mark: GuardMark, begun: Callable[[str], Begun]) -> None:
        """Remember a post of an earlier run with the mark it got then. Oldest first, verdicts in their places.

        What is read back has to begin no later than `guards.window_s` before the newest instant that the earlier run
        knew; where it begins before that makes no difference. `begun` is asked about a cluster whose first post is
        older than that, as of this post.
        """
        if not matches or not self._settings.enabled:
            return
        self._enter(post)
        member, _ = self._member(post, matches)
        cluster = None
        if mark.cluster:
            cluster = self._clusters.get(mark.cluster) or self._begun(mark.cluster, begun(mark.cluster))
        if cluster is None:
            self._open(Cluster(mark.cluster or post.id, *read(post.text, post.cashtags), member), member)
        else:
            self._join(cluster, member)
        member.weight = mark.weight
        member.own = mark.weight if mark.alone is None else mark.alone
        self._keep(member)

    def restore_verdict(self, record: GuardRecord) -> None:
        """The verdict that an earlier run came to, or a portion of what it weighed again, right after its post."""
        cluster = self._clusters.get(record.cluster)
        if cluster is not None and cluster.changes != record.changes:
            cluster.ring, cluster.changes = record.ring, record.changes
            self._again.begin(cluster, record, _crowd(cluster).members)
        for post_id, weight in zip(record.posts, record.weights, strict=True):
            member = self._members.get(post_id)
            if member is not None:
                member.weight = weight

    # one post --------------------------------------------------------------------------------------------------------

    def _enter(self, post: Post) -> None:
        """Time moves on, what is over is forgotten, and earlier versions of the post make room."""
        self._now_ns = max(self._now_ns, min(post.published_ns, post.received_ns))
        order, over_ns, most = self._order, self._now_ns - self._window_ns, self._settings.posts
        while order and (order[0].published_ns <= over_ns or len(order) >= most):
            member = order.popleft()
            if self._members.get(member.id) is member:
                self._forget(member)
        if post.edits or post.id in self._members:
            for earlier in (post.id, *post.edits):
                if earlier in self._members:
                    self._forget(self._members[earlier])

    def _member(self, post: Post, matches: Sequence[Match]) -> tuple[Member, list[str]]:
        """The post as it is counted, and what lowers its weight whatever others say."""
        author, settings = post.author, self._settings
        symbols = tuple([match.symbol for match in matches])
        tags = post.cashtags
        published = post.source in PUBLISHED
        writer = "" if published else author.id  # headlines made by one pattern are no repeats of their publisher
        trusted = (
            published
            or (author.verified and (author.followers or 0) >= settings.publisher_followers)
            or author.name.lower() in self._trusted
        )
        reasons: list[str] = []
        own = 1.0
        if len(tags) > 1:
            tags = tuple(dict.fromkeys(tags))
        for tag in tags:
            self._cashtags[tag] = self._cashtags.get(tag, 0) + 1
        by_word = sum([match.kind == "keyword" for match in matches])
        named = max(len(tags), len(symbols) - by_word) + by_word
        if named > 1:
            own /= named
            reasons.append(f"cashtags: names {named}, weighs a share for each")
            if len(tags) >= settings.piggyback_cashtags and not trusted:
                own *= self._piggyback(tags, reasons)
        capped = bool(author.id) and not trusted and (self._reposts_count or not post.repost_of)
        if capped:
            most = 0
            for symbol in symbols:
                key = (author.id, symbol)
                count = self._posts[key] = self._posts.get(key, 0) + 1
                if count > most:
                    most = count
            if most > settings.author_posts:
                own = 0.0
                reasons.append(f"cap: post {most} by the author on one symbol, {settings.author_posts} count")
        at_ns = min(post.published_ns, post.received_ns)
        throw_away = is_throw_away(post)
        fresh = bool(throw_away and author.id and not trusted and is_fresh(post))
        account = author.id or post.id
        if settings.burst_authors:
            own *= self._burst(account, fresh, symbols, at_ns, reasons)
        if own != 1.0:
            own = round(own, 3)
        return (
            Member(
                post.id,
                at_ns,
                writer,
                post.client,
                throw_away,
                trusted,
                trusted or throw_away is False,
                symbols,
                tags,
                capped,
                own,
                own,
                account=account,
                fresh=fresh,
            ),
            reasons,
        )

    def _burst(self, account: str, fresh: bool, symbols: Sequence[str], at_ns: int, reasons: list[str]) -> float:
        """Counted on each of its symbols; a fresh account among many of them weighs like a ring's."""
        found = 1.0
        for symbol in symbols:
            burst = self._bursts.get(symbol)
            if burst is None:
                burst = self._bursts[symbol] = Burst()
            burst.take(account, fresh, at_ns, self._now_ns)
            if not fresh or found != 1.0:
                continue
            among = burst.found(self._settings.burst_authors)
            if among is not None:
                found = self._settings.ring_weight
                span = "a minute" if among is burst.minute else f"{self._settings.window_s / 60:.0f} minutes"
                reasons.append(
                    f"burst: {len(among.accounts)} fresh accounts on {symbol} within {span}, "
                    f"beside {len(among.others)} others"
                )
        return found

    def _piggyback(self, tags: Sequence[str], reasons: list[str]) -> float:
        """A little-named symbol that rides on a much-named one."""
        counts = self._cashtags
        least, most = min(tags, key=counts.__getitem__), max(tags, key=counts.__getitem__)
        if counts[most] < MIXED * counts[least]:
            return 1.0
        reasons.append(f"piggyback: {least} beside {most}, named {counts[least]} and {counts[most]} times")
        return self._settings.piggyback_weight

    def _own_words(self, member: Member, new_author: bool, reasons: list[str]) -> None:
        """What repeats others counts for less, what repeats its own author for nothing."""
        if member.author and not new_author:
            member.own = 0.0
            reasons.append("repeat: the author said it before")
        elif not member.trusted and self._settings.copy_weight < 1.0:
            member.own = round(member.own * self._settings.copy_weight, 3)
            reasons.append("copy: others said it before")
        member.weight = member.own

    def _open(self, cluster: Cluster, first: Member) -> None:
        first.cluster = cluster
        self._clusters[cluster.id] = cluster
        if cluster.sketch or cluster.letters:
            self._index.put(cluster)

    def _begun(self, name: str, begun: Begun) -> Cluster | None:
        """A cluster without its first post; None where nothing is known of that."""
        first, verdict = begun
        if first is None:
            return None
        cluster = Cluster(name, *read(first.text, first.cashtags), None)
        if verdict is not None:
            cluster.ring, cluster.changes = verdict.ring, verdict.changes
        self._clusters[name] = cluster
        return cluster

    def _join(self, cluster: Cluster, member: Member) -> bool:
        """Put a post into a cluster; returns whether its author is new there."""
        if cluster.crowd is None:
            cluster.crowd = Crowd()
            if cluster.first is not None:
                cluster.crowd.join(cluster.first)
                cluster.first = None
        member.cluster = cluster
        self._index.put(cluster)
        return cluster.crowd.join(member)

    def _keep(self, member: Member) -> None:
        self._members[member.id] = member
        self._order.append(member)

    def _forget(self, member: Member) -> None:
        """Uncount a member. What refers to each other is parted, so that it is freed at once."""
        del self._members[member.id]
        for tag in member.cashtags:
            self._cashtags[tag] -= 1
            if not self._cashtags[tag]:
                del self._cashtags[tag]
        if self._bursts:
            for symbol in member.symbols:
                self._bursts[symbol].window.leave(member.account, member.fresh)
        if member.capped:
            for symbol in member.symbols:
                key = (member.author, symbol)
                self._posts[key] -= 1
                if not self._posts[key]:
                    del self._posts[key]
        cluster, member.cluster = member.cluster, None
        if cluster is None:
            return
        if cluster.crowd is not None:
            cluster.crowd.leave(member)
            if cluster.crowd.members:
                return
        cluster.first = None
        del self._clusters[cluster.id]
        self._index.drop(cluster)

    # the cluster -----------------------------------------------------------------------------------------------------

    def _judge(self, cluster: Cluster, at_ns: int) -> GuardRecord | None:
        """The verdict on a cluster, when the newest post changes it; every post before it is to be weighed again."""
        crowd, settings = _crowd(cluster), self._settings
        if cluster.changes >= CHANGES or (not cluster.ring and crowd.authors < settings.ring_authors):
            return None
        suspicion = crowd.suspicion() * (TERSE if len(cluster.sketch) < SHORT else 1.0)
        if cluster.ring == (suspicion >= (CLEARED if cluster.ring else 1.0) * settings.suspicion):
            return None
        cluster.ring = not cluster.ring
        cluster.changes += 1
        return GuardRecord(
            cluster=cluster.id,
            at_ns=at_ns,
            ring=cluster.ring,
            suspicion=round(suspicion, 6),
            reason=f"{RING if cluster.ring else 'no ring:'} {crowd.words()}",
            authors=crowd.authors,
            changes=cluster.changes,
        )

    def _weight(self, cluster: Cluster, member: Member) -> float:
        if cluster.ring and not member.heard:
            return round(member.own * self._settings.ring_weight, 3)
        return member.own


def _crowd(cluster: Cluster) -> Crowd:
    assert cluster.crowd is not None
    return cluster.crowd
