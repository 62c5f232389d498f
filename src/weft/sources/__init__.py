"""Systems that Weft pulls from."""
