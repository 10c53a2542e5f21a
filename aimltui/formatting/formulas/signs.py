"""Tables of Unicode signs for formulas."""

from __future__ import annotations

from typing import Final

SUPERSCRIPTS: Final = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθιφχ′ ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᶥᶲᵡ′ ",
        strict=True,
    )
) | {"⊤": "ᵀ", "∗": "*", "†": "†", "‡": "‡", "°": "°", "∘": "°", "″": "″", "‴": "‴"}
"""Characters with a superscript form, or that stand high by themselves."""
SUBSCRIPTS: Final = dict(
    zip(
        "0123456789+-−=()aehijklmnoprstuvxβγρφχ ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ ",
        strict=True,
    )
)
"""Characters with a subscript form."""
DOUBLE_STRUCK: Final = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
ACCENTS: Final = {
    "hat": "\u0302",
    "widehat": "\u0302",
    "bar": "\u0304",
    "overline": "\u0305",
    "vec": "\u20d7",
    "overrightarrow": "\u20d7",
    "tilde": "\u0303",
    "widetilde": "\u0303",
    "dot": "\u0307",
    "ddot": "\u0308",
    "underline": "\u0332",
    "mathring": "\u030a",
    "check": "\u030c",
    "breve": "\u0306",
    "acute": "\u0301",
    "grave": "\u0300",
    "cancel": "\u0338",
    "bcancel": "\u0338",
    "xcancel": "\u0338",
}
"""Combining signs by macro."""
ARGUMENTS: Final = (
    {
        "binom": 2,
        "dbinom": 2,
        "tbinom": 2,
        "dfrac": 2,
        "tfrac": 2,
        "cfrac": 2,
        "operatorname": 1,
    }
    | dict.fromkeys(
        (
            *(
                "boxed",
                "widehat",
                "widetilde",
                "bm",
                "boldsymbol",
                "tag",
                "mathscr",
                "overrightarrow",
                "pmb",
                "mathop",
                "bold",
                "mathds",
            ),
            *(
                "mathring",
                "cancel",
                "bcancel",
                "xcancel",
                "pmod",
                "pod",
                "substack",
                "phantom",
                "hphantom",
                "vphantom",
            ),
            *(
                "mathbin",
                "mathrel",
                "check",
                "breve",
                "acute",
                "grave",
                "xleftrightarrow",
                "xrightleftharpoons",
            ),
        ),
        1,
    )
    | dict.fromkeys(("ket", "bra", "Braket", "abs", "norm", "set", "floor", "ceil"), 1)
    | dict.fromkeys(("overset", "underset", "stackrel"), 2)
)
"""How many arguments a macro takes, where the parser may not know it."""
SPACES: Final = {
    ",": " ",
    ";": " ",
    ":": " ",
    " ": " ",
    "quad": "  ",
    "qquad": "    ",
    "!": "",
    "~": " ",
    "hspace": " ",
    "enspace": " ",
}
TEXTS: Final = frozenset(
    [
        "text",
        "textrm",
        "textbf",
        "textit",
        "texttt",
        "textsf",
        "mathrm",
        "mathbf",
        "mathit",
        "mathsf",
        "mathtt",
        "mathcal",
        "mathfrak",
        "mathscr",
        "boldsymbol",
        "bm",
        "operatorname",
        "mbox",
        "hbox",
        "displaystyle",
        "boxed",
        "mathop",
        "mathbin",
        "mathrel",
        "pmb",
        "bold",
    ]
)
"""Macros that only change how their argument looks."""
OVER: Final = frozenset(["overset", "stackrel"])
"""Macros that put their first argument over the second one."""
BRACES: Final = {"underbrace": "⏟", "overbrace": "⏞"}
"""Macros that put a brace under or over their argument."""
ARROWS: Final = {
    "xrightarrow": ("─", "→"),
    "xleftarrow": ("←", "─"),
    "xleftrightarrow": ("←", "→"),
    "xRightarrow": ("═", "⇒"),
    "xLeftarrow": ("⇐", "═"),
    "xmapsto": ("↦", "→"),
    "xrightleftharpoons": ("⇌", "─"),
}
"""Arrows with a text over them, as what stands before and after it on one line."""
FENCED: Final = {
    "ket": ("|", "⟩"),
    "bra": ("⟨", "|"),
    "Braket": ("⟨", "⟩"),
    "abs": ("|", "|"),
    "norm": ("‖", "‖"),
    "set": ("{", "}"),
    "floor": ("⌊", "⌋"),
    "ceil": ("⌈", "⌉"),
}
"""Macros that put their argument between two signs."""
UNSEEN: Final = frozenset(["phantom", "hphantom", "vphantom", "label", "color", "vspace"])
"""Macros whose arguments are not shown."""
NAMES: Final = frozenset(
    [
        *(
            "arccos",
            "arcsin",
            "arctan",
            "arg",
            "argmax",
            "argmin",
            "cos",
            "cosh",
            "cot",
            "coth",
            "csc",
            "deg",
            "det",
            "dim",
        ),
        *(
            "exp",
            "gcd",
            "hom",
            "inf",
            "ker",
            "lg",
            "lim",
            "liminf",
            "limsup",
            "ln",
            "log",
            "max",
            "min",
            "Pr",
            "sec",
            "sin",
        ),
        *("sinh", "sup", "tan", "tanh", "operatorname", "varlimsup", "varliminf"),
    ]
)
"""Functions, which have a space between them and what they are of."""
DROPPED: Final = frozenset(
    [
        "left",
        "right",
        "middle",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "Biggl",
        "Biggr",
        "limits",
        "nolimits",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "nonumber",
        "notag",
        "hline",
        "bf",
        "rm",
        "it",
        "cal",
    ]
)
"""Macros that write no sign."""
SIGNS: Final = {
    "dots": "…",
    "cdots": "⋯",
    "vdots": "⋮",
    "ddots": "⋱",
    "lvert": "|",
    "rvert": "|",
    "rVert": "‖",
    "|": "‖",
    "implies": "⟹",
    "iff": "⟺",
    "land": "∧",
    "lor": "∨",
    "lnot": "¬",
    "neq": "≠",
    "ne": "≠",
    "le": "≤",
    "ge": "≥",
    "mid": "∣",
    "ast": "∗",
    "prime": "′",
    "bmod": " mod ",
    "lbrace": "{",
    "rbrace": "}",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lceil": "⌈",
    "rceil": "⌉",
    "langle": "⟨",
    "rangle": "⟩",
    "arg": "arg",
    "argmax": "arg max",
    "argmin": "arg min",
    "degree": "°",
    "longrightarrow": "⟶",
    "blacksquare": "■",
    "square": "□",
    "checkmark": "✓",
    "therefore": "∴",
    "because": "∵",
    "Re": "ℜ",
    "Im": "ℑ",
    "ell": "ℓ",
    "hbar": "ħ",
    "triangle": "△",
    "angle": "∠",
    "complement": "∁",
    "lt": "<",
    "neg": "¬",
    "models": "⊨",
    "bot": "⊥",
    "dag": "†",
    "ddag": "‡",
    "ddagger": "‡",
    "S": "§",
    "P": "¶",
    "oiint": "∯",
    "oiiint": "∰",
    "limsup": "lim sup",
    "liminf": "lim inf",
    "varlimsup": "lim sup",
    "varliminf": "lim inf",
    "colon": ": ",
    "dotsc": "…",
    "dotsb": "⋯",
    "impliedby": "⟸",
    "gets": "←",
    "lVert": "‖",
    "upharpoonright": "↾",
    "restriction": "↾",
    "coloneqq": "≔",
    "eqqcolon": "≕",
    "nmid": "∤",
    "nparallel": "∦",
    "bigstar": "★",
    "qed": "□",
    "Box": "□",
    "Diamond": "◇",
    "euro": "€",
    "pounds": "£",
    "copyright": "©",
    "textdegree": "°",
    "i": "ı",
    "imath": "ı",
    "jmath": "ȷ",
    "sqsubset": "⊏",
    "sqsupset": "⊐",
    "varnothing": "∅",
    "thicksim": "∼",
    "doteq": "≐",
    "triangleq": "≜",
    "gt": ">",
}
"""Signs that the package's table lacks, or has otherwise."""
RELATIONS: Final = frozenset(
    "=<>≤≥≠≈≡∼≅∝∈∉⊂⊆⊃⊇→←↔⇒⇐⇔⟹⟺↦∣±∓×÷·∪∩∧∨⟶⟵⟷⟸⊕⊖⊗⊙∥∦⊥≪≫≃≺≻≼≽⩽⩾≲≳⊢⊨∖⊔⊎⊈⊊⇌↪↠⇀⇁↗↘≔≕≐≜∤⊏⊐∘⋆"
)
"""Signs with a space on each side."""
LIMITS: Final = frozenset("∑∏∐⋃⋂∫∬∭∮∯⨁⨂⏟⏞") | {
    "lim",
    "max",
    "min",
    "sup",
    "inf",
    "arg max",
    "arg min",
    "lim sup",
    "lim inf",
}
"""Operators whose limits stand above and below them in a formula on several lines."""
FENCES: Final = {
    "matrix": ("", ""),
    "smallmatrix": ("", ""),
    "array": ("", ""),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "Bmatrix": ("{", "}"),
    "vmatrix": ("|", "|"),
    "Vmatrix": ("‖", "‖"),
    "cases": ("{", ""),
    "dcases": ("{", ""),
    "rcases": ("", "}"),
}
"""The signs around an environment of rows and columns."""
TALL: Final = {
    "(": "⎛⎜⎝",
    ")": "⎞⎟⎠",
    "[": "⎡⎢⎣",
    "]": "⎤⎥⎦",
    "{": "⎧⎨⎩",
    "}": "⎫⎬⎭",
    "|": "│││",
    "‖": "║║║",
}
"""The upper, middle and lower piece of signs that are several lines high."""
