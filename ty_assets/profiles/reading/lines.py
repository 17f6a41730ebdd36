"""The lines of a document, whatever file they came from, with what the page showed of them.

Belongs here: the type, bullets and cells of a line, joining what was wrapped. Not here: what a line means.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

BULLETS = "•‣⁃∙◦·●○◉◆◇▪▫■□▶►▸➢➤➔➜→⇒»›✓✔✦★❖❯\uf0a7\uf0b7\uf0d8\uf0fc\uf076"
_BULLET = re.compile(rf"^(?:[{re.escape(BULLETS)}]\s*|[-–—−*+]\s+)+")
_CELLS = re.compile(r"\t+| {3,}")
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_LIGATURES = str.maketrans({"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "\u00a0": " ", "\u202f": " "})
# A letter and its umlaut dots as two characters, as LaTeX sets them
_SPACED_OUT = re.compile(r"^(?:[^\W\d_] ){4,}[^\W\d_]$")


@dataclass(frozen=True, slots=True)
class Line:
    text: str  # without the bullet; cells are parted by tabs
    bullet: bool = False
    gap: bool = False  # more room before it than between the lines of a paragraph
    size: float = 0.0  # of the type, in points; 0 where the file does not say
    strong: bool = False  # bold, or styled as a heading
    indent: float = 0.0  # from the left edge of its column, in points or characters

    @property
    def cells(self) -> list[str]:
        return [cell for part in self.text.split("\t") if (cell := part.strip())]


def line_of(
    raw: str, *, gap: bool = False, size: float = 0.0, strong: bool = False, bullet: bool = False, indent: float = 0.0
) -> Line | None:
    """A line of raw text; None where nothing visible is in it."""
    text = clean(raw)
    if found := _BULLET.match(text):
        bullet, text = True, text[found.end() :]
    cells = [" ".join(cell.split()) for cell in _CELLS.split(text)]
    text = "\t".join(cell for cell in cells if cell)
    if not re.search(r"\w", text):
        return None
    if _SPACED_OUT.match(text):  # B E R U F
        text = text.replace(" ", "")
    return Line(text, bullet, gap, size, strong, indent)


def clean(raw: str) -> str:
    return _INVISIBLE.sub("", raw.translate(_LIGATURES)).strip()


def lines_of_text(text: str) -> list[Line]:
    lines: list[Line] = []
    gap = False
    for raw in re.split(r"\r\n?|[\n\x0b\x0c\x85\u2028\u2029]", text):
        line = line_of(raw.expandtabs(8) if raw.startswith(" ") else raw, gap=gap, indent=_indent(raw))
        if line is None:
            gap = not raw.strip() or gap
            continue
        lines.append(line)
        gap = False
    return lines


def _indent(raw: str) -> float:
    return float(len(raw) - len(raw.lstrip()))


def joined(parts: Iterable[str]) -> str:
    """Wrapped lines as one: words parted at a line's end are put together again."""
    text = ""
    for part in parts:
        if re.search(r"[^\W\d_]-$", text) and re.match(r"[^\W\d_]", part):
            # "Projekt-/leitung" is one word, "Java-/Entwickler" keeps its hyphen, "Vor-/und" its space as well
            if re.match(r"(?:und|oder|bzw|and|or)\b", part):
                text = f"{text} {part}"
            else:
                text = text[:-1] + part if part[0].islower() else text + part
        else:
            text = f"{text} {part}" if text else part
    return text


def without_cells(line: Line) -> Line:
    return replace(line, text=line.text.replace("\t", " "))
