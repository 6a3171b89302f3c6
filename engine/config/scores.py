"""How posts are weighed and scored, as types: [guards] and [scoring]."""

from __future__ import annotations

import msgspec

from engine.config.section import Section


class GuardsConfig(Section, frozen=True, kw_only=True):
    """[guards]: how much a post weighs in the cleaned mood. The raw mood stands beside it."""

    enabled: bool = True
    """Whether posts are weighed; without it the cleaned mood is the raw one."""
    window_s: float = 1800.0
    """Posts are compared with those this far back."""
    posts: int = 50_000
    """Most posts remembered, about 2 kB each; the oldest go first."""
    similarity: float = 0.4
    """Posts whose word pairs overlap this much (Jaccard index) say nearly the same and are one cluster."""
    ring_authors: int = 5
    """Least authors of a ring."""
    suspicion: float = 0.6
    """A cluster this suspicious is a ring: throw-away accounts, seconds apart, from one program."""
    ring_weight: float = 0.0
    """What a throw-away account's post in a ring weighs. At 0 it counts neither as a post nor as an author."""
    burst_authors: int = 8
    """So many fresh accounts (under a year old, at most 1,000 followers) on a symbol, two thirds of its posts within a
    minute or the window, weigh like a ring whatever they say; 0: not looked for."""
    copy_weight: float = 0.5
    """What the post of another author that says nearly the same weighs; its own author's repeat weighs 0."""
    piggyback_cashtags: int = 4
    """A post of this many cashtags that puts a little-named symbol beside a much-named one rides on it."""
    piggyback_weight: float = 0.2
    """What it weighs, besides 1 / number of cashtags."""
    author_posts: int = 6
    """Posts of one author on one symbol that count within the window; further ones weigh 0."""
    publisher_followers: int = 100_000
    """A verified account with this many followers is a publisher: no cap, no piggyback, no part in a ring."""
    publishers: tuple[str, ...] = ("Reuters", "ReutersBiz", "business", "WSJ", "WSJmarkets", "CNBC", "FT", "AP")
    """Screen names that are publishers whatever their figures say. The watchlist's influencers are too."""


class FinbertConfig(Section, frozen=True, kw_only=True):
    """[scoring.finbert]: a transformer on this machine; put `finbert` among `scoring.scorers`."""

    model: str = "ProsusAI/finbert"
    """A sequence-classification model that `desk models pull` has brought here."""
    labels: dict[str, float] = msgspec.field(default_factory=dict)
    """What classes are worth, in [−1, 1], where their names do not tell: { LABEL_0 = -1.0, LABEL_2 = 1.0, … }."""
    gate: float = 0.0
    """Least |score| of the light reading for a post to be asked about; 0 asks about every post."""
    device: str = "auto"
    """`auto`, `cpu`, `cuda` or `mps`."""
    threads: int = 0
    """Processor threads of the worker; 0: every core but one."""
    max_length: int = 96
    """In the model's word pieces; longer texts count with their first ones."""
    batch: int = 16
    """Most texts at a time."""
    wait_ms: float = 40.0
    """How long a text waits for others to share its batch."""
    timeout_s: float = 10.0
    """A batch that takes longer ends the worker, and another is started."""


class LlmConfig(Section, frozen=True, kw_only=True):
    """[scoring.llm]: a language model behind an endpoint; put `llm` among `scoring.scorers`."""

    api: str = "anthropic"
    """`anthropic` (Messages), `openai` (chat completions, also of servers on this machine) or `bedrock` (Converse)."""
    model: str = ""
    """The model's name as the endpoint knows it."""
    base_url: str = ""
    """Where the endpoint is; empty: the vendor's own."""
    region: str = "us-east-1"
    """`bedrock`: the AWS region."""
    gate: float = 0.3
    """Least |score| of the light reading for a post to be asked about; 0 asks about every post."""
    temperature: float | None = None
    """Sent where given; some models refuse it."""
    answer_length: int = 500
    """Longest answer, in the model's word pieces. It has to leave 60 for each of a post's symbols."""
    timeout_s: float = 20.0
    """Limit for one post, retries included."""
    concurrency: int = 4
    """Requests under way at once."""
    input_usd: float = 1.0
    """Dollars per million word pieces ("tokens") sent, as your plan says."""
    output_usd: float = 5.0
    """Dollars per million word pieces received."""
    daily_cap_usd: float = 2.0
    """It is not asked any more today once this is spent; 0 asks nothing."""


class ComprehendConfig(Section, frozen=True, kw_only=True):
    """[scoring.comprehend]: Amazon Comprehend; put `comprehend` among `scoring.scorers`."""

    region: str = "us-east-1"
    """The AWS region."""
    endpoint_url: str = ""
    """Where it answers; empty: AWS's own."""
    language: str = "en"
    """The texts' language."""
    gate: float = 0.3
    """Least |score| of the light reading for a post to be asked about; 0 asks about every post."""
    batch: int = 25
    """Most texts per request; AWS takes 25."""
    wait_ms: float = 250.0
    """How long a text waits for others to share its request."""
    timeout_s: float = 10.0
    """Limit for a request."""
    concurrency: int = 2
    """Requests under way at once."""
    unit_usd: float = 0.0001
    """Dollars per unit of 100 characters; a text costs three units at least."""
    daily_cap_usd: float = 2.0
    """It is not asked any more today once this is spent; 0 asks nothing."""


class LateConfig(Section, frozen=True, kw_only=True):
    """[scoring.late]: scorers whose answers come after the post has been read (`finbert`, `llm`, `comprehend`)."""

    limit_s: float = 30.0
    """A score that comes later than this after its post is dropped."""
    queue: int = 512
    """Most posts that wait for one scorer; the oldest make room."""
    replay_s: float = 1.0
    """In a replay a score comes exactly this long after its post, in the recording's time."""


class ScoringConfig(Section, frozen=True, kw_only=True):
    """[scoring]"""

    scorers: tuple[str, ...] = ("vader", "linear")
    """Found by name; add your own through the entry points `desk.scorers`."""
    weights: dict[str, float] = msgspec.field(default_factory=dict)
    """Weight per scorer; 1 where absent."""
    label: float = 0.2
    """Scores beyond ±label are bullish or bearish."""
    max_chars: int = 1000
    """Longer texts are scored on their first characters (score cost is chosen by the poster)."""
    linear_weights: str = ""
    """A file that `desk train` made, for the scorer `linear`; empty: the shipped weights."""
    late: LateConfig = LateConfig()
    finbert: FinbertConfig = FinbertConfig()
    llm: LlmConfig = LlmConfig()
    comprehend: ComprehendConfig = ComprehendConfig()
