"""The characters that divide a text into cells."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from balansfilter.frozen import dataclass

_LF = 10


@dataclass(frozen=True)
class Marks:
    """The characters that divide a text, each one byte long."""

    separator: bytes
    quote: bytes | None
    escape: bytes | None = None
    """What takes its meaning away from the character behind it."""

    @cached_property
    def regular(self) -> Marks:
        """The marks of the same text once its escapes are gone; then it has a quote, whatever it had before."""
        if self.escape is None:
            return self
        return Marks(self.separator, self.quote or (b'"' if self.separator != b'"' else b"'"))

    @cached_property
    def codes(self) -> tuple[np.uint8, np.uint8]:
        """Separator and quote as compiled loops want them: a line feed where there is no quote."""
        return np.uint8(self.separator[0]), np.uint8((self.quote or b"\n")[0])

    @cached_property
    def around_quotes(self) -> npt.NDArray[np.bool_]:
        """Per byte, whether it may stand outside next to a quote that opens or closes a cell."""
        table = np.zeros(256, np.bool_)
        table[[_LF, self.separator[0], *(self.quote or b"")]] = True
        return table

    def are_regular_in(self, text: bytes) -> bool:
        """Whether a text has no escape in it, nor a quote that is a letter because quotes have no meaning."""
        if self.escape is None:
            return True
        quote = self.regular.quote or b""
        return self.escape not in text and (self.quote is not None or quote not in text)
