"""Hostile inputs by seed: files, words and messages as they come from careless people, broken programs and attackers."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

DATA = Path(str(files("speciosa.facts"))) / "data"
SHIPPED = Path(str(files("speciosa.study"))) / "shipped"
OBSERVATIONS = Path(__file__).parents[2] / "observations"

# fmt: off
VALUES = (
    *("", "0", "-1", "-0.0", "1e308", "1e-308", "1e999", "-1e400", "nan", "inf", "-inf", "NaN", "NA", "."),
    *("9" * 400, "9" * 5000, "0x" + "f" * 200, "1_000", "1,5", "1.5.2", "+-3", "½", "３", "٣", "12 of 10", "1e5e5"),
    *("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "\x1b[31mred", "\x00", "\u202eabc", "\ufeff", "\r", "\t", "\n"),
    *("'", '"', '"""', "'''", "\\", ";", ",", "|", "#", "[", "]", "{", "}", "=", "[" * 500, "{a=" * 300, "a." * 500),
    *("true", "2020-01-01", "1979-05-27T07:32:00Z", "[1, 2", "[]", "{}", "null", "<script>alert(1)</script>"),
    *("../../etc/passwd", "/dev/zero", "/", "~", "$(id)", "`id`", "%s%s%n", "{0.__class__}", "__import__('os')"),
    *("a" * 5000, "é" * 300, "🙂" * 50, " " * 3000, "x;" * 2000, "a=1;" * 1000),
)
UNITS = (
    *("mg", "g", "ug", "mcg", "µg", "ng", "kg", "mg/kg", "mg/h", "ug/h", "mg/kg/h", "mL", "nmol", "mg/", "/mg", "mg//L"),
    *("(mg", "mg)", "((((((mg))))))", "g/0", "mg^99", "mg**-4", "m g", "Mg", "５mg", "mg" * 60, "h*9**9**9", "mg;", "%"),
    *("mL/min/1.73 m2", "mm[Hg]", "{breaths}/min", "degC", "1", "", "spoon", "mg=1", "λ", "ng·h/mL", "{" * 50, "[lb_av"),
)
DOSES = (
    *("5 g kratom_leaf oral every 8 h x 42", "16 mg buprenorphine sublingual every 24 h x 14 at 12 h", "none", ""),
    *("10 mg morphine oral; 2 mg midazolam oral", "50 ug/h fentanyl transdermal over 72 h", "1 mg/kg methadone oral"),
)
WORDS = (
    *("every", "at", "over", "x", "×", "*", ";", "oral", "iv", "rectal", "h", "d", "week", "fortnight", "kratom_leaf"),
    *("morphine", "unobtainium", "1e-300 h", "1e308 h", "-3 h", "x 0", "x 1e9", "x 2.5", "every every", "at at", "over 0 h"),
    *("5 mg", "mg 5", "1e308 kg", "-5 g", "9" * 300, ";" * 300, "every 1 s x 100000", "at 1e300 d", "over 1e300 d"),
)
NAMES = (
    *("morphine", "kratom", "7-OH", "c07", "pregnancy", "US-TN", "DE", "Tennessee", "Tenessee", "Bhutan", "Utah", "", " "),
    *("kratom_leaf", "safety-0037", "QT", "\x1b[2J", "\x00", "../..", "🙂", "a" * 3000, "--", "-1", "%00", "\udcff", "c99"),
    *("lofexidine-placebo-completion", "oud_retention", "mitragynin", "ß", "İ", "ǅ", "US-", "-", "US-TN-X", "us-tn", "ＤＥ"),
)
TABLES = {
    "observations": "id,study,population,n,doses,versus,covariates,analyte,metric,at,statistic,value,unit,spread_type,spread\n"
    "a,S,adults,12,10 mg morphine oral,,weight=80 kg; cyp2d6=poor,morphine,Cmax,,mean,12,ng/mL,sd,4\n"
    "b,S,adults,9,5 mg oxycodone oral every 6 h x 9,5 mg oxycodone oral,age>70,oxycodone,AUC_tau_ratio,,geomean,1.2,1,ci90,1-1.5\n"
    "c,S,adults,9,2 g kratom_tea oral,,,ventilation_fraction,nadir,0.7 h to 1.3 h,median,0.9,1,none,\n",
    "counts": "study,events_t,n_t,events_c,n_c,year\nA,1,10,2,10,2001\nB,0,9,1,9,2004\nC,3,30,5,28,2010\n",
    "means": "study;mean_t;sd_t;n_t;mean_c;sd_c;n_c\nA;1,5;2;10;2,5;2;9\nB;1,1;2,5;40;2,0;3;39\n",
    "effects": "study,effect,se\nA,0.1,0.2\nB,-0.3,0.1\nC,0.2,0.4\n",
    "arms": "study,treatment,events,n\nA,x,1,10\nA,y,2,10\nB,y,3,20\nB,z,5,20\nC,x,2,30\nC,z,1,31\n",
    "contrasts": "study,treat1,treat2,effect,se\nA,x,y,0.1,0.2\nB,y,z,0.2,0.1\nC,x,z,0.3,0.2\n",
    "checks": "id,topic,check,doses,analyte,metric,unit,expected_low,expected_high,source\n"
    "t1,breathing,nadir,10 mg morphine iv,ventilation_fraction,nadir,1,0.5,0.9,book\n"
    "t2,ratio,of two,,,,,1,2,book\n",
}
FACTS = (
    *("parameters/kratom.csv", "studies/kratom.csv", "legal.csv", "claims.csv", "risks.csv", "safety/kratom.csv"),
    *("trial-arms.csv", "confirmations/labels.csv", "withdrawal-by-day.csv"),
)
HOSTS = (
    *(b"localhost", b"127.0.0.1:80", b"[::1]", b"[::1", b"[", b"evil", b"", b"localhost:99999", b"a@b", b"\xff", b"]"),
    *(b"localhost:x", b"localhost, localhost", b"a" * 5000),
)
# fmt: on
MEASURES = ("OR", "RR", "RD", "MD", "SMD", "ROM", "IRR", "GEN", "PLO", "HR", "XX", "")
COMMANDS = ("check", "meta", "nma")


@dataclass(frozen=True)
class Words:
    """What is typed: the words of a command, and the files that lie beside it."""

    words: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a browser sends: one request of a path with its query and headers, or the messages of a session."""

    path: str = "/"
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ((b"host", b"localhost"),)
    method: str = "GET"
    messages: tuple[str | bytes, ...] = ()


def inputs(seed: int, count: int) -> Iterator[tuple[str, Words | Request]]:
    """Kind and input, the kinds in turn; the same for the same seed. A folder of facts is read slowly, so it comes seldom."""
    for number in range(count):
        dice = random.Random(f"{seed}:{number}")
        name = list(KINDS)[number % len(KINDS)]
        if name == "folder" and number % (4 * len(KINDS)) != list(KINDS).index("folder"):
            name = "study"
        yield name, KINDS[name](dice)


def study(dice: random.Random) -> Words:
    """A study file: one that ships or a small one, with values, lines and characters changed."""
    name = dice.choice(("start", "start", "default", "withdrawal", "interactions"))
    text = (
        (SHIPPED / f"{name}.toml")
        .read_text(encoding="utf-8")
        .removeprefix("#:schema ./study.schema.json\n")
    )
    for _ in range(dice.randint(1, 5)):
        text = dice.choice((_a_value, _a_value, _a_line, _a_character))(dice, text)
    return Words(("check", "s.toml", *_maybe(dice, "--json")), {"s.toml": _bytes(dice, text)})


def regimen(dice: random.Random) -> Words:
    """A study whose regimen is a heap of words of the grammar."""
    parts = [*dice.choice(DOSES).split(" "), *dice.choices(WORDS, k=dice.randint(0, 5))]
    parts[dice.randrange(len(parts))] = dice.choice((*WORDS, *UNITS, *VALUES))
    if dice.random() < 0.4:
        dice.shuffle(parts)
    return _of_dose(dice, " ".join(parts))


def unit(dice: random.Random) -> Words:
    """A unit in a dose, in a duration or in a table."""
    written = dice.choice(UNITS)
    if dice.random() < 0.5:
        place = dice.randrange(len(written) + 1)
        written = (
            written[:place] + dice.choice("()/*^. 0123456789-+µ²eE%{}[]５\x00é") + written[place:]
        )
    where = dice.randrange(3)
    if where == 0:
        return _of_dose(dice, f"5 {written} morphine oral")
    if where == 1:
        return _of_dose(dice, f"5 mg morphine oral every 1 {written} x 3")
    text = TABLES["observations"].replace("ng/mL", f'"{written}"')
    return Words(("check", "t.csv"), {"t.csv": _bytes(dice, text)})


def table(dice: random.Random) -> Words:
    """A table of any kind, given to a command that reads such tables."""
    kind = dice.choice(tuple(TABLES))
    text = TABLES[kind]
    delimiter = ";" if kind == "means" else ","
    for _ in range(dice.randint(1, 4)):
        text = dice.choice((_a_cell, _a_cell, _a_line, _a_character))(dice, text, delimiter)
    command = dice.choice(COMMANDS)
    words: list[str] = [command, "t.csv", *_maybe(dice, "--json")]
    if command == "meta":
        words += [
            "--measure",
            dice.choice(MEASURES),
            *_maybe(dice, "--leave-one-out"),
            *_maybe(dice, "--small-studies"),
        ]
        words += [*_maybe(dice, "--bayes", "half-normal:0.5"), *_maybe(dice, "--moderator", "year")]
        words += [
            *_maybe(dice, "--level", dice.choice(("0", "1", "0.9", "nan", "-3"))),
            *_maybe(dice, "--out", "out/p.html"),
        ]
    if command == "nma":
        words += [
            *_maybe(dice, "--measure", dice.choice(MEASURES)),
            *_maybe(dice, "--reference", dice.choice(NAMES)),
        ]
        words += [
            *_maybe(dice, "--node-split", dice.choice(("x,y", "x", "q,r", ","))),
            *_maybe(dice, "--components", "+"),
        ]
        words += [*_maybe(dice, "--method", dice.choice(("DL", "MH", "ML", "zz")))]
    return Words(tuple(words), {"t.csv": _bytes(dice, text)})


def facts_file(dice: random.Random) -> Words:
    """The first rows of a table of facts, changed."""
    path = DATA / dice.choice(FACTS)
    text = "\n".join(path.read_text(encoding="utf-8").split("\n")[: dice.randint(2, 8)]) + "\n"
    for _ in range(dice.randint(0, 3)):
        text = dice.choice((_a_cell, _a_cell, _a_line, _a_character))(dice, text, ",")
    return Words(("check", "f.csv"), {"f.csv": _bytes(dice, text)})


def folder(dice: random.Random) -> Words:
    """A folder of one's own facts, one of its files changed."""
    made = {
        f"mine/{place}": (DATA / "template" / name).read_text(encoding="utf-8")
        for name, place in {
            "sheet.toml": "sheets/newdrug.toml",
            "parameters.csv": "parameters/newdrug.csv",
            "products.toml": "products.toml",
            "substances.toml": "substances.toml",
        }.items()
    }
    made["mine/references.bib"] = (
        "@article{new2020, title={T}, author={A, B}, year={2020}, doi={10.1/x}}\n"
    )
    made = {
        name: text.replace("SUBSTANCE", "newdrug").replace("TITLE", "New drug")
        for name, text in made.items()
    }
    name = dice.choice(tuple(made))
    for _ in range(dice.randint(1, 4)):
        change = (
            _a_cell
            if name.endswith("csv") and dice.random() < 0.5
            else dice.choice((_a_value, _a_line, _a_character))
        )
        made[name] = change(dice, made[name])
    written = {each: text.encode("utf-8", "surrogatepass") for each, text in made.items()}
    written[name] = _bytes(dice, made[name])
    return Words(("show", dice.choice(("newdrug", "morphine")), "--facts", "mine"), written)


def place(dice: random.Random) -> Words:
    """A name that is looked up."""
    name = dice.choice(NAMES)
    if dice.random() < 0.5 and name:
        at = dice.randrange(len(name))
        name = (
            name[:at]
            + dice.choice("abzÄß -_.,\x07\u200b🙂'\"%\\/")
            + name[at + dice.randint(0, 1) :]
        )
    words = dice.choice(
        (
            ("legal", name),
            ("legal", "US-TN", "--substance", name),
            ("legal", "DE", "--on", name),
            ("show", name),
            ("facts", "search", name),
            ("facts", "new", name, "--facts", "out"),
            ("findings", name),
            ("new", f"out/{name[:100]}"),
            ("new", "out/a.toml", "--like", name),
            ("compare", name.lstrip("-") or "x"),  # with nothing named it runs the default study
            ("check", name),
            ("validate", name),
            ("meta", name),
            ("nma", name),
            ("simulate", name, "--out", "out/x.parquet"),
            ("overdose", name, "1 mgg"),
            ("overdose", "nothing", name),
            (name,),
        )
    )  # fmt: skip
    return Words(words)


def query(dice: random.Random) -> Request:
    """A link, or a request for some other place, with any headers."""
    from speciosa.app.asking.fields import fields

    names, values = (*fields(), "zz", ""), (*VALUES, *NAMES, *UNITS, *DOSES)
    pairs = [(dice.choice(names), dice.choice(values)) for _ in range(dice.randint(0, 6))]
    text = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in pairs)
    if dice.random() < 0.3:
        text = _a_character(dice, text or "x")
    host = b"localhost" if dice.random() < 0.6 else dice.choice(HOSTS)
    headers = ((b"host", host),) if dice.random() < 0.95 else ()
    where = dice.choice(("/", "/", "/", "/kept/x", "/..", "/app.css", "/%00"))
    method = "GET" if dice.random() < 0.9 else dice.choice(("POST", "PUT", "HEAD", "X"))
    return Request(where, text.encode("utf-8", "surrogatepass"), headers, method)


def upload(dice: random.Random) -> Request:
    """A study file that is opened in the app."""
    text = (
        (study if dice.random() < 0.6 else regimen)(dice).files["s.toml"].decode("utf-8", "replace")
    )
    first = json.dumps({"method": "init", "data": {}})
    return Request(messages=(first, json.dumps({"method": "update", "data": {"study_file": text}})))


def message(dice: random.Random) -> Request:
    """Messages of a session: fields with any values, and frames that are no messages."""
    from speciosa.app.asking.fields import fields

    frames: list[str | bytes] = [json.dumps({"method": "init", "data": {}})]
    for _ in range(dice.randint(1, 4)):
        names = (*fields(), "study_file", "cancel", "x", ".clientdata_a", "__proto__", "a:b:c")
        values: tuple[object, ...] = (*VALUES, *DOSES, *NAMES, 1, None, [1], {"a": 1}, True, 1e308)
        data = {dice.choice(names): dice.choice(values) for _ in range(dice.randint(0, 5))}
        frame = json.dumps(
            {
                "method": dice.choice(("update", "update", "update", "init", "evil", "")),
                "data": data,
            }
        )
        if dice.random() < 0.3:
            frame = _a_character(dice, frame)
        frames.append(frame if dice.random() < 0.95 else frame.encode("utf-8", "surrogatepass"))
    if dice.random() < 0.05:
        frames.append(
            dice.choice(
                ("[" * 100_000, "{", '"x"', '{"method":"update","data":{"age":NaN}}', "1" * 5000)
            )
        )
    return Request(messages=tuple(frames))


KINDS: dict[str, Callable[[random.Random], Words | Request]] = {
    "study": study,
    "regimen": regimen,
    "unit": unit,
    "table": table,
    "facts_file": facts_file,
    "folder": folder,
    "place": place,
    "query": query,
    "upload": upload,
    "message": message,
}


def _of_dose(dice: random.Random, text: str) -> Words:
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    more = dice.choice(("", 'taper = "3 d"\n', 'comedication = "2 mg midazolam oral"\n'))
    made = f'title = "x"\nquestion = "q"\n[[arms]]\nname = "a"\nregimen = {quoted}\n{more}'
    return Words(("check", "s.toml"), {"s.toml": made.encode("utf-8", "surrogatepass")})


def _maybe(dice: random.Random, *words: str) -> tuple[str, ...]:
    return words if dice.random() < 0.25 else ()


def _a_value(dice: random.Random, text: str) -> str:
    """One right-hand side, replaced."""
    lines = text.split("\n")
    places = [number for number, line in enumerate(lines) if "=" in line]
    if places:
        at = dice.choice(places)
        value = dice.choice((*VALUES, *UNITS, *DOSES))
        lines[at] = (
            lines[at].split("=")[0] + "= " + (value if dice.random() < 0.5 else json.dumps(value))
        )
    return "\n".join(lines)


def _a_line(dice: random.Random, text: str, delimiter: str = "") -> str:
    """One line left out, repeated, moved, or many times over."""
    lines = text.split("\n")
    at, kind = dice.randrange(len(lines)), dice.randrange(4)
    line = lines[at]
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, line)
    elif kind == 2:
        lines.insert(dice.randrange(len(lines)), lines.pop(at))
    else:
        lines[at:at] = [line] * dice.choice((10, 3000))
    return "\n".join(lines)


def _a_character(dice: random.Random, text: str, delimiter: str = "") -> str:
    """A few characters put in or taken out."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(text) + 1)
        put = dice.choice((*"\x00\x1b\"'\\[]{}=,;#\n\r\t\ufeff\u202e€🙂", "", dice.choice(VALUES)))
        text = text[:at] + put + text[at + dice.randint(0, 2) :]
    return text


def _a_cell(dice: random.Random, text: str, delimiter: str = ",") -> str:
    """One cell of a table, the header among them, replaced."""
    rows = [line.split(delimiter) for line in text.split("\n") if line]
    if not rows:
        return text
    row = dice.choice(rows)
    value = dice.choice((*VALUES, *UNITS, *DOSES, *NAMES))
    row[dice.randrange(len(row))] = (
        value if dice.random() < 0.5 else '"' + value.replace('"', '""') + '"'
    )
    return "\n".join(delimiter.join(each) for each in rows) + "\n"


def _bytes(dice: random.Random, text: str) -> bytes:
    """A text as the bytes of some encoding, most often UTF-8."""
    if dice.random() < 0.9:
        return text.encode("utf-8", "surrogatepass")
    kind = dice.randrange(5)
    if kind == 0:
        return text.encode("utf-16", "surrogatepass")
    if kind == 1:
        return text.encode("latin-1", "replace")
    if kind == 2:
        return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8", "surrogatepass")
    if kind == 3:
        return text.encode("utf-16-be", "surrogatepass")[1:]
    return bytes(dice.randrange(256) for _ in range(300))
