"""Names: the shipped model, one that `annotate train` made, or any other that Flair loads. PyTorch is imported when a model is loaded, Flair when it is another's.

Our models are directories without any code in them: `config.json` (types and sizes), `words.txt` (the words of the vectors, one a
line) and `model.safetensors` (weights, half precision). Flair's own files are pickles, which run what is in them when they are
opened, so they are loaded only on request.
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from annotator.document import Mention, Sentence, Span

MODEL = Path(str(files("annotator").joinpath("data/model")))
LABELS = Path(str(files("annotator").joinpath("data/labels.toml")))
PARTS = ("config.json", "words.txt", "model.safetensors")
PICKLE = "pytorch_model.bin"  # in a folder that was copied from a hub
FORMAT = 2
LETTERS = 48  # characters of a token that are looked at
_LONGEST = 256  # tokens tagged together; a longer “sentence” is no prose and is tagged in pieces

# Of each sentence, as words, of each article: the first word, the word after the last, the type and the score of its names.
Find = Callable[[Sequence[Sequence[Sequence[str]]]], list[list[list[tuple[int, int, str, float]]]]]


class ModelError(Exception):
    """A model that cannot be loaded; the message says which file and what to do."""


class Tagger:
    """Finds names. `find` gets articles as sentences of words and gives their names; `sha256` identifies the model, as the function of that name."""

    def __init__(self, find: Find, sha256: str):
        self._find = find
        self.sha256 = sha256

    def tag(self, batch: Sequence[tuple[str, tuple[Sentence, ...]]]) -> list[tuple[Mention, ...]]:
        """Mentions of each (text, sentences), in text order. Many texts at once are faster; the names do not depend on it."""
        pieces = [
            [(text, sentence.borders[start : start + _LONGEST]) for sentence in sentences for start in range(0, len(sentence.borders), _LONGEST)]
            for text, sentences in batch
        ]
        tagged = self._find([[[text[start : min(stop, start + LETTERS)] for start, stop in tokens] for text, tokens in article] for article in pieces])
        found: list[list[Mention]] = [[] for _ in batch]
        for mentions, article, names in zip(found, pieces, tagged, strict=True):
            for (_, tokens), some in zip(article, names, strict=True):
                for first, after, label, score in some:
                    span = Span(tokens[first][0], tokens[after - 1][1])
                    mentions.append(Mention(span, mapped(label), round(score, 4), "ner"))
        return [tuple(sorted(mentions, key=lambda m: m.span)) for mentions in found]


def mapped(label: str) -> str:
    """The type of names that a label of another model or corpus stands for; itself, where labels.toml does not list it."""
    return _types().get(label.upper(), label)


@functools.cache
def _types() -> dict[str, str]:
    return {label: kind for kind, labels in tomllib.loads(LABELS.read_text(encoding="utf-8")).items() for label in labels}


def find(model: str | Path | None = None, trust: bool = False) -> Path:
    """Where a model lies: the shipped one by default, a folder or file, or one fetched from Hugging Face's hub by its name.

    Models other than ours are pickles and are found only if they are trusted. ModelError if there is none; the network is
    used for names alone.
    """
    if model is None:
        return MODEL
    path = Path(model)
    if (path / PARTS[0]).is_file() and not (path / PICKLE).exists():
        return path
    if path.is_dir() and not (path / PICKLE).is_file():
        raise ModelError(f"no model at {path}: {PARTS[0]} is missing; give a folder that `annotate train` wrote")
    if not trust:
        there = f"{path} is" if path.exists() else f"there is no file or folder {path}; models on Hugging Face's hub are"
        raise ModelError(
            f"{there} in Flair's own format, a pickle: opening it runs any code that its maker, or whoever changed it since, put into it. "
            "If you trust where it comes from, add --trust-model; models that `annotate train` writes hold no code"
        )
    if path.exists():
        return path / PICKLE if path.is_dir() else path
    from annotator import sequence

    try:
        return Path(sequence.fetch(str(model)))
    except Exception as error:
        raise ModelError(
            f"{model} is neither a file nor a folder, and Hugging Face's hub gave no model of Flair's by that name: "
            "is it spelt as there, and is the network up?"
        ) from error


@dataclass(frozen=True, slots=True)
class Model:
    """A model by what a user calls it, as `find` takes it; called, it gives the tagger. It can be sent to other processes and machines."""

    name: str | None = None
    trust: bool = False

    def __call__(self) -> Tagger:
        return load(find(self.name, self.trust))


def load(path: Path = MODEL) -> Tagger:
    """The model at a path that `find` gave; ModelError if it is damaged or finds no names. Our models use no network."""
    if path.is_file():
        return _flair(path)
    parts = contents(path)
    from annotator import network

    try:
        model = network.read(*parts)
    except Exception as error:
        raise ModelError(f"the model at {path} is damaged or of another version: {_first_line(error)}; train or download it again") from error
    return Tagger(network.Fast(model).tag, _digest(parts))


def _flair(path: Path) -> Tagger:
    """Any model that Flair loads, used as Flair does."""
    from annotator import sequence

    try:
        model = sequence.unpickle(path)
    except Exception as error:
        raise ModelError(f"Flair cannot load the model {path}: {_first_line(error)}") from error
    if not sequence.finds_spans(model):
        raise ModelError(f"the model {path} finds no names: it predicts “{model.label_type}”; give one for named entities")
    return Tagger(sequence.Plain(model).tag, sha256(path))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def sha256(path: Path = MODEL) -> str:
    """One digest of what `load` would load from a path. ModelError as there."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return _digest(contents(path))


def contents(path: Path) -> list[bytes]:
    """The files of a model, in the order of PARTS."""
    for part in PARTS:
        if not (path / part).is_file():
            raise ModelError(f"no model at {path}: {part} is missing; give a folder that `annotate train` wrote")
    return [(path / part).read_bytes() for part in PARTS]


def _digest(contents: Sequence[bytes]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content in contents)).hexdigest()
