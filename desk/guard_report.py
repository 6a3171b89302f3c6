"""What the guards made of a post, as plain lines that fit one screen."""

from __future__ import annotations

from statistics import median
from typing import Final

from engine.clock import DAY, SECOND, exchange_time
from engine.journal.weighing import ClusterPost, Weighing
from engine.model import Author
from engine.text import display_text

POSTS: Final = 10
"""Most similar posts shown: the first ones, and the one asked about."""


def weighing_lines(found: Weighing, width: int = 100) -> list[str]:
    """The post, its weight and why, its cluster and verdicts, the similar posts. Lines of at most `width` characters.

    Times are the exchange's, and say so.
    """
    lines = [*_own(found), *_cluster(found), *_similar(found)]
    safe = (display_text(line, limit=width * 4) for line in lines)
    return [line if len(line) <= width else line[: width - 1] + "…" for line in safe]


def _own(found: Weighing) -> list[str]:
    post, mark = found.post.record.whole, found.post.mark
    came = f", {mark.weight:g} when it came" if mark.weight != found.post.weight else ""
    symbols = ", ".join(f"{match.symbol} by {match.term}" for match in found.post.record.matches)
    lines = [
        f"POST {found.post_id} · {exchange_time(post.published_ns)} · @{post.author.name}, "
        + _account(post.author, found.at_ns)
        + (f", by {post.client}" if post.client else ""),
        f"  “{post.text}”",
        f"  matched  {symbols or 'no symbol: it is not weighed'}",
        f"WEIGHT {found.post.weight:g} of 1{came}",
    ]
    if found.replaces:
        lines.append(f"  an edit: it took the place of {found.replaces}")
    if found.replaced_by:
        lines.append(f"  replaced by its edit {found.replaced_by}: it does not count any more")
    if not mark.reasons and found.post.weight == 1.0:
        lines.append("  nothing is held against it")
    return lines + [f"  {reason}" for reason in mark.reasons]


def _cluster(found: Weighing) -> list[str]:
    posts = [each.record.post for each in found.similar]
    if not posts:
        return ["CLUSTER none: no other post says nearly the same"]
    times = [post.published_ns for post in posts]
    followers = [post.author.followers for post in posts if post.author.followers is not None]
    programs = {post.client for post in posts if post.client}
    ages = [(post.published_ns - post.author.created_ns) / DAY for post in posts if post.author.created_ns is not None]
    told = [
        f"{len(posts) + found.more} posts of {len({post.author.id or post.author.name for post in posts})} authors "
        f"in {(max(times) - min(times)) / SECOND:.0f} s",
        f"median followers {median(followers):,.0f}" if followers else "followers unknown",
        f"median age {median(ages):,.0f} days" if ages else "ages unknown",
        f"{len(programs)} program{'' if len(programs) == 1 else 's'}" if programs else "programs unknown",
    ]
    lines = [f"CLUSTER {found.cluster} · {' · '.join(told)}"]
    lines += [
        f"  {exchange_time(verdict.at_ns)} {verdict.reason} · suspicion {verdict.suspicion:.2f}, "
        f"{len(verdict.posts)} earlier posts weighed again"
        for verdict in found.verdicts
    ]
    return lines if found.verdicts else [*lines, "  no ring was found in it"]


def _similar(found: Weighing) -> list[str]:
    shown = list(found.similar[:POSTS])
    if found.similar and found.post_id not in {each.record.post.id for each in shown}:
        shown[-1] = found.post
    left = len(found.similar) + found.more - len(shown)
    rows = ["SIMILAR POSTS, times of New York", *(_row(each, found) for each in shown)] if shown else []
    return rows + ([f"  … and {left} more"] if left else [])


def _row(each: ClusterPost, found: Weighing) -> str:
    post = each.record.whole
    mark = "→" if post.id == found.post_id else " "
    came = f" (came with {each.mark.weight:g})" if each.mark.weight != each.weight else ""
    return (
        f"{mark} {exchange_time(post.published_ns)[11:19]} {each.weight:<5g}{came} @{post.author.name}, "
        f"{_account(post.author, post.published_ns)} “{post.text}”"
    )


def _account(author: Author, at_ns: int) -> str:
    followers = "followers unknown" if author.followers is None else f"{author.followers:,} followers"
    age = "" if author.created_ns is None else f", {(at_ns - author.created_ns) / DAY:,.0f} days old"
    return followers + age + (", verified" if author.verified else "")
