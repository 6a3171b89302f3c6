"""From a post to a signal: matching, guards, scoring, sentiment, strategies, each step in the journal before the next.

Called by the kernel for every post, on the engine's loop. Synchronous; the same posts give the same records.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from engine.clock import from_seconds, stopwatch_ns
from engine.config import Config
from engine.guards import Dedupe, DedupeOutcome, Guards
from engine.journal import Journal
from engine.kernel.guest_strategy import GuestStrategy
from engine.kernel.late_scores import LateScores, Rescored
from engine.kernel.view import View
from engine.model import (
    PLAIN,
    Alert,
    Gate,
    Gated,
    Level,
    Match,
    Mood,
    Post,
    Reading,
    ScoredPost,
    Signal,
    Strategy,
    Value,
)
from engine.model.records import Edit, GuardRecord, PostRecord
from engine.scoring import Ensemble
from engine.scoring.language import foreign
from engine.sentiment import Sentiment
from engine.watchlist import Matcher


class Pipeline:
    """The stages between a feed and the risk gate. `on_signal` is called for each signal, before the next post."""

    def __init__(
        self,
        config: Config,
        *,
        journal: Journal,
        ensemble: Ensemble,
        late: LateScores,
        sentiment: Sentiment,
        strategies: Sequence[Strategy],
        view: View,
        on_signal: Callable[[Signal], None],
        alert: Callable[[Alert], None],
        clear_alert: Callable[[str], object],
    ) -> None:
        self._journal = journal
        self._ensemble = ensemble
        self._late = late
        self._sentiment = sentiment
        self._strategies = tuple(strategies)
        self._view = view
        self._on_signal = on_signal
        self._alert = alert
        self._clear_alert = clear_alert
        self._scorers = len(ensemble.health)
        self._lost: set[str] = set()
        self._lost_strategies: set[str] = set()
        self._matcher = Matcher(config.watchlist)
        self.dedupe = Dedupe(from_seconds(config.journal.dedupe_hours * 3600))
        self.guards = Guards(config)
        languages = {_language(each) for each in config.x.languages}
        self._languages = frozenset(languages | {"", "und"}) if languages else frozenset[str]()
        """Empty where any counts."""
        self._english = config.x.languages == ("en",)
        self._reposts = config.x.reposts
        self._ahead: deque[tuple[Post, tuple[Match, ...]]] = deque()
        """Posts that were read ahead, with their matches before their authors are weighed."""
        self.due = 0
        """Posts that were to be scored, since start."""
        self.read = 0
        """Those of them that a scorer has read."""

    def on_post(self, post: Post, now_ns: int) -> None:
        """Take one post all the way."""
        began = stopwatch_ns()
        view = self._view
        ahead = self._ahead.popleft() if self._ahead else None
        found = self.dedupe.check(post)
        if found.outcome is DedupeOutcome.DUPLICATE:
            view.duplicates += 1
            return
        view.count += 1
        view.rate.add(began)
        matches = ahead[1] if ahead and ahead[0] is post else self._matcher.match(post.text, post.cashtags)
        if matches:
            matches = self._matcher.weigh(post.author, matches)
        weighed = self.guards.check(post, matches)
        matched = stopwatch_ns()
        self._journal.append("post", post.id, PostRecord.of(post, matches, weighed.mark), now_ns)
        if weighed.verdict is not None:
            self._journal.append("guard", weighed.verdict.cluster, weighed.verdict, now_ns)
            self._weigh_again(weighed.verdict)
        if found.outcome is DedupeOutcome.EDIT:
            self._late.forget(found.replaces)
            left = self._sentiment.remove(found.replaces)
            self._journal.append("edit", post.id, Edit(post.id, found.replaces, now_ns, left), now_ns)
        reason = self._not_scored(post, bool(matches))
        if reason:
            view.skip(reason)
            return
        self.due += 1
        scoring = stopwatch_ns()
        light = self._ensemble.score((post,), now_ns)[0]
        scored_at = stopwatch_ns()
        scored = self._late.ask(post, matches, light, now_ns)
        if len(scored.members) != self._scorers or self._lost:
            self._report_scorers(now_ns)
        if scored.members or any(member.working for member in self._ensemble.health):
            self.read += 1
        self._journal.append("reading", post.id, scored.reading.with_members(scored.members), now_ns)
        whole = ScoredPost(post, matches, scored.reading, scored.members, weighed.mark)
        adding = stopwatch_ns()
        moods = self._sentiment.add(whole, now_ns)
        added = stopwatch_ns()
        view.scored(whole)
        asking = stopwatch_ns()
        for mood in moods:
            self._evaluate(mood)
        ended = stopwatch_ns()
        if post.recovered:
            return  # a page of the past queues behind itself: it says nothing of how fast news is
        waited = now_ns - post.received_ns
        view.latency.add(waited + ended - began)
        view.stages.add(waited, matched - began, scored_at - scoring, added - adding, ended - asking)

    def read_ahead(self, posts: Sequence[Post]) -> None:
        """Match posts that `on_post` will get next, in this order, and have those that concern a symbol read together.

        Neither depends on what comes between, so the records are the same; what one stage needs stays in the
        processor's caches meanwhile.
        """
        self._ahead = deque((post, self._matcher.match(post.text, post.cashtags)) for post in posts)
        self._ensemble.read_ahead([post for post, matches in self._ahead if not self._not_scored(post, bool(matches))])

    def on_late(self, rescored: Rescored) -> None:
        """A late scorer has answered: the post has another reading from now on."""
        reading = rescored.reading
        self._journal.append("reading", reading.post_id, reading.with_members((rescored.member,)), reading.scored_ns)
        for mood in self._sentiment.rescore(reading, reading.scored_ns):
            self._evaluate(mood)
        self._view.rescored(reading)

    def restore(self, post: Post, scored: ScoredPost | None, now_ns: int) -> None:
        """Take in a post that an earlier run already journaled: no record, no signal."""
        self.dedupe.restore(post.id, post.received_ns, post.edits)
        if scored is not None:
            self._sentiment.add(scored, now_ns)

    def restore_verdict(self, record: GuardRecord) -> None:
        """What an earlier run found of a cluster, after the post that brought it to light."""
        self.guards.restore_verdict(record)
        self._weigh_again(record)

    def finish(self, body: PostRecord, recorded: Sequence[Value], now_ns: int) -> None:
        """Take a post the rest of the way whose engine was killed over it. `recorded`: its records after the first.

        The same steps give the same records, so what is recorded is a beginning of them, and the rest is appended. No
        strategy is asked: that is left to the next post.
        """
        post, matches = body.whole, body.matches
        found = self.dedupe.check(post)
        weighed = self.guards.check(post, matches)
        records: list[tuple[str, str, Value]] = []
        if weighed.verdict is not None:
            records.append(("guard", weighed.verdict.cluster, weighed.verdict))
            self._weigh_again(weighed.verdict)
        if found.outcome is DedupeOutcome.EDIT:
            left = self._sentiment.remove(found.replaces)
            records.append(("edit", post.id, Edit(post.id, found.replaces, now_ns, left)))
        if not self._not_scored(post, bool(matches)):
            light = self._ensemble.score((post,), now_ns)[0]
            reading = next((value.apart()[-1] for value in reversed(recorded) if isinstance(value, Reading)), None)
            if reading is None:
                reading = self._late.ask(post, matches, light, now_ns).reading
                records.append(("reading", post.id, reading.with_members(light.members)))
            self._sentiment.add(ScoredPost(post, matches, reading, light.members, body.mark or PLAIN), now_ns)
        for kind, key, value in records[len(recorded) :]:
            self._journal.append(kind, key, value, now_ns)

    def restore_signal(self, signal: Signal) -> None:
        """Tell its strategy of a signal that an earlier run gave."""
        for strategy in self._strategies:
            if strategy.name == signal.strategy:
                strategy.restore(signal)

    def why_not(self, mood: Mood) -> str:
        """What keeps a symbol from a signal, by the first strategy that says so."""
        return next((reason for strategy in self._strategies if (reason := strategy.why_not(mood))), "")

    @property
    def strategies(self) -> tuple[str, ...]:
        """Names of the strategies, in the order in which they are asked."""
        return tuple(strategy.name for strategy in self._strategies)

    def gates(self, mood: Mood) -> tuple[Gate, ...]:
        """Every strategy's conditions as they stand; of one that tells only the first that fails, that one."""
        found: list[Gate] = []
        for strategy in self._strategies:
            if isinstance(strategy, Gated):
                found += strategy.gates(mood)
            else:
                why = strategy.why_not(mood)
                found.append(Gate(strategy.name, "signal", not why, text=why))
        return tuple(found)

    def _weigh_again(self, record: GuardRecord) -> None:
        for post_id, weight in zip(record.posts, record.weights, strict=True):
            self._sentiment.weigh(post_id, weight, record.symbols)
        self._view.weighed(record)

    def _not_scored(self, post: Post, matched: bool) -> str:
        if not matched:
            return "no symbol"
        if post.repost_of and not self._reposts:
            return "repost"
        if self._languages and _language(post.lang) not in self._languages:
            return f"language {post.lang}"
        if post.lang in ("", "und") and self._english and foreign(post.text):
            return "language not English"
        return ""

    def _report_scorers(self, now_ns: int) -> None:
        """A scorer that fails is left out of the ensemble, and said so until it answers again."""
        for member in self._ensemble.health:
            if member.working:
                if member.name in self._lost:
                    self._lost.discard(member.name)
                    self._clear_alert(f"scorer:{member.name}")
                continue
            self._lost.add(member.name)
            self._alert(
                Alert(
                    id=f"scorer:{member.name}",
                    level=Level.WARNING,
                    code="scorer",
                    subject=member.name,
                    text=f"scorer {member.name} is left out: {member.problem}",
                    remedy="confidence falls until it answers again; take it out of scoring.scorers if it stays",
                    at_ns=now_ns,
                )
            )

    def _report_strategy(self, strategy: GuestStrategy, now_ns: int) -> None:
        """A strategy of another package that fails gives no signals, and that is said until it answers again."""
        alert_id = f"strategy:{strategy.name}"
        if not strategy.problem:
            self._lost_strategies.discard(strategy.name)
            self._clear_alert(alert_id)
            return
        self._lost_strategies.add(strategy.name)
        self._alert(
            Alert(
                id=alert_id,
                level=Level.WARNING,
                code="strategy",
                subject=strategy.name,
                text=f"strategy {strategy.name} gives no signals: {strategy.problem}",
                remedy="mend the package that offers it, or take it out of strategy.own",
                at_ns=now_ns,
            )
        )

    def _evaluate(self, mood: Mood) -> None:
        for strategy in self._strategies:
            signal = strategy.on_mood(mood, self._sentiment)
            if isinstance(strategy, GuestStrategy) and (strategy.problem or strategy.name in self._lost_strategies):
                self._report_strategy(strategy, mood.at_ns)
            if signal is not None:
                self._on_signal(signal)


def _language(code: str) -> str:
    """The language of a code: what is asked for as `zh-TW` comes as `zh`."""
    return code.partition("-")[0].lower()
