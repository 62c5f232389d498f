"""Webhook: every signal as signed JSON to a URL of yours."""
