"""Executes the redaction of sql/setup/provider-strings-procedure.sql, the very text of the script, and plants secrets.

No T-SQL engine can be had here, so its few statements are interpreted: SET, IF … ELSE, WHILE, BEGIN … END, with the
functions and operators that the loop uses, as their documentation has them; anything else is an error."""
import re
import sys

TOKEN = re.compile(r"\s+|--[^\n]*|(N?'(?:[^']|'')*')|(@\w+)|(\w+)|(<>|<=|>=|[=<>+(),;-])")


def tokens(text):
    at, found = 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            sys.exit(f"not known: {text[at:at + 40]!r}")
        if match.lastindex:
            found.append(match.group())
        at = match.end()
    return found


def rtrimmed(text):
    return text.rstrip(" ")


def like(text, pattern):  # of % and one set in brackets
    parts = re.split(r"(\[[^\]]*\])", pattern)
    regex = "".join("[" + re.escape(p[1:-1]) + "]" if p.startswith("[") else re.escape(p).replace("%", ".*") for p in parts)
    return re.fullmatch(regex, text, re.S) is not None


FUNCTIONS = {
    "LEN": lambda s: len(rtrimmed(s)),
    "LEFT": lambda s, n: s[:n],
    "RIGHT": lambda s, n: s[len(s) - n:] if n else "",
    "SUBSTRING": lambda s, a, n: s[max(a - 1, 0):max(a - 1 + n, 0)],
    "CHARINDEX": lambda what, s: s.find(what) + 1,
    "LTRIM": lambda s: s.lstrip(" "),
    "RTRIM": rtrimmed,
    "UPPER": str.upper,
    "REVERSE": lambda s: s[::-1],
}


class Program:
    def __init__(self, text):
        self.tokens, self.at = tokens(text), 0

    def peek(self):
        return self.tokens[self.at].upper() if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.tokens[self.at]
        if wanted and token.upper() != wanted:
            sys.exit(f"expected {wanted}, found {token}")
        self.at += 1
        return token

    def accept(self, wanted):
        if self.peek() == wanted:
            self.at += 1
            return True
        return False

    # Each parser gives a function of the variables.
    def primary(self):
        token = self.take()
        if token.startswith("@"):
            return lambda v: v[token]
        if token.isdigit():
            return lambda v: int(token)
        if token[-1] == "'":
            text = token[token.index("'") + 1:-1].replace("''", "'")
            return lambda v: text
        if token == "(":
            inner = self.condition()
            self.take(")")
            return inner
        if token.upper() == "CASE":
            self.take("WHEN")
            when = self.condition()
            self.take("THEN")
            then = self.sum()
            self.take("ELSE")
            otherwise = self.sum()
            self.take("END")
            return lambda v: then(v) if when(v) else otherwise(v)
        function = FUNCTIONS[token.upper()]
        self.take("(")
        arguments = [self.sum()]
        while self.accept(","):
            arguments.append(self.sum())
        self.take(")")
        return lambda v: function(*(a(v) for a in arguments))

    def sum(self):
        left = self.primary()
        while self.peek() in ("+", "-"):
            sign, first, second = self.take(), left, self.primary()
            left = (lambda v, a=first, b=second: a(v) + b(v)) if sign == "+" else (lambda v, a=first, b=second: a(v) - b(v))
        return left

    def comparison(self):
        if self.accept("NOT"):
            inner = self.comparison()
            return lambda v: not inner(v)
        left = self.sum()
        negated = self.accept("NOT")
        operator = self.peek()
        if operator == "IN":
            self.take()
            self.take("(")
            values = [self.sum()]
            while self.accept(","):
                values.append(self.sum())
            self.take(")")
            return lambda v: (rtrimmed(left(v)) in [rtrimmed(x(v)) for x in values]) != negated
        if operator == "LIKE":
            self.take()
            pattern = self.sum()
            return lambda v: like(left(v), pattern(v)) != negated
        if operator not in ("=", "<", ">", "<>"):
            return left
        self.take()
        right = self.sum()
        trim = lambda x: rtrimmed(x) if isinstance(x, str) else x
        compare = {"=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, ">": lambda a, b: a > b}
        return lambda v: compare[operator](trim(left(v)), trim(right(v)))

    def conjunction(self):
        parts = [self.comparison()]
        while self.accept("AND"):
            parts.append(self.comparison())
        return lambda v: all(p(v) for p in parts)

    def condition(self):
        parts = [self.conjunction()]
        while self.accept("OR"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else lambda v: any(p(v) for p in parts)

    def statement(self):
        word = self.take().upper()
        if word == "BEGIN":
            body = []
            while not self.accept("END"):
                body.append(self.statement())
            self.accept(";")

            def block(v):
                for s in body:
                    s(v)
            return block
        if word == "SET":
            name = self.take()
            self.take("=")
            value = self.sum()
            self.take(";")

            def assign(v):
                v[name] = value(v)[:4000] if isinstance(value(v), str) else value(v)
            return assign
        if word == "IF":
            condition, then = self.condition(), self.statement()
            otherwise = self.statement() if self.accept("ELSE") else lambda v: None
            return lambda v: then(v) if condition(v) else otherwise(v)
        if word == "WHILE":
            condition, body = self.condition(), self.statement()

            def loop(v):
                turns = 0
                while condition(v):
                    body(v)
                    turns += 1
                    if turns > 5000:
                        sys.exit(f"a loop without end: {v['@text']!r}")
            return loop
        sys.exit(f"a statement that is not known: {word}")


def redaction(path):
    text = open(path, encoding="utf-8").read()
    start, end = text.index("        SET @rest = @text;"), text.index("        INSERT INTO @shown")
    program, statements = Program(text[start:end]), []
    while program.peek():
        statements.append(program.statement())

    def run(value):
        variables = {"@text": value}
        for statement in statements:
            statement(variables)
        return variables["@out"]
    return run


# What is shown, and how.
SHOWN = [
    ("", ""),
    ("Server=a;PWD=s3cr3t;Encrypt=yes", "SERVER=a;PWD=***;ENCRYPT=yes"),
    ("server = a ; password = s3cr3t ; uid = b", "SERVER=a ;PASSWORD=***;UID=b"),
    ("Encrypt=Mandatory;TrustServerCertificate=yes;HostNameInCertificate=a.b",
     "ENCRYPT=Mandatory;TRUSTSERVERCERTIFICATE=yes;HOSTNAMEINCERTIFICATE=a.b"),
    ("DRIVER={SQL Server};Server=a;PWD={s3cr3t;x}}y};Encrypt=no", "DRIVER=SQL Server;SERVER=a;PWD=***;ENCRYPT=no"),
    ("Data Source=tcp:a\\b,1433;Authentication=ActiveDirectoryPassword", "DATA SOURCE=tcp:a\\b,1433;AUTHENTICATION=ActiveDirectoryPassword"),
    ("PWD=", "PWD=***"),
    ("s3cr3t", "***"),
    ("PWD=s3cr3t;s3cr3t;Server=a", "PWD=***;***;SERVER=a"),
    ("PWD='s3cr3t;Server=a", "PWD=***"),
    ("Database=a=b", "DATABASE=***"),
]
KEYWORDS = ["PWD", "pwd", "Password", "PASSWORD ", " P w d", "Jet OLEDB:Database Password", "Access Token", "xyz"]
QUOTES = ["%s", " %s ", '"%s"', "'%s'", "{%s}", " {%s} ", '"%s', "{%s", "'%s", "{%s}}"]
FRAMES = ["%s", "Server=a;%s", "%s;Server=a", ";; %s ;;", "junk;%s;junk", 'Extended Properties="%s"',
          "Extended Properties='%s;a=b';Server=a", "Extended Properties={%s}", "Extended Properties=%s", "a==b=%s",
          'a="b;%s', "a={%s;b", "Server=a, %s", '"%s"', "DRIVER={%s}", "DRIVER={x};%s", "DRIVER={x;%s}"]
SECRETS = ["s3cr3t", "s3cr3t=1", "x=s3cr3t", "a b s3cr3t", "a'b s3cr3t", "x;s3cr3t", "s3cr3t;y", "x;s3cr3t=1", "x;y=s3cr3t"]
WHOLE = ["scott/s3cr3t@//h:1521/s", "Data Source=scott/s3cr3t@db", "UID=scott/s3cr3t", "Server=https://u:s3cr3t@h",
         "host=a password=s3cr3t user=b", "Server=a PWD=s3cr3t"]

redact = redaction(sys.argv[1])
bad = 0
for given, expected in SHOWN:
    if redact(given) != expected:
        print(f"not ok {given!r} becomes {redact(given)!r}, not {expected!r}")
        bad += 1
planted = list(WHOLE)
for keyword in KEYWORDS:
    for quote in QUOTES:
        for frame in FRAMES:
            planted += [frame.replace("%s", f"{keyword}={quote.replace('%s', secret)}") for secret in SECRETS]
for given in planted:
    if "s3cr3t" in redact(given).lower():
        print(f"not ok {given!r} becomes {redact(given)!r}")
        bad += 1
print(f"{'not ok' if bad else 'ok'} {len(planted)} planted secrets, {bad} wrong")
sys.exit(1 if bad else 0)
