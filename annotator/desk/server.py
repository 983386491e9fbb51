"""`annotate serve`: Datasette with the desk, configured for one database."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from datasette import cli, version
from datasette.utils import tilde_encode


def configuration(db: Path, write: bool, config: Path | None) -> dict:
    """Datasette's configuration for a database: titles and queries of data/datasette.yaml under its name, then what a file adds.

    ValueError where the file cannot be read.
    """
    made = yaml.safe_load(files("annotator").joinpath("data/datasette.yaml").read_text(encoding="utf-8"))
    (described,) = made["databases"].values()
    made["databases"] = {db.stem: described}
    made["plugins"] = {"annotate": {"write": write}}
    return _merged(made, _read(config) if config else {})


def _read(config: Path) -> dict:
    try:
        added = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{config} is no YAML or JSON: {' '.join(str(error).split())}") from None
    if not isinstance(added, dict):
        raise ValueError(f"{config} holds no settings by name, as in “plugins: ...”")
    return added


def _merged(base: dict, added: dict) -> dict:
    return base | {key: _merged(base[key], value) if isinstance(value, dict) and isinstance(base.get(key), dict) else value for key, value in added.items()}


def serve(db: Path, *, host: str, port: int, write: bool, config: Path | None, browse: bool, report: Callable[[str], object]) -> None:
    """Serve until stopped. Without a `config` of their own, one person signs in by the link that Datasette prints."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "datasette.json"
        file.write_text(json.dumps(configuration(db, write, config)), encoding="utf-8")
        settings = ["-m", str(file)] if version.__version__.startswith("0.") else ["-m", str(file), "-c", str(file)]
        options = ["--root"] * (write and config is None) + ["--open"] * browse
        port = port or _free(host)
        report(f"Audit desk: http://{host}:{port}/-/desk/{tilde_encode(db.stem)}")
        cli.cli.main(["serve", str(db), "--host", host, "--port", str(port), *settings, *options], standalone_mode=False)


def _free(host: str) -> int:
    """A port that nobody listens at. Datasette would take one by itself, but print links to port 0."""
    with socket.create_server((host, 0)) as taken:
        return taken.getsockname()[1]
