"""Names by a Flair SequenceTagger. The only module that knows Flair, which it imports when a model is loaded.

A model is a directory of three files without any code in them: `config.json` (types and sizes), `words.txt` (the words of
the vectors, one a line) and `model.safetensors` (weights, half precision). Flair's own `.pt` files are pickles, which run what
is in them; they are not read.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import os
import types
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import regex

from annotator.document import Mention, Sentence, Span

MODEL = Path(str(files("annotator").joinpath("data/model")))
PARTS = ("config.json", "words.txt", "model.safetensors")
LABEL = "ner"
_BATCH = 64  # sentences
_LONGEST = 256  # tokens tagged together; a longer “sentence” is no prose and is tagged in pieces
LETTERS = 48  # characters of a token that are looked at
_FORMS = 50_000  # word forms whose character features are kept


class ModelError(Exception):
    """A model that cannot be loaded; the message says which file and what to do."""


class Tagger:
    """Finds names. `sha256` identifies the model, as the function of that name."""

    def __init__(self, model, sha256: str):
        self._model = model
        self.sha256 = sha256

    def tag(self, batch: Sequence[tuple[str, tuple[Sentence, ...]]]) -> list[tuple[Mention, ...]]:
        """Mentions of each (text, sentences), in text order. Many texts at once are faster; the names do not depend on it."""
        from flair.data import Sentence as FlairSentence

        pieces = [
            (number, sentence.tokens[start : start + _LONGEST])
            for number, (_, sentences) in enumerate(batch)
            for sentence in sentences
            for start in range(0, len(sentence.tokens), _LONGEST)
        ]
        pieces.sort(key=lambda piece: -len(piece[1]))
        found: list[list[Mention]] = [[] for _ in batch]
        for some in (pieces[i : i + _BATCH] for i in range(0, len(pieces), _BATCH)):
            tagged = [FlairSentence([token.of(batch[number][0])[:LETTERS] for token in tokens]) for number, tokens in some]
            self._model.predict(tagged, mini_batch_size=_BATCH)
            for (number, tokens), sentence in zip(some, tagged):
                for name in sentence.get_spans(LABEL):
                    span = Span(tokens[name.tokens[0].idx - 1].start, tokens[name.tokens[-1].idx - 1].stop)
                    found[number].append(Mention(span, name.tag, round(name.score, 4), "ner"))
        return [tuple(sorted(mentions, key=lambda m: m.span)) for mentions in found]


def load(path: Path | None = None) -> Tagger:
    """The model in a directory, the shipped one by default; ModelError if it is not there or damaged. Reads no network."""
    path = Path(path) if path else MODEL
    contents = _contents(path)
    _prepare()
    from safetensors.torch import load as read_tensors

    try:
        config, words = json.loads(contents[0]), contents[1].decode("utf-8").split("\n")[:-1]
        model = build(config, words)
        model.load_state_dict({name: tensor.float() for name, tensor in read_tensors(contents[2]).items()})
    except Exception as error:
        raise ModelError(f"the model at {path} is damaged or of another version: {error}; train or download it again") from error
    model.eval()
    return Tagger(model, _digest(contents))


def sha256(path: Path | None = None) -> str:
    """One digest of the files of the model in a directory, the shipped one by default: what `load` would load. ModelError as there."""
    return _digest(_contents(Path(path) if path else MODEL))


def _contents(path: Path) -> list[bytes]:
    """The files of a model, in the order of PARTS."""
    for part in PARTS:
        if not (path / part).is_file():
            raise ModelError(f"no model at {path}: {part} is missing; give a directory that `annotate train` wrote")
    return [(path / part).read_bytes() for part in PARTS]


def _digest(contents: Sequence[bytes]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in contents)).hexdigest()


def save(model, config: dict, words: Sequence[str], path: Path) -> None:
    """Write a model that `load` reads."""
    import torch
    from safetensors.torch import save as weights

    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (path / "words.txt").write_text("".join(word + "\n" for word in words), encoding="utf-8")
    half = {name: tensor.to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    (path / "model.safetensors").write_bytes(weights(half))


def build(config: dict, words: Sequence[str]):
    """An untrained SequenceTagger. The config has types, characters, dimensions and the settings' [model]; `words` name the vectors' rows."""
    _prepare()
    from flair.data import Dictionary
    from flair.embeddings import CharacterEmbeddings, StackedEmbeddings, WordEmbeddings
    from flair.models import SequenceTagger

    tags, letters = Dictionary(add_unk=False), Dictionary(add_unk=True)
    tags.span_labels = True
    for kind in config["types"]:
        tags.add_item(kind)
    for letter in config["characters"]:
        letters.add_item(letter)
    vocabulary = {word: row for row, word in enumerate(words)}
    vectors = WordEmbeddings(None, vocab=vocabulary, embedding_length=config["dimensions"], name="words")
    characters = CharacterEmbeddings(letters, config["character_dimensions"], config["character_hidden"], name="characters")
    characters._add_embeddings_internal = types.MethodType(_embed_characters, characters)
    characters.kept = {}
    return SequenceTagger(
        StackedEmbeddings([vectors, characters]),
        tags,
        LABEL,
        hidden_size=config["hidden"],
        dropout=config["dropout"],
        word_dropout=config["word_dropout"],
        locked_dropout=config["locked_dropout"],
    )


def _embed_characters(self, sentences) -> None:
    """What Flair's CharacterEmbeddings computes, but each word form once a batch, and once for all when not training."""
    import torch

    kept = {} if torch.is_grad_enabled() else self.kept
    if len(kept) > _FORMS:
        kept.clear()
    forms = {token.text for sentence in sentences for token in sentence} - kept.keys()
    if forms:
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        rows = [[self.char_dictionary.get_idx_for_item(letter) for letter in form] for form in ordered]
        padded = torch.zeros((len(rows[0]), len(rows)), dtype=torch.long)
        for column, row in enumerate(rows):
            padded[: len(row), column] = torch.tensor(row)
        lengths = torch.tensor([len(row) for row in rows])
        packed = torch.nn.utils.rnn.pack_padded_sequence(self.char_embedding(padded), lengths)
        outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(self.char_rnn(packed)[0])
        kept.update(zip(ordered, outputs[lengths - 1, torch.arange(len(rows))]))
    for sentence in sentences:
        for token in sentence:
            token.set_embedding(self.name, kept[token.text])


def folded(word: str) -> str:
    """The form a word has in the vectors: lower case, digits as #."""
    return regex.sub(r"\d", "#", word.lower())


@functools.cache
def _prepare() -> None:
    """Import Flair for use offline and on one thread: on a busy machine OpenMP threads that wait for each other are 30 times slower."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import flair
    import torch

    logging.getLogger("flair").setLevel(logging.WARNING)
    flair.device = torch.device("cpu")
    torch.set_num_threads(1)
