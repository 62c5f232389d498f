"""The settings in force and where each came from."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Router, get
from msgspec import Meta

from weft.config import Settings, declared
from weft.model.access import Scope
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures

_URL_PASSWORD = re.compile(r"(?<=://)([^:/@]*):[^@]*(?=@)")


class SettingView(msgspec.Struct, frozen=True):
    """One setting."""

    name: Annotated[str, Meta(description="`section.key`.", examples=["collect.port"])]
    value: Annotated[Any, Meta(description="In force; a password in a URL is left out.", examples=[8401])]
    origin: Annotated[
        str, Meta(description="default, weft.toml, the variable, or command line.", examples=["default"])
    ]
    description: Annotated[str, Meta(description="What it means.")]
    variable: Annotated[str, Meta(description="Environment variable.", examples=["WEFT__COLLECT__PORT"])]


@get("/settings", guards=[needs(Scope.ADMIN)], responses=failures(), sync_to_thread=False)
def list_settings(services: Provided) -> list[SettingView]:
    """List every setting, its value and where it came from."""
    return setting_views(services.settings, services.origins)


def setting_views(settings: Settings, origins: Mapping[str, str]) -> list[SettingView]:
    """Return every setting, fit to be shown."""
    views: list[SettingView] = []
    for name, setting in declared().items():
        value = getattr(getattr(settings, setting.section), setting.key)
        shown = _URL_PASSWORD.sub(r"\1:***", value) if isinstance(value, str) else value
        views.append(SettingView(name, shown, origins[name], setting.description, setting.variable))
    return views


router = Router("/", route_handlers=[list_settings], tags=["settings"])
