"""Estates for measuring: scenarios of the stand-in and the configurations that audit them."""
import ipaddress
import os

NETWORK = "127.60"  # and as many of the networks after it as the hosts need


def address(number, network=NETWORK):
    """The IPv4 address of the host with that number, from 0."""
    return str(ipaddress.ip_address(network + ".0.1") + number)


def write(path, text, mode=0o644):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    return path


AUTHORITIES = """ca root subject="CN=Bench Root"
certificate server subject="CN=sql.bench" dns=sql.bench issuer=root
"""


# What Windows Server 2019 offers where nobody changed it, in its order.
WINDOWS = ":".join("""ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-AES128-GCM-SHA256 DHE-RSA-AES256-GCM-SHA384 DHE-RSA-AES128-GCM-SHA256
ECDHE-RSA-AES256-SHA384 ECDHE-RSA-AES128-SHA256 ECDHE-RSA-AES256-SHA ECDHE-RSA-AES128-SHA AES256-GCM-SHA384 AES128-GCM-SHA256
AES256-SHA256 AES128-SHA256 AES256-SHA AES128-SHA""".split())


def targets(folder, name, count, dead=0, delay=0):
    """A scenario of that many SQL Servers, the last of them dead: they drop every packet. Each answer of the others
    comes after a delay in milliseconds."""
    lines = [AUTHORITIES]
    healthy = count - dead
    server = "instance {name}{{i}} address={address} certificate=server tls=1.0-1.2 ciphers={ciphers} count={count}{rest}\n"
    lines.append(server.format(name="S", address=address(0), count=healthy, ciphers=WINDOWS, rest=f" delay={delay}"))
    if dead:
        lines.append(server.format(name="D", address=address(healthy), count=dead, ciphers=WINDOWS, rest=" behaviour=full"))
    return write(f"{folder}/{name}.scenario", "".join(lines))


def target_list(folder, name, count):
    return write(f"{folder}/{name}.targets", "".join(address(i) + "\n" for i in range(count)))


def check_configuration(folder, **settings):
    """Nothing but the audit host's own limits: what is measured is the program, not its patience."""
    keys = {"rate": 100000, "probe_concurrency": 400, "ca_file": "ca.pem"} | settings
    lines = ["[audit]\n"] + [f"{key} = {value}\n" for key, value in keys.items()]
    lines.append("[instance NONE]\ndsn = none\n")
    return write(f"{folder}/check.ini", "".join(lines))


def instances(folder, count, links, delay=0):
    """Audited instances with links that each may be tested; the links' targets are not there and not probed, the
    instances themselves as little as can be."""
    scenario, configuration = [AUTHORITIES], [f"""[audit]
output_dir = {folder}
format = xml
keep = 1
ca_file = ca.pem
deny = 10.0.0.0/8
probe_depth = handshake
rate = 100000
[login audit]
uid = audit
password_file = password
"""]
    for i in range(count):
        scenario.append(f"""instance SQL{i} address={address(i)} certificate=server tls=1.2 delay={delay}
  login audit password=bench grant="VIEW SERVER STATE" grant="ALTER ANY LINKED SERVER" grant="VIEW ANY DEFINITION"
  link LINK{{n}} product="" provider=SQLNCLI data_source="10.{i >> 8}.{i & 255}.{{n}}" test=ok count={links}
    mapping local=* remote=app password=x
""")
        configuration.append(f"[instance SQL{i}]\nserver = {address(i)}\nlogin = audit\n")
    write(f"{folder}/password", "bench\n", 0o600)
    write(f"{folder}/run.ini", "".join(configuration))
    return write(f"{folder}/instances.scenario", "".join(scenario))
