"""The demo world: a retailer of power tools that also rents trucks, simulated, with its ground truth beside it."""
