"""What well-known publishers said and others passed on, as organic clusters: `python -m tools.retold RECORDING… > FILE`

For `desk evaluate --rings FILE`: who is passed on was chosen by name, before the guards looked at anything, so nothing
that the guards weigh (accounts, times, programs) has a part in the choice. A recording is a directory with
tweets.jsonl.gz whose rows tell what they repost; it has to lie beside FILE, or one directory above.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


AUTHORS: Final = 5
"""Fewest authors who pass a post on: with fewer there is no ring to be seen in it."""
PUBLISHERS: Final = _names(
    "abc ap arstechnica barronsonline bbcbreaking bbcbusiness bbcnews billgates bloombergnews bloombergtv business "
    "businessinsider businessweek bw carl_c_icahn cbsnews cnbc cnbcnow cnet cnn cnnmoney deadline elonmusk engadget "
    "espn forbes fortunemagazine foxbusiness foxnews ft gizmodo guardian guardiannews huffingtonpost marketwatch "
    "mashable nbcnews nytimes nytimesbusiness quartz qz recode reuters reutersbiz reuterstech satyanadella "
    "techcrunch telegraph theeconomist themotleyfool thenextweb thr tim_cook time usatoday variety venturebeat "
    "verge washingtonpost wired wsj wsjbusiness wsjd wsjmarkets yahoofinance"
)
"""Papers, stations, agencies, and people whose word is news."""


def clusters(recording: Path) -> Iterator[dict[str, object]]:
    """One row per post that was passed on by enough authors."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    with gzip.open(recording / "tweets.jsonl.gz", "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            name = row["text"].removeprefix("RT @").partition(":")[0].strip().lower()
            if row["text"].startswith("RT @") and row.get("retweet_of") and name in PUBLISHERS:
                found.setdefault((name, row["retweet_of"]), {})[row["id"]] = row["author_id"]
    for (name, _), authors in found.items():
        if len(set(authors.values())) >= AUTHORS:
            yield {"replay": recording.name, "label": "organic", "source": name, "ids": list(authors)}


def main() -> None:
    """Print the clusters of every recording named."""
    for name in sys.argv[1:]:
        for cluster in clusters(Path(name)):
            print(json.dumps(cluster))


if __name__ == "__main__":
    main()
