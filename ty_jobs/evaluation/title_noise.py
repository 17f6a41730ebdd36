"""Titles as real postings write them: a clean title with what employers put around it.

Belongs here: the noise, chosen by the title and a seed alone, so that a figure can be made again. Not here: cleaning
(ty_assets/berufenet/titles.py). Towns and employers here are others than cleaning knows by name.
"""

import random
from collections.abc import Callable
from typing import Final

_GENDER: Final = (
    "(m/w/d)", "(w/m/d)", "m/w/d", "(m/f/d)", "(d/m/w)", "(gn)", "(all genders)", "(m/w/x)", "| m/w/d", "[m|w|d]",
    "(m / w / d)", "(divers/weiblich/männlich)",
)  # fmt: skip
_BEFORE: Final = (
    "Senior", "Junior", "Erfahrener", "Gesucht:", "Dringend gesucht:", "Wir suchen:", "Neu:", "Verstärkung als",
    "Quereinsteiger als", "Motivierter", "Job als", "Ab sofort:", "TOP-JOB:", "Werden Sie", "Stellenangebot:",
)  # fmt: skip
_HOURS: Final = (
    "in Vollzeit", "in Teilzeit", "Voll- oder Teilzeit", "- Minijob", "20 Std./Woche", "- unbefristet", "(befristet)",
    "| Homeoffice möglich", "- 100 % remote", "auf 520-Euro-Basis", "im 3-Schicht-Betrieb", "(Teilzeit, 25h)",
)  # fmt: skip
_PAY: Final = (
    "ab 17,50 €/Std.", "- bis 4.200 € brutto", "| 18 € pro Stunde", "bis zu 65.000 EUR", "ab 3.000 € im Monat",
    "inkl. Firmenwagen", "mit Übernahmeoption",
)  # fmt: skip
_TOWNS: Final = (
    "Bad Salzuflen", "Quakenbrück", "Ilmenau", "Pirmasens", "Hückeswagen", "Bückeburg", "Eggenfelden", "Landau",
    "Köln", "München", "Leipzig", "Hamburg", "Oerlinghausen", "Zeven", "Mühlacker", "Bitterfeld",
)  # fmt: skip
_PLACED: Final = ("in {}", "- {}", "| {}", "({})", "für den Standort {}", "Raum {}", "{}", "am Standort {}", "97941 {}")
_EMPLOYERS: Final = (
    "Brinkhoff GmbH", "Lindtner & Söhne KG", "Vexora AG", "Stadtwerke Ilmtal", "Hufnagel Personal GmbH",
    "Klinikum Ostalb", "Kirchgemeinde St. Marien", "Zollner Logistik SE", "Novatech Systems GmbH & Co. KG",
)  # fmt: skip
_EMPLOYED: Final = ("bei {}", "bei der {}", "- {}", "| {}", "für die {}", "@ {}", "({})")
_REFERENCE: Final = ("Ref. 20431", "(JR-204311)", "- Kennziffer 24/118", "#8841", "zum 01.09.2026", "ab sofort")


def noisy(title: str, seed: int = 0) -> str:
    """The title with one to four of these around it; the same for the same title and seed."""
    choose = random.Random(f"{seed} {title}")
    after: list[Callable[[], str]] = [
        lambda: choose.choice(_HOURS),
        lambda: choose.choice(_PAY),
        lambda: choose.choice(_PLACED).format(choose.choice(_TOWNS)),
        lambda: choose.choice(_EMPLOYED).format(choose.choice(_EMPLOYERS)),
        lambda: choose.choice(_REFERENCE),
    ]
    text = title
    if choose.random() < 0.8:
        text = f"{text} {choose.choice(_GENDER)}"
    for part in choose.sample(after, choose.choice((1, 1, 2, 3))):
        text = f"{text} {part()}"
    if choose.random() < 0.3:
        text = f"{choose.choice(_BEFORE)} {text}"
    return text.upper() if choose.random() < 0.03 else text
