"""The metadata of libphonenumber alone: the modules of :mod:`phonenumbers`, under this name.

That package itself loads its parser, its matcher and its formatter first, which takes three times as long, and nobody
here asks for those but to read short numbers.
"""

from __future__ import annotations

from importlib.util import find_spec

_package = find_spec("phonenumbers")
__path__ = list(_package.submodule_search_locations or ()) if _package else []
