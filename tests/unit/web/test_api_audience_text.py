def test_a_text_is_read_as_a_rule_and_said_back(api) -> None:
    body = {"text": "bought at least 3 times this year"}
    answer = api.ask("POST", "/api/audiences/read-text", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["rule"] == {"did": "Order", "at_least": 3, "within": "this_year"}
    assert found["sentence"]["ko"] == "올해 Order 3회 이상 발생"
    assert [part["text"] for part in found["parts"]] == [body["text"]]
    assert found["not_understood"] == []


def test_a_text_that_is_not_understood_says_so_and_an_unknown_language_is_refused(api) -> None:
    found = api.ask("POST", "/api/audiences/read-text", json={"text": "frobnicated", "language": "en"}).json()
    assert found["rule"] is None
    assert found["not_understood"][0]["text"] == "frobnicated"
    refused = api.ask("POST", "/api/audiences/read-text", json={"text": "x", "language": "fr"})
    assert refused.status_code == 400
