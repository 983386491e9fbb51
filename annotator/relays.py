"""The medium that relays a quote: “dikutip dari Antara”, “mengatakan kepada Reuters”; never the outlet itself."""

from __future__ import annotations

import functools

import regex

from annotator import grammar, lexicon, rules
from annotator.document import Span
from annotator.grammar import ORG, PER

_DOMAIN = regex.compile(r"(?<!\.(?:go|ac|or|sch))\.(?:com|co\.id|net|org|id|tv|co)\b", regex.IGNORECASE)
# what a medium calls itself: “El Faro TV”, “Radio Samudra”
_CALLED = regex.compile(r"^(?:Radio|TV)\s\p{Lu}|\s(?:TV|News|Radio|FM|Post|Times|Magazine)$")
# Indonesian houses whose daughters carry their name
_HOUSES = ("detik", "tribun", "kompas", "sindo", "rmol")
# what a medium is called before its name
_KIND = regex.compile(r"^(?:kantor berita|surat kabar|harian|majalah|koran|www)\s*")

# “dikutip dariAntara”: a scraper lost the blank
_GLUED = regex.compile(r"dari(?=\p{Lu}|detik)")
# “YouTube Warta. Senin”: a day or a full stop that the name model took for a part of the name
_DATED = r"(?:[.,]*\s+{words:days}|[.,]+)$"
# how every rule opens, but those of channels
_OPENING = r"\b(?:{relaying}|{shown}|{told}|{aired})"
_PLATFORM = regex.compile("youtube", regex.IGNORECASE)
# the name of a channel after its platform
_CHANNEL = regex.compile(r"\s+{0}(?:\s{0}){{0,3}}".format(r"(?:[\ue000-\ue002]+|\p{Lu}[\w!]*(?:\.\w+)*)"))


@functools.cache
def _keys(name: str) -> frozenset[str]:
    """A word list of media by their keys; an entry “NAME = address” gives both."""
    return frozenset(key(one) for entry in lexicon.words(name) for one in entry.split(" = "))


def is_medium(name: str) -> bool:
    """Whether a name is a known medium, a domain, or a daughter of a known house (detikJabar, TribunMedan)."""
    known = key(name) in _keys("media") or bool(_DOMAIN.search(name) or _CALLED.search(name)) or name.startswith("Kantor Berita ")
    return known or key(name).startswith((*_HOUSES, "cnbc", "cnn"))


def key(name: str) -> str:
    """A medium's name for comparison: letters and digits, the domain ending and “Kantor Berita” left out."""
    bare = _DOMAIN.sub("", name.casefold())
    return "".join(c for c in _KIND.sub("", bare) if c.isalnum())


def find(text: str, masked: str, outlet: str | None) -> Span | None:
    """The medium a statement names as its relay, or None. `text` and `masked` are that statement's."""
    opening = grammar.pattern(_OPENING).search(masked)
    channel = _PLATFORM.search(text)
    for rule in rules.load("via"):
        if not (channel if "channel" in rule.options else opening):
            continue
        for match in rule.pattern.finditer(masked):
            found = Span(*match.span("medium"))
            medium = _medium(text, masked, found, rule.options | ({"known"} if found.of(masked)[0] != ORG else set()))
            if medium and not _is_platform(medium.of(text)) and not _is_outlet(medium.of(text), outlet, rule.id == "via.told"):
                return medium
    return None


_UP_TO_BLANK = regex.compile(r"\S+(?=\s|$)")


def _medium(text: str, masked: str, found: Span, options: frozenset[str]) -> Span | None:
    """The name itself: a channel with its platform (“YouTube Suara Desa”), else cut to the longest known one where it must be known."""
    if _GLUED.match(text, found.start):
        found = Span(found.start + len("dari"), found.stop)
    if dated := grammar.pattern(_DATED).search(found.of(text)):
        found = Span(found.start, found.start + dated.start())
    words = found.of(text)
    if channel := _CHANNEL.match(masked, found.stop) if words.casefold() == "youtube" and found.of(masked)[0] != PER else None:
        return Span(found.start, channel.end())
    if "channel" in options:
        return found if "watched" in options and words.casefold().startswith("youtube ") else None
    if "known" not in options or _DOMAIN.search(words):
        return found
    for match in reversed(list(_UP_TO_BLANK.finditer(words))):
        head = words[: match.end()].rstrip(".,;")
        if is_medium(head):
            return Span(found.start, found.start + len(head))
        if found.of(masked)[0] == PER:
            return None  # a person's initials are no medium
    return None


_NYA = regex.compile(r"nya?$")


def _is_platform(name: str) -> bool:
    return _NYA.sub("", name) in lexicon.exact("platforms")


def _is_outlet(medium: str, outlet: str | None, told: bool) -> bool:
    """Whether a medium is the publisher itself. Who talks “kepada X” in an article of unknown origin talks to its outlet, if X is Indonesian."""
    medium = medium.removeprefix("YouTube ")
    if outlet:
        if _DOMAIN.search(medium) and _DOMAIN.search(outlet):
            return outlet.casefold().startswith(medium.casefold().removeprefix("www."))  # a scraper may cut “.com” to “.co”
        return key(outlet).startswith(key(medium).removesuffix("com")) or told and key(medium).startswith(key(outlet))  # its daughters relay
    return told and key(medium) not in _keys("wires") and (
        bool(_DOMAIN.search(medium)) or key(medium) in _keys("outlets") or key(medium).startswith(_HOUSES)
    )
