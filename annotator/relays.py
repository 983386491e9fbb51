"""The medium that relays a quote: “dikutip dari Antara”, “mengatakan kepada Reuters”; never the outlet itself."""

from __future__ import annotations

import functools

import regex

from annotator import lexicon, rules
from annotator.document import Span
from annotator.grammar import ORG

_DOMAIN = regex.compile(r"\.(?:com|co\.id|net|org|id|tv|co)\b", regex.IGNORECASE)


@functools.cache
def _keys(name: str) -> frozenset[str]:
    """A word list of media by their keys; an entry “NAME = address” gives both."""
    return frozenset(key(one) for entry in lexicon.words(name) for one in entry.split(" = "))


def is_medium(name: str) -> bool:
    """Whether a name is a known medium, a domain, or a daughter of a known house (detikJabar, TribunMedan)."""
    return key(name) in _keys("media") or bool(_DOMAIN.search(name)) or key(name).startswith(("detik", "tribun", "kompas", "sindo", "cnbc", "cnn"))


def key(name: str) -> str:
    """A medium's name for comparison: letters and digits, the domain ending and “Kantor Berita” left out."""
    bare = _DOMAIN.sub("", name.casefold())
    return "".join(c for c in regex.sub(r"^(?:kantor berita|surat kabar|harian|majalah|koran|www)\s*", "", bare) if c.isalnum())


def find(text: str, masked: str, outlet: str | None) -> Span | None:
    """The medium a statement names as its relay, or None. `text` and `masked` are that statement's."""
    for rule in rules.load("via"):
        for match in rule.pattern.finditer(masked):
            found = Span(*match.span("medium"))
            medium = _medium(text, found, "known" in rule.options or found.of(masked)[0] != ORG)
            if medium and not _is_platform(medium.of(text)) and not _is_outlet(medium.of(text), outlet, rule.id == "via.told"):
                return medium
    return None


def _medium(text: str, found: Span, known: bool) -> Span | None:
    """The name itself, cut to the longest known one where it must be known."""
    words = found.of(text)
    if not known or _DOMAIN.search(words):
        return found
    for match in reversed(list(regex.finditer(r"\S+(?=\s|$)", words))):
        head = words[: match.end()].rstrip(".,;")
        if is_medium(head):
            return Span(found.start, found.start + len(head))
    return None


def _is_platform(name: str) -> bool:
    return name.removesuffix("nya") in lexicon.words("platforms")


def _is_outlet(medium: str, outlet: str | None, told: bool) -> bool:
    """Whether a medium is the publisher itself. Who talks “kepada X” in an article of unknown origin talks to its outlet, if X is Indonesian."""
    if outlet:
        if _DOMAIN.search(medium) and _DOMAIN.search(outlet):
            return medium.casefold().removeprefix("www.") == outlet.casefold()
        return key(outlet).startswith(key(medium)) or key(medium).startswith(key(outlet))
    return told and key(medium) not in _keys("wires") and (bool(_DOMAIN.search(medium)) or key(medium) in _keys("outlets"))
