"""What each stage of the annotator takes of its time, and what other annotators take on the same articles. Run by bench/scale.py."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path

import commands
from annotator import ner, pipeline, rows, runs, segment, store, zones

PASSES = 5
PLAIN = 128  # articles that Flair's own predict tags
STAGES = ("read", "zones", "segment", "tag", "rules", "rows", "send", "write", "collect")
VERBS = ("kata", "ujar", "tutur", "ungkap", "jelas", "tegas", "imbuh", "ucap", "papar", "sebut", "mengatakan", "menyebut", "menegaskan")


def measure(options, folder: Path) -> tuple[dict, list[str]]:
    """Seconds of CPU of each stage, batch by batch, as a worker and the main process go through them, but all in this process.

    Of each batch the least of several passes, each into a database of its own, as timeit does: other processes only add.
    """
    articles = commands.lines(options.data, options.sample and options.sample + runs.BATCH)
    archive = commands.cut(articles, folder / "in", len(articles)) / "00000.jsonl"
    tagger, spent, counted = ner.load(), Counter(), len(articles) - runs.BATCH
    alike: list = []
    passes = [list(_pass(archive, folder / f"{number}.db", tagger, alike)) for number in range(PASSES)]
    for batch in zip(*passes, strict=True):
        spent.update({stage: min(seconds[stage] for seconds in batch) for stage in batch[0]})
    whole, tokens = sum(spent[stage] for stage in STAGES), spent["tokens"]
    from annotator import sequence  # once all else is measured: it makes the process larger

    plain = ner.Tagger(sequence.Plain(sequence.read(*ner.contents(ner.MODEL))).tag, "")
    flair = _seconds(lambda: plain.tag(alike))
    names = sum(spent[stage] for stage in ("read", "segment", "tag"))
    ours, tag, names = (seconds / tokens * _tokens(alike) for seconds in (whole, spent["tag"], names))  # for the articles that Flair's predict tagged
    lines = commands.table(("stage", "share", "ms an article"), *(
        (stage, f"{spent[stage] / whole:.1%}", f"{1000 * spent[stage] / counted:.2f}") for stage in STAGES
    ), ("all", "100%", f"{1000 * whole / counted:.2f}"))  # fmt: skip
    lines += ["", *commands.table(
        ("tagging alone", "tokens/s", "the whole pipeline takes"),
        ("our tagger", f"{_tokens(alike) / tag:,.0f}", f"{ours / tag:.2f} times as long"),
        ("with what tagging needs: reading, and splitting into sentences", f"{_tokens(alike) / names:,.0f}", f"{ours / names:.2f} times as long"),
        (f"the same model by Flair's `predict`, 32 sentences a batch, {len(alike)} articles", f"{_tokens(alike) / flair:,.0f}", f"{ours / flair:.2f} times as long"),
        ("that, if it were our tagger", "", f"{(flair + ours - tag) / flair:.2f} times as long"),
    )]  # fmt: skip
    return {"whole": ours / tag, "flair": flair / tag}, lines


def _tokens(texts: list) -> int:
    return sum(len(sentence.borders) for _, found in texts for sentence in found)


def _pass(archive: Path, out: Path, tagger, alike: list) -> Iterator[Counter]:
    """Seconds of each stage, and tokens, for each batch but the first, with which things are loaded and compiled; `alike` gets the first texts."""
    with closing(store.open(out)) as database, runs.collecting_between():
        run, batches = store.start_run(database, **commands.MADE_WITH), runs.batches("in.jsonl", archive)
        _through(batches, tagger, database, run)
        runs.collect()
        while done := _through(batches, tagger, database, run):
            spent, texts = done
            spent["tokens"] = _tokens(texts)
            alike += texts[: PLAIN - len(alike)]
            del done, texts  # a worker does not hold them either while it collects
            spent["collect"] = _seconds(runs.collect)
            yield spent


def _through(batches: Iterator, tagger, database, run) -> tuple[Counter, list] | None:
    """Seconds of CPU of each stage for the next batch, and its texts and sentences; None if there is none."""
    spent = Counter()

    def timed(stage: str, function: Callable):
        started = time.process_time()
        value = function()
        spent[stage] += time.process_time() - started
        return value

    batch = timed("read", lambda: next(batches, None))
    if batch is None:
        return None
    documents = timed("read", lambda: [source.read() for source in batch[0]])
    found = timed("zones", lambda: [zones.find(document) for document in documents])
    split = timed("segment", lambda: [segment.sentences(d.text, z) for d, z in zip(documents, found)])
    texts = [(d.text, s) for d, s in zip(documents, split)]
    tagged = timed("tag", lambda: tagger.tag(texts))
    annotations = timed("rules", lambda: pipeline.attribute(documents, found, split, tagged))
    made = timed("rows", lambda: [rows.of(annotation) for annotation in annotations])
    sent = timed("send", lambda: pickle.loads(pickle.dumps(made)))
    timed("write", lambda: _write(database, run, sent))
    return spent, texts


def _write(database, run: store.Run, made: list[rows.Rows]) -> None:
    with store.together(database):
        for one in made:
            store.write(database, run, one)


def _seconds(function: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    started = clock()
    function()
    return clock() - started


# Peers ---------------------------------------------------------------------------------------------------------------


def peers(options, folder: Path) -> tuple[dict, list[str]]:
    """Articles and tokens a second of other annotators, with one thread each, one after the other."""
    lines = commands.lines(options.data, options.peers)
    texts = [json.loads(line)["text"] for line in lines]
    few = texts[:: max(1, len(texts) // options.slow)]
    words = {id(some): sum(len(s.borders) for text in some for s in segment.sentences(text)) for some in (texts, few)}
    archive, tagger = commands.cut(lines, folder / "in", len(lines)) / "00000.jsonl", ner.load()
    found, rows_ = [("all of `annotate`: names, quotes, speakers, into the database", texts, _ours(archive, tagger, folder))], []
    size, seconds = _bert(texts, few)
    found.append((f"BERT-base token classifier, `pipeline` of transformers, {size} sentences a batch: names", few, seconds))
    if options.spacy:
        found.append(("spaCy, its CNN untrained: names; speech verbs by its entity ruler", texts, _spacy(options.spacy, texts)))
    found.append(("`re`: quotation marks and speech verbs", texts, min(_seconds(lambda: _regexes(texts), time.perf_counter) for _ in range(5))))
    ours = words[id(texts)] / found[0][2]
    for name, some, seconds in found:
        rate, ratio = words[id(some)] / seconds, words[id(some)] / seconds / ours
        rows_.append((name, len(some), f"{len(some) / seconds:,.1f}", f"{rate:,.0f}", f"{ratio:,.2f}" if ratio > 0.1 else f"1/{1 / ratio:.0f}"))
    if not options.spacy:
        rows_.append(("spaCy: not measured (--spacy PYTHON)", "", "", "", ""))
    figures = {name.split(":")[0].split(",")[0]: words[id(some)] / seconds / ours for name, some, seconds in found}
    return figures, commands.table(("", "articles", "articles/s", "tokens/s", "speed, ours = 1"), *rows_)


def _ours(archive: Path, tagger, folder: Path) -> float:
    """Seconds from the archive to the database, with the model loaded and warm."""
    for name in ("warm.db", "out.db"):
        with closing(store.open(folder / name)) as database:
            seconds = _seconds(lambda: list(runs.over(database, [("in.jsonl", archive)], commands.MADE_WITH, lambda: tagger)), time.perf_counter)
    return seconds


def _bert(texts: list[str], few: list[str]) -> tuple[int, float]:
    """The best number of sentences for a batch, and seconds of a classifier as large as BERT-base, whose random weights cost what trained ones do.

    It calls every word no name, so that putting names together costs nothing. Word pieces are learnt from the articles, sentences sorted by length.
    """
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast, pipeline, utils

    utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    pieces = BertWordPieceTokenizer(lowercase=False)
    pieces.train_from_iterator(texts, vocab_size=30522, show_progress=False)
    tokenizer = BertTokenizerFast(tokenizer_object=pieces._tokenizer, model_max_length=512)
    model = BertForTokenClassification(BertConfig(vocab_size=30522, num_labels=9, id2label={0: "O"} | {n: f"{n}" for n in range(1, 9)})).eval()
    model.classifier.bias.data[0] = 100
    classify = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple", device=-1)

    def sentences(some: list[str]) -> list[str]:
        return sorted((s.span.of(text) for text in some for s in segment.sentences(text)), key=len)

    def seconds(some: list[str], size: int) -> float:
        return _seconds(lambda: classify(sentences(some), batch_size=size), time.perf_counter)

    seconds(few[:1], 1)
    best = min((1, 8, 32), key=lambda size: seconds(few[:4], size))
    return best, seconds(few, best)


_SPACY = f"""
import json, sys, time
import spacy
texts, verbs = json.load(sys.stdin), {VERBS!r}
nlp = spacy.blank("id")
ner = nlp.add_pipe("ner")
for label in ("PER", "ORG", "LOC"):
    ner.add_label(label)
said = [v + end for v in verbs for end in ("", "nya")]
nlp.add_pipe("entity_ruler").add_patterns([{{"label": "SAY", "pattern": [{{"LOWER": {{"IN": said}}}}]}}])
nlp.initialize()
for _ in nlp.pipe(texts[:20]):
    pass
started = time.perf_counter()
for _ in nlp.pipe(texts, batch_size=64):
    pass
print(time.perf_counter() - started)
"""


def _spacy(python: str, texts: list[str]) -> float:
    """Seconds of a spaCy pipeline with an untrained model of its default size, in another interpreter."""
    environment = {"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([python, "-c", _SPACY], input=json.dumps(texts), capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{python}: {done.stderr}")
    return float(done.stdout)


def _regexes(texts: list[str]) -> int:
    quotation = re.compile(r"“[^”]+”|\"[^\"]+\"")
    verb = re.compile(rf"\b(?:{'|'.join(VERBS)})(?:nya)?\b", re.IGNORECASE)
    return sum(1 for text in texts for _ in chain(quotation.finditer(text), verb.finditer(text)))
