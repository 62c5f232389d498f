"""No personal data in any log line: unique values go through every door, and none may be written down."""

import json
from base64 import b64encode
from pathlib import Path

import httpx
from tests.acceptance.running import Running, weft

from weft.workspace import init_workspace

EMAIL = "canary.zq7x@example.com"
PHONE = "+821055501234"
NAME = "Zebulon Qxwmar"
CANARIES = (EMAIL, "zq7x", PHONE, "5550123", NAME, "Qxwmar")


def test_no_log_line_tells_who_somebody_is(tmp_path: Path) -> None:
    root = init_workspace(tmp_path / "shop")
    with Running(root, "--set", "log.level=debug") as shop:
        person = {"email": EMAIL, "phone": PHONE, "name": NAME}
        shop.send(
            {"type": "identify", "userId": EMAIL, "traits": person, "context": {"traits": person}},
            {"type": "track", "userId": EMAIL, "event": NAME, "properties": person},
            {"type": "track", "event": NAME, "properties": person},
            {"type": NAME, "userId": EMAIL},
        )
        shop.until(f"/api/profiles/email:{EMAIL}", lambda profile: profile["events"] >= 2)
        _bad_requests(shop)
        _api_errors(shop)
        secret = weft("token", "new", NAME, "-w", str(root)).stdout.split("token: ")[1].strip()
        space = f"{shop.edge}/v1/spaces/{NAME}/collections/users/profiles"
        for rest in (
            f"email:{EMAIL}/events",
            f"email:{EMAIL}/consent",
            f"phone:{PHONE}/x",
            f"email:x{EMAIL}/traits",
        ):
            httpx.get(f"{space}/{rest}", auth=(secret, ""), params={"include": NAME})
        assert shop.stop() == 0
        lines = shop.log.splitlines()
    assert len(lines) > 10, "debug logging is on, so there must be lines"
    for line in lines:
        json.loads(line)
        assert not [canary for canary in CANARIES if canary.lower() in line.lower()], line
        assert secret not in line
        assert shop.token not in line


def _bad_requests(shop: Running) -> None:
    key = b64encode(f"{shop.write_key}:".encode()).decode()
    headers = {"Authorization": f"Basic {key}"}
    for body in (f'{{"userId": "{EMAIL}", ', f'{{"batch": "{NAME}"}}', f'["{PHONE}"]', f"\x00{EMAIL}"):
        httpx.post(f"{shop.edge}/v1/batch", content=body.encode(), headers=headers)
        httpx.post(f"{shop.edge}/v1/track?email={EMAIL}", content=body.encode(), headers=headers)
    httpx.post(f"{shop.edge}/v1/track", json={"userId": EMAIL}, headers={"Authorization": f"Basic {EMAIL}"})
    httpx.get(f"{shop.edge}/{EMAIL}", headers={"User-Agent": NAME, "Referer": f"http://x/?{EMAIL}"})


def _api_errors(shop: Running) -> None:
    for path in (
        f"/api/profiles/email:nobody-{EMAIL}",
        f"/api/profiles/{EMAIL}",
        f"/api/audiences/{NAME}/members",
        f"/api/{EMAIL}",
        f"/api/events?limit={EMAIL}",
    ):
        assert shop.ask("GET", path).status_code in (400, 404)
    said = {"purpose": NAME, "granted": True, "proof": EMAIL}
    assert shop.ask("POST", f"/api/consent/email:{EMAIL}", json=said).status_code == 201
    assert shop.ask("POST", "/api/tokens", json={"name": NAME, "scopes": [EMAIL]}).status_code == 400
    httpx.get(f"{shop.api}/enter?link={EMAIL}")
    httpx.get(f"{shop.api}/api/overview", headers={"Authorization": f"Bearer {EMAIL}", "Request-Id": NAME})
