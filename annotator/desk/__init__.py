"""The audit desk: pages on a database of the annotator, as a plugin of Datasette 0.65 and 1.0.

Settings, under `plugins: annotate:` of Datasette's configuration: `write` (true turns reviewing on) and `review`, an allow
block of the actors who hold the permission `annotate-review`; root holds it always.
"""

from __future__ import annotations

from datasette import hookimpl
from datasette.utils import actor_matches_allow

from annotator.desk import pages

PERMISSION = pages.PERMISSION


@hookimpl
def register_routes():
    place = r"^/-/desk/(?P<database>[^/]+)"
    return [
        (place + "$", pages.front),
        (place + r"/article/(?P<document>[0-9]{1,15})$", pages.article),
        (place + "/speaker$", pages.speaker),
        (place + "/queue$", pages.queue),
        (place + "/review$", pages.review),
    ]


@hookimpl
def menu_links(datasette, actor):
    async def links():
        named = [name for name in datasette.databases if await pages.is_ours(datasette, name)]
        return [{"href": pages.address(datasette, name), "label": f"Audit desk: {name}"} for name in named]

    return links


@hookimpl
def database_actions(datasette, database):
    async def links():
        return [{"href": pages.address(datasette, database), "label": "Audit desk"}] if await pages.is_ours(datasette, database) else []

    return links


@hookimpl
def permission_allowed(datasette, actor, action):
    """Who may review, for Datasette 0.65."""
    return _may_review(datasette, actor) if action == PERMISSION else None


try:
    from datasette.permissions import Action, PermissionSQL
except ImportError:  # 0.65
    pass
else:

    @hookimpl
    def register_actions():
        return [Action(name=PERMISSION, description="Review who said what")]

    @hookimpl
    def permission_resources_sql(datasette, actor, action):
        """Who may review, for Datasette 1.0."""
        if action == PERMISSION and _may_review(datasette, actor):
            return PermissionSQL.allow(reason="plugin configuration of annotate")


def _may_review(datasette, actor: dict | None) -> bool:
    allow = (datasette.plugin_config("annotate") or {}).get("review")
    return bool(actor) and (actor.get("id") == "root" or allow is not None and actor_matches_allow(actor, allow))
