"""The audit desk as people use it: a browser on `annotate serve`, with the Datasette of this environment and with the next one.

Each test writes an article of its own, of an outlet of its own name, so that none sees the reviews of another.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

import pytest
import yaml

from annotator import figures, rows, store, terminal
from annotator.desk import drawing, plots, server
from annotator.document import Annotation, Attribution, Candidate, Document, Entity, Mention, Quote, Role, Span
from conftest import at, build

ROOT = Path(__file__).parent.parent
ENVIRONMENTS = {"stable": Path(sys.executable).parent, "next": ROOT / ".venv-next/bin"}
AXE = ROOT / "build/axe/node_modules/axe-core/axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
               --disable-component-update --disable-sync""".split()
REAL = ROOT / "corpus/kilasfakta/kebakaran-gudang.txt"
PATIENCE = 60  # seconds after which a server or a page counts as broken
SAMPLE = build()

HOSTILE_NAME = "Ratna \"><script>document.title='hacked'</script> \x07Dewi"
HOSTILE_TEXT = (
    "Judul <script>document.title='hacked'</script>\r\n\r\n"
    "\u202eterbalik\u202c \x00 \x1b[31m e\u0301\u0308 \U0001f469\u200d\U0001f692 {{ 7*7 }} &amp; \u2066x\r\n"
    "<img src=x onerror=alert(2)> <a href=\"javascript:alert(3)\">klik</a> </span></div></article><style>*{display:none}</style><!-- \r\n"
    f"“Kami \U0001f309 <b>siap</b>,” kata Kepala <i>Dinas</i> {HOSTILE_NAME}.\r\n"
    "Kalimat e\u0301 yang \U0001f600 terlewat di sini.\r\n"
)


def hostile() -> Annotation:
    """Script and markup in all that an article has, with letters that are more than one, or none to see."""
    def on(words):
        start = HOSTILE_TEXT.index(words)
        return Span(start, start + len(words))

    name, role = on(HOSTILE_NAME), Role(on("Kepala <i>Dinas</i>"), on("<i>Dinas</i>"), "role.before")
    said = Quote("direct", (on("Kami \U0001f309 <b>siap</b>,"),), on("kata"), name, False, on("<img src=x onerror=alert(2)>"), "marks.cue")
    document = Document(
        "\"><svg onload=alert(8)>.txt", HOSTILE_TEXT, "<script>alert(5)</script>\x1b", "<script>alert(9)</script>\u202e", "javascript:alert(7)",
        "2025-03-04", "<img src=x onerror=alert(6)>",
    )
    return Annotation(
        document, (), (), (Entity("PER", name, (Mention(name, "PER", 0.9, "ner"),), (role,)),),
        (Attribution(said, name, "person", 0, role, None, 0.4, "name", (Candidate(name, 0.4, "named by the cue"),)),),
    )


# What the browser has to do with ------------------------------------------------------------------


@dataclass
class Desk:
    """The servers of one version of Datasette on one database, and who is signed in at each."""

    bin: Path
    db: Path
    servers: list = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    signed_in: dict[str, object] = field(default_factory=dict)

    def serve(self, name: str, *options: object) -> None:
        """Start `annotate serve`; with --write, the link it prints is the address at first."""
        log = self.db.with_name(f"{name}.log")
        with log.open("w") as out:
            self.servers.append(subprocess.Popen(
                [self.bin / "annotate", "serve", self.db, "--port", "0", *map(str, options)], stdout=out, stderr=out,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            ))
        self.addresses[name] = log

    def await_servers(self) -> None:
        for (name, log), server in zip(list(self.addresses.items()), self.servers):
            until(lambda: "Uvicorn running on" in log.read_text() or server.poll() is not None)
            printed = log.read_text()
            assert server.poll() is None, printed
            self.addresses[name] = re.search(r"Audit desk: (http://127\.0\.0\.1:\d+)/-/desk/", printed)[1]
            if link := re.search(r"http\S+/-/auth-token\?token=\S+", printed):
                self.root_link = link[0]

    def stop(self) -> None:
        for server in self.servers:
            server.send_signal(signal.SIGINT)
        for server in self.servers:
            server.wait(PATIENCE)

    def url(self, page: str = "", server: str = "staff") -> str:
        return f"{self.addresses[server]}/-/desk/{self.db.stem}{page}"

    def add(self, annotation: Annotation) -> "Stored":
        with store.open(self.db) as db:
            run = store.start_run(db, tool="1", model="m", rules="r", settings={})
            document = store.write(db, run, rows.of(annotation))
            store.finish_run(db, run)
            return Stored(document, annotation, store.quote_ids(db, annotation.document.path))

    def sample(self, name: str) -> "Stored":
        """The article of conftest.py as one of its own."""
        document = replace(SAMPLE.document, path=f"{name}.txt", outlet=name, text=f"{SAMPLE.document.text}\n{name}\n")
        return self.add(replace(SAMPLE, document=document))

    def reviews(self, article: "Stored") -> list[dict]:
        with store.open(self.db) as db:
            return store.reviews(db, article.id)


@dataclass(frozen=True)
class Stored:
    """An article in the database, with the numbers of its quotes."""

    id: int
    annotation: Annotation
    quotes: tuple[int, ...]

    @property
    def page(self) -> str:
        return f"/article/{self.id}"

    @property
    def queue(self) -> str:
        return f"/queue?{urlencode({'outlet': self.annotation.document.outlet})}"


def until(holds) -> None:
    for _ in range(PATIENCE * 20):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("waited in vain")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A database with an article of corpus/ as the annotator really annotates it."""
    path = tmp_path_factory.mktemp("real") / "desk.db"
    annotate(ENVIRONMENTS["stable"], REAL, "--db", path)
    return path


def annotate(bin: Path, *arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run([bin / "annotate", *map(str, arguments)], check=True, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no chromium here: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: make test")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def desk(request, browser, real, tmp_path_factory):
    """Three servers on one database: of one person by a link, of a newsroom with passwords, and one that only reads."""
    bin = ENVIRONMENTS[request.param]
    if not (bin / "annotate").exists():
        pytest.skip(f"{bin} has no annotate: `make test` installs it")
    from datasette_auth_passwords.utils import hash_password

    folder = tmp_path_factory.mktemp(request.param)
    desk = Desk(bin, Path(shutil.copy(real, folder / "desk.db")))
    config = folder / "config.yaml"
    accounts = {f"{name}_password_hash": hash_password(f"{name} masuk", iterations=1000) for name in ("ani", "budi", "root")}
    config.write_text(yaml.safe_dump({"plugins": {"annotate": {"review": {"id": "ani"}}, "datasette-auth-passwords": accounts}}))
    desk.serve("alone", "--write")
    desk.serve("staff", "--write", "--config", config)
    desk.serve("readers", "--config", config)
    try:
        desk.await_servers()
        desk.hostile = desk.add(hostile())
        for name, server in {"ani": "staff", "budi": "staff", "root": "readers"}.items():
            with browser.new_context() as context:
                page = context.new_page()
                page.goto(f"{desk.addresses[server]}/-/login")
                page.fill("[name=username]", name)
                page.fill("[name=password]", f"{name} masuk")
                page.click("[type=submit]")
                desk.signed_in[name] = context.storage_state()
        yield desk
    finally:
        desk.stop()


@pytest.fixture
def visit(browser, desk):
    """Open a page of the desk as somebody; at the end nothing may have been complained of, run, or fetched from elsewhere."""
    contexts, wrong = [], []

    def only_here(route):
        if urlsplit(route.request.url).hostname in ("127.0.0.1", None):
            return route.continue_()
        wrong.append(f"request: {route.request.url}")
        route.abort()

    def visit(address: str, who: str | None = None, server: str = "staff", **options):
        contexts.append(browser.new_context(storage_state=desk.signed_in.get(who), **options))
        contexts[-1].set_default_timeout(PATIENCE * 500)
        contexts[-1].route("**/*", only_here)
        page = contexts[-1].new_page()
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: wrong.append(f"{said.type}: {said.text}") if said.type in ("error", "warning") else None)
        page.goto(address if address.startswith("http") else desk.url(address, server))
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not wrong


def content(page, quote: int):
    return page.locator(f".text span.content[data-q~='{quote}']")


def drag(page, first: str, last: str | None = None, more: bool = False) -> None:
    """Select words of the article with the mouse, from those given first to those given last."""
    boxes = page.evaluate("""([first, last]) => {
      const letters = [], walker = document.createTreeWalker(document.querySelector(".text"), NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) if (walker.currentNode.parentElement.matches("span[data-start]"))
        for (let i = 0; i < walker.currentNode.length; i++) letters.push([walker.currentNode, i]);
      const all = letters.map(([node, i]) => node.data[i]).join("");
      const start = all.indexOf(first), stop = all.indexOf(last, start) + last.length - 1;
      letters[start][0].parentElement.scrollIntoView({ block: "center" });
      const box = (n, end) => {
        const range = document.createRange();
        range.setStart(letters[n][0], letters[n][1]); range.setEnd(letters[n][0], letters[n][1] + 1);
        const found = [...range.getClientRects()].pop();
        return [end ? found.right - .5 : found.left + .5, found.top + found.height / 2];
      };
      return [box(start, false), box(stop, true)];
    }""", [first, last or first])
    if more:
        page.keyboard.down("Control")
    page.mouse.move(*boxes[0])
    page.mouse.down()
    page.mouse.move(*boxes[1], steps=4)
    page.mouse.up()
    if more:
        page.keyboard.up("Control")


def place(text: str, *words: str) -> list[list[int]]:
    return [[text.index(part), text.index(part) + len(part)] for part in words]


# Reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["hover", "focus"])
def test_a_quote_lights_up_with_a_line_to_its_speaker(visit, desk, way):
    article = desk.sample(f"light-{way}")
    number = article.quotes[1]
    page = visit(article.page)
    assert page.locator(".text .lit, .thread path").count() == 0
    if way == "hover":
        content(page, number).last.hover()  # its first words are of the quote within it as well
    else:
        page.locator(f"#q{number}").focus()
    assert "".join(page.locator(".text .content.lit").all_inner_texts()) == "Kami sudah bilang 'jembatan ini kuat',Beban kata-kata <b>itu</b> & 12 ton."
    assert page.locator(".text .who").all_inner_texts() == ["Siti\nLatuconsina"]
    drawn = page.locator(".thread path").bounding_box()
    speaker, quote = page.locator(".text .who").bounding_box(), content(page, number).first.bounding_box()
    assert drawn["y"] <= speaker["y"] + speaker["height"] + 1 and drawn["y"] + drawn["height"] >= quote["y"] - 1
    other = article.quotes[5]
    page.locator(f"li.quote[data-quote='{other}'] summary").hover()
    assert page.locator(".text .content.lit").all_inner_texts() == ["Siapa yang tahu?"]
    assert page.locator(".thread path").count() == 0  # nobody said it


def test_why_opens_by_keyboard_and_by_address(visit, desk):
    article = desk.sample("why")
    page = visit(article.page)
    for key in ("j", "j", "j", "k", "Enter"):
        page.keyboard.press(key)
    opened = page.locator("li.quote details[open]")
    assert opened.get_attribute("id") == f"why-{article.quotes[1]}"
    assert {"said by", "found by", "speaker by", "sure", "candidates", "run"} <= set(opened.locator("dt").all_inner_texts())
    number = article.quotes[3]
    page.goto(desk.url(f"{article.page}#q{number}"))
    assert page.locator(f"#why-{number}[open]").is_visible()
    assert page.locator(".text .who").all_inner_texts() == ["Seorang warga"]
    page.locator(f"#q{article.quotes[5]}").click()
    assert page.locator(f"#why-{article.quotes[5]}[open]").is_visible()
    within = page.locator(f"li.quote[data-quote='{article.quotes[4]}']")
    assert f"within {number}" in within.inner_text()


def test_the_text_on_the_page_is_the_articles(visit, desk):
    for article in (desk.sample("text"), desk.hostile):
        page = visit(article.page)
        drawn = page.evaluate("[...document.querySelectorAll('.text span[data-start]')].map(e => e.textContent).join('')")
        assert drawn == shown(article.annotation.document.text)


def shown(text: str) -> str:
    return "".join(terminal.visible(letter) for letter in text if letter != "\r")


# Who may review -----------------------------------------------------------------------------------


def form_of(article: Stored, **changes: str) -> dict[str, str]:
    place = rows.offsets(article.annotation.attributions[0].quote.content)
    fields = {"verdict": "speaker", "document": str(article.id), "quote": str(article.quotes[0]), "place": place, "type": "indirect"}
    return fields | {"content": place, "speaker": "Siti Latuconsina", "kind": "person", "then": "article"} | changes


def send(page, desk: Desk, server: str, article: Stored, **changes: str):
    """The answer to a review that is posted as from a page of Datasette itself, so that only who sends it can be wrong."""
    token = re.search(r'name="csrftoken" value="([^"]+)"', page.request.get(f"{desk.addresses[server]}/-/login").text())
    held = {"csrftoken": token[1]} if token else {}
    return page.request.post(desk.url("/review", server), form=form_of(article, **held, **changes), max_redirects=0)


@pytest.mark.parametrize(("who", "server"), [(None, "staff"), (None, "alone"), ("budi", "staff"), ("root", "readers")])
def test_who_may_not_review_sees_no_form_and_is_refused(visit, desk, who, server):
    """Readers, an account without the permission, and even root where reviewing is not turned on."""
    article = desk.sample(f"refused-{who}-{server}")
    for address in (article.page, article.queue):
        page = visit(address, who, server)
        assert page.locator(".reading").count() == 1
        assert page.locator("form.review, [data-key=a]").count() == 0
    page.goto(desk.url("", server))
    if who:
        assert who in page.locator("header, nav").first.inner_text()
    answer = send(page, desk, server, article)
    assert answer.status == 403 and "You may not review" in answer.text()
    assert desk.reviews(article) == []


def test_a_post_from_another_site_fails(visit, desk):
    article = desk.sample("elsewhere")
    page = visit(article.page, "ani")
    tokens = page.locator("[name=csrftoken]").first.get_attribute("value")
    forged = {"Sec-Fetch-Site": "cross-site", "Origin": "https://example.org"}
    assert page.request.post(desk.url("/review"), form=form_of(article), headers=forged, max_redirects=0).status == 403
    assert desk.reviews(article) == []
    assert page.request.post(desk.url("/review"), form=form_of(article, csrftoken=tokens or ""), max_redirects=0).status == 302
    assert len(desk.reviews(article)) == 1
    assert page.request.get(desk.url("/review")).status == 405


def test_one_person_signs_in_by_the_printed_link(visit, desk):
    article = desk.sample("link")
    page = visit(desk.root_link)
    page.goto(desk.url(article.page, "alone"))
    box = page.locator(f"li.quote[data-quote='{article.quotes[0]}']")
    box.locator("summary").click()
    box.get_by_label("It is").select_option("Antara")  # and thought better of it
    box.get_by_text("Right", exact=True).click()
    page.wait_for_url(f"**{article.page}#q{article.quotes[0]}")
    assert [(r["verdict"], r["speaker"], r["reviewer"], r["agrees"]) for r in desk.reviews(article)] == [("accepted", "Siti Latuconsina", "root", 1)]


FORGED = [
    {"verdict": "perhaps"}, {"document": "99999"}, {"document": "x"}, {"place": "[[1,2]]"}, {"place": "{"}, {"place": "[[9,3]]"}, {"place": "[[1.5,3]]"},
    {"place": "[]"}, {"place": "[" * 5000}, {"kind": "animal"}, {"type": "loud"}, {"content": "", "verdict": "missed"},
]


def test_a_form_that_does_not_hold_together_is_refused(visit, desk):
    article = desk.sample("forged")
    page = visit(article.page, "ani")
    for changes in FORGED:
        assert send(page, desk, "staff", article, **changes).status == 400, changes
    assert desk.reviews(article) == []
    for changes in {"filters": "outlet=a\r\nX-Forged: 1", "then": "queue"}, {"quote": "1\r\nX-Forged: 1"}:
        answer = send(page, desk, "staff", article, **changes)
        assert answer.status == 302 and "x-forged" not in answer.headers and answer.headers["location"].startswith("/-/desk/desk/")


# Reviewing ----------------------------------------------------------------------------------------


def test_the_queue_is_worked_by_keyboard(visit, desk):
    article = desk.sample("queue")
    page = visit(article.queue, "ani")

    def head() -> int:
        return int(page.locator(".reading .quote").get_attribute("data-quote"))

    def press(key: str) -> None:
        with page.expect_navigation():
            page.keyboard.press(key)

    numbers = article.quotes
    assert head() == numbers[5]
    assert "nobody could be made out" in page.locator("p.about").first.inner_text()
    press("x")
    assert head() == numbers[4]
    press("a")
    assert head() == numbers[3]
    press("n")
    assert head() == numbers[2]
    page.keyboard.press("s")
    page.keyboard.type("Antara")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("org")
    page.keyboard.press("Tab")
    press("Enter")
    assert head() == numbers[1]
    assert [(r["verdict"], r["quote"], r["speaker"], r["kind"], r["reviewer"]) for r in desk.reviews(article)] == [
        ("no quote", numbers[5], None, None, "ani"), ("accepted", numbers[4], "Siti Latuconsina", "person", "ani"),
        ("speaker", numbers[2], "Antara", "organisation", "ani"),
    ]
    for key in "aa":
        press(key)
    assert "Nothing waits here" in page.locator("section.content").inner_text()
    page.goto(desk.url(article.queue))
    assert head() == numbers[3]


def test_a_speaker_is_corrected_by_choice_and_by_typing_another(visit, desk):
    article = desk.sample("speaker")
    page = visit(article.page, "ani")
    for number, choose in ((article.quotes[0], lambda box: box.get_by_label("It is").select_option("Antara")),
                           (article.quotes[5], lambda box: box.get_by_label("or somebody else").fill("  Seorang   sopir ojek "))):
        box = page.locator(f"li.quote[data-quote='{number}']")
        box.locator("summary").click()
        choose(box)
        box.get_by_label("which is a").select_option("person")
        box.get_by_label("Note").fill("lihat <b>alinea</b> 2")
        box.get_by_text("Save the speaker").click()
        page.wait_for_url(f"**#q{number}")
    assert [(r["quote"], r["verdict"], r["speaker"], r["kind"], r["note"]) for r in desk.reviews(article)] == [
        (article.quotes[0], "speaker", "Antara", "person", "lihat <b>alinea</b> 2"),
        (article.quotes[5], "speaker", "Seorang sopir ojek", "person", "lihat <b>alinea</b> 2"),
    ]
    assert page.locator(f"li.quote[data-quote='{article.quotes[5]}'] summary strong").inner_text() == "Seorang sopir ojek ✓"
    assert "The annotator says otherwise." in page.locator("details[open] .reviewed").inner_text()
    assert page.locator(f"li.quote[data-quote='{article.quotes[0]}'] summary").inner_text().startswith("Antara ✓")
    assert "Dinas" not in page.locator(f"li.quote[data-quote='{article.quotes[0]}'] summary").inner_text()  # Siti's office
    page.locator("details[open]").get_by_role("link", name="Everything").click()
    assert page.locator("h1").inner_text() == "Seorang sopir ojek"
    assert page.locator("table.said tbody tr").count() == 1


def test_wrong_words_are_replaced_by_selected_ones(visit, desk):
    article = desk.sample("span")
    page = visit(article.page, "ani")
    number, text = article.quotes[1], article.annotation.document.text
    box = page.locator(f"li.quote[data-quote='{number}']")
    box.locator("summary").click()
    save = box.get_by_text("Save the words")
    assert save.is_disabled()
    drag(page, "Kami sudah", "ini kuat")
    drag(page, "Beban kata-kata", more=True)
    assert box.locator(".picked").inner_text() == "Kami sudah bilang 'jembatan ini kuat … Beban kata-kata"
    box.locator("summary").focus()
    with page.expect_navigation():
        page.keyboard.press("w")
    (review,) = desk.reviews(article)
    assert (review["verdict"], review["speaker"]) == ("span", "Siti Latuconsina")
    assert json.loads(review["content"]) == place(text, "Kami sudah bilang 'jembatan ini kuat", "Beban kata-kata")
    assert review["words"] == "Kami sudah bilang 'jembatan ini kuat … Beban kata-kata"
    assert page.locator(f"#why-{number} .reviewed").inner_text().startswith("ani")


def test_a_missed_quote_is_added_by_selecting_it(visit, desk):
    """Behind letters that are two in JavaScript, or that the page does not show."""
    page = visit(desk.hostile.page, "ani")
    add = page.get_by_text("Add the quote")
    assert add.is_disabled()
    drag(page, "e\u0301 yang \U0001f600 terlewat")
    form = page.locator("form.missed")
    form.get_by_label("Type").select_option("indirect")
    form.get_by_label("or somebody else").fill("Seorang warga")
    with page.expect_navigation():
        add.click()
    review = next(r for r in desk.reviews(desk.hostile) if r["verdict"] == "missed")
    assert json.loads(review["content"]) == place(HOSTILE_TEXT, "e\u0301 yang \U0001f600 terlewat")
    assert (review["words"], review["type"], review["speaker"]) == ("e\u0301 yang \U0001f600 terlewat", "indirect", "Seorang warga")
    assert "Seorang warga: e\u0301 yang \U0001f600 terlewat" in page.locator("aside li", has_text="terlewat").inner_text()


def test_words_are_selected_from_the_number_of_a_quote_and_by_a_triple_click(visit, desk):
    article = desk.sample("edges")
    page = visit(article.page, "ani")
    offsets = page.locator("form.missed [name=content]")
    text = article.annotation.document.text
    content(page, article.quotes[5]).click(click_count=3)
    page.wait_for_function("document.querySelector('form.missed .picked').textContent.includes('Siapa yang tahu?')")
    start, stop = json.loads(offsets.input_value())[0]
    assert "Siapa yang tahu?" in text[start:stop] and len(text[start:stop].strip()) <= 18
    page.evaluate("""number => {
      const marker = document.getElementById(`q${number}`), words = marker.nextElementSibling.firstChild;
      getSelection().setBaseAndExtent(marker.firstChild, 0, words, 5);
    }""", article.quotes[5])
    page.wait_for_function("document.querySelector('form.missed .picked').textContent == 'Siapa'")
    assert json.loads(offsets.input_value()) == place(text, "Siapa")


def test_reviews_outlive_another_run(visit, desk):
    """A run with --force, while somebody reads and reviews."""
    with store.open(desk.db) as db:
        annotation = store.one(db, REAL.stem)
        article = Stored(store.run_of(db, annotation.document.path)["document"], annotation, store.quote_ids(db, annotation.document.path))
        (number,) = [q["quote"] for q in store.said(db)[0] if q["words"] == "gudang tersebut tidak dibangun lagi di dekat permukiman"]
    page = visit(f"{article.page}#q{number}", "ani")
    page.locator(f"#why-{number}").get_by_label("It is").select_option("Mintarsih")
    page.locator(f"#why-{number}").get_by_text("Save the speaker").click()
    page.wait_for_url(f"**#q{number}")
    before = counted(page, desk)
    again = subprocess.Popen(
        [ENVIRONMENTS["stable"] / "annotate", REAL, "--db", desk.db, "--force"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    page.goto(desk.url("/speaker?name=Rusdianto"))
    assert page.locator("table.said tbody tr").count() == 5
    output, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0 and "1 annotated" in output, output
    assert counted(page, desk) == before
    page.goto(desk.url(article.page))
    assert page.locator(f"li.quote[data-quote='{number}'] summary strong").inner_text() == "Mintarsih ✓"
    page.goto(desk.url("/speaker?name=Mintarsih"))
    assert page.locator("table.said tbody tr", has_text="dekat permukiman ✓").count() == 1
    page.goto(f"{desk.addresses['staff']}/{desk.db.stem}/said?quote={number}")
    assert page.locator("td.col-speaker").all_inner_texts() == ["Mintarsih"]
    assert "Mintarsih" in annotate(desk.bin, "said", desk.db, "--speaker", "mintarsih").stdout


def counted(page, desk) -> str:
    page.goto(desk.url())
    return re.search(r"Reviewers looked at (\d+) quotes", page.locator("section.content").inner_text())[1]


WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from dataclasses import replace
from annotator import rows, store
from conftest import build
with store.open(sys.argv[1]) as db:
    run, n = store.start_run(db, tool="1", model="m", rules="r", settings={}), 0
    while True:
        n += 1
        store.write(db, run, rows.of(replace(build(), document=replace(build().document, path=f"other/{n % 20}.txt"))))
        print(n, flush=True)
"""


def test_another_process_that_writes_blocks_neither_reading_nor_reviewing(visit, desk):
    article = desk.sample("busy")
    writer = subprocess.Popen([sys.executable, "-c", WRITER, desk.db, ROOT / "tests"], stdout=subprocess.PIPE, text=True)
    try:
        writer.stdout.readline()
        page = visit(article.queue, "ani")
        for _ in article.quotes:
            with page.expect_navigation():
                page.keyboard.press("a")
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.communicate()
    assert len(desk.reviews(article)) == len(article.quotes)


# Hostile articles, other machines, small screens, everybody ------------------------------------------


def pages(desk) -> dict[str, str]:
    who = urlencode({"name": " ".join(HOSTILE_NAME.split())})
    return {"front": "", "article": desk.hostile.page, "speaker": f"/speaker?{who}", "queue": desk.hostile.queue}


# Letters that turn the direction of a line, where nothing keeps them from the words beside them.
UNISOLATED = """() => {
  const found = [], walker = document.createTreeWalker(document.querySelector("section.content"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (/[\\u202a-\\u202e\\u2066-\\u2069]/.test(walker.currentNode.data) && !walker.currentNode.parentElement.closest("bdi, option"))
    found.push(walker.currentNode.parentElement.outerHTML);
  return found;
}"""


def test_hostile_words_are_inert(visit, desk):
    tables = f"{desk.addresses['staff']}/{desk.db.stem}"
    page = visit("", "ani")
    for address in [desk.url(page) for page in pages(desk).values()] + [f"{tables}/said", f"{tables}/documents"]:
        page.goto(address)
        assert page.title() != "hacked"
        assert page.locator("footer").is_visible() and "script>" in page.locator("section.content").inner_text(), address
        assert page.locator("a[href^='javascript' i], iframe, object, embed, section.content img, [onerror], [onload], .text style, .text b").count() == 0
        if "/-/desk/" in address:  # the others are Datasette's
            assert page.locator("section.content script").count() == 0
            assert page.evaluate(UNISOLATED) == []
    answer = page.request.get(desk.url("/speaker?name=%3Cscript%3E"))
    assert answer.status == 404 and "<script>”" not in answer.text()


def test_every_page_stays_on_this_machine(visit, desk):
    """What the fixture watches, on each page, with the plots and the links that lead to the rows behind them."""
    page = visit("", "ani")
    assert page.locator(".plot svg").count() == 5
    behind = [link.get_attribute("href") for link in page.get_by_text("The rows behind it").all()]
    for address in [desk.url(address) for address in pages(desk).values()] + [f"{desk.addresses['staff']}{behind[0]}"]:
        assert page.goto(address).status == 200
    assert page.locator("table tbody tr").count() > 0
    assert page.goto(desk.url("/queue?after=" + "9" * 5000)).status == 200
    assert "Nothing waits here" in page.locator("section.content").inner_text()


def test_no_page_is_wider_than_a_telephone(visit, desk):
    article = desk.sample("small")
    page = visit("", "ani", viewport={"width": 390, "height": 800})
    for address in [*pages(desk).values(), article.page, article.queue]:
        page.goto(desk.url(address))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address


def test_axe_finds_nothing(visit, desk):
    """Within the desk's own part of the page: header, menu and footer are Datasette's."""
    if not AXE.exists():
        pytest.skip("axe-core is not here: `make test` fetches it where npm is installed")
    article = desk.sample("axe")
    page = visit("", "ani")
    for address in ("", article.page, article.queue, "/speaker?name=Siti+Latuconsina"):
        page.goto(desk.url(address))
        page.evaluate("document.querySelectorAll('li.quote:nth-child(-n+2) details').forEach(details => { details.open = true; })")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run('section.content')")
        assert found["passes"]
        assert [(v["id"], v["help"], [node["html"] for node in v["nodes"]][:3]) for v in found["violations"]] == [], address


# Without a browser --------------------------------------------------------------------------------


@pytest.mark.parametrize("annotation", [SAMPLE, hostile()], ids=["sample", "hostile"])
def test_segments_are_the_text_in_order_and_say_what_each_is(annotation):
    text, numbers = annotation.document.text, range(11, 11 + len(annotation.attributions))
    drawn = drawing.segments(annotation, numbers)
    assert "".join(segment.shown for segment in drawn) == shown(text)
    stops = [segment.start for segment in drawn[1:]] + [len(text)]
    assert [segment.start for segment in drawn][0] == 0 and all(s.start < stop for s, stop in zip(drawn, stops))
    for number, attribution in zip(numbers, annotation.attributions):
        for part in attribution.quote.content:
            inside = [s for s, stop in zip(drawn, stops) if part.start <= s.start and stop <= part.stop]
            assert "".join(text[s.start : stop] for s, stop in zip(drawn, stops) if s in inside) == part.of(text)
            assert all(number in s.quotes and f"content {attribution.quote.type}" in s.classes for s in inside)
        assert [s.start for s in drawn if number in s.opens] == [attribution.quote.content[0].start]
        if attribution.speaker:
            assert [s.start for s in drawn if number in s.speaker_of][0] == attribution.speaker.start
    for segment, stop in zip(drawn, stops):
        if "unseen" in segment.classes:
            assert stop == segment.start + 1


def test_a_quote_within_a_quote_is_drawn_in_it():
    drawn = {segment.start: segment for segment in drawing.segments(SAMPLE, range(1, 7))}
    inner, outer = drawn[at("jembatan ini kuat").start], drawn[at(" sudah bilang").start]
    assert (inner.quotes, outer.quotes) == ((2, 3), (2,))
    assert drawn[at("\u2028malam").start].shown == "⟨U+2028⟩" and "unseen" in drawn[at("\u2028malam").start].classes
    around = drawing.around(list(drawn.values()), 6)
    assert any(6 in segment.opens for segment in around) and drawing.around(list(drawn.values()), 99) == []


def test_what_a_reviewer_says_of_a_quote_counts():
    with store.open(":memory:") as db:
        document = store.write(db, store.start_run(db, tool="1", model="m", rules="r", settings={}), rows.of(SAMPLE))
        run, numbers = store.run_of(db, SAMPLE.document.path), store.quote_ids(db, SAMPLE.document.path)
        first = SAMPLE.attributions[0].quote.content
        store.add_review(db, document, store.Review("speaker", first, first, "indirect", "Seorang sopir", "person", "ani"))
        listed = drawing.quotes(SAMPLE, numbers, run, store.reviews(db, document))
    siti = {"speaker": "Siti Latuconsina", "kind": "person"}
    assert [(q["speaker"], q["role"], q["found"], q["choices"]) for q in listed[:3]] == [
        ("Seorang sopir", None, siti, ["Seorang sopir", "Siti Latuconsina"]),
        ("Siti Latuconsina", "Kepala Dinas Perhubungan Kota Ambon", siti, ["Siti Latuconsina", "Antara"]),
        ("Siti Latuconsina", None, siti, ["Siti Latuconsina"]),
    ]
    assert (listed[5]["speaker"], listed[5]["choices"], listed[4]["parent"]) == (None, ["Siti Latuconsina"], numbers[3])


def test_an_article_in_which_nothing_was_found_is_drawn(bare):
    drawn = drawing.segments(bare, ())
    assert "".join(segment.shown for segment in drawn) == shown(bare.document.text)
    assert {segment.classes for segment in drawn} == {"", "unseen"}
    assert drawing.quotes(bare, (), {}, []) == drawing.names(bare) == []


@pytest.mark.parametrize("figure", figures.load(), ids=lambda figure: figure.id)
def test_every_figure_gives_what_its_plot_draws(figure):
    assert figure.plot in ("bars", "stacked", "lines", "table") and figure.title and figure.says.endswith(".")
    assert figure.front or figure.report or figure.speaker
    with store.open(":memory:") as db:
        assert figure.rows(db, figures.Period(), "Siti Latuconsina") == []
        assert plots.draw(figure, []) is None
        run = store.start_run(db, tool="1", model="m", rules="r", settings={})
        for annotation in (SAMPLE, hostile()):
            document = replace(annotation.document, outlet=HOSTILE_NAME)
            store.write(db, run, rows.of(replace(annotation, document=document)))
        found = figure.rows(db, figures.Period("2025-01-01", "2025-12-31"), " ".join(HOSTILE_NAME.split()))
        assert figure.speaker or figure.rows(db, figures.Period("2026-01-01", "")) == []
    if figure.id == "doubt":
        assert found == []
        return
    drawn = plots.draw(figure, found)
    for element in ElementTree.fromstring(drawn).iter():
        tag, attributes = element.tag.rpartition("}")[2], {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
        assert tag not in ("script", "image", "foreignObject", "a") and not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith("#") and "src" not in attributes
        assert tag != "style" or not re.search(r"url\(|@import", element.text)
    assert "\x07" not in drawn
    if HOSTILE_NAME[:3] in str(found):
        assert "Ratna" in drawn


def test_a_configuration_is_added_to_ours(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("title: Kami\nplugins: {annotate: {review: {id: ani}}, other: {a: 1}}\ndatabases: {kabar: {tables: {said: {title: Kata}}}}\n")
    made = server.configuration(Path("somewhere/kabar.db"), True, file)
    assert made["title"] == "Kami" and made["description"]
    assert made["plugins"] == {"annotate": {"write": True, "review": {"id": "ani"}}, "other": {"a": 1}}
    said = made["databases"]["kabar"]["tables"]["said"]
    assert said["title"] == "Kata" and said["fts_table"] == "quotes_fts"
    assert set(made["databases"]) == {"kabar"} and made["databases"]["kabar"]["queries"]
    plain = server.configuration(Path("kabar.db"), False, None)
    assert plain["plugins"] == {"annotate": {"write": False}}
    file.write_text("")
    assert server.configuration(Path("kabar.db"), False, file) == plain


@pytest.mark.parametrize("text", ["a: [b", "- plugins", "\x00"])
def test_a_configuration_that_cannot_be_read_is_named(tmp_path, text):
    file = tmp_path / "newsroom.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="newsroom.yaml"):
        server.configuration(Path("kabar.db"), True, file)
