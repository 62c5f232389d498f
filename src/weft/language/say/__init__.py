"""Definitions as sentences, in English, Korean and the Chinese of Taiwan."""
