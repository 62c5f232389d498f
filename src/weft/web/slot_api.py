"""Slots on the edge: what to show whoever is in front of the page now, and why. Point reads of the database alone.

`GET /v1/slots/{slot}?anonymousId=…` with a write key, the key that pages carry, or `?profile=type:value` with a token
that has the scope `profiles`. A write key is no secret, so with it a person is known only by the anonymousId, which
cannot be guessed: a userId that anybody can type would tell strangers about others. The answer holds nothing of the
profile.
"""

import threading
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import msgspec
import structlog
from sqlalchemy import Engine

from weft.clock import DAY_US, now_us
from weft.collect.edge.asgi import JSON, Answer, Headers, Receive, Scope, Send, problem, reply
from weft.collect.edge.keys import CachedKeys, KeyReader, query_of
from weft.decide.decision import Decision
from weft.decide.reason import language_of, reason_of
from weft.errors import (
    MethodNotAllowed,
    NotFound,
    PolicyDenied,
    Rejected,
    Transient,
    Unauthenticated,
    WeftError,
)
from weft.model.access import Scope as May
from weft.ports import WriteKeys
from weft.storage.database import Unanswering, transaction
from weft.storage.database_keys import DatabaseTokens
from weft.storage.database_slots import ServedSlot, Shown, add_shown, served_slot
from weft.web.credentials import Doorkeeper, secret_of
from weft.web.problems import headers_of, status_of
from weft.web.slot_choice import Chooser
from weft.web.times import time_text

SLOTS = "/v1/slots/"
FRESH_SECONDS = 1.0
"""How long a slot is believed as it was read."""
NOTE_SECONDS = 2.0
"""How long what was shown is counted in memory."""
ID_CHARACTERS = 512
NO_STORE = (b"cache-control", b"no-store")

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class SlotApi:
    """The ASGI application for paths under /v1/slots/."""

    def __init__(self, chooser: Chooser, database: Engine, keys: WriteKeys, tokens: DatabaseTokens) -> None:
        self._chooser = chooser
        self._database = database
        self._reader = database.execution_options(read_only=True)
        self._keys = CachedKeys(keys)
        self._key_reader = KeyReader()
        self._doorkeeper = Doorkeeper(tokens, time.monotonic)
        self._slots: dict[str, tuple[float, ServedSlot]] = {}  # when it was read, by name
        self._shown = ShownCount(database)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers: Headers = dict(scope["headers"])
        request_id = uuid4().hex
        try:
            answer = self._answer(scope, headers)
        except WeftError as error:
            answer = _told(error)
        except Unanswering:
            answer = _told(Transient("The database does not answer at the moment."))
        except Exception as error:
            log.exception("slots.failed", request_id=request_id, error=type(error).__name__)
            answer = problem(500, "internal", "Something went wrong. The log has this request's id.")
        await reply(send, answer, (*_allow(headers), (b"request-id", request_id.encode())))

    def _answer(self, scope: Scope, headers: Headers) -> Answer:
        if scope["method"] == "OPTIONS":
            return Answer(200, b"", _preflight(headers))
        if scope["method"] != "GET":
            raise MethodNotAllowed("What to show is asked for with GET.")
        query: bytes = scope["query_string"]
        fields = query_of(query)
        identifier = self._admitted(headers, query, fields)
        name = scope["path"].removeprefix(SLOTS).removesuffix("/")
        served = self._served(name)
        decision = self._chooser.choose(served.slot, *identifier)
        self._shown.note(Shown(name, now_us() // DAY_US, decision.ground.value, decision.offer))
        asked = fields.get("language") or headers.get(b"accept-language", b"").decode("latin-1")
        body = {"slot": name, **told(decision, served, asked), "decided_at": time_text(now_us())}
        return Answer(200, _encode(body), (JSON, NO_STORE))

    def _admitted(self, headers: Headers, query: bytes, fields: dict[str, str]) -> tuple[str, str]:
        """Return the identifier that is asked about, if whoever asks may: its namespace and value."""
        anonymous, profile = fields.get("anonymousId", ""), fields.get("profile", "")
        if len(anonymous) > ID_CHARACTERS or len(profile) > ID_CHARACTERS:
            raise Rejected(f"An identifier has at most {ID_CHARACTERS} characters.")
        if self._keys.source_of(self._key_reader.key_of(headers, query)) is not None:
            if not anonymous or profile:
                raise Rejected("With a write key, name the person by `anonymousId`; `profile` needs a token.")
            return "anonymous_id", anonymous
        secret = secret_of(headers.get(b"authorization", b"").decode("latin-1"))
        token = self._doorkeeper.token(secret) if secret else None
        if token is None:
            raise Unauthenticated("Show a write key (`writeKey`, or Basic as the user name) or a token.")
        if not token.allows(May.PROFILES):
            raise PolicyDenied("This token lacks the scope `profiles`.")
        namespace, colon, value = profile.partition(":")
        if not (namespace and colon and value):
            raise Rejected("Name the person as `profile=type:value`, such as profile=user_id:42.")
        return namespace, value

    def _served(self, name: str) -> ServedSlot:
        now = time.monotonic()
        if (kept := self._slots.get(name)) and now - kept[0] < FRESH_SECONDS:
            return kept[1]
        with self._reader.begin() as connection:
            found = served_slot(connection, name)
        if found is None:
            self._slots.pop(name, None)
            raise NotFound(f"There is no slot `{name[:80]}`. Define it in definitions/slots/.")
        self._slots[name] = now, found
        return found


class ShownCount:
    """Counts what is shown, and adds it to the database every few seconds, beside the requests."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counts = Counter[Shown]()
        self._waiting = False

    def note(self, shown: Shown) -> None:
        """Count one; costs no write."""
        with self._lock:
            self._counts[shown] += 1
            if self._waiting:
                return
            self._waiting = True
        timer = threading.Timer(NOTE_SECONDS, self._write)
        timer.daemon = True
        timer.start()

    def _write(self) -> None:
        with self._lock:
            counts, self._counts, self._waiting = self._counts, Counter[Shown](), False
        try:
            with transaction(self._database) as connection:
                add_shown(connection, counts)
        except Transient:  # counted with the next
            with self._lock:
                self._counts.update(counts)


def told(decision: Decision, served: ServedSlot, asked: str) -> dict[str, Any]:
    """Return a decision as it is answered. asked: a language, or the header Accept-Language."""
    language = language_of(asked)
    reason: dict[str, Any] = {"code": decision.ground.value}
    if served.slot.explain:
        rules = {name: rule.sentences[language] for name, rule in served.rules.items()}
        reason["sentence"] = reason_of(decision, language, rules, served.slot.purpose)
        rule = served.rules.get(decision.audience)
        reason["clauses"] = (
            [] if rule is None else [{"sentence": each, "met": True} for each in rule.clauses[language]]
        )
    return {"show": decision.show, "offer": decision.offer or None, "reason": reason}


def _told(error: WeftError) -> Answer:
    more = tuple((name.lower().encode(), value.encode()) for name, value in headers_of(error).items())
    return problem(status_of(error), error.code, str(error), *more)


def _allow(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    """Let pages of any origin read the answer: who asks must know the anonymousId."""
    origin = headers.get(b"origin")
    return () if origin is None else ((b"access-control-allow-origin", origin), (b"vary", b"Origin"))


def _preflight(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    asked = headers.get(b"access-control-request-headers", b"")
    return (
        (b"access-control-allow-methods", b"GET, OPTIONS"),
        (b"access-control-allow-headers", asked),
        (b"access-control-max-age", b"7200"),
    )
