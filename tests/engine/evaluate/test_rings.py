"""Labelled clusters: read, halved, counted; and the command over a made-up stream."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from desk.command_line import main_group
from engine.errors import RecordingError
from engine.evaluate import ClusterLabel, LabelledCluster, LastMark, read_clusters, ring_figures
from tools.retold import clusters

START = datetime(2026, 3, 11, 14, 0, tzinfo=UTC)


def cluster(label: ClusterLabel, *ids: str, source: str = "", replay: str = "day") -> LabelledCluster:
    return LabelledCluster(label, ids, replay, source)


def test_a_cluster_is_flagged_when_half_of_its_known_posts_are() -> None:
    ring, organic = ClusterLabel.RING, ClusterLabel.ORGANIC
    marks = {"day": {"a": LastMark(0.0, True), "b": LastMark(1.0, False), "c": LastMark(0.5, False)}}
    found = ring_figures(
        "all",
        [
            cluster(ring, "a", "b"),
            cluster(ring, "a", "b", "c"),
            cluster(ring, "a", "nowhere"),
            cluster(organic, "b", "c"),
            cluster(organic, "nowhere"),
            cluster(ring, "a", replay="another"),
        ],
        marks,
    )
    assert (found.rings, found.rings_flagged.value, found.organic, found.organic_flagged.value) == (3, 2 / 3, 1, 0.0)
    assert (found.ring_weight, found.organic_weight) == (pytest.approx(2.5 / 6), 0.75)
    assert (found.feeds, found.missing) == (0, 2)


@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=4))
def test_clusters_of_one_source_share_a_half(source: str, ids: list[str]) -> None:
    one = cluster(ClusterLabel.RING, *ids, source=source)
    assert one.half in ("even", "odd")
    assert one.half == cluster(ClusterLabel.ORGANIC, *reversed(ids), source=source).half


@pytest.mark.parametrize(
    "row",
    [
        '{"label":"ring","ids":[],"replay":"day"}',
        '{"label":"ring","ids":["1"],"replay":"../day"}',
        '{"label":"spam","ids":["1"],"replay":"day"}',
        '{"label":"ring","ids":["1"]}',
        '{"label":"ring","ids":["1"],"replay":"day","more":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"label":"ring","ids":["\udcff"],"replay":"day"}',
        "no json",
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str) -> None:
    file = tmp_path / "clusters.jsonl"
    lines = '{"label":"ring","ids":["1"],"replay":"day"}\n' + row + "\n"
    file.write_bytes(lines.encode(errors="surrogateescape"))
    with pytest.raises(RecordingError) as caught:
        read_clusters(file)
    assert str(caught.value).startswith(f"{file}:2")
    file.write_text("\n")
    with pytest.raises(RecordingError, match="at least one cluster"):
        read_clusters(file)


def made_up(directory: Path) -> Path:
    """A day with three rings and three pieces of news that people pass on; returns the file of clusters."""
    rows, clusters = [], []
    number = 0

    def say(text: str, second: float, *, followers: int, days: int, client: str) -> str:
        nonlocal number
        number += 1
        moment = START + timedelta(seconds=second)
        born = (moment - timedelta(days=days)).isoformat().replace("+00:00", "Z")
        author = {"screen_name": f"made_up_{number}", "created_at": born, "followers": followers, "verified": False}
        rows.append(
            {
                "id": str(1000 + number),
                "created_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "author_id": str(number),
                "author": author,
                "text": text,
                "symbols": ["TSLA"],
                "client": client,
            }
        )
        return str(1000 + number)

    for each in range(3):
        pitch = f"$TSLA members of room{each} doubled their money again this week, ask us how{each} today"
        ids = [say(pitch, 600 * each + n, followers=n, days=20, client="BulkPilot") for n in range(8)]
        clusters.append({"replay": "day", "label": "ring", "source": f"ring{each}", "ids": ids})
        news = f"RT @paper: $TSLA plant{each} in the north opens a quarter{each} earlier than anyone planned"
        ids = [
            say(news, 600 * each + 15 * n, followers=400 + n, days=2000, client=f"program {n % 4}") for n in range(12)
        ]
        clusters.append({"replay": "day", "label": "organic", "source": f"news{each}", "ids": ids})
    rows.sort(key=lambda row: str(row["created_at"]))
    (directory / "day").mkdir()
    (directory / "day" / "posts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    file = directory / "clusters.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in clusters))
    return file


def test_the_command_over_a_made_up_day(tmp_path: Path) -> None:
    file = made_up(tmp_path)
    told = CliRunner().invoke(main_group, ["evaluate", "--rings", str(file), "--json"])
    assert told.exit_code == 0, told.output
    whole, even, odd = json.loads(told.output)
    assert (whole["rings"], whole["rings_flagged"]["value"], whole["ring_weight"]) == (3, 1.0, 0.0)
    assert (whole["organic"], whole["organic_flagged"]["value"]) == (3, 0.0)
    assert even["rings"] + odd["rings"] == 3
    lines = CliRunner().invoke(main_group, ["evaluate", "--rings", str(file)]).output.splitlines()
    assert [line.split("|")[1].strip() for line in lines] == ["clusters", "---------", "all", "even half", "odd half"]


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "clusters.jsonl"
    file.write_text('{"label":"ring","ids":["1"],"replay":"day"}\n')
    told = CliRunner().invoke(main_group, ["evaluate", "--rings", str(file)])
    assert isinstance(told.exception, RecordingError)
    assert "expected the recording 'day'" in str(told.exception)


def test_rings_stand_alone(tmp_path: Path) -> None:
    told = CliRunner().invoke(main_group, ["evaluate", "--rings", "--rank-ic", str(tmp_path)])
    assert told.exit_code == 2
    assert "--rings measures the guards" in told.output


def test_what_publishers_said_and_five_people_passed_on_is_organic(tmp_path: Path) -> None:
    rows = [
        {"id": f"{source}{n}", "author_id": f"a{n}", "text": f"RT @{source}: it is so", "retweet_of": f"{source} 1"}
        for source, count in (("WSJ", 5), ("Reuters", 4), ("made_up_promoter", 9))
        for n in range(count)
    ]
    rows.append({"id": "own", "author_id": "a9", "text": "wsj: it is so", "retweet_of": None})
    with gzip.open(tmp_path / "tweets.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    (found,) = clusters(tmp_path)
    assert found == {
        "replay": tmp_path.name,
        "label": "organic",
        "source": "wsj",
        "ids": [f"WSJ{n}" for n in range(5)],
    }
