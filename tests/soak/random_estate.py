"""An estate by chance: a scenario of the stand-in, the configuration that audits it, and every secret that is in either.

Everything follows from the seed. What a person could have typed is drawn as often as what nobody would."""
import os
import random
import re

VERSIONS = ["9.0.5000.0", "10.50.6000.34", "11.0.7001.0", "12.0.6024.0", "12.0.2000.8", "13.0.6300.2", "14.0.3456.2", "15.0.4480.2",
            "16.0.4230.1", "17.0.1000.7"]
BEHAVIOURS = ["refuse", "full", "silent", "close-at-once", "reset-at-once", "close-on-prelogin", "reset-on-prelogin", "garbage", "http",
              "ssh", "lying-length", "truncated-prelogin", "ssl2-only", "ssl3-only", "rc4-only", "hang-in-tls", "hang-after-login",
              "hang-in-query", "close-in-query", "reset-in-query", "endless-tokens", "row-flood", "garbage-in-query"]
BROWSERS = ["normal", "absent", "silent", "truncated", "lying", "garbage", "without-tcp", "wrong-port", "other-address"]
GRANTS = ["ALTER ANY LINKED SERVER", "VIEW SERVER STATE", "VIEW ANY DEFINITION", "CONNECT ANY DATABASE", "VIEW ANY DATABASE"]
TESTS = ["ok"] * 6 + ["refused", "timeout", "unknown-host", "no-route", "instance", "pipe", "closed", "silent", "untrusted", "wrong-name",
         "expired", "no-algorithm", "strict-only", "login-failed", "login-disabled", "login-locked", "login-expired",
         "login-must-change", "anonymous", "no-mapping", "provider-missing", "provider-blocked", "oracle-login", "oracle-no-listener",
         "file-missing", "session-killed"]
PROVIDERS = ["SQLNCLI", "SQLNCLI11", "MSOLEDBSQL", "MSOLEDBSQL19", "SQLOLEDB", "MSDASQL", "OraOLEDB.Oracle", "MSDAORA",
             "Microsoft.ACE.OLEDB.16.0", "Microsoft.Jet.OLEDB.4.0", "ADsDSOObject", "MSOLAP", "DB2OLEDB", "Search.CollatorDSO", "Nobody's"]
NAMES = ["ERP", "erp", "DÜNN", "a b", "x'y", "[x]", "x]y", 'say \\"hi\\"', "<b>&amp;", "10.0.0.1", "SERVER\\\\INST", "repl_distributor",
         "\\u6f22\\u5b57", "\\ud800", "-- x", "$(x)", "%s%n", "tab\\there", "\\u202egnp", "N" * 128]
MESSAGES = ["", "Login failed for user 'app'.", "TCP Provider: No connection could be made", "\\u0001<&\\ud800"]
DEPTHS = ["handshake", "versions", "versions", "full"]


class RandomEstate:
    def __init__(self, seed, network):
        self.random, self.network, self.secrets = random.Random(seed), network, []
        self.password = self.secret()  # the audit's own
        self.lines, self.audited, self.servers = [], [], []
        self.links = 0
        self.write_scenario()

    # ---- chance

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def pick(self, values):
        return self.random.choice(values)

    def secret(self):
        """Letters and digits, so that no encoding hides it."""
        self.secrets.append(f"Pl4nt{self.random.getrandbits(64):016x}")
        return self.secrets[-1]

    def keys(self, **optional):
        """Each key with its values, where chance is kind to it."""
        return "".join(f' {key}="{self.pick(values)}"' for key, (percent, values) in optional.items() if self.chance(percent))

    # ---- the scenario

    def write_scenario(self):
        self.lines += [f"network {self.network}", 'ca root subject="CN=Soak Root"',
                       'certificate good subject="CN=one.soak.test" dns=one.soak.test dns=*.soak.test issuer=root',
                       'certificate expired subject="CN=old.soak.test" issuer=root from=-400d to=-1d',
                       'certificate weak subject="CN=weak" key=rsa1024 signature=sha1', 'certificate curve subject="CN=curve" key=ec256']
        for number in range(self.random.randint(2, 6)):
            self.server(f"A{number}", f"{self.network}.1.{number + 1}", audited=True)
        for number in range(self.random.randint(1, 6)):
            self.server(f"T{number}", f"{self.network}.2.{number + 1}", audited=False)
        self.lines += [f"tls LDAPS address={self.network}.3.1 port=636 certificate={self.certificate()}",
                       f'tcp ORACLE address={self.network}.3.2 port=1521 reply="00 08 00 00 04 00 00 00"',
                       f'tcp MAIL address={self.network}.3.3 port=25 banner="220 x\\r\\n"',
                       f"host {self.network}.4.1 browser={self.pick(BROWSERS)}",
                       f'instance "NAMED\\\\INST" address={self.network}.4.1 port=51433']
        for server, text in self.servers:
            self.lines.append(text)
            if server in self.audited:
                self.lines += self.inside(server)

    def certificate(self):
        return self.pick(["good", "good", "good", "expired", "weak", "curve", "fallback"])

    def server(self, name, address, audited):
        bad = self.chance(12 if audited else 35)
        text = f"instance {name} address={address} version={self.pick(VERSIONS)} certificate={self.certificate()}" + self.keys(
            encrypt=(30, ["off", "on", "not-supported"]), tls=(50, ["1.0", "1.2", "1.0-1.2", "1.2-1.3", "1.3"]),
            strict=(20, ["no", "yes"] if audited else ["no", "yes", "only"]), tls_refusal=(30, ["close", "alert", "reset"]),
            delay=(15, [1, 20, 100]), at_servername=(15, ["NULL", "OTHER", name.lower()]), platform=(15, ["Windows", "Linux"]),
            engine_edition=(10, [3, 4, 8]), utc_offset=(20, [-570, 60, 845]), behaviour=(100 if bad else 0, BEHAVIOURS))
        self.servers.append((name, text))
        if audited:
            self.audited.append(name)

    def inside(self, server):
        """What an audited instance has."""
        lines = [f"  login soak password={self.audit_password()}" + "".join(f' grant="{grant}"' for grant in GRANTS if self.chance(60)) +
                 self.keys(role=(10, ["sysadmin", "setupadmin"]), database=(40, ["*", "Sales"]),
                           database_grant=(30, ["msdb: SELECT dbo.sysjobs", "Sales: VIEW DEFINITION"]))]
        for user in "app", "sa":
            lines.append(f"  login {user} password={self.secret()}" + self.keys(
                disabled=(10, ["yes"]), locked=(10, ["yes"]), expired=(10, ["yes"]), role=(20, ["sysadmin", "setupadmin"])))
        drawn = self.random.sample(NAMES, self.random.randint(0, 12))
        names = list({name.lower(): name for name in drawn}.values())  # one collation, which ignores case
        for name in names:
            lines += self.link(name)
        lines.append("  database Sales" + self.keys(state=(10, ["OFFLINE", "RECOVERING", "SUSPECT"]), access=(10, ["SINGLE_USER"]),
                                                    auto_close=(15, ["yes"]), read_only=(10, ["yes"])))
        for number in range(self.random.randint(0, 4)):
            quoted = self.pick(names or ["GONE"])
            lines.append(f'    module m{number} text="CREATE PROCEDURE m AS {self.pick(["EXEC", "SELECT * FROM", "/* not closed", "--"])} '
                         f'[{quoted.replace("]", "]]")}].db.dbo.t; SELECT 1 FROM OPENQUERY({self.pick(["ERP", "GONE", "[x"])}, \'x\')"')
        if self.chance(50):
            lines.append('    synonym s target="[ERP].[db].[dbo].[t]"')
        if self.chance(40):
            lines += ["  database msdb", "    job Nightly", '      step First command="EXEC ERP.db.dbo.p" subsystem=TSQL']
        return lines

    def audit_password(self):
        """The audit's own, and now and then another: then it is refused."""
        return self.secret() if self.chance(6) else self.password

    def data_source(self):
        address = self.pick([f"{self.network}.2.{self.random.randint(1, 7)}", f"{self.network}.1.{self.random.randint(1, 7)}",
                             f"{self.network}.3.2", "one.soak.test", "nosuch.test", "silent.test", "::1", "localhost", ".", "(local)", ""])
        return self.pick(["{}"] * 5 + ["{},1433", "tcp:{},1433", "{}\\\\INST", f"{self.network}.4.1\\\\INST", "np:\\\\\\\\{}\\\\pipe\\\\sql\\\\query",
                          "lpc:{}", "{},99999", "tcp:{}, 1433 ", "//{}:1521/ORCL", "https://{}/olap/msmdpump.dll", "C:\\\\data\\\\x.xls",
                          "(localdb)\\\\v11.0", "{};x=y", "\\u202e{}"]).format(address)

    def provider_string(self):
        parts = ["Encrypt=yes", "Encrypt=Strict", "TrustServerCertificate=no", f"SERVER={self.network}.2.1", "Driver={SQL Server}", "DSN=x",
                 "UID=app", "User ID=app", "Connect Timeout=0", "HostNameInCertificate=x", "Server=tcp:x;Failover Partner=y", "=;;=", "{", "a={b}}c}"]
        spelt = ["PWD={}", "Password={}", "pwd = {}", "PASSWORD={{{}}}", "Password='{}'", 'Pwd=\\"{}\\"', "UID=x;PWD={{{}}}}}x}}"]
        chosen = self.random.sample(parts, self.random.randint(0, 4))
        if self.chance(40):
            chosen.append(self.pick(spelt).format(self.secret()))
        self.random.shuffle(chosen)
        return ";".join(chosen)

    def target_of(self, data_source):
        """Whose logins decide: the server there, where there is one."""
        at = re.search(re.escape(self.network) + r"\.([12])\.(\d+)", data_source)
        name = f"{' AT'[int(at[1])]}{int(at[2]) - 1}" if at else None
        return [name] if name in [known for known, _ in self.servers] else []

    def link(self, name):
        self.links += 1
        data_source = self.data_source()
        target = self.target_of(data_source)
        text = (f'  link "{name}" provider="{self.pick(PROVIDERS) if self.chance(40) else self.pick(PROVIDERS[:5])}" '
                f'product="{self.pick(["", "", "SQL Server", "Oracle", "x"])}" '
                f'data_source="{data_source}" provider_string="{self.provider_string()}" modified="2024-0{self.random.randint(1, 9)}-01"')
        text += self.keys(catalog=(20, ["db", "x'y"]), rpc_out=(30, ["yes"]), is_linked=(5, ["no"]), system=(5, ["yes"]),
                          distributor=(3, ["yes"]), subscriber=(3, ["yes"]), connect_timeout=(20, [0, 5, 600]), delay=(10, [1, 50, 300]),
                          target=(80 if target else 0, target), test=(80, TESTS), data_access=(10, ["no"]),
                          lazy_schema=(10, ["yes"]), promotion=(20, ["yes", "no"]), collation=(5, ["Latin1_General_CI_AS"]))
        lines = [text]
        for local in self.random.sample(["*", "soak", "app", "none"], self.random.randint(0, 2)):
            lines.append(f"    mapping local={local}" + ("" if local == "none" else " self=yes" if self.chance(25) else
                         f" remote={self.pick(['app', 'sa', 'gone'])} password={self.secret()}"))
        if self.chance(10):
            lines.append("    message" + self.keys(number=(100, [53, 7303, 18456, -2146893019, 7202, 0, 2147483647]), text=(100, MESSAGES)) +
                         self.keys(**{"class": (100, [0, 16, 20])}))
        return lines

    # ---- the configuration

    def configuration(self, folder):
        lines = ["[audit]", "output_dir = reports", "ca_file = ca.pem", "deadline = 100s", "instance_deadline = 40s", "login_timeout = 3s",
                 "query_timeout = 3s", "connect_timeout = 700ms", "tls_timeout = 700ms", f"probe_depth = {self.pick(DEPTHS)}",
                 f"link_test = {self.pick(['sqlserver', 'sqlserver', 'all', 'none'])}", f"usage = {self.pick(['yes', 'yes', 'no'])}",
                 f"instance_concurrency = {self.pick([1, 2, 16])}", f"link_test_concurrency = {self.pick([1, 4, 16])}",
                 f"versions_every = {self.pick(['0s', '7d'])}", "fail_on = never", "policy = policy.ini",
                 "format = xml,html,csv,junit,metrics,xccdf"]
        if self.chance(30):
            lines.append(f"deny = {self.network}.2.1")
        lines += ["[login soak]", "uid = soak", "password_file = password"]
        for number, name in enumerate(self.audited):
            lines += [f"[instance {name}]", f"server = {self.network}.1.{number + 1}", f"tags = {self.pick(['prod', 'test', 'prod erp'])}"]
        lines += ["[instance DOWN]", f"server = {self.network}.9.9", "[hosts]", f"one.soak.test = {self.network}.1.1"]
        if self.chance(50):
            lines += ["[history]", "file = history.sqlite"]
        policy = ["[policy]", "environments = prod test"]
        if self.chance(50):
            policy += ["[waiver w]", f"rule = {self.pick(['R*', 'T01', '*'])}", "owner = o", "reason = r", "expires = 2099-01-01"]
        if self.chance(50):
            policy += ["[approved a]", "instance = A*", "link = *", "owner = o"]
        for path, text, mode in (("run.ini", lines, 0o644), ("policy.ini", policy, 0o644), ("password", [self.password], 0o600),
                                 ("scenario", self.lines, 0o644)):
            with open(os.open(f"{folder}/{path}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
                file.write("\n".join(text) + "\n")
        return [*self.audited, "DOWN"]
