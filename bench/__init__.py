"""Figures of Weft, and the seeded world of people and events that they and the tests are fed with."""
