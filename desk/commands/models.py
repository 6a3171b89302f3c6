"""`desk models`: transformer models on this machine, for the scorer finbert."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from desk.context import AS_JSON, load_context, say_json, show
from engine.errors import EXIT_USAGE, DeskError

if TYPE_CHECKING:
    from engine.config import Config
    from engine.scoring.finbert.store import Model

HUB: Final = "https://huggingface.co"
_SAMPLE: Final = (
    "$TSLA delivered more cars than anybody expected, raises its outlook",
    "$NVDA downgraded, the new chips come a quarter late",
    "what does everybody think of $AAPL here?",
    "long $TSLA, short $F into the print",
    "shares of $AMZN open unchanged, volume is thin before the holiday weekend and the committee's minutes",
)
"""Made-up posts of ordinary lengths."""


@click.group()
def models() -> None:
    """Transformer models on this machine, for the scorer finbert."""


@models.command()
@click.argument("name", required=False)
@click.option("--revision", default="main", show_default=True, help="Branch, tag or commit; the commit is pinned.")
@click.option("--from", "directory", type=click.Path(path_type=Path), help="A model of yours.")
@click.option(
    "--float32", is_flag=True, help="Keep full precision: four times the size, a fifth of the speed on a CPU."
)
@click.pass_context
def pull(ctx: click.Context, name: str | None, revision: str, directory: Path | None, float32: bool) -> None:
    """Bring a model here and try it. NAME is one of the hub, by default that of the configuration.

    With --from DIR it is a model of your own, as transformers or optimum write it, and NAME is what you call it. The
    hub is huggingface.co, or HF_ENDPOINT.
    """
    import os
    from importlib.util import find_spec

    from engine.scoring.finbert import pull as pulling
    from engine.scoring.finbert.store import place

    context = load_context(ctx)
    settings = context.config.scoring.finbert
    name = name or settings.model
    if directory is not None and not directory.is_dir():
        raise DeskError(
            "expected a directory with a model, found none",
            where=f"--from {directory}",
            remedy="correct the path",
            exit_code=EXIT_USAGE,
        )
    place(context.paths.state_dir, name)
    hub = os.environ.get("HF_ENDPOINT", HUB)
    source: Any = pulling.Directory(directory) if directory is not None else pulling.Hub(name, revision, hub)
    backend = ""

    def trial(model: Model) -> None:
        nonlocal backend
        backend, _ = _measure(context.config, model, 1)

    model = pulling.pull(
        source,
        name,
        context.paths.state_dir,
        labels=settings.labels,
        torch=find_spec("torch") is not None,
        quantise=not float32,
        progress=lambda said: click.echo(f"{said} …", err=True),
        trial=trial,
    )
    click.echo(f"{model.manifest.version} in {model.directory}, tried on {backend}")
    if name != settings.model:
        click.echo(f'to use it: scoring.finbert.model = "{name}"')
    if "finbert" not in context.config.scoring.scorers:
        click.echo('to switch it on: add "finbert" to scoring.scorers')


@models.command("list")
@AS_JSON
@click.pass_context
def list_models(ctx: click.Context, as_json: bool) -> None:
    """The models on this machine; * marks the one of the configuration."""
    from engine.scoring.finbert.store import Model, listing

    context = load_context(ctx)
    found = listing(context.paths.state_dir)
    if as_json:
        say_json([model.manifest for model in found if isinstance(model, Model)])
        return
    for model in found:
        if not isinstance(model, Model):
            click.echo(f"! {model.where}: {model.message}\n  {model.remedy}")
            continue
        mark = "*" if model.manifest.name == context.config.scoring.finbert.model else " "
        weights = model.directory / model.manifest.weights
        size = f"{weights.stat().st_size / 1e6:.0f} MB" if weights.is_file() else "its weights are gone"
        click.echo(f"{mark} {model.manifest.version}  {size}, from {model.manifest.source}")
    if not found:
        click.echo("none; `desk models pull` brings the one of the configuration")


@models.command(short_help="How fast a model scores posts here.")
@click.argument("name", required=False)
@click.option("--posts", default=200, show_default=True, type=click.IntRange(1, 100_000), help="Posts to score.")
@AS_JSON
@click.pass_context
def bench(ctx: click.Context, name: str | None, posts: int, as_json: bool) -> None:
    """How fast a model scores posts here, in the process and with the settings that the engine would use."""
    from engine.scoring.finbert.store import find

    context = load_context(ctx)
    model = find(context.paths.state_dir, name or context.config.scoring.finbert.model)
    backend, per_second = _measure(context.config, model, posts)
    row = {"model": model.manifest.version, "backend": backend, "posts": posts, "posts_per_s": round(per_second, 1)}
    show(row, [f"{per_second:,.0f} posts/s: {row['model']}, {backend}"], as_json)


def _measure(config: Config, model: Model, posts: int) -> tuple[str, float]:
    """Score made-up posts with a model; what computed them, and how many a second. Raises DeskError."""
    import asyncio

    from msgspec.structs import replace

    from engine.clock import SECOND, SystemClock, stopwatch_ns
    from engine.model import Asked, DisplayText
    from engine.scoring.finbert.scorer import FinbertScorer

    finbert = replace(config.scoring.finbert, model=model.manifest.name)
    config = replace(config, scoring=replace(config.scoring, finbert=finbert))
    asked = [Asked(DisplayText(f"{_SAMPLE[at % len(_SAMPLE)]} {at}"), ("TSLA",)) for at in range(posts)]

    async def run() -> tuple[str, float]:
        scorer = FinbertScorer(config, SystemClock(), state_dir=model.directory.parent.parent)
        try:
            await scorer.start()
            await scorer.score(asked[:1])
            began_ns = stopwatch_ns()
            for at in range(0, posts, scorer.batch):
                await scorer.score(asked[at : at + scorer.batch])
            return scorer.detail, posts * SECOND / (stopwatch_ns() - began_ns)
        finally:
            await scorer.close()

    return asyncio.run(run())
