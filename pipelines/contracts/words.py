"""What headers say: names for columns, and which of them are money, ids, people, currencies."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

MONEY = re.compile(
    r"amount|cost|price|revenue|spend|spent|\bnet\b|gross|\bfees?\b|\btax|balance"
    r"|salary|wage|budget"
    r"|\bvalue\b|turnover|income|expense|debit|credit|discount|refund|\bmrr\b|\barr\b"
    r"|\bcpc\b|\bcpm\b|sales\b"
    r"|betrag|umsatz|kosten|preis|brutto|netto|gehalt|montant|prix|co[uû]t|importe"
    r"|precio|coste|costo|bedrag"
    r"|valor|pre[cç]o|receita|chi ph[ií]|doanh thu|金额|金額|费用|費用|价格|價格|收入|料金|売上",
)
NO_MONEY = re.compile(
    r"\bid\b|count|number|\bqty\b|quantity|rate\b|percent|%|margin|ratio|status|type|currency"
)
DATE = re.compile(
    r"date|\bday\b|\bdatum\b|\btag\b|\bjour\b|fecha|\bdata\b|\bdag\b|ng[aà]y|日期|日付"
    r"|created|updated|modified"
    r"|started|ended|closed|\bat$|\bon$|\btime\b|timestamp|start|end\b|since|until|from$|\bto$",
)
DATE_ITSELF = re.compile(r"\b(date|datum|fecha)\b|datum$|日期|日付")
ID = re.compile(
    r"(^|\s)(id|ids|uuid|guid|key|sku|ean|isin|nr|no|number|nummer|code|zip|plz|iban"
    r"|phone|postcode)\.?$"
    r"|^(order|invoice|account|customer|line|ticket|receipt|konto)$"
)
RESERVED = frozenset((
    "all", "and", "any", "as", "asc", "at", "between", "by", "case", "cast", "column", "cross",
    "date", "day", "default", "desc", "distinct", "end", "from", "full", "group", "having", "in",
    "inner", "is", "join", "left", "like", "limit", "natural", "not", "null", "offset", "on",
    "or", "order", "outer", "over", "primary", "range", "references", "right", "row", "rows",
    "select", "set", "table", "then", "time", "to", "try", "union", "unique", "user", "using",
    "values", "when", "where", "window", "with",
))  # fmt: skip
"""Words of SQL's own, which no column is called after."""
CURRENCY = re.compile(
    r"^((iso |transaction |account |original )*(currency|ccy)( iso)?( code)?"
    r"|w[äa]hrung|devise|moneda|valuta|moeda"
    r"|ti[eề]n t[eệ]|货币|貨幣|幣別|通貨)$"
)
PERSONAL = re.compile(
    r"e[- ]?mail|phone|mobile|telefon|(first|last|full|given|family|sur|contact"
    r"|person|respondent|employee|customer"
    r"|owner|user|author)[ _]?name|^(employee|contact|person|customer|author|owner"
    r"|assignee|rep)$|street|address"
    r"|birth|salary|wage|gehalt|\bip\b|iban|passport|ssn|gender|vorname|nachname"
    r"|comment|\bnotes?\b|free text"
)
NO_PERSON = re.compile(r"email_(domain|id)|emails|company|campaign|account name|product")
SCOPE = re.compile(
    r"\b(account|profile|site|store|shop|property|platform|branch|organi[sz]ation|scenario)\b"
)
CHANGES = re.compile(r"status|state|updated|modified|closed|stage|ended|cancel")
FAMILIES = {
    "ads": r"impression|ad group|ad set|campaign|adset|\bcpc\b|\bctr\b|ad spend|amount spent"
    r"|clicks",
    "crm": r"lead|deal|opportunity|ticket|contact|pipeline|stage|owner|account name|survey"
    r"|score|satisfaction|company",
    "finance": r"invoice|debit|credit|ledger|journal|payment|subscription|price|order|tax"
    r"|currency|fiscal|posting|rate\b"
    r"|umsatz|konto|rechnung|betrag",
    "marketing": r"session|page view|bounce|newsletter|opened|unsubscribed|follower|download"
    r"|landing page|keyword",
    "people": r"employee|salary|hired|hire date|team|role|department|payroll",
    "projects": r"task|milestone|earned value|predecessor|project|sprint|duration",
    "planning": r"target|budget|forecast|plan version",
}


def plain(header: str) -> str:
    """A header as small words: no case, no signs between them; `customerId` is `customer id`."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", header.replace("_", " "))
    return " ".join(re.sub(r"[^\w%]+", " ", text.casefold()).split())


def identifier(text: str) -> str:
    """A text as a name of a column, table or source: small letters, digits, `_`; or empty."""
    spelled = text.replace("ß", "ss").replace("%", " percent ").replace("#", " number ")
    spelled = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", spelled)
    letters = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", letters.lower()).strip("_")[:50].strip("_")
    return f"n_{name}" if name[:1].isdigit() else name


def different(name: str, taken: Iterable[str]) -> str:
    """The name, or with a number that no other has."""
    known, number = set(taken), 2
    unique = name
    while unique in known:
        unique, number = f"{name}_{number}", number + 1
    return unique


def is_money(header: str) -> bool:
    """Whether a header speaks of money."""
    text = plain(header)
    return bool(MONEY.search(text)) and not NO_MONEY.search(text)


def is_personal(header: str, name: str) -> bool:
    """Whether a header speaks of a person."""
    return bool(PERSONAL.search(plain(header))) and not NO_PERSON.search(f"{plain(header)} {name}")


def family_of(headers: Sequence[str], name: str) -> tuple[str, str]:
    """The family that most headers speak of, and what it was told by."""
    text = " | ".join(map(plain, headers)) + " | " + plain(name)
    told = {family: sorted(set(re.findall(words, text))) for family, words in FAMILIES.items()}
    family = max(told, key=lambda each: len(told[each]))
    if not told[family]:
        return "finance", "nothing in the headers tells; the folder is what rows are unified into"
    return family, f"told by {', '.join(map(repr, told[family][:4]))}"


@lru_cache
def currencies() -> frozenset[str]:
    """Every ISO 4217 code that CLDR knows."""
    import babel

    return frozenset(babel.Locale("en").currencies)


def currency_in(header: str) -> tuple[str, str, str] | None:
    """A header that ends with a currency: the text before, the currency, and the text after."""
    found = re.fullmatch(
        r"(.*?[\s(\[]+(?:in )?)([A-Z]{3}|[€£₹$¥]|R\$|Rs\.?)([)\]]?\s*)", header.strip()
    )
    if found is None or (found[2].isalpha() and found[2] not in currencies() and found[2] != "Rs"):
        return None
    return found[1], found[2], found[3]
