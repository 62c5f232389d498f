"""The plain pages: how to sign in, and the workspace's status while the console is not built."""

import secrets
from collections.abc import Iterable, Mapping
from html import escape

from litestar import MediaType, Response

from weft.model.access import Scope, Token
from weft.web.api.figures import Figures
from weft.web.api.overview import Overview, overview_of
from weft.web.api.services import Services

REFRESH_SECONDS = 5

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #888; --bad: #c22; }
@media (prefers-color-scheme: dark) { :root { --bad: #f77; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 500; color: var(--soft); } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.bad { color: var(--bad); font-weight: 600; } .soft { color: var(--soft); } code { font-size: .95em; }
"""


def sign_in_again() -> Response[bytes]:
    """Answer a link that is good no more."""
    return _page("Weft", _USED, 401)


def not_built(services: Services, figures: Figures, token: Token | None) -> Response[bytes]:
    """Answer in the console's place: how to build it, and to those who may see it how the workspace is."""
    if token is None or not token.allows(Scope.READ):
        return _page("Weft", _NOT_BUILT + _SIGN_IN, 200)
    overview = overview_of(services, figures)
    return _page(f"Weft · {overview.workspace}", _NOT_BUILT + _body(overview), 200, refresh=True)


_NOT_BUILT = (
    "<p>The console is not built here. In a checkout of Weft, <code>make console</code> builds it; "
    "then reload this page.</p>"
)
_USED = (
    "<p>This link was used already, or its time is over.</p>"
    "<p>Print a new one with <code>weft token link</code>.</p>"
)
_SIGN_IN = (
    "<p>Open the link that <code>weft up</code> prints, "
    "or print a new one with <code>weft token link</code>.</p>"
)


def _page(title: str, body: str, status: int, *, refresh: bool = False) -> Response[bytes]:
    nonce = secrets.token_urlsafe(16)
    again = f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">' if refresh else ""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'{again}<title>{escape(title)}</title><style nonce="{nonce}">{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(html.encode(), status_code=status, media_type=MediaType.HTML, headers=headers)


def _body(overview: Overview) -> str:
    behind = overview.events_behind
    addresses = _table(
        ("", ""),
        [
            ("SDKs send to", f"<code>{escape(overview.edge)}</code>"),
            (
                "API",
                f'<code>{escape(overview.api)}/api</code> · <a href="/api/schema/openapi.json">OpenAPI</a>',
            ),
            ("Events accepted", f"{overview.events_accepted:,}"),
            ("Not yet processed", f"{behind:,}"),
        ],
    )
    workers = _table(
        ("Worker", "State", "Done"),
        [
            (
                escape(w.name),
                "well" if w.healthy else f'<span class="bad">failing ({w.failures})</span>',
                w.done,
            )
            for w in overview.workers
        ],
    )
    deliveries = _table(
        ("Destination", "State", "Items"),
        [
            (escape(to), escape(s), n)
            for to, states in (overview.deliveries or {}).items()
            for s, n in states.items()
        ],
    )
    return (
        f"{addresses}<h2>Audiences</h2>{_counts(overview.audiences or {}, 'Audience', 'Members')}"
        f"<h2>Deliveries</h2>{deliveries}<h2>Workers</h2>{workers}"
        f"<h2>Quarantine</h2>{_counts(overview.quarantine or {}, 'Reason', 'Events')}"
        f'<p class="soft">Weft {escape(overview.version)} · refreshed every {REFRESH_SECONDS} seconds</p>'
    )


def _counts(counts: Mapping[str, int], what: str, how_many: str) -> str:
    return _table((what, how_many), [(escape(name), number) for name, number in counts.items()])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> str:
    """Return a table; text cells are HTML already, numbers are not."""
    lines = ["<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows]
    if not lines:
        return '<p class="soft">none</p>'
    titles = "".join(f"<th>{escape(title)}</th>" for title in head) if any(head) else ""
    return f"<table><tr>{titles}</tr>{''.join(lines)}</table>"


def _cell(cell: str | int) -> str:
    return f'<td class="number">{cell:,}</td>' if isinstance(cell, int) else f"<td>{cell}</td>"
