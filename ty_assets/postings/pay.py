"""What a posting offers as pay, in euros gross a year, from its own words.

Belongs here: finding amounts that are said to be pay, and their period. Not here: what somebody wishes for
(`ty_assets/profiles`), and whether it is enough (`ty_assets/matching/gates.py`). Whatever is in doubt is no pay: an
unknown one stops nobody, a wrong one would.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

Period = Literal["hour", "month", "year"]

# A full week of 40 hours through 52 weeks: what an hourly wage comes to at most.
_A_YEAR: Final[dict[Period, float]] = {"hour": 40.0 * 52, "month": 12.0, "year": 1.0}
# What nobody earns in a year of full work is a misreading: a bonus, a turnover, a telephone number.
_LEAST, _MOST = 10_000.0, 500_000.0
# Without a period, only what can be nothing but a year's.
_SURELY_A_YEAR = 25_000.0

_AMOUNT = r"\d{1,3}(?:[.,'’ \u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_CURRENCY = r"€|EUR(?:O)?\b"
_RANGE: Final = re.compile(
    rf"(?:(?:{_CURRENCY})\s*)?(?P<low>{_AMOUNT})\s*(?P<k1>k\b|T(?=\s*(?:€|EUR)))?\s*(?:{_CURRENCY})?,?-?\s*"
    rf"(?:-|–|—|bis(?:\s+zu)?|to)\s*(?:{_CURRENCY})?\s*(?P<high>{_AMOUNT})\s*(?P<k2>k\b|T(?=\s*(?:€|EUR)))?",
    re.IGNORECASE,
)
_SINGLE: Final = re.compile(
    rf"(?:{_CURRENCY})\s*(?P<after>{_AMOUNT})\s*(?P<k1>k\b)?|(?P<before>{_AMOUNT})\s*(?P<k2>k\b|T(?=\s*(?:€|EUR)))?,?-?\s*(?:{_CURRENCY})",
    re.IGNORECASE,
)
_HAS_CURRENCY: Final = re.compile(_CURRENCY, re.IGNORECASE)
_PAY: Final = re.compile(
    r"gehalt|gehälter|lohn|löhne|vergütung|verguetung|entgelt|verdien|brutto|bezahl|besoldung"
    r"|salar|wage|\bpay\b|\bpaid\b|compensation|remuneration|\bgross\b|\bearn",
    re.IGNORECASE,
)
# Money that is not the pay, in the same breath.
_OTHER_MONEY: Final = re.compile(
    r"prämie|bonus|boni\b|zuschuss|zuschlag|zulage|gutschein|budget|umsatz|einmalzahlung|sonderzahlung|sachbezug|jobrad"
    r"|prämien|weihnachtsgeld|urlaubsgeld|rabatt|allowance|voucher|turnover|revenue|sign-?on|benefit|steuerfrei|netto"
    r"|ausbildungs(?:vergütung|jahr)|lehrjahr|minijob|mini-job|geringfügig|stipendi",
    re.IGNORECASE,
)
_PERIODS: Final[tuple[tuple[Period, re.Pattern[str]], ...]] = (
    ("hour", re.compile(r"stunde|\bstd\b|/\s*h\b|\bhour|hourly|stündlich|\bp\.?\s?h\.?\b", re.IGNORECASE)),
    ("month", re.compile(r"monat|\bmtl\b|\bmonth|\bp\.?\s?m\.?(?=\W|$)", re.IGNORECASE)),
    ("year", re.compile(r"jahr|jährlich|\byear|annual|annum|\bp\.?\s?a\.?(?=\W|$)", re.IGNORECASE)),
)
_NEAR = 40  # characters around an amount in which its period stands


def most_offered(text: str) -> float | None:
    """The highest pay that the text offers, euros gross a year at full time; None where it does not say.

    A line counts where it speaks of pay, of euros and of no other money; the period is said near the amount, or the
    amount can only be a year's.
    """
    found = [amount for line in text.splitlines() for amount in _of_line(line)]
    return max(found, default=None)


def _of_line(line: str) -> Iterator[float]:
    if not (_PAY.search(line) and _HAS_CURRENCY.search(line)):
        return
    taken: list[tuple[int, int]] = []
    for match in [*_RANGE.finditer(line), *_SINGLE.finditer(line)]:
        start, end = match.span()
        if any(start < last and first < end for first, last in taken):
            continue
        around = line[max(0, start - _NEAR) : end + _NEAR]
        if not _HAS_CURRENCY.search(line[max(0, start - 8) : end + 8]) or _OTHER_MONEY.search(around):
            continue
        taken.append((start, end))
        a_year = _a_year(_amount(match), around)
        if a_year is not None and _LEAST <= a_year <= _MOST:
            yield a_year


def _a_year(amount: float, around: str) -> float | None:
    said = [period for period, pattern in _PERIODS if pattern.search(around)]
    if len(said) == 1:
        return amount * _A_YEAR[said[0]]
    return amount if not said and amount >= _SURELY_A_YEAR else None


def _amount(match: re.Match[str]) -> float:
    groups = match.groupdict()
    digits = groups.get("high") or groups.get("after") or groups.get("before") or ""
    thousands = groups.get("k2") or groups.get("k1")
    return _number(digits) * (1000.0 if thousands else 1.0)


def _number(digits: str) -> float:
    """ "45.000", "45,000.50" and "17,50" as they are meant: three digits behind a mark are thousands."""
    plain = re.sub(r"[.,'’ \u202f](?=\d{3}(?:\D|$))", "", digits)
    return float(plain.replace(",", "."))
