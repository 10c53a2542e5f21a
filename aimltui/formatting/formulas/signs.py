"""Tables of Unicode signs for formulas."""

from __future__ import annotations

from typing import Final

SUPERSCRIPTS: Final = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδεθιφχ′ ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᵋᶿᶥᶲᵡ′ ",
        strict=True,
    )
)
"""Characters with a superscript form."""
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
}
"""Combining signs by macro."""
ARGUMENTS: Final = {
    "binom": 2,
    "dbinom": 2,
    "tbinom": 2,
    "dfrac": 2,
    "tfrac": 2,
    "cfrac": 2,
    "operatorname": 1,
} | dict.fromkeys(
    ("boxed", "widehat", "widetilde", "bm", "boldsymbol", "tag", "mathscr", "overrightarrow"), 1
)
"""How many arguments a macro takes, where the parser may not know it."""
SPACES: Final = {",": " ", ";": " ", ":": " ", " ": " ", "quad": "  ", "qquad": "    ", "!": "", "~": " "}
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
    ]
)
"""Macros that only change how their argument looks."""
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
    "lVert": "‖",
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
    "colon": ":",
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
    "xrightarrow": "→",
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
    "gt": ">",
}
"""Signs that the package's table lacks, or has otherwise."""
RELATIONS: Final = frozenset("=<>≤≥≠≈≡∼≅∝∈∉⊂⊆⊃⊇→←↔⇒⇐⇔⟹⟺↦∣±∓×÷·∪∩∧∨⟶")
"""Signs with a space on each side."""
LIMITS: Final = frozenset("∑∏∐⋃⋂∫∬∭∮") | {"lim", "max", "min", "sup", "inf", "arg max", "arg min"}
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
