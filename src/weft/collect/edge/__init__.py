"""The edge: the public HTTP side of collect, a plain ASGI application."""
