"""The targets, each with the figure it is compared with, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Found = Mapping[str, Mapping[str, float]]
"""Figures by bench and name."""


class Target(NamedTuple):
    """What is promised of one figure."""

    bench: str
    name: str
    words: str
    bound: float
    unit: str
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether the promise is kept; a figure that could not be had keeps none."""
        return value >= self.bound if self.at_least else value <= self.bound

    @property
    def scales(self) -> bool:
        """Whether it is work alone, which takes so many times longer on a slower machine. Waiting grows otherwise."""
        return self.unit in ("µs", "ms") and self.bench not in ("latency", "screen")


TARGETS = (
    Target("engine", "plain_5_of_limit_ratio", "engine, 5 symbols, of its limit", 0.6, "×", at_least=True),
    Target("engine", "plain_100_of_limit_ratio", "engine, 100 symbols, of its limit", 0.6, "×", at_least=True),
    *(
        Target(
            "engine",
            f"{name}_over_naive_{count}_ratio",
            f"{words}, {how} of the naive design",
            bound,
            "×",
            at_least=True,
        )
        for name, words, bound in (("plain", "VADER alone, no guards", 50), ("shipped", "ensemble and guards", 100))
        for count, how in (("posts", "posts/s over those"), ("cpu", "CPU a post, against that"))
    ),
    Target("engine", "window_growth_ratio", "cost per post, 1,000 → 100,000 in window", 1.15, "×"),
    Target("engine", "different_chains", "chains that one recording gives", 1, ""),
    Target("engine", "heavy_imports", "imports a replay has no use for", 0, ""),
    Target("stages", "match_1000_symbols_us", "matching, 1,000 symbols", 4, "µs"),
    Target("stages", "guards_us", "guards, a post (5,000 a second)", 200, "µs"),
    Target("guards", "worst_us", "guards, a post made to be slow", 200, "µs"),
    Target("guards", "copies_growth_ratio", "guards, 4,000 copies on against the first thousand", 1.3, "×"),
    Target(
        "scorers", "made_stock_ratio", "vader's rules, its package's lists alone, made-up posts", 4, "×", at_least=True
    ),
    Target(
        "scorers", "real_stock_ratio", "vader's rules, its package's lists alone, real posts", 4, "×", at_least=True
    ),
    Target("scorers", "made_vader_ratio", "vader over its package, made-up posts", 4, "×", at_least=True),
    Target("scorers", "real_vader_ratio", "vader over its package, real posts", 4, "×", at_least=True),
    Target("scorers", "made_ensemble_ratio", "vader + linear over the package, made-up posts", 2, "×", at_least=True),
    Target("scorers", "real_ensemble_ratio", "vader + linear over the package, real posts", 2, "×", at_least=True),
    Target("scorers", "made_linear_us", "linear, a post (20,000 a second)", 50, "µs"),
    Target("scorers", "read_worst_ms", "both scorers, slowest post of 25,000 characters, as it is read", 10, "ms"),
    Target("scorers", "vader_worst_ms", "vader, the slowest such text uncut", 10, "ms"),
    Target("identity", "texts", "texts compared with the package", 300_000, "", at_least=True),
    Target("identity", "different", "of which score otherwise", 0, ""),
    Target("identity", "silent_different", "… where our list is silent, with our list", 0, ""),
    *(
        Target("latency", f"{name}{time}_{figure}_ms", f"{words}, {name}{told}", bound, "ms")
        for time, told in (("", ""), ("_dilated", ", dilated time"))
        for figure, words, bound in (
            ("evaluated_p99", "post → evaluated, 1,000/s, p99", 5),
            ("evaluated_p999", "post → evaluated, 1,000/s, p99.9", 20),
            ("received_to_ticket_p99", "post → ticket at a client, p99", 30),
            ("wire_p99", "confirm → POST on the wire, p99", 15),
            ("rest_p99", "… without the disk's slow commits", 15),
        )
        for name in ("plain", "shipped")
    ),
    Target("start", "help_ms", "desk --help", 200, "ms"),
    Target("start", "attach_first_paint_ms", "attach: first paint", 800, "ms"),
    Target("start", "cold_data_ms", "cold start: data on screen", 2500, "ms"),
    Target("memory", "after_100000_mib", "engine after 100,000 posts", 250, "MiB"),
    Target("memory", "growth_ratio", "… and after 200,000", 1.15, "×"),
    Target("all", "longest_pause_ms", "longest garbage collection", 20, "ms"),
    Target("screen", "cpu_pct", "desk at 1,000 posts/s, 200×50", 40, "% CPU"),
    Target("screen", "key_p50_ms", "desk, key p50", 5, "ms"),
    Target("screen", "key_p99_ms", "desk, key p99", 60, "ms"),
    Target("screen", "idle_cpu_pct", "desk, idle", 3, "% CPU"),
    Target("screen", "idle_frames_5s", "desk, idle frames in 5 s", 1, ""),
)

REFERENCE = {"vader_package_us": 51.0, "empty_interpreter_ms": 10.0}
"""What two things that are not ours took on the machine that the absolute targets were set on."""


def slowdown(found: Found) -> dict[str, float]:
    """How many times slower than that machine this one was in this run, by each of the two that were measured."""
    measured = {name: value for figures in found.values() for name, value in figures.items() if name in REFERENCE}
    return {name: value / REFERENCE[name] for name, value in measured.items()}


def derived(found: Found) -> dict[str, dict[str, float]]:
    """Figures that come of several benches."""
    figures = {bench: dict(values) for bench, values in found.items()}
    pauses = [
        value for values in figures.values() for name, value in values.items() if name.endswith("longest_pause_ms")
    ]
    if pauses:
        figures["all"] = {"longest_pause_ms": max(pauses)}
    if latency := figures.get("latency"):
        # The p99 of a sum is at most the sum of what 99.5 % of each do not exceed; with both p99s it is a close bound.
        for name in ("plain", "shipped", "plain_dilated", "shipped_dilated"):
            waited, told = latency[f"{name}_evaluated_p99_ms"], latency[f"{name}_ticket_p99_ms"]
            latency[f"{name}_received_to_ticket_p99_ms"] = waited + told
    return figures


def lines(found: Found) -> list[str]:
    """The table: what was promised, what was measured, whether it holds."""
    figures = derived(found)
    slower = slowdown(figures)
    least = max(1.0, min(slower.values(), default=1.0))
    rows = [("", "target", "measured", "")]
    for target in TARGETS:
        value = figures.get(target.bench, {}).get(target.name)
        if value is None:
            continue
        bound = f"{'≥' if target.at_least else '≤'} {target.bound:g} {target.unit}"
        kept = "met" if target.met(value) else "MISSED"
        if kept == "MISSED" and target.scales and target.met(value / least):
            kept = f"MISSED here; {value / least:,.2f} scaled"
        rows.append((target.words, bound, f"{value:,.2f} {target.unit}", kept))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    made = [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip() for row in rows]
    if slower:
        told = ", ".join(
            f"{value:.1f}× by {name.rpartition('_')[0].replace('_', ' ')}" for name, value in slower.items()
        )
        made += ["", f"this machine against the one that the absolute targets were set on: {told}"]
    if disk := {name: value for name, value in figures.get("latency", {}).items() if name.startswith("disk_")}:
        made += [
            f"its disk alone: a sync p50 {disk['disk_p50_ms']:.1f}, p99 {disk['disk_p99_ms']:.1f}, longest "
            f"{disk['disk_max_ms']:.0f} ms; {disk['disk_slow_pct']:.1f} % of the time in syncs of more than 5 ms"
        ]
    return made
