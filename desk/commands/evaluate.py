"""`desk evaluate`: how good the scores are, on labelled sets and against prices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from desk.context import AS_JSON, Number, load_context, show
from engine.errors import RecordingError

if TYPE_CHECKING:
    from desk.late_scoring import LateScoring
    from engine.config import Config
    from engine.evaluate import Comparison, DayPrice, LabelledSet, PostScore, RankIC, SetFigures
    from engine.model import DisplayText, Score

    ScoreOne = Callable[[DisplayText, str], Score]
    """The score of a text, for a symbol where one is named."""

BAND: Final = 0.05
"""How far from 0 a score is called neutral."""
PLAIN: Final = "plain-vader"
"""The package's VADER without our words: what everything is measured against."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--scorer", metavar="NAME", help="A scorer, or several as a+b; without it, those of the configuration.")
@click.option("--compare", "pair", nargs=2, metavar="A B", help="Two scorers on the same texts, with a paired test.")
@click.option(
    "--part",
    type=click.Choice(["chosen", "kept"]),
    help="Only the texts that choices were made on, or only those kept back (docs/sentiment.md).",
)
@click.option("--rings", is_flag=True, help="PATHs are labelled clusters of posts: which the guards call rings.")
@click.option("--rank-ic", is_flag=True, help="PATHs are recordings with daily prices: posts against returns.")
@click.option("--band", type=Number(0, 1), help=f"Scores within ±band call neutral; {BAND} without it.")
@AS_JSON
@click.pass_context
def evaluate(
    ctx: click.Context,
    paths: tuple[Path, ...],
    scorer: str | None,
    pair: tuple[str, str] | None,
    part: str | None,
    rings: bool,
    rank_ic: bool,
    band: float | None,
    as_json: bool,
) -> None:
    """Measure scorers on labelled sets, or against prices.

    PATHs are .jsonl or .jsonl.gz files, or directories of them, one JSON object per line: id, text, label (bearish,
    neutral or bullish), and perhaps the symbol that the label is about. Besides the names of scorers, plain-vader is
    VADER without our finance words.
    """
    from desk.evaluate_report import comparison_lines, figure_lines, rank_lines

    if pair is not None and (scorer is not None or rank_ic):
        raise click.UsageError("--compare names both scorers itself, and works on labelled sets only")
    if part is not None and rank_ic:
        raise click.UsageError("--part belongs to labelled sets, --rank-ic to recordings")
    if rings and (pair is not None or scorer is not None or part is not None or rank_ic):
        raise click.UsageError("--rings measures the guards, which no scorer and no labelled set has a part in")
    if band is not None and (rings or rank_ic):
        raise click.UsageError("--band belongs to labelled sets: neither --rings nor --rank-ic calls a score neutral")
    band = BAND if band is None else band
    config = load_context(ctx).config
    if rings:
        from desk.evaluate_rings import measure, ring_lines

        told = measure(config, paths)
        show(told, ring_lines(told), as_json)
    elif rank_ic:
        ranks = _against_prices(config, scorer, paths)
        show(ranks, rank_lines(ranks), as_json)
    elif pair is not None:
        compared = _compared(config, pair, _sets(paths, part), band)
        show(compared, comparison_lines(pair, compared), as_json)
    else:
        measured = _measured(config, scorer, _sets(paths, part), band)
        show(measured, figure_lines(measured), as_json)


def _measured(config: Config, name: str | None, sets: Iterable[LabelledSet], band: float) -> list[SetFigures]:
    """The figures of each set, and their mean when there are several."""
    from engine.clock import SECOND, stopwatch_ns
    from engine.evaluate import figures, mean_figures

    score_one = _scorer(config, name)
    rows = []
    for labelled in sets:
        began_ns = stopwatch_ns()
        scores = _scores(score_one, labelled)
        rows.append(figures(labelled, scores, (stopwatch_ns() - began_ns) / SECOND, band))
    return [*rows, mean_figures(rows)] if len(rows) > 1 else rows


def _compared(config: Config, pair: tuple[str, str], sets: Iterable[LabelledSet], band: float) -> list[Comparison]:
    """The second scorer against the first on each set, and on all texts together when there are several."""
    from engine.evaluate import compare

    first, second = (_scorer(config, name) for name in pair)
    scored = [(labelled, _scores(first, labelled), _scores(second, labelled)) for labelled in sets]
    rows = [compare(each[0].name, [each], band) for each in scored]
    return [*rows, compare("all texts", scored, band)] if len(rows) > 1 else rows


def _against_prices(config: Config, name: str | None, paths: tuple[Path, ...]) -> dict[str, RankIC]:
    """The same day's and the next day's rank correlation, over the posts and daily prices of all recordings."""
    from engine.evaluate import next_day, same_day

    known: dict[str, dict[date, DayPrice]] = {}
    for path in paths:
        for symbol, days in _prices(path).items():
            known.setdefault(symbol, {}).update((price.day, price) for price in days)
    prices = {symbol: [days[day] for day in sorted(days)] for symbol, days in known.items()}
    posts = _post_scores(_scorer(config, name), paths, frozenset(prices))
    return {"same_day": same_day(posts, prices), "next_day": next_day(posts, prices)}


def _post_scores(score_one: ScoreOne, paths: tuple[Path, ...], symbols: frozenset[str]) -> list[PostScore]:
    """The English posts that name symbols with prices, each once, with its score for each of them."""
    from engine.evaluate import PostScore
    from engine.feeds.recording import Recording
    from engine.model import Post

    seen: set[str] = set()
    found = []
    for path in paths:
        for event in Recording(path, ()).events():
            if not isinstance(event, Post) or event.lang not in ("", "en") or event.id in seen:
                continue
            named = sorted(symbols.intersection(event.cashtags + event.rules))
            if named:
                seen.add(event.id)
            for symbol in named:
                found.append(PostScore(event.published_ns, (symbol,), score_one(event.text, symbol).score))
    return found


def _prices(path: Path) -> dict[str, list[DayPrice]]:
    """The daily prices in a recording's directory, by symbol. Raises RecordingError when there are none."""
    from engine.evaluate import DayPrice
    from engine.feeds.modelled import DailyPrices
    from engine.feeds.recording import DAILY, lines

    file = next((path / name for name in DAILY if (path / name).is_file()), None)
    if file is None:
        raise RecordingError(
            f"expected daily prices ({' or '.join(DAILY)}) beside the posts, found none",
            where=str(path),
            remedy="name a recording's directory; docs/recordings.md describes the format",
        )
    found: dict[str, list[DayPrice]] = {}
    for row in DailyPrices.read(file, lines(file)).between(date.min, date.max):
        found.setdefault(row.symbol, []).append(DayPrice(row.day, row.open, row.close))
    return found


def _sets(paths: tuple[Path, ...], part: str | None) -> Iterator[LabelledSet]:
    from engine.evaluate import Part, read_set, set_files

    for file in set_files(paths):
        labelled = read_set(file)
        yield labelled if part is None else labelled.only(Part(part))


def _scores(score_one: ScoreOne, labelled: LabelledSet) -> list[Score]:
    return [score_one(row.text, row.symbol) for row in labelled.rows]


def _scorer(config: Config, name: str | None) -> ScoreOne:
    """Scores one text the way the engine does it: the configured scorers, or those named. Raises ConfigError."""
    from engine.model import Author, DisplayText, Post, Score
    from engine.scoring import Ensemble, load
    from engine.scoring.vader import VaderScorer
    from engine.scoring.words import stock_words

    if name == PLAIN:
        ensemble = Ensemble([VaderScorer(config, stock_words())], _with(config, ()))
        late = None
    else:
        chosen = config if name is None else _with(config, tuple(name.split("+")))
        late = _late(chosen)
        alone = late is not None and len(late.scorers) == len(chosen.scoring.scorers)
        scorers = () if late is None else late.scorers
        ensemble = Ensemble((), chosen, scorers) if alone else load(chosen, scorers)
    nobody = Author("", DisplayText(""))

    def score_one(text: DisplayText, symbol: str) -> Score:
        (scored,) = ensemble.score([Post("", "evaluate", 0, 0, nobody, text, text)], 0)
        reading = scored.reading if late is None else late.join(ensemble, scored.members, text, symbol)
        return Score(*reading.about(symbol))

    return score_one


def _late(config: Config) -> LateScoring | None:
    """The scorers among the configured ones that answer late, until the command ends. Raises DeskError."""
    from desk.late_scoring import LateScoring
    from engine.scoring.late import late_names

    if not late_names(config):
        return None
    late = LateScoring(config)
    click.get_current_context().call_on_close(late.close)
    return late


def _with(config: Config, names: tuple[str, ...]) -> Config:
    """The configuration with these scorers; weights of others are left out."""
    from msgspec.structs import replace

    weights = {name: weight for name, weight in config.scoring.weights.items() if name in names}
    return replace(config, scoring=replace(config.scoring, scorers=names, weights=weights))
