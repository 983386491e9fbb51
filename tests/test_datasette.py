import asyncio
from importlib import resources
from urllib.parse import urlencode

import datasette
import pytest
from datasette.app import Datasette
from datasette.utils import parse_metadata

from annotator import store
from annotator import rows as tables
from conftest import build

CONFIG = parse_metadata((resources.files("annotator") / "data" / "datasette.yaml").read_text(encoding="utf-8"))
(DATABASE,) = CONFIG["databases"]
TABLES = CONFIG["databases"][DATABASE]["tables"]
QUERIES = CONFIG["databases"][DATABASE]["queries"]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("datasette") / f"{DATABASE}.db"
    with store.open(path) as db:
        run = store.start_run(db, tool="1", model="m", rules="r", settings={})
        store.write(db, run, tables.of(build()))
        store.finish_run(db, run)
    return path


@pytest.fixture
def get(path):
    """Fetch a page of a Datasette on the database, configured as the installed version of it reads the file."""
    place = "metadata" if datasette.__version__.startswith("0.") else "config"

    def get(page, **params):
        async def fetch():
            return await Datasette([str(path)], **{place: CONFIG}).client.get(f"/{DATABASE}{page}?{urlencode(params)}")

        return asyncio.run(fetch())

    return get


@pytest.fixture
def rows(get):
    def rows(page, **params):
        response = get(f"/{page}.json", _shape="objects", **params)
        assert response.status_code == 200, response.text
        return response.json()["rows"]

    return rows


def test_the_config_speaks_of_what_is_there(path):
    with store.open(path) as db:
        tables = {name for name in db.table_names() if "_fts" not in name} - {"sqlite_sequence", "sqlite_stat1", "sqlite_stat4"}
        assert set(TABLES) == tables | set(db.view_names())
        for name, config in TABLES.items():
            columns = {row[1] for row in db.execute(f"PRAGMA table_xinfo({name})")}
            assert set(config.get("facets", ())) <= columns, name
            if config.get("columns") is not TABLES["said"]["columns"]:
                assert set(config.get("columns", ())) <= columns, name
            assert columns >= {config[key] for key in ("label_column", "fts_pk", "sort") if key in config}
        assert set(TABLES["said"]["columns"]) <= {column.name for column in db["said"].columns}
    assert not set(QUERIES) & set(TABLES)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_and_view_opens(get, name):
    response = get(f"/{name}")
    assert response.status_code == 200
    assert SCRIPT not in response.text


@pytest.mark.parametrize(("words", "quotes"), [
    ("jembatan", [1, 2, 3]), ("kata-kata", [2]), ('"kami', [2]), ("JEMBATAN kuat", [2, 3]),
    ("malam OR", []), ("tidak* (", [4, 5]), ("\u2028malam", [4, 5]),
])
def test_search_in_said(rows, words, quotes):
    assert [row["quote"] for row in rows("said", _search=words)] == quotes
    assert sorted(row["quote"] for row in rows("search", words=words)) == quotes


def test_search_in_articles(rows):
    assert [row["id"] for row in rows("documents", _search="latuconsina")] == [1]
    assert rows("documents", _search="sagu") == []


def test_facets_of_said(get):
    response = get("/said.json", _extra="facet_results")
    facets = response.json()["facet_results"]
    facets = facets.get("results", facets)
    found = {name: {value["value"]: value["count"] for value in facet["results"]} for name, facet in facets.items()}
    assert found["type"] == {"direct": 3, "indirect": 2, "mixed": 1}
    assert found["naming"] == {"named": 4, "unnamed": 1}
    assert set(found) == {"outlet", "type", "kind", "naming", "via"}


ANSWERS = [
    ("per_speaker", {}, ["Siti Latuconsina", "Seorang warga"]),
    ("per_speaker", {"outlet": "Warung Kabar"}, ["Siti Latuconsina", "Seorang warga"]),
    ("per_speaker", {"outlet": "lain"}, []),
    ("of_speaker", {"name": "WARGA"}, [4]),
    ("of_speaker", {}, []),
    ("named_unnamed", {}, ["Warung Kabar"]),
    ("relayed_by", {}, ["Antara"]),
    ("relayed_by", {"medium": "ant"}, ["Antara"]),
    ("relayed_by", {"medium": "%"}, []),
    ("without_speaker", {}, [6]),
    ("without_speaker", {"outlet": "lain"}, []),
    ("doubtful", {}, [0.05]),
    ("doubtful", {"below": "0.6"}, [0.05, 0.5, 0.55]),
    ("search", {"words": "ton"}, [2]),
    ("search", {}, []),
    ("search", {"words": ' " '}, []),
    ("why", {"quote": "2"}, ["Siti\nLatuconsina", "Antara"]),
    ("why", {"quote": "x"}, []),
]


@pytest.mark.parametrize(("name", "params", "first"), ANSWERS)
def test_queries(get, rows, name, params, first):
    assert [row["quote" if name in ("of_speaker", "search") else next(iter(row))] for row in rows(name, **params)] == first
    assert get(f"/{name}", **params).status_code == 200


def test_every_query_is_asked():
    assert {name for name, *_ in ANSWERS} == set(QUERIES)


def test_words_of_articles_are_escaped(get):
    pages = ("/documents/1", {}), ("/said", {}), ("/search", {"words": "ton"}), ("/why", {"quote": "2"}), ("/said", {"_search": SCRIPT})
    for page, params in pages:
        html = get(page, **params).text
        assert SCRIPT not in html and "<b>itu</b>" not in html, page
    assert "&lt;b&gt;itu&lt;/b&gt;" in get("/said").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in get("/documents/1").text
