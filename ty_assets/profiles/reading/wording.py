"""Whether a few words name a position, an employer, a school or a place.

Belongs here: the signs of each, as weights. Not here: choosing between several parts of an entry (entries.py).
"""

import re
from functools import lru_cache

from ty_assets.profiles.degrees import read_degree
from ty_assets.profiles.positions import read_positions, seniority_of

_LEGAL_FORM = re.compile(
    r"\b(?:gmbh|mbh|ag|kg|kgaa|ohg|gbr|ug|se|e\.?\s?v\.?|eg|ggmbh|e\.?\s?k\.?|inc|ltd|limited|llc|llp|plc|corp"
    r"|corporation|co|s\.?a\.?"
    r"|n\.?v\.?|b\.?v\.?|s\.?r\.?l|oy|ab|a/s|aör|gruppe|group|holding)\b\.?",
    re.IGNORECASE,
)
# With a capital alone, or as the end of a German compound.
_EMPLOYER = re.compile(
    r"\b(?:Deutsche|Stadt|Land|Landkreis|Bezirk|Gemeinde|Bundes\w+|Landes\w+|Freistaat|Kreis|St\.|Sankt|Haus|Café"
    r"|Cafe|Hotel"
    r"|Gasthof|Gasthaus|Restaurant|Institute?|Ministry|Ministerium|Department of|Council|Bank|Airlines?|Hospital"
    r"|Clinic|Labs?"
    r"|Laboratories|Studios?|Systems?|Solutions|Technologies|Services|Partners?|Consulting|Software|Industries"
    r"|Logistics|Energy|Media"
    r"|Foundation|Trust|Society|Association|NHS|University|College|School|Academy|Nursery|Surgery|Stores?"
    r"|Supermarkets?|Bakery|Agency"
    r"|Brothers|Sons|Gebr\.|Söhne|Autohaus|Praxis|Kanzlei|Werk|Amt|Verein|Diakonie|Caritas|DRK|AWO|Rotes Kreuz"
    r"|Johanniter|Malteser"
    r"|Finanzamt|Agentur für Arbeit|Jobcenter|Team|Digital|Analytics|Robotics|Motors|Electronics|Pharma|Biotech|Foods?"
    r"|Retail|Insurance|Capital|Ventures|Startup|Primary|Elementary|Bau|Dach|Elektro|Sanitär|Maschinenbau"
    r"|Anlagenbau|Spedition|House|Inn|Bistro|Grill|Pub)\b"
    r"|\w*(?:klinik(?:um)?|(?:kranken|auto|möbel|kauf|mode|waren|brau|gast|pflege|eltern|lager|versand)haus|spital"
    r"|heim|schule|kindergarten|kita|universität|hochschule|akademie|institut|werke?|werkstatt"
    r"|bank|kasse|versicherung(?:en)?|verlag|zentrum|agentur|praxis|kanzlei|stiftung|verband|verein|museum|theater"
    r"|bäckerei|metzgerei"
    r"|apotheke|brauerei|druckerei|tischlerei|schreinerei|spedition|logistik|technik|bau|markt|hof|amt|gericht"
    r"|ministerium"
    r"|behörde|verwaltung|betrieb|dienste?|service|energie|motoren|elektronik|systeme|stadtwerke|residenz|stift|tec"
    r"|soft|tech)\b",
)
_EMPLOYER_ANY_CASE = re.compile(
    r"\b(?:self[- ]employed|selbstständig|selbständig|freelance|freiberuflich)\b", re.IGNORECASE
)
_POSITION = re.compile(
    r"\b(?:\w*(?:leiter|leiterin|leitung|mitarbeiter|mitarbeiterin|kraft|kaufmann|kauffrau|fachmann|fachfrau"
    r"|assistent|assistentin"
    r"|assistenz|berater|beraterin|entwickler|entwicklerin|techniker|technikerin|mechaniker|mechanikerin|mechatroniker"
    r"|mechatronikerin|meister|meisterin|referent|referentin|spezialist|spezialistin|ingenieur|ingenieurin|manager"
    r"|managerin"
    r"|sachbearbeiter|sachbearbeiterin|sachbearbeitung|angestellte|angestellter|helfer|helferin|fahrer|fahrerin"
    r"|verkäufer"
    r"|verkäuferin|pfleger|pflegerin|schwester|lehrer|lehrerin|koch|köchin|bäcker|bäckerin|maler|malerin|elektriker"
    r"|elektroniker"
    r"|elektronikerin|trainer|trainerin|betreuer|betreuerin|prüfer|prüferin|planer|planerin|koordinator"
    r"|koordinatorin|analyst"
    r"|analystin|architekt|architektin|designer|designerin|praktikant|praktikantin|praktikum|werkstudent"
    r"|werkstudentin|trainee"
    r"|volontär|volontariat|auszubildende|auszubildender|azubi|aushilfe|hilfskraft|vertreter|vertreterin|vertrieb"
    r"|disponent"
    r"|disponentin|einkäufer|einkäuferin|buchhalter|buchhalterin|controller|controllerin|erzieher|erzieherin"
    r"|arbeiter|arbeiterin"
    r"|gesellin|geselle|monteur|monteurin|installateur|friseur|friseurin|redakteur|redakteurin|jurist|juristin"
    r"|anwalt|anwältin)"
    r"|(?:senior|junior|lead|head|chief|principal|staff|deputy|assistant|associate|vice|interim"
    r"|stellvertretende[rn]?|teamleiter\w*)"
    r"|\w+(?:ist|eer|ician)|manager|engineer|developer|consultant|analyst|director|officer|executive|administrator"
    r"|coordinator|specialist"
    r"|advisor|adviser|representative|technician|nurse|teacher|tutor|lecturer|researcher|scientist|designer|writer"
    r"|editor|intern"
    r"|internship|apprentice|trainee|clerk|receptionist|cashier|waiter|waitress|barista|driver|operator|supervisor"
    r"|foreman|worker"
    r"|labourer|cleaner|carer|chef|cook|baker|accountant|bookkeeper|buyer|planner|architect|programmer|tester|owner"
    r"|founder|partner"
    r"|president|cto|ceo|cfo|coo|secretary|librarian|electrician|plumber|carpenter|welder|mechanic|paralegal"
    r"|solicitor|lawyer"
    r"|physician|pharmacist|therapist|psychologist|hairdresser|volunteer|member|mitglied|vorstand|geschäftsführer"
    r"|geschäftsführerin"
    r"|gründer|gründerin|inhaber|inhaberin|student|studentische|wissenschaftliche[rn]?|freiberufliche?r?|freelancer?)\b"
    r"|\(?[mwdfx]\s?[/|]\s?[mwdfx](?:\s?[/|]\s?[mwdfx])?\)?",
    re.IGNORECASE,
)
_SCHOOL = re.compile(
    r"\b(?:universit(?:y|ät|é|at)|hochschule|fachhochschule|college|school|academy|akademie"
    r"|institute?(?: of technology)?|polytechnic"
    r"|tu|fh|th|rwth|haw|dhbw|kit|eth|lmu|mit|ihk|hwk|uni|bootcamp|fernuni\w*|conservatory)\b"
    r"|\w*(?:gymnasium|schule|kolleg|universität|hochschule|lyzeum|konservatorium|akademie|oberschule|seminar)\b",
    re.IGNORECASE,
)
_STUDY = re.compile(
    r"\b(?:studium|ausbildung|abitur|hochschulreife|bachelor|master|diplom|magister|promotion|staatsexamen"
    r"|schulabschluss|realschulabschluss"
    r"|hauptschulabschluss|mittlere reife|umschulung|lehre|weiterbildung|degree|diploma|certificate|gcses?"
    r"|a[- ]levels?|phd|doctorate"
    r"|apprenticeship|nvq|btec|studies|fachabitur|fachhochschulreife|matura|msc|bsc|mba|ba|ma|beng|meng|llb|llm"
    r"|pgce|hnd|hnc|erasmus|btech|mtech|bcom|hsc|ssc)\b"
    r"|\b[bm]\.\s?(?:sc|a|eng|ed|e|tech|com)\b|\w*(?:abschluss|prüfung|reife|meisterbrief)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=2000)
def position_weight(text: str) -> float:
    """How much the words read as a job title; 0 for nothing."""
    weight = 0.0
    if _POSITION.search(text):
        weight += 2
    if read_positions(text):
        weight += 1
    if seniority_of(text):
        weight += 0.5
    return weight


@lru_cache(maxsize=2000)
def employer_weight(text: str) -> float:
    weight = 0.0
    if _LEGAL_FORM.search(text):
        weight += 3
    if _EMPLOYER.search(text) or _EMPLOYER_ANY_CASE.search(text):
        weight += 2
    return weight


@lru_cache(maxsize=2000)
def school_weight(text: str) -> float:
    return (3.0 if _SCHOOL.search(text) else 0.0) + (1.0 if _LEGAL_FORM.search(text) else 0.0)


@lru_cache(maxsize=2000)
def study_weight(text: str) -> float:
    return (2.0 if _STUDY.search(text) else 0.0) + (1.0 if read_degree(text) else 0.0)
