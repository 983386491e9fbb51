"""Pictures of the desk on the articles of corpus/, for the documentation: python bench/screenshots.py

Writes docs/img/front.png, article.png, speaker.png and queue.png. Needs Chromium.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from annotator import store
from desk import serving

ROOT = Path(__file__).parent.parent
ARTICLE = "putin-pyongyang"
WIDTH, HEIGHT = 1280, 860


def main() -> None:
    chromium = shutil.which("chromium") or sys.exit("There is no chromium here; install it, as by apt-get install chromium.")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "annotations.db"
        shutil.copytree(ROOT / "corpus", path.with_name("corpus"))  # beside the database, as paths are told from there
        subprocess.run([Path(sys.executable).with_name("annotate"), "corpus/", "--db", path], cwd=folder, check=True)
        shown = pages(path)
        with serving(path, "--write") as printed, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(re.search(r"http\S+/-/auth-token\?token=\S+", printed)[0])
            desk = re.search(r"Audit desk: (\S+)", printed)[1]
            for name, address in shown.items():
                page.goto(f"{desk}{address}")
                page.evaluate("scrollTo(0, 0)")
                page.screenshot(path=ROOT / f"docs/img/{name}.png")
            browser.close()


def pages(path: Path) -> dict[str, str]:
    """The name of each picture, and the page it shows."""
    with store.open(path, create=False) as db:
        annotation = store.one(db, ARTICLE)
        document, quotes = store.run_of(db, annotation.document.path)["document"], store.quote_ids(db, annotation.document.path)
        speakers = [row["speaker"] for row in store.said(db)[0] if row["naming"] == "named"]
    return {
        "front": "", "article": f"/article/{document}#q{quotes[0]}", "queue": "/queue",
        "speaker": f"/speaker?name={max(speakers, key=speakers.count)}",
    }


if __name__ == "__main__":
    main()
