"""Every state, screen and panel of the program. The tests compare their pictures; `tests.snapshot.sheet` shows them."""

from __future__ import annotations

from tests.snapshot import panels
from tests.snapshot.acts import (
    add_branches,
    afterwards,
    ask,
    ask_about_code,
    attach,
    choose_on_card,
    find_words,
    let_a_server_ask,
    mark_code,
    new_thread,
    nothing,
    press,
    say_more,
    search_words,
    see_a_notice,
    see_files,
    see_it_large,
    stop,
    summarize,
    temporary_thread,
    unfold,
    view_all,
    wait,
    watch,
    watch_and_scroll,
    write,
    write_a_slash,
)
from tests.snapshot.panels import panel, push
from tests.snapshot.samples import (
    COLOURED,
    FAILED,
    FINISHED,
    FIRST,
    FLOOD,
    LONG,
    PANEL,
    PROGRAM,
    RAISES,
    REPORTS,
    SEVERAL,
    STOPPED_BY_BUDGET,
    STREAMING,
    UNSURE,
    WITH_FILES,
    many_models,
    several_connections,
    shipped_models,
)
from tests.snapshot.story import LARGE, MIDDLE, SMALL, Stop, Story
from tests.support.run_scenes import Call, Code, End, Say

STORIES: tuple[Story, ...] = (
    Story(
        "start",
        (
            Stop("empty", nothing),
            Stop("help", press("f1", shows="Writing"), "HelpScreen"),
            Stop("palette", press("ctrl+p", shows="search commands"), "PaletteScreen", keeps_page=True),
            Stop("models", press("ctrl+l", shows="gpt-4o"), "ModelPicker"),
            Stop("attached", attach),
            Stop("notice", see_a_notice, keeps_notices=True),
        ),
    ),
    Story(
        "panels",
        (
            Stop("export", push(panels.save), "SaveScreen"),
            Stop("passage", push(panels.passage), "PassageViewer"),
            Stop("trash", push(panels.trash), "TrashScreen"),
            Stop("skills", push(panels.skills), "SkillsScreen"),
            Stop("code-agree", push(panels.agree, "down"), "AgreeQuestion"),
            Stop("quit-temporary", push(panels.quit_temporary, "down"), "QuestionSheet"),
            Stop("form", push(panels.form), "FormScreen"),
            Stop("rename", press("ctrl+s", "ctrl+s", "ctrl+r", shows="Rename the thread"), "RenameScreen"),
            Stop("sidebar", press("ctrl+s", "ctrl+s", shows="type to search")),
        ),
    ),
    Story(
        "settings",
        (
            Stop("settings", press("f2", shows="Colours of the screen"), "SettingsScreen"),
            Stop("panel-help", press("f1", shows="Close this help"), "PageScreen", stays=True),
            Stop("setting-value", panel("show_settings", *"per run", "enter", shows="limit"), "ValueScreen"),
            Stop(
                "setting-key",
                panel("show_settings", *"keys.help", "enter", shows="Press the new key"),
                "KeyScreen",
            ),
            Stop("theme", panel("pick_theme", shows="aimltui-dusk"), "ThemeScreen", keeps_page=True),
        ),
    ),
    Story(
        "assistants",
        (
            Stop("assistants", press("f5", shows="Plain chat"), "AssistantsScreen"),
            Stop("new-assistant", panel("pick_assistant", "ctrl+n", shows="begin with"), "ChoiceScreen"),
            Stop("assistant-import", panel("pick_assistant", "ctrl+o", shows="path of"), "PathScreen"),
            Stop("assistant", panels.open_form, "AssistantEditor"),
            Stop("run-options", press(*"/options", "enter", "ctrl+t", shows="Jane Doe"), "RunOptionsScreen"),
            Stop("tools", panel("switch_tools", shows="Tools in this thread"), "ChoiceScreen"),
        ),
    ),
    Story(
        "finished",
        (
            Stop("finished", ask),
            Stop("marked", mark_code),
            Stop("copy-part", panel("copy_part", shows="Table as CSV"), "CopyScreen"),
            Stop("slash", write_a_slash),
            Stop("branches", add_branches),
            Stop("found", find_words),
            Stop("search", afterwards(press("escape"), search_words), "ThreadSearch"),
            Stop("summary", summarize),
        ),
        (FINISHED,),
    ),
    Story(
        "thread",
        (
            Stop(
                "inspector",
                afterwards(ask, press("f4", shows="tokens in")),
                "InspectorScreen",
                keeps_page=True,
            ),
            Stop("run-again", press("r", shows="Run again"), "AgainScreen", stays=True),
            Stop("runs-beside", panels.see_runs_beside, sizes=(LARGE,)),
            Stop("passage-beside", panels.see_passage_beside, sizes=(LARGE,)),
            Stop("history", panel("search_history", shows="before"), "ChoiceScreen"),
            Stop("rewind", press("escape", "escape", shows="Go back to a message of yours"), "RewindScreen"),
            Stop("compact", panel("compact", shows="Use it"), "SummaryScreen"),
        ),
        (FINISHED,),
    ),
    Story(
        "streaming",
        (
            Stop("streaming", watch),
            Stop("queued", say_more, stays=True),
            Stop("quit", press("ctrl+q", "down", shows="Quit now?"), "QuitQuestion"),
            Stop("stopped", stop),
            Stop("scrolled-up", afterwards(new_thread, watch_and_scroll)),
            Stop("temporary", afterwards(temporary_thread, ask), sizes=(MIDDLE, SMALL)),
        ),
        (STREAMING, LONG),
        connected=lambda folder: {"has_temporary": True},
    ),
    Story(
        "failures",
        (
            Stop("failed", ask),
            Stop("budget", afterwards(new_thread, ask)),
            Stop("usage", panels.open_usage, "UsageScreen"),
            Stop("usage-threads", panels.open_usage_of_threads, "UsageScreen"),
        ),
        (FAILED, STOPPED_BY_BUDGET),
        reports=REPORTS,
    ),
    Story(
        "code",
        (
            Stop("panel-folded", ask),
            Stop("panel-open", unfold),
            Stop("panel-failed", afterwards(new_thread, ask)),
            Stop("panel-flood", afterwards(new_thread, ask, view_all), "TextViewer"),
            Stop("code-card", afterwards(new_thread, ask, ask_about_code)),
        ),
        (
            (PANEL, Say(("Done.",)), End()),
            (Code(PROGRAM, RAISES), Say(("Hm.",)), End()),
            (Code(PROGRAM, FLOOD), Say(("Much.",)), End()),
            FINISHED,
        ),
    ),
    Story("code-input", (Stop("panel-input", watch),), ((Code(PROGRAM, hold="input"), End()),)),
    Story("code-output", (Stop("panel-output", watch),), ((Code(PROGRAM, COLOURED, hold="output"), End()),)),
    Story(
        "files",
        (
            Stop("files", see_files),
            Stop("picture", see_it_large, "PictureViewer"),
        ),
        (WITH_FILES,),
    ),
    Story(
        "file-panels",
        (
            Stop("file-list", afterwards(ask, panel("show_files", shows="revenue.png")), "FilesScreen"),
            Stop("file-actions", panel("show_files", "enter", shows="for good"), "ChoiceScreen"),
            Stop("file-delete", panel("show_files", "delete", shows="for good?"), "ConfirmScreen"),
        ),
        (WITH_FILES,),
        options={"pictures": "off"},
    ),
    Story(
        "many-models",
        (
            Stop("many-models", panels.pick_a_model, "ModelPicker"),
            Stop("no-such-model", press("ctrl+l", *"zzz/9", shows="as typed"), "ModelPicker"),
        ),
        prepare=many_models,
    ),
    Story(
        "model-connections",
        (Stop("model-connections", press("ctrl+l", shows="refused the"), "ModelPicker"),),
        prepare=several_connections,
    ),
    Story(
        "shipped-models",
        (Stop("shipped-models", press("ctrl+l", shows="2026-08"), "ModelPicker"),),
        prepare=shipped_models,
    ),
    Story("not-set-up", (Stop("not-set-up", nothing),), model=None),
    Story(
        "connect",
        (
            Stop("connect", wait("Try the demo"), "ConnectScreen", stays=True),
            Stop(
                "connect-other",
                press("down", "down", "down", "enter", first="Try the demo", shows="The Assistants API"),
                "ConnectFormScreen",
                stays=True,
            ),
        ),
        model=None,
        connected=lambda folder: {"connections": FIRST},
    ),
    Story(
        "connect-refused",
        (Stop("connect-refused", panels.refuse_the_key, "ConnectFormScreen", stays=True),),
        model=None,
        connected=lambda folder: {"connections": UNSURE},
    ),
    Story(
        "connections",
        (Stop("connections", panels.show_connections, "ConnectionsScreen"),),
        connected=lambda folder: {"connections": SEVERAL},
    ),
    Story(
        "compare",
        (
            Stop(
                "compare-picker",
                press(*"/compare", "enter", "down", "space", shows="Compare models"),
                "ComparePicker",
            ),
            Stop("compare", panels.compare, "CompareScreen"),
        ),
        (FINISHED[1:], FAILED, STREAMING),
    ),
    Story(
        "tools",
        (
            Stop("mcp", panel("mcp_servers", shows="clock"), "McpServersScreen"),
            Stop("call-card", afterwards(write, choose_on_card)),
            Stop("call-arguments", press("e", "enter", shows="Run with these"), "TextEntry", stays=True),
            Stop("server-asks", afterwards(new_thread, write, let_a_server_ask), sizes=(MIDDLE, SMALL)),
        ),
        (
            (Call("weather", ('{"city": "Oslo", "days": 3}',)), End("requires_action")),
            (Call("clock__now", ("{}",)), End("requires_action")),
        ),
        connected=panels.local_tools,
    ),
    Story(
        "import",
        (Stop("import", panels.see_import, "ImportScreen"),),
        connected=panels.interchange,
    ),
    Story("narrow", (Stop("narrow", ask),), (FINISHED,), sizes=((60, 20), (40, 11), (20, 5))),
    Story(
        "ascii",
        (Stop("ascii", ask), Stop("ascii-files", afterwards(new_thread, see_files))),
        (FINISHED, WITH_FILES),
        options={"glyphs": "ascii"},
        sizes=(MIDDLE, SMALL),
    ),
    Story("plain", (Stop("plain", ask),), (FINISHED,), options={"is_plain": True}, themes=("ansi-dark",)),
)
