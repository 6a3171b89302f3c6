"""`desk journal show | verify | export | backup | why`: reads the audit journal, also while an engine writes it.

Everything printed is either pure ASCII JSON or has been through `display_text`: what a post's author wrote never
reaches the terminal as it came.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from desk.commands.which_journal import journal_path
from desk.context import AS_JSON, ask_by_name, say_json
from engine.errors import EXIT_JOURNAL, EXIT_USAGE, DeskError, JournalError

if TYPE_CHECKING:
    from engine.journal import Reader, Record, Verification

POLL_S: Final = 0.25
"""How often `show --follow` looks for new records."""
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_AGE = re.compile(r"(\d{1,9})([smhd])")
_LAST_NS: Final = (1 << 63) - 1
"""The largest time that a journal can hold."""


def _known_kinds(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds that were given. Raises BadParameter for one that no record has."""
    if given:
        from engine.journal import KINDS

        unknown = [kind for kind in given if kind not in KINDS]
        if unknown:
            raise click.BadParameter(f"expected kinds out of {', '.join(KINDS)}, found {unknown[0]!r}")
    return given


JOURNAL = click.option(
    "--journal", "file", type=click.Path(path_type=Path), help="This journal file instead of the profile's own."
)
NAME = click.option(
    "--name", default="", callback=ask_by_name, help="The journal of an engine with its own: demo, replay."
)
KIND = click.option(
    "--kind",
    "kinds",
    multiple=True,
    callback=_known_kinds,
    help="Only records of this kind; may be given several times.",
)


@click.group()
def journal() -> None:
    """The audit journal: everything that happened, and why, in one chain of records."""


@journal.command()
@KIND
@click.option("--key", help="Only records with this key: an id, a symbol, a feed's name.")
@click.option("--since", help="Only records since then: 90s, 30m, 2h, 1d, or an ISO time with a zone.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most this many, the newest.")
@click.option("--follow", is_flag=True, help="Go on with new records as they are written, until interrupted.")
@click.option("--counts", is_flag=True, help="Only how many records of each kind there are.")
@AS_JSON
@JOURNAL
@NAME
@click.pass_context
def show(
    ctx: click.Context,
    kinds: tuple[str, ...],
    key: str | None,
    since: str | None,
    limit: int,
    follow: bool,
    counts: bool,
    as_json: bool,
    file: Path | None,
    name: str,
) -> None:
    """Records, oldest first: number, time (UTC), kind, key, content."""
    from engine.journal import Reader

    if counts and follow:
        raise click.UsageError("expected --counts or --follow, found both", ctx)
    since_at = None if since is None else since_ns(since)
    with Reader(journal_path(ctx, file, name)) as reader:
        if counts:
            _print_counts(reader, as_json)
            return
        wanted = kinds or None
        last = reader.seq
        newest = reversed(list(reader.records(wanted, since_at, key=key, limit=limit, reverse=True)))
        last = max(last, _print_records(newest, as_json))
        try:
            while follow:
                reached = reader.seq
                # What is written between the two questions is printed now: it must not be printed again.
                last = max(reached, _print_records(reader.records(wanted, since_at, key=key, after_seq=last), as_json))
                sys.stdout.flush()
                if not reader.stands:
                    raise DeskError(
                        "expected the journal that is followed, found it removed or another in its place",
                        where=str(reader.path),
                        remedy="ask again: a replay begins its journal anew",
                    )
                time.sleep(POLL_S)
        except KeyboardInterrupt:
            return


@journal.command()
@click.option("--expect", metavar="SEQ:HASH", help="What an earlier verify printed: this record must still be there.")
@click.option(
    "--renew-anchor",
    is_flag=True,
    help="Accept the end of a journal whose chain is sound but whose anchor is missing or names a lost record.",
)
@AS_JSON
@JOURNAL
@NAME
@click.pass_context
def verify(
    ctx: click.Context, expect: str | None, renew_anchor: bool, as_json: bool, file: Path | None, name: str
) -> None:
    """Check every record, its place in the chain, and the journal's end.

    Prints number and hash of the newest record. Keep them somewhere else and give them back with --expect: then even
    somebody who can write all our files cannot change what was before without being noticed.

    A journal whose records were altered stays closed to the engine: keep it, and restore a copy, or begin a new one by
    moving the file and its .anchor away. Where only the last records are missing (a restored backup, a disk that lost
    what it said it had written), --renew-anchor accepts that: the venue still knows the orders in them, and the engine
    reconciles with it when it starts.
    """
    from engine.journal import Anchor, Reader
    from engine.journal.anchor import renew_anchor as renew

    path = journal_path(ctx, file, name)
    try:
        expected = None if expect is None else Anchor.parse(expect)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--expect") from error
    with Reader(path) as reader:
        found = reader.verify(progress(), expected)
    renewed = renew_anchor and found.chain_ok
    if renewed:
        renew(path.resolve(), Anchor(found.records, bytes.fromhex(found.last_hash)))
    if as_json:
        say_json(found)
        ctx.exit(0 if found.ok or renewed else EXIT_JOURNAL)
    _print_verification(path, found, renewed)


@journal.command()
@click.option(
    "--format", "format_", type=click.Choice(["jsonl", "csv"]), required=True, help="One JSON per line, or CSV."
)
@click.option("--output", type=click.Path(path_type=Path), help="A new file (mode 0600) instead of the terminal.")
@KIND
@JOURNAL
@NAME
@click.pass_context
def export(
    ctx: click.Context, format_: str, output: Path | None, kinds: tuple[str, ...], file: Path | None, name: str
) -> None:
    """Write all records as JSON lines or CSV, in pure ASCII."""
    from engine.journal import Reader

    with Reader(journal_path(ctx, file, name)) as reader:
        if output is None:
            reader.export(sys.stdout, format_, kinds or None, None if sys.stdout.isatty() else progress())
            return
        try:
            count = _exported(reader, output, format_, kinds or None)
        except OSError as error:
            raise DeskError(
                f"could not write the export: {error.strerror or error}",
                where=str(output),
                remedy="name a new file in a directory you may write to, with enough space",
            ) from error
    click.echo(f"{count} records written to {output}", err=True)


def _exported(reader: Reader, output: Path, format_: str, kinds: tuple[str, ...] | None) -> int:
    """Write a new file; how many records are in it. It has its name once it has all of them: half of them would look
    like all. Raises OSError."""
    if os.path.lexists(output):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    part = output.with_name(f".{output.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            count = reader.export(stream, format_, kinds, progress())
        part.rename(output)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return count


@journal.command(short_help="A verified copy, also while an engine runs.")
@click.argument("copy", type=click.Path(path_type=Path))
@AS_JSON
@JOURNAL
@NAME
@click.pass_context
def backup(ctx: click.Context, copy: Path, as_json: bool, file: Path | None, name: str) -> None:
    """Copy the journal to the new file COPY, or into that directory, with its anchor beside it, and verify the copy.

    Works beside a running engine. Prints number and hash of the copy's newest record, as `verify` does.
    """
    from engine.journal import Reader

    path = journal_path(ctx, file, name)
    to = copy / path.name if copy.is_dir() else copy
    with Reader(path) as reader:
        found = reader.back_up(to, progress("pages copied"), progress())
    if as_json:
        say_json(found)
        return
    _print_verification(to, found, renewed=False)
    click.echo(f"copied to {to}", err=True)


@journal.command(short_help="The whole story of a signal, ticket, order or post.")
@click.argument("id")
@AS_JSON
@JOURNAL
@NAME
@click.pass_context
def why(ctx: click.Context, id: str, as_json: bool, file: Path | None, name: str) -> None:
    """The whole story of a signal, ticket, order (our id or the venue's) or post, on one screen."""
    from engine.journal import Reader, format_story

    with Reader(journal_path(ctx, file, name)) as reader:
        story = reader.why(id)
    if as_json:
        say_json(story)
    else:
        click.echo(format_story(story, terminal_width()))


def since_ns(text: str) -> int:
    """`2h` ago or an ISO time, in nanoseconds since the epoch; before all records and after them count as just that."""
    from engine.clock import SECOND, SystemClock, parse_iso

    age = _AGE.fullmatch(text)
    try:
        at_ns = SystemClock().now_ns() - int(age[1]) * _UNITS[age[2]] * SECOND if age else parse_iso(text)
        return min(max(at_ns, 0), _LAST_NS)
    except (ValueError, IndexError) as error:
        raise DeskError(
            f"expected an age such as 90s, 30m, 2h, 1d or an ISO time with a zone, found {text!r}",
            where="--since",
            remedy="for example --since 2h or --since 2026-11-20T14:30:00Z",
            exit_code=EXIT_USAGE,
        ) from error


def terminal_width() -> int:
    """Columns of the terminal, at least 40; 100 where there is none."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)


def _print_records(records: Iterable[Record], as_json: bool) -> int:
    """Print records in their order; the number of the last one, 0 where there is none."""
    from engine.journal.export import at_text, json_line
    from engine.text import display_text

    width, seq = terminal_width() if sys.stdout.isatty() else None, 0
    for record in records:
        seq = record.seq
        if as_json:
            click.echo(json_line(record))
            continue
        body = record.body.decode(errors="replace")
        line = f"{record.seq:>8} {at_text(record.at_ns)} {record.kind:<10} {record.key:<20} {body}"
        line = display_text(line, limit=len(line))
        click.echo(line if width is None or len(line) <= width else f"{line[: width - 1]}…")
    return seq


def _print_counts(reader: Reader, as_json: bool) -> None:
    from engine.journal.export import at_text
    from engine.text import display_text

    counts = reader.counts(progress())
    if as_json:
        say_json(counts)
        return
    for count in counts:
        times = f"{at_text(count.first_ns)} to {at_text(count.last_ns)}"
        click.echo(f"{count.records:>10} {display_text(count.kind):<15} {times}")


def _print_verification(path: Path, found: Verification, renewed: bool) -> None:
    if not found.ok and not renewed:
        remedy = "keep the file; restore an intact copy with its anchor, or move both away to begin a new journal"
        if found.chain_ok:
            remedy += "; to go on without the missing records: `desk journal verify --renew-anchor`"
        raise JournalError(found.what, where=f"{path}, record {found.first_bad_seq}", remedy=remedy)
    click.echo(f"{found.records} records, unbroken from the first to the last")
    click.echo(f"newest {found.records}:{found.last_hash}")
    if found.what:
        click.echo(f"note: {found.what}", err=True)
    if renewed:
        click.echo(f"the anchor names record {found.records} from now on", err=True)


def progress(what: str = "records") -> Callable[[int, int], None] | None:
    """Tells how far a command is where a person looks on; None where none does."""

    def tell(done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\r{done:,} of {total:,} {what}{end}")
        sys.stderr.flush()

    return tell if sys.stderr.isatty() else None
