"""HTML to plain text: what a reader of the page would see, line by line.

Belongs here: what is HTML, which elements are hidden, where a line ends. Not here: cleaning of characters,
bullets and empty lines (normalise.py), which is the same for text that never was HTML.
"""

import colorsys
import html
import re
from collections.abc import Sequence
from itertools import accumulate, islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

_BLOCKS = (
    "p", "div", "br", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6",
    "table", "thead", "tbody", "tfoot", "tr", "caption", "section", "article", "aside", "header",
    "footer", "main", "nav", "form", "fieldset", "legend", "blockquote", "pre", "hr", "address",
    "figure", "figcaption", "details", "summary",
)  # fmt: skip
_INLINE = (
    "a", "abbr", "b", "big", "center", "cite", "code", "del", "em", "font", "i", "img", "ins",
    "label", "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "svg", "td", "th",
    "tt", "u", "wbr", "button",
)  # fmt: skip
_UNSEEN = (
    "script", "style", "template", "noscript", "head", "title", "meta", "link", "iframe", "object", "svg", "canvas",
    "audio", "video", "datalist", "noembed", "noframes", "dialog:not([open])",
)  # fmt: skip
_DOCUMENT = (
    "html",
    "body",
    "head",
    "title",
    "meta",
    "link",
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
)

_ATTRIBUTE = r"""(?:\s+(?:hidden|[\w:-]{1,40}\s{0,5}=\s{0,5}(?:"[^"]*"|'[^']*'|[^\s"'<>]+)))"""
# A known element with well-formed attributes: "C <D and A> B" or "<3 Jahre" is not HTML.
_TAG = re.compile(
    rf"<!--|<!doctype\s|</?(?:{'|'.join(sorted({*_BLOCKS, *_INLINE, *_DOCUMENT}))}){_ATTRIBUTE}*\s*/?>",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(_BLOCKS)})\b", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31}\d{0,2});")
# In HTML a newline is a space. But text pasted into one <p> often keeps its list as plain lines.
_SOFT_NEWLINE = re.compile(r"[ \t\r]*\n[ \t\r\n]*(?!\s*[-–•*·▪●✓✔➢►‣◦])")

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_ZERO = r"0*(?:\.0*)?(?:0|\.0)?(?:px|pt|em|rem|%)?"
_TINY = (
    r"(?:[0-3](?:\.\d+)?px|[0-2](?:\.\d+)?pt|0?\.[0-2]\d*r?em|1?\d(?:\.\d+)?%)"  # nobody reads letters of a millimetre
)
_FAR = r"-\d{3,}"  # pixels or percent: out of the page
_HIDING = re.compile(
    rf"display:none|visibility:(?:hidden|collapse)|content-visibility:hidden|font-size:(?:{_ZERO}|{_TINY})(?:;|!|$)"
    rf"|(?<![\w-])font:[^;]*?(?<![\w.])(?:0|{_TINY})(?:px)?(?:/\S+)? |text-fill-color:transparent"
    rf"|(?<![\w-])opacity:(?:{_ZERO}|0?\.0\d*|\d(?:\.\d+)?%)(?:;|!|$)|text-indent:{_FAR}|margin(?:-left|-top)?:{_FAR}\d"
    rf"|(?<![\w-])(?:left|right|top):{_FAR}|translate[xy]?\([^)]*{_FAR}\d|clip:rect\((?:0|1)(?:px)?[ ,]"
    r"|clip-path:(?:inset\((?:50|100)%|circle\(0)|(?:transform:scale[xy]?\(|(?<![\w-])scale:)0?(?:\.0\d*)?(?:[,);]|$)"
)
_NO_ROOM = re.compile(rf"(?<![\w-])(?:max-)?(?:height|width):(?:{_ZERO}|1px)(?:;|!|$)")
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?")  # of a letter in a style: "displa\79:none"
_INK = re.compile(r"(?<![\w-])color:([^;!]+)")
_PAPER = re.compile(r"(?<![\w-])background(?:-color)?:([^;!]+)")
_CLEAR = re.compile(
    r"(?:rgb|hsl)a?\(\s*(?:[^,/()\s]+\s*[,/\s]\s*){3}(?:0(?:\.0*)?|0?\.0\d*|\d(?:\.\d+)?%)\s*\)|#[0-9a-f]{6}0[0-9a-f]|#[0-9a-f]{3}0"
)
_NUMBERS = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_Colour = tuple[int, int, int]
_NAMED = {
    "white": (255, 255, 255), "snow": (255, 250, 250), "ivory": (255, 255, 240), "ghostwhite": (248, 248, 255),
    "floralwhite": (255, 250, 240), "mintcream": (245, 255, 250), "azure": (240, 255, 255),
    "whitesmoke": (245, 245, 245), "black": (0, 0, 0),
}  # fmt: skip
_WHITE = (255, 255, 255)
_NESTING = re.compile(r"<(/?)(?!(?:br|img|hr|input|meta|link|wbr|p|li|dt|dd|td|th|tr|option)\b)[a-z]", re.IGNORECASE)
_DEEPEST = 1_000
_RULES_AT_MOST = 200  # real pages have a handful; without a limit a style sheet could keep us busy for hours
_DEPTH_AT_MOST = 50  # ancestors asked for their background
_SAME_COLOUR = 12  # per channel of 255: closer than this nobody reads it


def is_html(text: str) -> bool:
    """Whether the text has at least one real tag, comment or doctype."""
    return "<" in text and _TAG.search(text) is not None


def has_entities(text: str) -> bool:
    """Whether the text has at least one character reference that means something."""
    return "&" in text and any(html.unescape(m[0]) != m[0] for m in _ENTITY.finditer(text))


def unescape(text: str) -> str:
    """Decode the character references that end in a semicolon; "R&D" and "?a=1&lt=2" stay."""
    return _ENTITY.sub(lambda m: html.unescape(m[0]), text)


def strip_tags(text: str) -> str:
    """The text without anything `is_html` would find; for input too crooked for the parser."""
    while is_html(text):
        text = _TAG.sub(" ", text)
    return text


def visible_text(markup: str) -> str:
    """What a reader would see of the HTML: a line per block, "- " before a list item, nothing hidden.

    Markup nested beyond reason only loses its tags: the parser's time grows with the square of the depth.
    """
    if markup.count("<") > _DEEPEST and _depth(markup) > _DEEPEST:
        return strip_tags(markup)
    if "\n" in markup and "<pre" not in markup.lower():
        markup = _with_soft_newlines(markup)
    tree = LexborHTMLParser(markup)
    root = tree.root
    if root is None:
        return ""
    _drop_hidden(tree, markup)
    for node in tree.css(",".join(_BLOCKS)):
        if node.tag not in ("br", "tr"):
            node.insert_before("\n- " if node.tag == "li" else "\n")
        if node.tag != "li":
            node.insert_after("\n")
    for node in tree.css("td,th"):
        node.insert_after(" ")
    return str(root.text(deep=True, skip_empty=False))


def _with_soft_newlines(markup: str) -> str:
    """Newlines from the first block to the last as spaces; lines of plain text around them stay lines."""
    blocks = list(_BLOCK_TAG.finditer(markup))
    if not blocks:
        return markup
    start, end = blocks[0].start(), blocks[-1].end()
    return markup[:start] + _SOFT_NEWLINE.sub(" ", markup[start:end]) + markup[end:]


def _depth(markup: str) -> int:
    """Upper bound of how deep the elements nest; those that close each other or hold nothing do not count."""
    steps = (-1 if match[1] else 1 for match in _NESTING.finditer(markup))
    return max(accumulate(steps), default=0)


def _drop_hidden(tree: LexborHTMLParser, markup: str) -> None:
    lowered = markup.lower()
    if "<style" in lowered:
        for sheet in tree.css("style"):
            _drop_hidden_by_sheet(tree, sheet.text())
    _remove(tree.css(",".join(_UNSEEN)))
    if "hidden" in lowered:
        _remove(tree.css('[hidden],[aria-hidden="true"],input[type="hidden"]'))
    if "popover" in lowered:
        _remove(tree.css("[popover]"))
    if "style" in lowered or "color" in lowered:
        _remove([node for node in tree.css("[style],font[color]") if _is_unreadable(node)])


def _remove(nodes: Sequence[LexborNode]) -> None:
    """Inner elements first: one that went with its parent must not be touched again."""
    for node in reversed({node.mem_id: node for node in nodes}.values()):
        node.decompose()


def _drop_hidden_by_sheet(tree: LexborHTMLParser, sheet: str) -> None:
    hiding = (names for names, declarations in _RULE.findall(sheet) if _hides_by_sheet(_compact(declarations)))
    for selectors in islice(hiding, _RULES_AT_MOST):
        for selector in selectors.split(","):
            # Only plain classes, ids and elements: anything finer may mean another state (hover, print).
            if re.fullmatch(r"\s*[\w-]*[.#]?[\w-]+\s*", selector):
                _remove(tree.css(selector.strip()))


def _compact(style: str) -> str:
    style = re.sub(r"/\*.*?\*/", "", style.lower(), flags=re.DOTALL)
    if "\\" in style:
        style = _ESCAPE.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), style)
    return re.sub(r"\s*([:;,!])\s*", r"\1", style).strip()


def _hides(style: str) -> bool:
    if _HIDING.search(style):
        return True
    return "overflow:hidden" in style and _NO_ROOM.search(style) is not None


def _hides_by_sheet(style: str) -> bool:
    """A rule hides by itself if it names paper and ink; ink alone may lie on the paper of another rule."""
    if _hides(style):
        return True
    ink, paper = _INK.search(style), _PAPER.search(style)
    if ink is None:
        return False
    return _is_clear(ink[1]) or (paper is not None and _are_alike(_colour(ink[1]), _colour(paper[1])))


def _is_clear(ink: str) -> bool:
    return ink.strip() == "transparent" or _CLEAR.fullmatch(ink.strip()) is not None


def _are_alike(ink: _Colour | None, paper: _Colour | None) -> bool:
    if ink is None or paper is None:
        return False
    return all(abs(a - b) <= _SAME_COLOUR for a, b in zip(ink, paper, strict=True))


def _is_unreadable(node: LexborNode) -> bool:
    style = _compact(node.attributes.get("style") or "")
    if style and _hides(style):
        return True
    ink_text = (m[1] if (m := _INK.search(style)) else None) or node.attributes.get("color")
    if not ink_text:
        return False
    return _is_clear(ink_text.lower()) or _are_alike(_colour(ink_text), _background(node))


def _background(node: LexborNode) -> _Colour:
    """The nearest background given in line, else white; an unknown one (an image) counts as readable grey."""
    current: LexborNode | None = node
    for _ in range(_DEPTH_AT_MOST):
        if current is None or not current.is_element_node:
            break
        style = _compact(current.attributes.get("style") or "")
        named = (m[1] if (m := _PAPER.search(style)) else None) or current.attributes.get("bgcolor")
        if named and named.strip() not in ("none", "transparent", "inherit", "initial"):
            return _colour(named) or (128, 128, 128)
        current = current.parent
    return _WHITE


def _colour(text: str) -> _Colour | None:
    word = text.strip().lower()
    if not word.startswith(("rgb", "hsl")):
        word = word.split(" ")[0]
    if word in _NAMED:
        return _NAMED[word]
    if re.fullmatch(r"#[0-9a-f]{3,4}", word):
        return (int(word[1] * 2, 16), int(word[2] * 2, 16), int(word[3] * 2, 16))
    if re.fullmatch(r"#[0-9a-f]{6}(?:[0-9a-f]{2})?", word):
        return (int(word[1:3], 16), int(word[3:5], 16), int(word[5:7], 16))
    numbers = [float(number) for number in _NUMBERS.findall(word)] if word.startswith(("rgb", "hsl")) else []
    if len(numbers) < 3:
        return None
    if word.startswith("hsl"):
        hue, saturation, lightness = numbers[0] / 360, min(numbers[1], 100) / 100, min(numbers[2], 100) / 100
        red, green, blue = (int(255 * part) for part in colorsys.hls_to_rgb(hue % 1, lightness, saturation))
    else:
        red, green, blue = (min(255, int(number)) for number in numbers[:3])
    return (red, green, blue)
