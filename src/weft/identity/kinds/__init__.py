"""The kinds of field of a person: how a value is normalised, what of it compares, which column is which.

`registry` has the kinds and `normalise`, for columns and single values; `names` takes full names apart and has
the keys, nicknames and letters of names; `birth`, `phone`, `email`, `places` and `street` have what else compares of
a value; `proposal` tells the columns of an unknown file. `steps` is what all normalisers are made of, `text` what
all begin with, `data` the lists they know: plain facts, one a line.
"""
