"""Reviews on their way out: as gold, as agreement, in the report."""

import csv
import json
import re
from dataclasses import replace

import pytest

from annotator import figures, rows, store
from annotator.desk import report
from annotator.document import Span
from annotator.formats import gold
from test_cli import annotate
from test_store import NO_QUOTE, begin, judged

MISSED = (Span(30, 38),)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "annotations.db"


@pytest.fixture
def db(path):
    with store.open(path) as db:
        yield db


@pytest.fixture
def document(db, sample):
    run = begin(db)
    id = store.write(db, run, rows.of(sample))
    store.finish_run(db, run)
    return id


def review_all(db, document, sample):
    store.add_review(db, document, judged(sample, 0, "speaker", speaker="Seorang sopir", kind="person"))
    store.add_review(db, document, judged(sample, 1, "no quote", **NO_QUOTE))
    store.add_review(db, document, judged(sample, 3, "span", content=MISSED))
    for index in set(range(len(sample.attributions))) - {0, 1, 3}:
        store.add_review(db, document, judged(sample, index))
    store.add_review(db, document, judged(sample, 0, "missed", place=MISSED, content=MISSED, speaker="Siapa", type="direct"))


def test_gold_is_what_the_reviewers_say(db, document, sample):
    review_all(db, document, sample)
    ((annotation, reviews),) = store.reviewed(db)
    found = gold.record(annotation, reviews)
    said = {tuple(map(tuple, q["content"])): (q["type"], q["speaker"], q["role"], q["parent"]) for q in found["quotes"]}
    first, split, inner = (tuple((p.start, p.stop) for p in a.quote.content) for a in sample.attributions[:3])
    assert said[first] == ("indirect", "Seorang sopir", None, None)
    assert split not in said
    assert said[inner][3] is None  # the quote around it is none
    assert said[((30, 38),)][0] in ("mixed", "direct")
    assert found["entities"] is None and not {"confidence", "rule"} & set().union(*found["quotes"])
    ids = [q["id"] for q in found["quotes"]]
    assert len(set(ids)) == len(ids)


def test_an_article_is_gold_once_all_its_quotes_are_reviewed(db, document, sample, path, tmp_path):
    store.add_review(db, document, judged(sample, 0))
    assert list(gold.lines(store.reviewed(db))) == []
    assert "0 articles; 1 more" in annotate("export", "gold", path, "-o", tmp_path / "gold.jsonl").stderr
    review_all(db, document, sample)
    done = annotate("export", "gold", path, "-o", tmp_path / "gold.jsonl")
    assert (done.exit_code, done.stderr) == (0, "1 article; 0 more have quotes that nobody has reviewed\n")
    scored = annotate("score", tmp_path / "gold.jsonl", "--db", path, "--json")
    assert 0 < json.loads(scored.stdout)["quotes"]["who_said_what"]["f1"] < 1


def test_agreement_with_the_reviews(db, document, sample, path):
    review_all(db, document, sample)
    done = annotate("score", "--reviews", path, "--json")
    rows = {(row["group"], row["name"]): (row["agrees"], row["reviewed"]) for row in json.loads(done.stdout)}
    accepted = len(sample.attributions) - 3
    assert rows["all", ""] == (accepted, len(sample.attributions) + 1)
    assert rows["verdict", "accepted"] == (accepted, accepted)
    assert rows["rule", "verb.after"] == (0, 1)
    assert re.search(rf"^all +{accepted} +{len(sample.attributions) + 1}$", annotate("score", "--reviews", path).stdout, re.M)


@pytest.mark.parametrize("args", [(), ("gold.jsonl", "--reviews", "a.db")])
def test_score_wants_gold_or_reviews(tmp_path, args):
    (tmp_path / "gold.jsonl").write_text("{}")
    done = annotate("score", *(tmp_path / a if a.endswith("jsonl") else a for a in args))
    assert (done.exit_code, "either a file of gold quotes or --reviews" in done.stderr) == (2, True)


def test_the_report_is_one_page_that_fetches_nothing(db, document, path, tmp_path):
    done = annotate("report", path, "-o", tmp_path / "r.html", "--to", "2030-01-01")
    assert (done.exit_code, done.stdout.strip()) == (0, str(tmp_path / "r.html"))
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script" not in page and not re.search(r"""(?:src|href)=["'](?!#)|@import|url\(""", page)
    for figure in figures.load():
        assert (figure.title in page) == figure.report, figure.id
    assert page.count("<svg") > 3 and "FROM said" in page


def test_words_of_articles_are_inert_in_the_report(db, sample, path):
    hostile = replace(sample, document=replace(sample.document, outlet='<script>alert("1")</script>&'))
    store.write(db, begin(db), rows.of(hostile))
    page = report.html(db, "a", figures.Period())
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_tables_as_csv(db, sample, path, tmp_path):
    store.write(db, begin(db), rows.of(replace(sample, document=replace(sample.document, outlet='=cmd|"/c calc"'))))
    done = annotate("report", path, "--csv", tmp_path / "tables")
    written = {p.stem for p in (tmp_path / "tables").iterdir()}
    assert written == {f.id for f in figures.load() if f.report} and done.stdout.count("\n") == len(written)
    with open(tmp_path / "tables/kinds.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["outlet"].startswith("'=cmd")
    assert int(row["named_people"]) > 0


def test_a_period_bounds_the_figures(db, document):
    (figure,) = (f for f in figures.load() if f.id == "speakers")
    assert figure.rows(db, figures.Period("2025-03-03", "2025-03-03"))
    assert not figure.rows(db, figures.Period("2025-03-04")) and not figure.rows(db, figures.Period(end="2025-03-02"))


def test_every_figure_runs_on_an_empty_database(db):
    for figure in figures.load():
        assert figure.rows(db, figures.Period(), "Nobody") == []


@pytest.mark.parametrize("value", ["2024-13-01", "kemarin"])
def test_a_date_that_is_none(path, value):
    done = annotate("report", path, "--from", value)
    assert (done.exit_code, "is no date" in done.stderr) == (2, True)
