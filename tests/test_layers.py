import ast
import re
from pathlib import Path

import pytest

import annotator

LAYERS = """document markup lexicon rules grammar articles columns pages inputs zones segment network sequence ner mentions
          roles entities quotations statements sources relays direct reported quotes confidence speakers
          pipeline rows store formats runs shards cluster train recipe score terminal figures desk cli""".split()
ROOT = Path(annotator.__file__).parent
MODULES = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.py"))[1:]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_modules_above_it(module):
    layer = module.parts[0].removesuffix(".py")
    assert layer in LAYERS, f"give {layer} its place in LAYERS"
    allowed = {*LAYERS[: LAYERS.index(layer)], *([layer] if len(module.parts) > 1 else [])}
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [f"{getattr(node, 'module', None) or ''}.{alias.name}".lstrip(".") for alias in node.names]
            found = {name.split(".")[1] for name in names if name.startswith("annotator.")} - {"__version__"}
            assert found <= allowed and not getattr(node, "level", 0), f"{module}, line {node.lineno}: {found - allowed}"


@pytest.mark.parametrize("module", [module for module in MODULES if module.name != "store.py"], ids=str)
def test_sql_stands_in_store_alone(module):
    assert not re.search(r"\b(SELECT|INSERT|UPDATE|DELETE) |rows_where|\.execute\(", (ROOT / module).read_text(encoding="utf-8"))
