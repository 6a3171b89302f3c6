"""A post in full, and what a journal knows of its author, as lines of words."""

from __future__ import annotations

from engine.clock import exchange_time
from engine.journal.authors import AuthorRecord
from engine.model.frames import PostRow
from widgets import figures


def post_lines(post: PostRow) -> list[str]:
    """A post: its text, who and when, what it matched, how it was scored."""
    followers = "unknown" if post.followers is None else f"{post.followers:,}"
    marks = ("verified" if post.verified else "not verified") + (", came by recovery" if post.recovered else "")
    matched = ", ".join(f"{symbol} by {term}" for symbol, term in zip(post.symbols, post.terms, strict=False))
    return [
        post.text,
        f"@{post.author}, {marks}, {followers} followers, from {post.source}",
        f"score {figures.glyph(post.score)}{post.score:+.2f}, confidence {post.confidence:.2f}, "
        f"influence {post.influence:.2f}, {matched or 'no symbol'}",
        _weight(post),
        f"published {exchange_time(post.published_ns)}",
    ]


def _weight(post: PostRow) -> str:
    """What the guards give it, and why."""
    cluster = f"; says nearly the same as others: filter cluster:{post.mark.cluster}" if post.mark.cluster else ""
    reasons = f": {', '.join(post.mark.reasons)}" if post.mark.reasons else ""
    return f"weighs {post.mark.weight:.2f} in the cleaned mood{reasons}{cluster}"


def author_lines(record: AuthorRecord) -> list[str]:
    """An author's record; a figure that is not known is called so."""
    if not record.posts:
        return ["no post of theirs is in this journal"]
    count = f"the newest {record.posts} posts" if record.more else f"{record.posts} post{'s' * (record.posts != 1)}"
    mean = "unknown" if record.mean_score is None else f"{record.mean_score:+.2f} over {record.scored} scored"
    right = (
        f"right {record.right} of {record.judged} times an hour later"
        if record.judged
        else "how often they were right is not known yet: no post with a direction and a price an hour after it"
    )
    return [
        f"{count} in this journal since {exchange_time(record.first_ns)}",
        f"mean score {mean}",
        right,
        f"about {', '.join(record.symbols[:8]) or 'no symbol of the watchlist'}",
    ]
