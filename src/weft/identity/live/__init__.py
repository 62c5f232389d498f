"""One record against all that are known, in a millisecond: the batch's model over an index that grows."""
