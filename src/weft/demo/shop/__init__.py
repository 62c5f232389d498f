"""The demo world's shop: pages with a browser SDK on them, and beside them the receiver of the world's webhooks."""
