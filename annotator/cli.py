"""The command line: `annotate corpus/`, and commands that look at what was found.

Whatever takes time to import is imported by the command that needs it, so that help appears at once.
Exit codes: 0 done; 1 some articles failed, or `check` found problems; 2 wrong usage or unusable data; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import difflib
import importlib
import os
import shlex
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource
from click_default_group import DefaultGroup

from annotator import __version__, terminal
from annotator.terminal import visible

if TYPE_CHECKING:
    from annotator.runs import Outcome

DATABASE = "annotations.db"
WORTH_A_WORKER = 500_000  # bytes of articles for which it pays to start another process
STOPPED = 130  # the exit code of a command that was stopped from the keyboard, as shells have it
FILE = click.Path(path_type=Path)
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


class Problem(click.ClickException):
    """Something the user can put right; the message says what is wrong, where, and what to do."""

    exit_code = 2

    def format_message(self) -> str:
        return visible(self.message)


class Commands(DefaultGroup):
    """`annotate corpus/` is `annotate run corpus/`; a word that is neither a command nor a path is taken for a slip."""

    def list_commands(self, ctx):
        return list(self.commands)

    def resolve_command(self, ctx, args):
        near = difflib.get_close_matches(args[0], self.commands, n=1)
        if near and args[0] not in self.commands and not os.path.lexists(args[0]):
            raise click.UsageError(f"“{visible(args[0])}” is no command, and no file or folder; did you mean {near[0]}?", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("Stopped.", err=True)
            ctx.exit(STOPPED)
        except OSError as error:
            raise Problem(f"{error.filename or 'the output'}: {error.strerror or error}; nothing more was written") from None
        except Exception as error:
            if isinstance(error, _explained()):
                raise Problem(str(error)) from None
            raise


def _explained() -> tuple[type[Exception], ...]:
    """Errors whose message is meant for people."""
    import sqlite3

    from annotator import articles, ner, rules, runs, store, train
    from annotator.formats import jsonl

    return (articles.ArticleError, ner.ModelError, runs.RunError, store.StoreError, train.TrainError, rules.RuleError, jsonl.FormatError, sqlite3.DatabaseError)


@click.group(cls=Commands, default="run", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="annotate")
def main():
    """Who said what in Indonesian news, and how do we know?

    Finds the names in articles, every direct, indirect and mixed quote, and who said it, and keeps them in a SQLite
    database with the rule behind each. `run` is meant where no command is given.

    \b
    annotate corpus/           annotate the articles of a folder
    annotate said              who said what, as a table
    annotate show ARTICLE      an article with its quotes marked
    annotate why 12            how quote 12 and its speaker were found
    """


def _colour(ctx, param, wanted: bool | None) -> bool:
    """As asked; by default where the output is a terminal and NO_COLOR is not set."""
    ctx.color = wanted if wanted is not None else sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return ctx.color


_database = click.option("--db", default=DATABASE, show_default=True, type=FILE, help="Database to read.")


def _model(command):
    """The options that choose the model that finds names."""
    command = click.option("--trust-model", is_flag=True, help="Load the model though it is a pickle, which can run any code.")(command)
    help = "Another model: a folder that `annotate train` wrote, a file of Flair's, or a name on Hugging Face's hub."
    return click.option("--model", metavar="PATH|NAME", help=help)(command)


_coloured = click.option(
    "--color/--no-color", "colour", default=None, callback=_colour, help="Colours or brackets; by default colours on a terminal."
)


# Annotating --------------------------------------------------------------------------------------


@main.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--db", default=DATABASE, show_default=True, type=FILE, help="Database to write; made if it is not there.")
@click.option("--force", is_flag=True, help="Annotate unchanged articles as well.")
@click.option("--workers", metavar="N", type=click.IntRange(min=1), help="Processes that annotate; by default one for each core, fewer for few articles.")
@click.option("--rules-only", is_flag=True, help="Look for no names; use those of the run before, as after a change of rules.")
@click.option("--cluster", type=click.Choice(["local"]), help="Work in shards on a cluster of Dask; local: on this machine.")
@click.option("--scheduler", metavar="ADDRESS", help="Work in shards on the cluster of this scheduler of Dask, such as tcp://host:8786.")
@click.option("--results", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Folder for the results of shards, shared by all machines; beside the database by default.")
@click.option("--output", nargs=2, type=(click.Choice(["parquet"]), FILE), metavar="parquet DIR", help="Write a Parquet dataset into DIR, and no database.")
@_model
@click.pass_context
def run(ctx, paths, db, force, workers, rules_only, cluster, scheduler, results, output, model, trust_model):
    """Annotate articles: .txt files, archives of many articles (.jsonl, .csv, .parquet, .warc), or folders of them.

    Articles that have not changed since they were annotated are skipped, so a run that was stopped goes on where it was
    when the same command is given again. Where only the rules have changed, names are not looked for again.
    What cannot be read is listed at the end and does not stop the others.

    \b
    Examples:
      annotate corpus/
      annotate article.txt --db other.db
      annotate archive/ news-2024.jsonl.gz --workers 8
      annotate shards/ --scheduler tcp://host:8786 --results /shared/results
      annotate shards/ --output parquet dataset/
      annotate corpus/ --model my-model/
      annotate corpus/ --model flair/ner-multi --trust-model
    """
    from annotator import inputs, ner, rules, runs, store

    sharded = _is_sharded(ctx)
    dataset = _dataset(output[1], paths) if output else None
    size = sum(inputs.size(path) or 1 for path in inputs.walk(paths))  # walked once more below: a million paths are not held
    if not size:
        raise Problem(f"{', '.join(map(str, paths))}: no articles here; an article is a file whose name ends in .txt, or part of an archive ({', '.join(inputs.ARCHIVES)})")
    chosen = ner.Model(os.path.abspath(model) if sharded and model and os.path.exists(model) else model, trust_model)  # workers are in other folders
    made_with = {"tool": __version__, "model": ner.sha256(ner.find(model, trust_model)), "rules": rules.sha256(), "settings": {}}
    workers = workers or min(_cores(), 1 + size // WORTH_A_WORKER)
    outcomes = _Outcomes()
    bar = _progress(size)
    bar.item_show_func = lambda _: outcomes.pace()

    def load():
        rules.check()
        bar.label = "Loading the model"
        bar.render_progress()
        tagger = chosen()
        bar.label, outcomes.started = "Annotating", time.monotonic()
        return tagger

    loading = runs.no_tagger if rules_only else load if workers == 1 and not sharded else chosen
    files = ((_name(path, dataset or db), path.absolute() if sharded else path) for path in inputs.walk(paths))
    try:
        with ExitStack() as stack:
            database = None if dataset else stack.enter_context(closing(store.open(db)))
            stack.enter_context(bar)
            if sharded:
                carrier, shards = _needed("cluster", "annotator.cluster", "annotator.shards")
                folder = (results or (dataset / "_results" if dataset else Path(f"{db}.results"))).absolute()
                folder.mkdir(parents=True, exist_ok=True)
                each = stack.enter_context(carrier.scheduler(scheduler) if scheduler else carrier.local(workers))
                stream = shards.over(database, files, shards.Work(folder, made_with, loading, dataset and dataset.absolute()), each, force=force)
            else:
                stream = runs.over(database, files, made_with, loading, force=force, workers=workers)
            for outcome in stream:
                outcomes.take(outcome)
                bar.update(outcome.size)
    except KeyboardInterrupt:
        click.echo(f"Stopped with {_counted(outcomes.total, 'article')} done; the same command goes on with the rest.", err=True)
        ctx.exit(STOPPED)
    for line in outcomes.summary():
        click.echo(line, err=True)
    if sys.stderr.isatty():
        look = f"duckdb -init {visible(shlex.quote(str(dataset / 'views.sql')))}" if dataset else f"annotate said{_other(db, '')}"
        click.echo(f"\nTo see who said what: {look}", err=True)
    ctx.exit(1 if outcomes.failures else 0)


def _is_sharded(ctx) -> bool:
    """Whether `run` is to work in shards; UsageError for options that do not go together."""
    given = ctx.params
    sharded = bool(given["cluster"] or given["scheduler"] or given["output"])
    for wrong, advice in (
        (given["force"] and given["rules_only"], "--force looks for names again, --rules-only never does; give one of them"),
        (given["cluster"] and given["scheduler"], "--cluster starts workers, --scheduler uses those that are there; give one of them"),
        (given["rules_only"] and sharded, "--rules-only is not for work in shards; leave out --cluster, --scheduler and --output"),
        (given["workers"] and given["scheduler"], "--scheduler has workers of its own; leave out --workers"),
        (given["output"] and ctx.get_parameter_source("db") is not ParameterSource.DEFAULT, "--output is in place of a database; leave out --db"),
        (given["results"] and not sharded, "--results is for work in shards; give --cluster, --scheduler or --output as well"),
    ):
        if wrong:
            raise click.UsageError(advice)
    return sharded


def _dataset(folder: Path, paths: Sequence[Path]) -> Path:
    """The folder of a dataset; Problem where it cannot be one."""
    if set("*?[") & set(str(folder.absolute())):
        raise Problem(f"{folder}: DuckDB takes *, ? and [ for patterns; choose a place without them for the dataset")
    if any(folder.resolve().is_relative_to(path.resolve()) for path in paths):
        raise Problem(f"{folder} lies in a folder that is read, and would be read as well; choose another place for the dataset")
    return folder


def _needed(extra: str, *modules: str):
    """Modules that need packages of an extra."""
    try:
        return [importlib.import_module(module) for module in modules]
    except ImportError as error:
        raise Problem(f"this needs more packages ({error}): pip install 'annotator-id[{extra}]'") from None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Outcomes:
    """What came of the articles of a run: figures, and the reasons of failures by their fault, of pages left out by how many."""

    def __init__(self):
        self.figures: Counter[str] = Counter()
        self.failures: dict[str, list[str]] = defaultdict(list)
        self.left_out: Counter[str] = Counter()
        self.started = self.last = time.monotonic()

    @property
    def total(self) -> int:
        return sum(self.figures[name] for name in ("annotated", "unchanged", "failed"))

    def take(self, outcome: Outcome) -> None:
        if outcome.reason:
            self.figures["failed"] += 1
            self.failures[outcome.fault or outcome.reason].append(outcome.reason)
        elif outcome.left_out:
            self.left_out[outcome.left_out] += 1
        elif outcome.figures is not None:
            self.last = time.monotonic()
            self.figures.update(outcome.figures, annotated=1)
        else:
            self.figures["unchanged"] += outcome.unchanged

    def pace(self) -> str:
        return f"{_counted(self.total, 'article')}, {self.rate():.1f}/s"

    def rate(self) -> float:
        """Articles annotated a second, since the model was loaded."""
        return self.figures["annotated"] / max(0.01, self.last - self.started)

    def summary(self) -> Iterator[str]:
        """What the run did, in lines; what failed comes last, where it is seen."""
        n = self.figures
        yield f"{_counted(self.total, 'article')}: {n['annotated']:,} annotated, {n['unchanged']:,} unchanged, {n['failed']:,} failed"
        if n["annotated"]:
            types = ", ".join(f"{n[type]:,} {type}" for type in ("direct", "indirect", "mixed"))
            yield f"{_counted(n['quotes'], 'quote')}: {types}; {_counted(n['speakers'], 'speaker')}, {n['unattributed']:,} unattributed"
            yield f"{self.rate():.1f} articles a second"
        if self.left_out:
            yield f"{_counted(self.left_out.total(), 'page')} left out: " + ", ".join(f"{n:,} {reason}" for reason, n in self.left_out.most_common())
        if n["failed"]:
            yield f"\n{_counted(n['failed'], 'article')} failed:"
        for first, *alike in self.failures.values():
            yield f"  {visible(first)}" + (f"; {_counted(len(alike), 'more article')} failed in the same way" if alike else "")


def _name(path: Path, db: Path) -> str:
    """How a path is kept, wherever the command is given: from the database's folder if the file is below it; bytes that are no UTF-8 written out."""
    path, home = Path(os.path.abspath(path)), Path(os.path.abspath(db)).parent
    path = path.relative_to(home) if path.is_relative_to(home) else path
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _progress(length: int):
    return click.progressbar(length=length, label="Annotating", file=sys.stderr, hidden=not sys.stderr.isatty())


# Exporting and checking --------------------------------------------------------------------------


@main.command()
@click.argument("form", metavar="conll|jsonl|gold", type=click.Choice(["conll", "jsonl", "gold"]))
@click.argument("db", default=DATABASE, type=FILE)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write instead of standard output.")
def export(form, db, output):
    """Write annotations as CoNLL or JSON lines, or reviewed articles as gold.

    gold is JSON lines of the articles of which each quote has been reviewed, with what the reviewers say; `annotate score`
    takes it. DB is annotations.db if not given. A file named by -o is replaced only once it is complete.

    \b
    Examples:
      annotate export jsonl > quotes.jsonl
      annotate export conll annotations.db -o quotes.conll
      annotate export gold -o reviewed.jsonl
    """
    from annotator import store
    from annotator.formats import conll, gold, jsonl

    with closing(store.open(db, create=False)) as database:
        if form == "gold":
            reviewed = list(store.reviewed(database))
            lines = list(gold.lines(reviewed))
            click.echo(f"{_counted(len(lines), 'article')}; {len(reviewed) - len(lines):,} more have quotes that nobody has reviewed", err=True)
        else:
            lines = {"conll": conll, "jsonl": jsonl}[form].lines(store.annotations(database))
        if output is None:
            _write(lines, sys.stdout.buffer)
        elif output.exists() and output.samefile(db):
            raise Problem(f"{output} is the database itself; choose another file")
        elif output.exists() and not output.is_file():
            raise Problem(f"{output} is no ordinary file; leave out -o to write to standard output")
        else:
            with _in_place_of(output) as stream:
                _write(lines, stream)


def _write(lines: Iterable[str], stream) -> None:
    for line in lines:
        stream.write(line.encode() + b"\n")


@contextmanager
def _in_place_of(path: Path):
    """A binary file that takes the place of the one at `path`, where a link leads to, when it is complete."""
    path = path.resolve()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as stream:
            yield stream
        os.replace(part, path)
    except OSError as error:
        raise Problem(f"{path} cannot be written ({error.strerror}); choose another place") from None
    finally:
        part.unlink(missing_ok=True)


@main.command()
@click.argument("db", default=DATABASE, type=FILE)
@click.pass_context
def check(ctx, db):
    """Check a database against its articles.

    Compares every stored word with its text, and follows every link. Prints each problem as a sentence; the exit code is
    1 if there is any. DB is annotations.db if not given.

    \b
    Example:
      annotate check annotations.db
    """
    from annotator import store

    with closing(store.open(db, create=False)) as database:
        problems = 0
        for problem in store.check(database):
            click.echo(visible(problem))
            problems += 1
        if problems:
            ctx.exit(1)
        figures = store.summary(database)
    click.echo("OK: " + ", ".join(f"{figures[name]:,} {name}" for name in ("articles", "mentions", "quotes", "attributed", "failures")))


# Looking -----------------------------------------------------------------------------------------


@main.command()
@click.argument("db", default=DATABASE, type=FILE)
@click.option("--speaker", metavar="NAME", default="", help="Only of speakers with this in their name.")
@click.option("--limit", metavar="N", default=20, show_default=True, type=click.IntRange(min=0), help="Rows to print; 0 for all.")
def said(db, speaker, limit):
    """Who said what, as a table.

    DB is annotations.db if not given. Of more quotes than --limit a sample is printed, spread evenly over all of them.
    The numbers of quotes and articles are those that `why` and `show` take.

    \b
    Examples:
      annotate said
      annotate said other.db --speaker siti --limit 0
    """
    from annotator import store

    with closing(store.open(db, create=False)) as database:
        rows, total = store.said(database, speaker, limit or None)
    if not rows:
        raise Problem(f"{db}: no quotes" + (f" of anybody named “{speaker}”" if speaker else "; `annotate` articles into it first"))
    for line in terminal.table(rows, _width()):
        click.echo(line)
    if len(rows) < total:
        click.echo(f"\n{total - len(rows):,} more; --limit 0 prints all.")


@main.command()
@click.argument("article")
@_database
@_coloured
def show(article, db, colour):
    """Show an article with its quotes marked.

    Cues, sources and relaying media are marked as well, and what is no running text, such as captions.
    ARTICLE is its path or the end of it, with or without .txt, words of its title, or its number. Where there are no
    colours, the marks are brackets, [content12 …] [cue12 …] [source12 …] of quote 12. `annotate why 12` tells how it was found.

    \b
    Examples:
      annotate show banjir
      annotate show "harga cabai" --color | less -R
    """
    from annotator import store

    with closing(store.open(db, create=False)) as database:
        annotation = store.one(database, _name(Path(article), db) if os.path.isfile(article) else article)
        numbers = store.quote_ids(database, annotation.document.path)
    for line in terminal.page(annotation, numbers, colour, _width() if sys.stdout.isatty() else None):
        click.echo(line)
    if numbers:
        click.echo("\nThe number before a speaker tells how sure it is, from 0 to 1. "
                   f"How one was found: annotate why {numbers[0]}{_other(db)}")  # fmt: skip


@main.command()
@click.argument("number", metavar="QUOTE", type=click.IntRange(min=1))
@_database
@_coloured
def why(number, db, colour):
    """Tell how a quote and its speaker were found.

    QUOTE is the number that `annotate said` and `annotate show` print.

    \b
    Example:
      annotate why 12
    """
    from annotator import store

    with closing(store.open(db, create=False)) as database:
        annotation, index = store.quote(database, number)
        numbers = store.quote_ids(database, annotation.document.path)
        run = store.run_of(database, annotation.document.path)
    for line in terminal.account(annotation, index, numbers, run, colour, _width() if sys.stdout.isatty() else None):
        click.echo(line)


def _width() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def _other(db: Path, option: str = "--db ") -> str:
    """How to name a database in a command that is suggested; nothing for the usual one."""
    return "" if str(db) == DATABASE else f" {option}{visible(shlex.quote(str(db)))}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@main.command()
@click.argument("db", default=DATABASE, type=FILE)
@click.option("-h", "--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 lets other machines in.")
@click.option("-p", "--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--write", is_flag=True, help="Turn reviewing on. Without --config the link that is printed signs one person in.")
@click.option("--config", type=EXISTING, help="Datasette configuration (YAML or JSON) to add, such as who may sign in.")
@click.option("--open", "browse", is_flag=True, help="Open a browser.")
def serve(db, host, port, write, config, browse):
    """Open the audit desk: articles with their quotes marked, speakers, figures, the review queue.

    DB is annotations.db if not given. The desk is Datasette with pages of its own; nothing can be changed without --write.
    Ctrl-C stops it.

    \b
    Examples:
      annotate serve
      annotate serve --write
      annotate serve newsroom.db --write --config passwords.yaml --host 0.0.0.0
    """
    from annotator import store

    with closing(store.open(db, create=False)):
        pass
    (server,) = _needed("datasette", "annotator.desk.server")
    try:
        server.serve(db, host=host, port=port, write=write, config=config, browse=browse, report=click.echo)
    except ValueError as error:
        raise Problem(str(error)) from None


@main.command()
@click.argument("db", default=DATABASE, type=FILE)
@click.option("-o", "--output", default="report.html", show_default=True, type=click.Path(dir_okay=False, path_type=Path), help="Page to write.")
@click.option("--from", "start", metavar="DATE", default="", callback=lambda *a: _date(*a), help="Only what was published from this day on, as in 2024-06-01.")
@click.option("--to", "end", metavar="DATE", default="", callback=lambda *a: _date(*a), help="Only what was published up to this day.")
@click.option("--csv", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write the tables into this folder instead.")
def report(db, output, start, end, folder):
    """Write a report on source diversity.

    Who is quoted, how often and by whom; named and unnamed sources, articles with one source, quotes taken over from other
    media, verbs that doubt. One page with its plots inside, each figure with its query. DB is annotations.db if not given.

    \b
    Examples:
      annotate report -o june.html --from 2024-06-01 --to 2024-06-30
      annotate report archive.db --csv tables/
    """
    from annotator import figures, store

    (reports,) = _needed("datasette", "annotator.desk.report")
    period = figures.Period(start, end)
    with closing(store.open(db, create=False)) as database:
        if folder is None:
            written = [(output, reports.html(database, db.stem, period))]
        else:
            folder.mkdir(parents=True, exist_ok=True)
            written = [(folder / f"{name}.csv", table) for name, table in reports.tables(database, period)]
    for path, text in written:
        if path.exists() and path.samefile(db):
            raise Problem(f"{path} is the database itself; choose another file")
        with _in_place_of(path) as stream:
            stream.write(text.encode())
        click.echo(visible(str(path)))


def _date(ctx, param, value: str) -> str:
    from datetime import date

    try:
        return value and date.fromisoformat(value).isoformat()
    except ValueError:
        raise click.BadParameter(f"“{visible(value)}” is no date; write it as in 2024-06-30") from None




# Scoring and training ----------------------------------------------------------------------------


@main.command()
@click.argument("gold", type=EXISTING, required=False)
@click.option("--reviews", metavar="DB", type=FILE, help="Instead of GOLD: how far this database agrees with its reviews.")
@click.option("--db", type=FILE, help="Score what this database holds.")
@click.option("--predicted", type=EXISTING, help="Score this file, as `annotate export jsonl` writes it.")
@click.option("--types", metavar="TYPE,...", callback=lambda *a: _types(*a), help="Only quotes of these types: direct, indirect, mixed.")
@click.option("--errors", metavar="N", default=0, type=click.IntRange(min=0), help="Print so many of the errors as well.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_model
def score(gold, reviews, db, predicted, types, errors, as_json, model, trust_model):
    """Compare with gold quotes.

    GOLD is a file in the format of `annotate export jsonl`. Without --db and --predicted the texts of
    the gold file are annotated now, and nothing is stored.

    \b
    Examples:
      annotate score gold.jsonl
      annotate score gold.jsonl --types direct --errors 20
      annotate score gold.jsonl --db annotations.db --json
      annotate score --reviews annotations.db
    """
    from annotator import score as scoring
    from annotator.formats import jsonl

    if (gold is None) == (reviews is None):
        raise click.UsageError("give either a file of gold quotes or --reviews with a database")
    if reviews:
        for line in _agreement(reviews, as_json):
            click.echo(visible(line))
        return
    if db and predicted:
        raise click.UsageError("--db and --predicted exclude each other; give one of them")
    wanted = jsonl.read(gold)
    found = jsonl.read(predicted) if predicted else _stored(db) if db else _annotated(wanted, gold, model, trust_model)
    result = scoring.score(wanted, found, types)
    wrong = list(scoring.errors(wanted, found, types))[:errors]
    if as_json:
        import json

        listed = {"errors": [_figures(error) for error in wrong]} if errors else {}
        click.echo(json.dumps(_figures(result) | listed, ensure_ascii=False, indent=1))
        return
    click.echo(scoring.table(result))
    for error in wrong:
        who = error.gold_speaker or error.predicted_speaker or "–"
        if error.kind == "speaker":
            who = f"gold {error.gold_speaker or '–'}, found {error.predicted_speaker or '–'}"
        click.echo(visible(f"\n{error.kind}, {error.type}, {error.document}"))
        click.echo(f"  {terminal.one_line(who)}: {terminal.one_line(error.content)}")


def _agreement(db: Path, as_json: bool) -> Iterator[str]:
    """How far a database agrees with its reviews: in all, by verdict, by the rule that had found the quote."""
    from annotator import store

    with closing(store.open(db, create=False)) as database:
        rows = store.agreements(database)
    if as_json:
        import json

        yield json.dumps(rows, ensure_ascii=False, indent=1)
    else:
        yield f"{'':38}agrees      of"
        for row in rows:
            yield f"{row['group']:8}{row['name']:30}{row['agrees']:6}{row['reviewed']:8}"


def _types(ctx, param, value: str | None) -> tuple[str, ...]:
    from annotator.score import TYPES

    types = tuple(value.split(",")) if value else ()
    for unknown in set(types) - set(TYPES):
        raise click.BadParameter(f"“{visible(unknown)}” is none; there are {', '.join(TYPES)}")
    return types


def _figures(value):
    """A score as JSON values: what its dataclasses hold, and what they compute from it."""
    if isinstance(value, dict):
        return {key: _figures(entry) for key, entry in value.items()}
    if not is_dataclass(value):
        return value
    computed = [name for name in ("precision", "recall", "f1", "value") if hasattr(value, name)]
    return {name: _figures(getattr(value, name)) for name in [f.name for f in fields(value)] + computed}


def _stored(db: Path) -> list[dict]:
    from annotator import store
    from annotator.formats import jsonl

    with closing(store.open(db, create=False)) as database:
        return [jsonl.record(annotation) for annotation in store.annotations(database)]


def _annotated(gold: list[dict], path: Path, model: str | None, trust: bool) -> list[dict]:
    """The texts of gold documents, annotated now."""
    from annotator import articles, ner, runs
    from annotator.formats import jsonl

    documents = [articles.document(str(one.get("path") or f"{path}, document {n}"), one["text"]) for n, one in enumerate(gold, 1)]
    tagger, records = ner.load(ner.find(model, trust)), []
    with _progress(len(documents)) as bar:
        for document, result in runs.attempts(documents, tagger):
            if isinstance(result, Exception):
                click.echo(visible(f"{document.path}: {runs.cause(result)}; scored as if nothing was found"), err=True)
            else:
                records.append(jsonl.record(result))
            bar.update(1)
    return records


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=EXISTING)
@click.option("--dev", multiple=True, type=EXISTING, help="File to choose the best epoch by; every tenth sentence is held out if there is none.")
@click.option("--out", default="model", show_default=True, type=FILE, help="Folder for the new model.")
@click.option("--from", "base", metavar="MODEL", type=FILE, help="Folder of the model to go on from; the shipped one by default.")
@click.option("--fresh", is_flag=True, help="Take only the word vectors of that model and learn the rest anew.")
@click.option("--columns", metavar="WORD,LABEL", callback=lambda *a: _columns(*a), help="Columns of column files, from 1; the first and the last by default.")
@click.option("--settings", type=EXISTING, help="Settings other than those of the shipped model.")
def train(files, dev, out, base, fresh, columns, settings):
    """Train the model that finds names on files of your own.

    FILE is CoNLL (a word and its label a line, empty lines between sentences, IOB or IOBES), or JSON lines with `text` and
    `entities` if its name ends in .jsonl, as `annotate export` writes both. Training goes on from the shipped model; it learns types
    of names that this does not know. `--model` of the other commands takes the new model.

    \b
    Examples:
      annotate train train.conll --dev dev.conll --out my-model/
      annotate train annotations.conll --columns 1,2
      annotate train nergrit.txt --fresh --out my-model/
    """
    from annotator import ner
    from annotator import train as training

    chosen = training.settings(settings or training.SETTINGS)
    best = training.tune(files, dev, out, base or ner.MODEL, fresh, chosen, columns, click.echo)
    click.echo(f"The model in {out} has F1 {best:.4f} on the held-out sentences.")


def _columns(ctx, param, value: str | None) -> tuple[int, int]:
    if not value:
        return (0, -1)
    numbers = value.split(",")
    if len(numbers) != 2 or not all(number.isdecimal() and int(number) for number in numbers):
        raise click.BadParameter("two numbers from 1 are needed, the column of the word and that of its label, such as 1,4")
    return int(numbers[0]) - 1, int(numbers[1]) - 1
