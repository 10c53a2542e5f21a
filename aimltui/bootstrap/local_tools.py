"""Builds the local tools from the settings: the user's functions, MCP servers, skills, and who may call them."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from aimltui.bootstrap.mcp_logins import SavedLogins, log_in_by_browser
from aimltui.common.home import expanded
from aimltui.config.mcp_servers import read_mcp_servers
from aimltui.config.settings import Settings
from aimltui.connections.discovery import AIMLAPI_KEY_VARIABLES, OPENAI_KEY_VARIABLE
from aimltui.local_tools import examples
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.functions.library import FunctionLibrary
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.mcp.opening import connect
from aimltui.local_tools.mcp.source import McpSource
from aimltui.local_tools.memory import Memory
from aimltui.local_tools.skills.source import SkillFolder, SkillSource
from aimltui.local_tools.types import Limits
from aimltui.local_tools.web.searxng import SearxNG
from aimltui.local_tools.web.source import Page, ReadPage, WebSource

APPROVALS_FILE = "approved-functions.json"
"""A file in the state directory."""
MCP_STATE_FILE = "mcp-servers.json"
"""A file in the state directory."""
FOLDER = "functions"
"""A folder in the configuration directory."""
MEMORY = "memory"
"""A folder in the configuration directory."""
SKILLS = "skills"
"""A folder in the configuration directory."""
AGENTS_SKILLS = Path(".agents") / "skills"
"""A folder in the user's home directory and in projects, which several programs share."""
_EXAMPLES = Path(examples.__path__[0])
_TIMEOUT_S = 60


async def fetch_page(url: str) -> Page:
    """Read a page for a model: the user has allowed its host, and no other."""
    from aimltui.engine.files.web_page import PageReader

    return await PageReader().read(url, stays=True)


def folders_of(settings: Settings, config_file: Path) -> list[Path]:
    """The folders with functions: that of the configuration directory, and the one that the settings name."""
    folders = [config_file.parent / FOLDER]
    if settings.functions.folder:
        folders.append(config_file.parent / expanded(Path(settings.functions.folder)))
    return folders


def function_library(
    settings: Settings, config_file: Path, approvals: Approvals, *, is_demo: bool = False
) -> FunctionLibrary:
    """The user's functions. It reads nothing yet."""
    own = {
        *AIMLAPI_KEY_VARIABLES,
        OPENAI_KEY_VARIABLE,
        *(level.api_key_env for level in settings.connection_levels),
        *(named.api_key_env for named in settings.connections),
    }
    limits = Limits(
        seconds=settings.functions.timeout_s or _TIMEOUT_S,
        hidden_variables=frozenset(name for name in own if name),
    )
    folders = folders_of(settings, config_file)
    if is_demo:
        folders.append(_EXAMPLES)
    return FunctionLibrary(folders, approvals, limits)


def local_tools(
    settings: Settings,
    config_file: Path,
    state_dir: Path,
    *,
    read_page: ReadPage | None = None,
    is_demo: bool = False,
) -> LocalTools:
    """The tools that run beside the client. It reads only which ones are approved.

    Args:
        settings: Policies, folders and limits.
        config_file: Its directory holds the folder `functions`.
        state_dir: Holds the approvals.
        read_page: Reads a page of the web; None offers no tools for the web.
        is_demo: Whether to offer the function that the offline demo calls.
    """
    approvals = Approvals(state_dir / APPROVALS_FILE)
    rules = Rules(settings.functions.policy, settings.tool_policies, settings.functions.offer)
    functions = function_library(settings, config_file, approvals, is_demo=is_demo)
    servers = mcp_servers(settings, config_file, state_dir)
    url = settings.web.searxng_url
    web = WebSource(read_page, SearxNG(url) if url else None) if read_page is not None else None
    memory = Memory(config_file.parent / MEMORY) if settings.memory.use else None
    skills = skill_source(settings, config_file)
    return LocalTools([functions], approvals, rules, servers, skills, web, memory)


def skill_folders_of(settings: Settings, config_file: Path) -> list[SkillFolder]:
    """The folders with skills: of the configuration directory, of the settings' folder, and of the user."""
    folders = [SkillFolder(config_file.parent / SKILLS, is_own=True)]
    if settings.skills.folder:
        project = config_file.parent / expanded(Path(settings.skills.folder))
        folders.append(SkillFolder(project / AGENTS_SKILLS))
    home = Path(os.path.expanduser("~"))  # `Path.expanduser` raises an error where there is no home
    return [*folders, SkillFolder(home / AGENTS_SKILLS)] if home.is_absolute() else folders


def skill_source(settings: Settings, config_file: Path) -> SkillSource:
    """The skills. It reads nothing yet."""
    return SkillSource(skill_folders_of(settings, config_file))


def mcp_servers(settings: Settings, config_file: Path, state_dir: Path) -> McpSource:
    """The MCP servers of the settings and of mcp.json. It starts and reads nothing yet."""
    logins = SavedLogins(config_file)
    return McpSource(
        lambda: read_mcp_servers(settings.mcp_servers, config_file),
        partial(connect, logins=logins),
        Limits(seconds=settings.functions.timeout_s or _TIMEOUT_S),
        state_dir / MCP_STATE_FILE,
        enter=partial(log_in_by_browser, logins),
    )
