"""Stream rules and search queries made from the watchlist: few, wide, each within X's length.

X's query language: a blank means AND and binds before OR; `-` negates one operator, never a group; a rule needs at
least one operator that stands alone (docs.x.com, "Build a rule"). A rule here is

    ($TSLA OR Tesla OR "Gigafactory Berlin" OR $NVDA OR Nvidia) lang:en -is:retweet

**Ambiguous words** (AI, Model, GPU, Apple) count only beside a company word, as in `Model (Tesla OR $TSLA)`. Beside
`Tesla OR $TSLA` in the same rule that group adds nothing: A ∨ (M ∧ A) = A. So ambiguous words are left out of rules
and spare their length; a post that has one beside a company word comes in by the company word, one that has it alone
never does. A name that is itself listed as ambiguous (Apple) is treated like any other ambiguous word.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

from engine.config import WatchRow, XConfig
from engine.errors import ConfigError
from engine.model.base import Value
from engine.model.feeds import FeedRule, Standing
from engine.text import display_text

TAG_PREFIX = "desk:"
"""Rules with this prefix are ours to change; every other rule of the app is never touched."""
QUERY_LENGTH = 512
"""Longest recent-search query of a self-serve app, in characters."""

TAG_SHOWN = 300
"""Most characters that are shown of a tag or a reason: X's own limit is shorter, but X is not us."""

_CASHTAG = re.compile(r"[A-Z]{1,6}(?:[._][A-Z]{1,2})?")
_PLAIN = re.compile(r"[^\W_]+|[#@$][^\W\d]\w*")
"""Words that need no quotes: letters and digits of any script, or a #tag, @user or $CASHTAG."""
_OPERATORS = frozenset({"or", "and", "not"})
_BLANK = re.compile(r"\s+")
_TERM = r'"[^"]*"|[^\s()"]+'
_ANY_OF = re.compile(rf"(?:{_TERM})(?: OR (?:{_TERM}))*")
_EACH = re.compile(rf"({_TERM})(?: OR |$)")


class Rule(Value, frozen=True, gc=False):
    """One stream rule (or search query) and the symbols it covers, completely or in part."""

    value: str
    tag: str
    symbols: tuple[str, ...]


class Existing(Value, frozen=True, gc=False):
    """A rule as X holds it."""

    id: str
    value: str
    tag: str = ""

    @property
    def ours(self) -> bool:
        """Whether it is a rule of the desk, by its tag."""
        return self.tag.startswith(TAG_PREFIX)


class Difference(Value, frozen=True, gc=False):
    """What must change at X so that it holds the wanted rules: foreign rules are never in `delete`."""

    add: tuple[Rule, ...]
    delete: tuple[Existing, ...]
    keep: tuple[Existing, ...]


def build_rules(watchlist: Sequence[WatchRow], xconfig: XConfig) -> list[Rule]:
    """The rules for a watchlist, at most `rule_length` characters each, in watchlist order; deterministic.

    Every symbol's cashtag, name and keywords stand in some rule. Raises ConfigError when the watchlist is empty, a
    symbol has no usable term, a term is too long, or there are more rules than `rule_limit`.
    """
    rules = _pack(watchlist, xconfig, xconfig.rule_length)
    if len(rules) > xconfig.rule_limit:
        raise ConfigError(
            f"expected at most {xconfig.rule_limit} stream rules, the watchlist needs {len(rules)}",
            where="x.rule_limit",
            remedy="remove symbols or keywords from [[watchlist]], or raise x.rule_limit to what your X plan allows",
        )
    return rules


def build_queries(watchlist: Sequence[WatchRow], xconfig: XConfig) -> list[Rule]:
    """The same terms as recent-search queries of at most 512 characters."""
    return _pack(watchlist, xconfig, min(QUERY_LENGTH, xconfig.rule_length))


def terms(row: WatchRow) -> tuple[str, ...]:
    """A row's terms in X's notation: cashtag, name, keywords, each once; ambiguous words are left out."""
    ambiguous = {_normal(word) for word in row.ambiguous}
    found: dict[str, str] = {}
    cashtag = row.symbol.upper().partition("/")[0]
    if _CASHTAG.fullmatch(cashtag):
        found[_normal(f"${cashtag}")] = f"${cashtag}"
    for word in (row.name, *row.keywords):
        key = _normal(word)
        if key and key not in ambiguous:
            found.setdefault(key, _term(word))
    return tuple(found.values())


def listened(value: str, xconfig: XConfig) -> frozenset[str]:
    """The terms that a rule brings whole, as `keys` has them; none of one of another make: it may bring less."""
    suffix = _suffix(xconfig)
    if not (value.startswith("(") and value.endswith(f"){suffix}")):
        return frozenset()
    body = value[1 : len(value) - len(suffix) - 1]
    return frozenset(map(_normal, _EACH.findall(body))) if _ANY_OF.fullmatch(body) else frozenset()


def keys(row: WatchRow) -> frozenset[str]:
    """What must be listened for, for a row's posts to come."""
    return frozenset(map(_normal, terms(row)))


def difference(wanted: Iterable[Rule], existing: Iterable[Existing]) -> Difference:
    """Compare by value and tag. A wanted value that a foreign rule already holds is kept as it is (X refuses twins)."""
    held = {rule.value: rule for rule in existing}
    keep = []
    add = []
    for rule in wanted:
        found = held.get(rule.value)
        if found is not None and (found.tag == rule.tag or not found.ours):
            keep.append(found)
        else:
            add.append(rule)
    kept = {rule.id for rule in keep}
    delete = tuple(rule for rule in held.values() if rule.ours and rule.id not in kept)
    return Difference(tuple(add), delete, tuple(keep))


def told_rules(
    feed: str, wanted: Sequence[Rule], held: Sequence[Existing], refusals: Mapping[str, str], limit: int
) -> tuple[FeedRule, ...]:
    """Every rule for a person to see: ours in watchlist order, then foreign ones. `refusals`: X's reason by rule text.

    A rule of ours that X no longer needs is on its way out and not told.
    """
    values = {rule.value for rule in held}
    told = []
    for rule in wanted:
        refused = refusals.get(rule.value, "")
        standing = Standing.REFUSED if refused else Standing.ACTIVE if rule.value in values else Standing.PENDING
        told.append(_told(feed, rule.tag, rule.value, standing, limit, rule.symbols, refused))
    ours = {rule.value for rule in wanted}
    foreign = [rule for rule in held if not rule.ours and rule.value not in ours]
    told += [_told(feed, rule.tag, rule.value, Standing.FOREIGN, limit) for rule in foreign]
    return tuple(told)


def _told(
    feed: str,
    tag: str,
    value: str,
    standing: Standing,
    limit: int,
    symbols: tuple[str, ...] = (),
    reason: str = "",
) -> FeedRule:
    return FeedRule(
        feed=feed,
        tag=display_text(tag, TAG_SHOWN),
        text=display_text(value, limit),
        standing=standing,
        length=len(value),
        limit=limit,
        symbols=symbols,
        reason=display_text(reason, TAG_SHOWN),
    )


def _pack(watchlist: Sequence[WatchRow], xconfig: XConfig, limit: int) -> list[Rule]:
    """First fit in order. A symbol's terms stay together where they fit in one rule, else they fill several."""
    if not watchlist:
        raise ConfigError(
            "expected at least one symbol to follow, found none",
            where="[[watchlist]]",
            remedy="add a [[watchlist]] table with `symbol` to config.toml, or set x.enabled = false",
        )
    suffix = _suffix(xconfig)
    room = limit - len(suffix) - len("()")
    packed: list[tuple[list[str], list[str]]] = []
    placed: set[str] = set()
    body: list[str] = []
    symbols: list[str] = []
    for row in watchlist:
        own = terms(row)
        if not own:
            raise ConfigError(
                f"expected a cashtag, name or keyword to search {row.symbol!r} by, found none that X accepts",
                where="[[watchlist]]",
                remedy=f"give {row.symbol} a `name` or `keywords` that are not ambiguous",
            )
        for term in own:
            if len(term) > room:
                raise ConfigError(
                    f"expected search terms of at most {room} characters, found {len(term)}: {term[:60]}…",
                    where=f"[[watchlist]] {row.symbol}",
                    remedy="shorten the name or keyword",
                )
        new = [term for term in own if _normal(term) not in placed]
        if body and _length([*body, *new]) > room:
            packed.append((body, symbols))
            body, symbols = [], []
        for term in new:
            if body and _length([*body, term]) > room:
                packed.append((body, symbols))
                body, symbols = [], []
            body.append(term)
            placed.add(_normal(term))
            if row.symbol not in symbols:
                symbols.append(row.symbol)
    packed.append((body, symbols))
    needed = {row.symbol: keys(row) for row in watchlist}
    return [_rule(f"({' OR '.join(body)}){suffix}", symbols, body, needed) for body, symbols in packed]


def _rule(value: str, named: Sequence[str], body: Sequence[str], needed: Mapping[str, frozenset[str]]) -> Rule:
    """The tag names the first symbol, how many more, and eight hex digits of the rule's own text.

    A term that two symbols share stands in one rule, which covers both; the tag counts the one that brought it.
    """
    digest = hashlib.sha256(value.encode()).hexdigest()[:8]
    first = re.sub(r"[^A-Za-z0-9._]", "", named[0])
    more = f"+{len(named) - 1}" if len(named) > 1 else ""
    has = frozenset(map(_normal, body))
    symbols = tuple(symbol for symbol, terms_of in needed.items() if has & terms_of)
    return Rule(value, f"{TAG_PREFIX}{first}{more}:{digest}", symbols)


def _suffix(xconfig: XConfig) -> str:
    languages = [f"lang:{language}" for language in xconfig.languages]
    clause = languages[0] if len(languages) == 1 else f"({' OR '.join(languages)})" if languages else ""
    parts = [clause, "" if xconfig.reposts else "-is:retweet"]
    return "".join(f" {part}" for part in parts if part)


def _length(body: Sequence[str]) -> int:
    return sum(map(len, body)) + len(" OR ") * (len(body) - 1)


def _normal(word: str) -> str:
    """How two spellings of one term compare: quotes dropped, blanks collapsed, case folded."""
    return _BLANK.sub(" ", word.replace('"', " ").replace("\\", " ")).strip().casefold()


def _term(word: str) -> str:
    """A keyword in X's notation: plain words as they are, phrases and anything with a sign in it in quotes."""
    clean = _BLANK.sub(" ", word.replace('"', " ").replace("\\", " ")).strip()
    if _PLAIN.fullmatch(clean) and clean.casefold() not in _OPERATORS:
        return clean
    return f'"{clean}"'
