"""Tokens: who may use this API and the Profile API."""

from typing import Annotated

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from weft.model.access import Scope, Token, TokenKind
from weft.storage.database_keys import LINK_SECONDS
from weft.web.api.access import needs
from weft.web.api.describe import Provided, failures
from weft.web.times import time_text


class TokenView(msgspec.Struct, frozen=True):
    """What is known of a token. Its secret is not."""

    id: Annotated[str, Meta(description="For revoking it.", examples=["tok_0a1b2c3d4e5f"])]
    name: Annotated[str, Meta(description="Who uses it.", examples=["call centre"])]
    kind: Annotated[TokenKind, Meta(description="`session` is a signed-in browser.")]
    scopes: Annotated[list[Scope], Meta(description="What it may do.", examples=[["profiles"]])]
    created_at: Annotated[str, Meta(description="RFC 3339.")]
    expires_at: Annotated[str | None, Meta(description="RFC 3339; null: never.")]
    used_at: Annotated[str | None, Meta(description="When it was last shown, to the minute; null: not yet.")]


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be made."""

    name: Annotated[str, Meta(description="Who will use it.", min_length=1, max_length=200)]
    scopes: Annotated[list[Scope], Meta(description="What it may do.", min_length=1)]
    days: Annotated[int, Meta(description="Days until it ends; absent: never.", ge=1, le=3650)] | None = None


class MadeToken(msgspec.Struct, frozen=True):
    """A new token with its secret, which is shown only now."""

    token: TokenView
    secret: Annotated[str, Meta(description="Keep it; Weft has only its hash.", examples=["weft_3q2-7w…"])]


class Link(msgspec.Struct, frozen=True):
    """Where to sign in."""

    url: Annotated[str, Meta(examples=["http://127.0.0.1:8400/enter?link=weft_3q2-7w…"])]


@get("/tokens", guards=[needs(Scope.ADMIN)], responses=failures(), sync_to_thread=True)
def list_tokens(services: Provided) -> list[TokenView]:
    """List the tokens that are valid."""
    return [_view(each) for each in services.tokens.tokens()]


@post("/tokens", guards=[needs(Scope.ADMIN)], responses=failures(400), sync_to_thread=True)
def create_token(services: Provided, data: JSONBody[NewToken]) -> MadeToken:
    """Make a token."""
    seconds = None if data.days is None else data.days * 86_400
    token, secret = services.tokens.create(data.name, data.scopes, seconds=seconds)
    return MadeToken(_view(token), secret)


@delete(
    "/tokens/{token_id:str}",
    guards=[needs(Scope.ADMIN)],
    responses=failures(404),
    status_code=204,
    sync_to_thread=True,
)
def revoke_token(services: Provided, token_id: FromPath[str]) -> None:
    """End a token, for good. It is refused within two seconds."""
    services.tokens.revoke(token_id)


@post("/links", guards=[needs(Scope.ADMIN)], responses=failures(), sync_to_thread=True)
def create_link(services: Provided) -> Link:
    """Make a link that signs a browser in, once, within a day."""
    _, secret = services.tokens.create("link", [Scope.ADMIN], TokenKind.LINK, LINK_SECONDS)
    return Link(f"{services.api_url}/enter?link={secret}")


def _view(token: Token) -> TokenView:
    return TokenView(
        token.token_id,
        token.name,
        token.kind,
        sorted(token.scopes),
        time_text(token.created_us),
        None if token.expires_us is None else time_text(token.expires_us),
        None if token.used_us is None else time_text(token.used_us),
    )


router = Router("/", route_handlers=[list_tokens, create_token, revoke_token, create_link], tags=["tokens"])
