"""What loops over delimited text are made of: bits that say which bytes are quotes, and what follows from them."""

from __future__ import annotations

import numpy as np

from balansfilter.native.instructions import WIDTH
from balansfilter.native.loop import inlined


@inlined
def between_quotes(quotes):
    """Return a bit for each byte behind an odd number of quotes, the quote itself counted."""
    quotes ^= quotes << np.uint64(1)
    quotes ^= quotes << np.uint64(2)
    quotes ^= quotes << np.uint64(4)
    quotes ^= quotes << np.uint64(8)
    quotes ^= quotes << np.uint64(16)
    return quotes ^ (quotes << np.uint64(32))


@inlined
def places_behind(bits, before):
    """Return the places behind those of some bits; `before` is what :func:`last_bit` said of the bytes before."""
    return (bits << np.uint64(1)) | before


@inlined
def last_bit(bits):
    """Say whether the last bit is set."""
    return bits >> np.uint64(WIDTH - 1)
