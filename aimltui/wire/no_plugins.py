"""Keeps pydantic from looking for plug-ins among all installed packages, which costs 2 MB and a thirtieth of a second.

`PYDANTIC_DISABLE_PLUGINS` would do so, but later, after what looks for them is imported, and for the user's own programs
that this one starts. A pydantic without this module does not notice.
"""

import sys
from types import ModuleType


class _NoPlugins(ModuleType):
    @staticmethod
    def get_plugins() -> tuple[()]:
        """Return no plug-ins."""
        return ()


sys.modules.setdefault("pydantic.plugin._loader", _NoPlugins("pydantic.plugin._loader"))
