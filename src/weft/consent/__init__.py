"""The gate and the consent ledger."""
