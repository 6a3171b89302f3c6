"""The pretend X's rules, recent search and usage: what is there, and how it answers about it."""

from __future__ import annotations

import base64
import bisect
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from aiohttp import web

from engine.clock import MILLISECOND, MINUTE, SECOND, Clock, iso, parse_iso
from tests.venues.x import wire
from tests.venues.x.faults import PROBLEMS
from tests.venues.x.query import Query, QueryError, parse
from tests.venues.x.wire import Fields, Json, XPost

RULE_LENGTH = 1024
QUERY_LENGTH = 512
ARCHIVE = 100_000


@dataclass(frozen=True)
class StoredRule:
    """A rule as the app holds it."""

    id: str
    value: str
    tag: str
    query: Query

    @property
    def json(self) -> Json:
        return {"id": self.id, "value": self.value} | ({"tag": self.tag} if self.tag else {})


class Rest:
    """The app's rules and everything that was ever posted."""

    def __init__(self, clock: Clock, *, names: str, search_lag_s: float) -> None:
        self.clock = clock
        self.names = names
        self.search_lag_s = search_lag_s
        self.rules: dict[str, StoredRule] = {}
        self.archive: deque[XPost] = deque(maxlen=ARCHIVE)
        self.posts_read = 0
        self.rule_cap = 1_000
        """Most rules that the app's plan allows."""
        self.all_or_none = False
        """True: rules that come with one that cannot be made are not made either."""
        self.refused_rules: set[str] = set()
        """Texts that are no rules to this app, valid or not."""
        self._made = 0
        self._by_id: list[tuple[int, XPost]] = []
        self._newest: XPost | None = None

    def add_rule(self, value: str, tag: str = "") -> StoredRule:
        """Keep a rule. Raises QueryError."""
        rule = self._rule(value, tag)
        self.rules[rule.id] = rule
        return rule

    def _rule(self, value: str, tag: str) -> StoredRule:
        self._made += 1
        return StoredRule(str(1_000_000_000_000 + self._made), value, tag, parse(value, RULE_LENGTH))

    async def get_rules(self, request: web.Request) -> web.Response:
        rules = [rule.json for rule in self.rules.values()]
        body: Json = {"meta": {"sent": iso(self.clock.now_ns()), "result_count": len(rules)}}
        if rules:
            body["data"] = rules
        return json_answer(200, body)

    async def post_rules(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise Invalid("the body is no JSON") from None
        dry = request.query.get("dry_run", "").lower() == "true"
        if "add" in body and "delete" not in body:
            return self.add_rules(body["add"], dry)
        if "delete" in body and "add" not in body:
            return self._delete_rules(body["delete"], dry)
        raise Invalid("exactly one of add and delete")

    def add_rules(self, wanted: Sequence[Json], dry: bool) -> web.Response:
        made, errors = [], []
        held = {rule.value: rule for rule in self.rules.values()}
        for each in wanted:
            value, tag = str(each.get("value", "")), str(each.get("tag") or "")
            if value in held:
                duplicate = {"value": value, "id": held[value].id, "title": "DuplicateRule"}
                errors.append(duplicate | {"type": PROBLEMS + "duplicate-rules"})
                continue
            try:
                if value in self.refused_rules:
                    raise QueryError("refused here")
                rule = self._rule(value, tag)
            except QueryError as error:
                invalid = {"value": value, "details": [str(error)], "title": "UnprocessableEntity"}
                errors.append(invalid | {"type": PROBLEMS + "invalid-rules"})
                continue
            made.append(rule)
            held[value] = rule
        valid = len(made)
        if self.all_or_none and errors:
            made = []
        if len(self.rules) + len(made) > self.rule_cap:
            detail = f"The app may hold {self.rule_cap} rules"
            return json_answer(422, {"title": "Rule Cap", "detail": detail, "type": PROBLEMS + "rule-cap"})
        if not dry:
            self.rules.update({rule.id: rule for rule in made})
        summary = {
            "created": len(made),
            "not_created": len(wanted) - len(made),
            "valid": valid,
            "invalid": len(errors),
        }
        body: Json = {"meta": {"sent": iso(self.clock.now_ns()), "summary": summary}}
        if made:
            body["data"] = [rule.json for rule in made]
        if errors:
            body["errors"] = errors
        return json_answer(201 if made or not errors else 200 if _only_duplicates(errors) else 400, body)

    def _delete_rules(self, wanted: Json, dry: bool) -> web.Response:
        ids = {str(each) for each in wanted.get("ids", ())}
        found = [rule.id for rule in self.rules.values() if rule.id in ids]
        if not dry:
            for each in found:
                del self.rules[each]
        summary = {"deleted": len(found), "not_deleted": len(ids) - len(found)}
        return json_answer(200, {"meta": {"sent": iso(self.clock.now_ns()), "summary": summary}})

    async def search(self, request: web.Request) -> web.Response:
        asked = request.query
        now_ns = self.clock.now_ns()
        try:
            query = parse(asked.get("query", ""), QUERY_LENGTH)
            start_ns = parse_iso(asked["start_time"]) if "start_time" in asked else now_ns - 7 * 24 * 60 * MINUTE
            end_ns = parse_iso(asked["end_time"]) if "end_time" in asked else now_ns - round(self.search_lag_s * SECOND)
            size = int(asked.get("max_results", "10"))
        except (QueryError, ValueError) as error:
            raise Invalid(str(error)) from None
        if start_ns < now_ns - 7 * 24 * 60 * MINUTE:
            raise Invalid("'start_time' must be on or after seven days before the request")
        if start_ns > now_ns - 10 * SECOND:
            raise Invalid("'start_time' must be a minimum of 10 seconds prior to the request time")
        if start_ns >= end_ns:
            raise Invalid("'start_time' must be before 'end_time'")
        if "end_time" in asked and end_ns > now_ns - 10 * SECOND:
            raise Invalid("'end_time' must be a minimum of 10 seconds prior to the request time")
        if not 10 <= size <= 100:
            raise Invalid("'max_results' must be between 10 and 100")
        before = int(base64.b32hexdecode(asked["next_token"])) if "next_token" in asked else 1 << 64
        since = int(asked.get("since_id", "0"))
        newest_first = self._between(max(since + 1, _first_id(start_ns)), min(before, _first_id(end_ns + MILLISECOND)))
        within = (post for post in newest_first if start_ns <= post.created_ns < end_ns)
        matching = list(islice((post for post in within if query.matches(post.subject)), size + 1))
        page = matching[:size]
        self.posts_read += len(page)
        fields = Fields.of(asked)
        meta: Json = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if len(matching) > size:
            meta["next_token"] = base64.b32hexencode(page[-1].id.encode()).decode()
        body: Json = {"meta": meta}
        if page:
            body["data"] = [wire.tweet(post, fields, self.names) for post in page]
            included = wire.includes(page, fields, self.names)
            if included:
                body["includes"] = included
        return json_answer(200, body)

    def _between(self, low: int, high: int) -> Iterator[XPost]:
        """Archived posts with low ≤ id < high, newest first. New ones find their place here."""
        fresh = list(takewhile(lambda post: post is not self._newest, reversed(self.archive)))
        for post in reversed(fresh):
            bisect.insort(self._by_id, (int(post.id), post), key=_number)
            self._newest = post
        if len(self._by_id) > 1.25 * ARCHIVE:
            del self._by_id[:-ARCHIVE]
        place = bisect.bisect_left(self._by_id, high, key=_number)
        last = 0
        while place > 0 and self._by_id[place - 1][0] >= low:
            place -= 1
            number, post = self._by_id[place]
            if number != last:
                yield post
            last = number

    async def usage(self, request: web.Request) -> web.Response:
        today = {"date": iso(self.clock.now_ns())[:10] + "T00:00:00.000Z", "usage": str(self.posts_read)}
        data = {
            "cap_reset_day": 1,
            "project_cap": "2000000",
            "project_id": "1",
            "project_usage": str(self.posts_read),
            "daily_project_usage": {"project_id": "1", "usage": [today]},
        }
        return json_answer(200, {"data": data})


class Invalid(Exception):
    """400."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.body: Json = {
            "errors": [{"message": message, "parameters": {}}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": PROBLEMS + "invalid-request",
        }


def _number(archived: tuple[int, XPost]) -> int:
    return archived[0]


def _first_id(at_ns: int) -> int:
    """The lowest id a post of this time can have."""
    return int(wire.post_id(at_ns, 0))


def _only_duplicates(errors: Sequence[Json]) -> bool:
    return all(error["title"] == "DuplicateRule" for error in errors)


def json_answer(status: int, body: Json) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")
