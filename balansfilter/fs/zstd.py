"""How pages of Parquet are compressed: by zstd, which searches little where there is little to be found."""

from __future__ import annotations

from balansfilter.fs.parquet_pages import Compress

_LEVEL = 1
"""How hard zstd tries. The quicker levels below it save little time, and take a third more room or double it."""
_LONG_PAGE = 1 << 18
"""Bytes of a page of which a part is looked at first."""
_LOOKED_AT = 1 << 16
"""Bytes of that part."""
_AS_SHORT = 1.05
"""How much longer a page may be that takes half the time: so it is with digits, which repeat nothing."""


def zstd() -> Compress:
    """Return what compresses pages, for use in one thread."""
    from zstandard import STRATEGY_FAST, ZstdCompressionParameters, ZstdCompressor

    few_places = {"hash_log": 6, "chain_log": 6, "search_log": 1, "min_match": 7, "window_log": 19}
    quick = ZstdCompressor(compression_params=ZstdCompressionParameters(strategy=STRATEGY_FAST, **few_places)).compress
    usual = ZstdCompressor(level=_LEVEL).compress

    def compress(page: memoryview) -> bytes:
        if len(page) >= _LONG_PAGE:
            part = page[len(page) // 2 :][:_LOOKED_AT]
            if len(quick(part)) <= _AS_SHORT * len(usual(part)):
                return quick(page)
        return usual(page)

    return compress
