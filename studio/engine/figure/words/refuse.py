"""Says no to sexual content, kindly and without being fooled by spelling; everyday words stay free."""

from __future__ import annotations

import re
import unicodedata

from studio.engine.figure.request import WordsRefused
from studio.engine.figure.words.people import MINOR_AGES, PERSONS
from studio.engine.figure.words.text import dictionary_form

EXPLICIT = frozenset(
    [
        "nude",
        "nudity",
        "nudist",
        "nudes",
        "naked",
        "nakedness",
        "nakedly",
        "topless",
        "bottomless",
        "undressed",
        "undressing",
        "unclothed",
        "nsfw",
        "porn",
        "porno",
        "pornographic",
        "pornography",
        "hentai",
        "explicit",
        "xxx",
        "erotic",
        "erotica",
        "erotically",
        "sexual",
        "sexually",
        "sex",
        "sexualized",
        "sexualised",
        "intercourse",
        "orgasm",
        "orgasmic",
        "penis",
        "vagina",
        "vulva",
        "clitoris",
        "nipple",
        "nipples",
        "areola",
        "areolas",
        "genital",
        "genitals",
        "genitalia",
        "testicle",
        "testicles",
        "pubic",
        "masturbate",
        "masturbating",
        "masturbation",
        "blowjob",
        "handjob",
        "cumshot",
        "cum",
        "creampie",
        "gangbang",
        "threesome",
        "bukkake",
        "rape",
        "raped",
        "raping",
        "bdsm",
        "bondage",
        "stripper",
        "striptease",
        "milf",
        "dildo",
        "vibrator",
        "futanari",
        "futa",
        "ahegao",
        "fellatio",
        "cunnilingus",
        "pussy",
        "cock",
        "upskirt",
        "uncensored",
        "lolicon",
        "shotacon",
        "loli",
        "shota",
        "incest",
        "whore",
        "slut",
        "slutty",
        "panties",
        "pantyless",
        "braless",
        "fuck",
        "fucked",
        "fucking",
        "r18",
        "fleshlight",
        "camgirl",
        "onlyfans",
        "deepthroat",
        "pron",
        "cameltoe",
        "nipslip",
        "areolae",
        "anus",
        "cunt",
        "twat",
        "clit",
        "rimjob",
        "sperm",
        "semen",
        "jizz",
        "molest",
        "molesting",
        "groping",
        "shibari",
        "gilf",
        "dilf",
        "oppai",
        "disrobing",
        "prostitute",
        "hooker",
        "ecchi",
        "cumming",
    ]
)
# Words that only a picture of a child makes unacceptable; for grown-ups they are left out of the drawing.
SUGGESTIVE = frozenset(
    [
        "sexy",
        "seductive",
        "seductively",
        "sensual",
        "provocative",
        "lewd",
        "busty",
        "cleavage",
        "lingerie",
        "thong",
        "underwear",
        "bra",
        "aroused",
        "horny",
        "voluptuous",
        "kinky",
        "fetish",
        "dominatrix",
        "flirty",
        "flirtatious",
        "breasts",
        "boobs",
        "tits",
        "booty",
        "ass",
        "buttocks",
        "thicc",
        "sultry",
        "suggestive",
        "straddling",
        "arousal",
        "curvaceous",
        "skimpy",
        "revealing",
        "negligee",
    ]
)
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "€": "e"}
)
_LOOKALIKE = str.maketrans("аеорсухіѕјкмтнвαενοιυ", "aeopcyxisjkmthbaevoiu")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u034f\u180e]")

_HARMLESS = re.compile(
    r"""
      \bnude[ -]?(?:lip\w*|nails?|heels?|pumps?|shoes?|tights|stockings|makeup|make[ -]up)\b
    | \bnude[ -]?(?:colou?r\w*|tones?|shade\w*|beige|pink|palette)\b
    | \b(?:lip\w*|makeup|palette)\s+(?:in|of)\s+nude\b
    | \bnaked\s+(?:eye|sword|blade|steel|flame|branch\w*|tree\w*|mole[ -]rat\w*)\b
    | \bcum\s+laude\b | \b(?:gothic[ -]?|goth[ -]?)loli\b | \bloli[ -](?:fashion|style|dress|outfit)\b
    | \bhooker\s+boots\b | \bsperm\s+whale\w*\b
    | \bpussy[ -]?(?:cat\w*|willow\w*|foot\w*)\b
    | \b(?:peacock|weather|game|wood)[ -]?cock\b | \bcock[ -]a[ -]doodle\b
    | \bsex[ -]?(?:tet|ton)\b | \b(?:same|opposite|unspecified|either)[ -]sex\b
    | \bsex\s*[:=/]?\s*(?:male|female|m|f)\b
    | \b(?:male|female|feminine|masculine)\s+sex\b
    | \b(?:un)?explicit(?:ly)?\s+(?:detail|detailed|style|instruction)\w*
    | \bcolou?r\s+explicit\b
    | \bbondage\s+of\s+duty\b
    | \bkinky[ -](?:(?:short|long|curly|coily|black|brown|dark|natural|red|blonde?)[ ,]+)*
      (?:hair\w*|curl\w*|coil\w*|afro|braid\w*|locs)\b
    | \bnon[ -]?(?:nude|sexual|explicit|nsfw|erotic)\b
    """,
    re.VERBOSE,
)
_DENIED = re.compile(
    r"\b(?:no|not|non|never|without|zero|avoid|exclude|remove)\s+(?:any\s+)?(?:\w+\s+(?:or|and)\s+)?$"
)
_UNDRESSED = re.compile(
    r"""\b(?:without|no|zero|minus|sans)\s+(?:any\s+|her\s+|his\s+|their\s+)?
        (?:clothes|clothing|garments?|attire)\b
      | \b(?:not\s+)?wearing\s+(?:absolutely\s+)?(?:nothing|no\s+clothes)\b
      | \bnot\s+wearing\s+(?:anything|any\s+clothes|clothes)\b
      | \b(?:bare|exposed|naked|uncovered|visible)\s+
        (?:breasts?|boobs?|tits?|buttocks|butt|ass|genitals?|nipples?|groin|crotch)\b
      | \bin\s+the\s+nude\b | \bbirthday\s+suit\b | \btaking\s+off\s+(?:her|his|their|all)\s+clothes\b
      | \b(?:strips?|stripping)\s+(?:down|naked|off)\b | \bhaving\s+sex\b | \bmaking\s+love\b
      | \b18\s*\+ | \br-?18\b
      | \b(?:no|without|not\s+wearing|minus|sans)\s+(?:any\s+|her\s+|his\s+|their\s+)?
        (?:panties|panty|underwear|undergarments?|bra|knickers)\b
      | \b(?:dressed|clad)\s+in\s+nothing\b
      | \b(?:taking|takes?|took|slipping|peeling)\s+off\s+(?:(?:her|his|their|the)\s+)?
        (?:dress|shirt|pants|trousers|skirt|blouse|top|swimsuit|bikini)\b
      | \b(?:taking|takes?|took|slipping|peeling)\s+(?:her|his|their)\s+
        (?:dress|shirt|pants|trousers|skirt|blouse|top|swimsuit|bikini)\s+off\b
      | \bremov(?:ing|es|ed)\s+(?:her|his|their)\s+(?:dress|shirt|pants|trousers|skirt|blouse|top|clothes)\b
      | \bclothes\s+(?:removed|off|torn\s+off|falling\s+off)\b
      | \b(?:dress|shirt|skirt|clothes)\s+(?:falling|slipping)\s+off\b
      | \bbare[ -]?(?:chest|chested|bottom|bottomed)\s+(?:woman|girl|female|lady|women|girls)\b
      | \bbare\s+(?:bottom|bum|crotch)\b | \bnip\s+slip\b | \bcamel\s+toe\b | \bdoggy\s*style\b
      | \bball\s+gag\b
      | \b(?:his|her|big|huge|hard|erect|a)\s+dick\b | \bdick\s+pics?\b | \banal\s+(?!retent)\w+
      | \bspread(?:ing)?\s+(?:her\s+|his\s+)?legs\b | \blegs\s+spread\b""",
    re.VERBOSE,
)
# Words that look explicit only when a doubled letter is taken out of them.
_DOUBLED = frozenset({"rapped", "rapping", "rapper", "annal", "annals", "coocked"})
_NUMBERS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
)
_WRITTEN_YEARS = re.compile(rf"\b({'|'.join(_NUMBERS)})[ -]years?[ -]old\b")
# What makes a young person of a word that is not one: "hot" is the weather's, "student" may be at a college.
_HOT_MINOR = re.compile(
    r"\bhot\s+(?:teens?|teenagers?|school\s?girls?|school\s?boys?|lolis?)\b"
    r"|\b(?:see[ -]?through|sheer|transparent)\s+(?:\w+\s+)?"
    r"(?:dress|clothes|clothing|shirt|blouse|skirt|top|gown|outfit|swimsuit)\b"
)
_PUPIL = re.compile(r"\b(?:high|middle|elementary|primary|secondary|junior)[ -]school\b|\bstudents?\b")
_GROWN_PUPIL = re.compile(r"\b(?:college|university|adult|grad|graduate|medical|art|law|phd)\b")
_YEARS = re.compile(
    r"\b(\d{1,2})[ -]?(?:years?[ -]?old|yo|y/o|yrs?[ -]?old|year[ -]old)\b|\bage[d:]?\s*[:=]?\s*(\d{1,2})\b"
)
_MINOR_WORDS = frozenset(
    dictionary_form(word) for word, (_, age) in PERSONS.items() if age in MINOR_AGES and " " not in word
) | {"loli", "shota", "infant", "youngster", "tween"}
_MINOR_PHRASES = tuple(word for word, (_, age) in PERSONS.items() if age in MINOR_AGES and " " in word)

SENTENCE = (
    "The words ask for sexual content ({found}), which this studio does not draw. Describe the character's "
    "clothes "
    "and mood instead, for example: swimsuit at the beach, elegant evening gown, confident smile."
)
MINOR_SENTENCE = (
    "The words describe a young person in a sexual way ({found}), which this studio never draws. "
    "Describe the young character without it, for example: schoolgirl with a backpack, cheerful."
)


def check(words: str) -> None:
    """Raises WordsRefused for sexual content; a negative prompt is nobody's wish and need not be checked."""
    text = _plain(words)
    minor = _minor(text)
    harmless = [match.span() for match in _HARMLESS.finditer(text)]
    for match in (*_UNDRESSED.finditer(text), *(_HOT_MINOR.finditer(text) if minor else ())):
        _refuse(match.group(), minor)
    for match in re.finditer(r"[a-z0-9]+", text):
        word = match.group()
        bad = word in EXPLICIT or (minor and word in SUGGESTIVE)
        if not bad or any(start <= match.start() < end for start, end in harmless):
            continue
        if _DENIED.search(text[max(0, match.start() - 40) : match.start()]):
            continue
        _refuse(word, minor)
    hidden = _hidden(words)
    if hidden:
        _refuse(hidden, minor)


def minor_years(words: str) -> int | None:
    """The age in years that the words give, when they give one."""
    text = words.lower()
    found = _YEARS.search(text)
    if found:
        return int(found.group(1) or found.group(2))
    written = _WRITTEN_YEARS.search(text)
    if written:
        return _NUMBERS.index(written.group(1)) + 1
    decade = re.search(r"\bin (?:his|her|their) (?:early |mid |late )?([1-9]0)'?s\b", text)
    return int(decade.group(1)) + 3 if decade else None


def _refuse(found: str, minor: bool) -> None:
    raise WordsRefused((MINOR_SENTENCE if minor else SENTENCE).format(found=f"“{' '.join(found.split())}”"))


def _plain(words: str) -> str:
    text = unicodedata.normalize("NFKD", _INVISIBLE.sub("", words[:20_000]).lower()).translate(_LOOKALIKE)
    text = "".join(char for char in text if not unicodedata.combining(char))
    return re.sub(r"[\s_]+", " ", text.replace("’", "'"))


def _minor(text: str) -> bool:
    years = minor_years(text)
    if years is not None and years < 18:
        return True
    if any(re.search(rf"\b{re.escape(phrase)}s?\b", text) for phrase in _MINOR_PHRASES):
        return True
    if _PUPIL.search(text) and not _GROWN_PUPIL.search(text) and (years is None or years < 18):
        return True
    return any(dictionary_form(word) in _MINOR_WORDS for word in re.findall(r"[a-z]+", text))


def _hidden(words: str) -> str | None:
    """An explicit word behind digits, signs between letters, spaced or repeated letters."""
    text = _plain(words)
    for token in re.findall(r"[a-z0-9@$!€*.\-]{3,40}", text):
        if any(char in "013457@$!€" for char in token) and any(char.isalpha() for char in token):
            word = re.sub(r"[^a-z]", "", token.rstrip("!").translate(_LEET))
            if word in EXPLICIT:
                return token
        if re.search(r"[a-z][.*\-][a-z]", token):
            pieces = re.split(r"[.*\-]+", token)
            if all(len(piece) <= 1 for piece in pieces) and "".join(pieces) in EXPLICIT:
                return token
            if "*" in token and _starred(token):
                return token
        for squeezed in (re.sub(r"(.)\1{2,}", r"\1", token), re.sub(r"(.)\1+", r"\1", token)):
            if squeezed != token and squeezed in EXPLICIT and token not in _DOUBLED:
                return token
    for run in re.findall(r"(?:\b[a-z0-9]\b[ .\-*]+){2,20}[a-z0-9]\b", text):
        joined = re.sub(r"[^a-z0-9]", "", run).translate(_LEET)
        if joined in EXPLICIT or any(word in joined for word in ("nude", "naked", "nsfw", "porn", "hentai")):
            return run
    return None


def _starred(token: str) -> bool:
    pattern = re.compile("".join("[a-z]" if char == "*" else re.escape(char) for char in token.strip(".-")))
    return any(
        pattern.fullmatch(word)
        for word in ("nude", "naked", "porn", "sex", "fuck", "penis", "hentai", "pussy")
    )
