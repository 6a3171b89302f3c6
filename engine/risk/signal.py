"""R18, R22: the signal and what it rests on."""

from __future__ import annotations

from decimal import Decimal

from engine.model import Signal
from engine.risk.check import SKEW_NS, Check
from engine.risk.control import Finding, control
from engine.risk.prices import seconds

_ASKED = "SIGNAL_NOT_NEEDED: order=ends a position"
_NONE = "SIGNAL_NONE: expected=a signal"


@control(
    "R18",
    unit="s",
    rejects="the newest post behind the signal is older than the limit, or the signal has expired",
    default=lambda config: f"{config.risk.stale_signal_s / 60:g} min",
    reducing="applies to a strategy's exits; protective legs, a flatten and a person's exit need no signal",
)
def stale_signal(check: Check) -> Finding:
    signal, limit = check.signal, check.limits.stale_signal_s
    if check.unasked:
        return True, None, limit, _ASKED
    if signal is None:
        return False, None, limit, _NONE
    if signal.newest_ns <= 0 or max(signal.newest_ns, signal.at_ns) > check.now_ns + SKEW_NS:
        return False, None, limit, f"SIGNAL_TIME_UNKNOWN: newest_ns={signal.newest_ns}, at_ns={signal.at_ns}"
    age_ns = check.now_ns - signal.newest_ns
    age = seconds(max(0, age_ns))
    if check.now_ns >= signal.expires_ns:
        return False, age, limit, f"SIGNAL_EXPIRED: since_s={seconds(check.now_ns - signal.expires_ns)!s}"
    if age_ns > check.limits.stale_signal_ns:
        return False, age, limit, f"SIGNAL_STALE: newest_post_s={age!s}, limit_s={limit!s}"
    return True, age, limit, f"SIGNAL_FRESH: newest_post_s={age!s}, limit_s={limit!s}"


@control(
    "R18",
    unit="%",
    rejects=(
        "too few genuine authors or posts, one author, one cluster of near-duplicates or one text dominates, "
        "still warming up, a figure is out of range"
    ),
    default=lambda config: (
        f"≥ {config.risk.min_authors} authors, ≥ {config.risk.min_posts} posts, "
        f"one author, cluster or text ≤ {config.risk.dominance_pct} %"
    ),
    reducing="applies to a strategy's exits; protective legs, a flatten and a person's exit need no signal",
)
def implausible_signal(check: Check) -> Finding:
    signal, risk = check.signal, check.risk
    limit = risk.dominance_pct
    if check.unasked:
        return True, None, limit, _ASKED
    if signal is None:
        return False, None, limit, _NONE
    wrong = _out_of_range(signal)
    if wrong:
        return False, None, limit, f"SIGNAL_OUT_OF_RANGE: {wrong}"
    mood = signal.mood
    if mood.symbol != signal.symbol or signal.symbol != check.symbol or signal.side is not check.side:
        return False, None, limit, f"SIGNAL_OF_ANOTHER: signal={signal.symbol} {signal.side.value}, mood={mood.symbol}"
    if not mood.warm:
        return False, None, limit, f"SIGNAL_NOT_WARM: missing={mood.missing or 'unknown'}"
    if mood.authors < risk.min_authors:
        return False, None, limit, f"SIGNAL_FEW_AUTHORS: authors={mood.authors}, least={risk.min_authors}"
    if mood.volume < risk.min_posts:
        return False, None, limit, f"SIGNAL_FEW_POSTS: posts={mood.volume}, least={risk.min_posts}"
    author, text, cluster = signal.top_author_share, signal.top_text_share, signal.top_cluster_share
    most = check.limits.dominance_share
    value = Decimal(f"{max(author, text, cluster) * 100:.4f}")
    if author > most:
        return False, value, limit, f"SIGNAL_ONE_AUTHOR: share_pct={value!s}, limit_pct={limit!s}"
    if cluster > most:
        named = f"cluster={signal.top_cluster}, share_pct={value!s}, limit_pct={limit!s}"
        return False, value, limit, f"SIGNAL_ONE_CLUSTER: {named}"
    if text > most:
        return False, value, limit, f"SIGNAL_ONE_TEXT: share_pct={value!s}, limit_pct={limit!s}"
    return True, value, limit, f"SIGNAL_PLAUSIBLE: authors={mood.authors}, posts={mood.volume}, top_share_pct={value!s}"


def _out_of_range(signal: Signal) -> str:
    """The first figure that is not a number in its range, as `key=value`; empty when all are. NaN is in no range."""
    mood = signal.mood
    for name, figure in (
        ("strength", signal.strength),
        ("confidence", signal.confidence),
        ("mood_confidence", mood.confidence),
        ("top_author_share", signal.top_author_share),
        ("top_text_share", signal.top_text_share),
        ("top_cluster_share", signal.top_cluster_share),
    ):
        if not 0.0 <= figure <= 1.0:
            return f"{name}={figure}"
    if mood.value is None or not -1.0 <= mood.value <= 1.0:
        return f"mood={mood.value}"
    if mood.previous is not None and not -1.0 <= mood.previous <= 1.0:
        return f"previous={mood.previous}"
    if mood.change is not None and not -2.0 <= mood.change <= 2.0:
        return f"change={mood.change}"
    return ""


@control(
    "R22",
    rejects="the signal's confidence is under the floor",
    default=lambda config: f"{config.risk.confidence:g}",
    reducing="passes",
)
def confidence(check: Check) -> Finding:
    signal, floor = check.signal, check.limits.confidence
    if check.reduces:
        return True, None, floor, "CONFIDENCE_NOT_NEEDED: order=reduces"
    if signal is None:
        return False, None, floor, _NONE
    if not 0.0 <= signal.confidence <= 1.0:
        return False, None, floor, f"CONFIDENCE_OUT_OF_RANGE: confidence={signal.confidence}"
    value = Decimal(str(signal.confidence))
    if value < floor:
        return False, value, floor, f"CONFIDENCE_LOW: confidence={signal.confidence:.4f}, floor={floor!s}"
    return True, value, floor, f"CONFIDENCE_OK: confidence={signal.confidence:.4f}, floor={floor!s}"
