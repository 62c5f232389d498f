"""The model that a workspace begins with, before there are enough people to learn from."""

from pathlib import Path

from weft.identity.scoring.model import Model, load_model

DEFAULT_MODEL = Path(__file__).parent / "default_model.json"
"""Learnt without labels from a made-up town of 100,000 records (`scripts/default_model.py`), without its names."""


def default_model() -> Model:
    """Return the model that is shipped."""
    return load_model(DEFAULT_MODEL)
