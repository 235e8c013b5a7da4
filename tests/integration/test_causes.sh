#!/bin/bash
# Every cause code from end to end: a link that fails (or works) that way, its cause, who acts, the step that fails, what to type.
# Without root, the three causes that need a network of their own are left out, and say so.
. "$(dirname "$0")/lib.sh"

# cause LINK CAUSE ACTOR STEP NEXT: STEP "-" when no step fails; NEXT a part of the command, "-" when there is none
cause() {
    local link="//r:linked-server[@name='$1']/r:diagnosis"
    xpath_is "$2: link $1, who acts, the first step that fails" "$report" \
        "concat($link/@cause, ' ', $link/@actor, ' ', $link/r:step[@result='fail'][1]/@name)" "$2 $3 ${4#-}"
    if [ "$5" = - ]; then
        xpath_is "$2: nothing to type" "$report" "count($link/r:next)" 0
    else
        xpath_is "$2: the next command has '$5'" "$report" "contains($link/r:next, \"$5\")" True
    fi
    xpath_is "$2: a sentence says it" "$report" "string-length($link/r:text) > 10" True
}

# ---- firewalls and name servers: in a network and with files of its own -----------------------------------------

if [ "${1-}" = inside ]; then
    ip link set lo up
    echo 'nameserver 127.70.9.53' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf
    nft -f - <<'NFT'
table ip own {
    chain output {
        type filter hook output priority 0;
        ip daddr 127.70.9.53 udp dport 53 drop
        ip daddr 127.70.9.53 tcp dport 53 drop
        ip daddr 127.70.9.2 tcp dport 1433 reject with icmp admin-prohibited
    }
}
NFT
    cat >"$work/faults.scenario" <<'E2'
network 127.70
instance SRC address=${network}.9.1
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link DNS_DEAD provider=MSOLEDBSQL product="" data_source=sql.example.com
    mapping local=* remote=app password=x
    message info=yes number=7412 text="OLE DB provider \"MSOLEDBSQL\" for linked server \"DNS_DEAD\" returned message \"Login timeout expired\"."
    message number=11002 text="TCP Provider: This is usually a temporary error during hostname resolution and means that the local server did not receive a response from an authoritative server."
  link NO_ROUTE provider=MSOLEDBSQL product="" data_source=10.99.9.9 test=no-route
    mapping local=* remote=app password=x
  link PROHIBITED provider=MSOLEDBSQL product="" data_source=127.70.9.2 test=timeout
    mapping local=* remote=app password=x
    message number=10013 text="TCP Provider: An attempt was made to access a socket in a way forbidden by its access permissions."
E2
    secret "$work/password" pw
    mkdir "$work/out"
    printf '%s\n' '[audit]' 'output_dir = out' 'connect_timeout = 3s' '[login audit]' 'uid = audit' \
        'password_file = password' '[instance SRC]' 'server = 127.70.9.1' 'login = audit' >"$work/faults.ini"
    start_estate "$work/faults.scenario" || exit 1
    "$linkaudit" run -q -c "$work/faults.ini"
    report=$work/out/latest.xml
    cause DNS_DEAD name-service-failed directory - Resolve-DnsName
    cause NO_ROUTE no-route network address Test-NetConnection
    cause PROHIBITED prohibited network port 'TCP 1433'
    # Not even the instance knows whether the name exists: neither good nor bad.
    xpath_is "name-service-failed: the name step stays unknown" "$report" \
        "string(//r:linked-server[@name='DNS_DEAD']/r:diagnosis/r:step[@name='name']/@result)" unknown
    finish
    exit
fi

# ---- everything else ---------------------------------------------------------------------------------------------

cat >"$work/causes.scenario" <<'E2'
network 127.70
certificate self subject="CN=sql-self" dns=sql-self
host ${network}.1.4 browser=silent
host ${network}.1.5 browser=normal
host ${network}.1.6 browser=without-tcp

instance SRC address=${network}.1.1 version=15.0.4480.2
  login audit password=pw grant="ALTER ANY LINKED SERVER" grant="VIEW SERVER STATE" grant="VIEW ANY DEFINITION"
  link OK provider=MSOLEDBSQL product="" data_source=127.70.1.2 target=TARGET
    mapping local=* remote=app password=app
  link NAME provider=MSOLEDBSQL product="" data_source=nowhere.invalid test=unknown-host
    mapping local=* remote=app password=app
  link REFUSED provider=MSOLEDBSQL product="" data_source="127.70.1.2,1499" test=refused
    mapping local=* remote=app password=app
  link TIMEOUT provider=MSOLEDBSQL product="" data_source=127.70.1.3 test=timeout
    mapping local=* remote=app password=app
  link BROWSER provider=MSOLEDBSQL product="" data_source="127.70.1.4\\SALES" test=instance
    mapping local=* remote=app password=app
  link INSTANCE provider=MSOLEDBSQL product="" data_source="127.70.1.5\\NOSUCH" test=instance
    mapping local=* remote=app password=app
  link WITHOUT_TCP provider=MSOLEDBSQL product="" data_source="127.70.1.6\\PIPES" test=instance
    mapping local=* remote=app password=app
  link SILENT provider=MSOLEDBSQL product="" data_source=127.70.1.7 test=silent
    mapping local=* remote=app password=app
  link CLOSED provider=MSOLEDBSQL product="" data_source=127.70.1.8 test=closed
    mapping local=* remote=app password=app
  link HTTP provider=MSOLEDBSQL product="" data_source="127.70.1.9,8080" test=closed
    mapping local=* remote=app password=app
  link NO_TLS provider=MSOLEDBSQL19 product="" data_source=127.70.1.10
    mapping local=* remote=app password=app
    message info=yes number=7412 text="OLE DB provider \"MSOLEDBSQL19\" for linked server \"NO_TLS\" returned message \"Client unable to establish connection\"."
    message number=21 text="SSL Provider: Encryption not supported on SQL Server."
  link OLD_TLS provider=MSOLEDBSQL product="" data_source=127.70.1.11 test=closed
    mapping local=* remote=app password=app
  link HANDSHAKE provider=MSOLEDBSQL product="" data_source=127.70.1.12 test=no-algorithm
    mapping local=* remote=app password=app
  link STRICT provider=MSOLEDBSQL product="" data_source=127.70.1.13 test=strict-only
    mapping local=* remote=app password=app
  link CERTIFICATE provider=MSOLEDBSQL19 product="" data_source=127.70.1.14 provider_string="Encrypt=Mandatory" test=untrusted
    mapping local=* remote=app password=app
  link LOGIN provider=MSOLEDBSQL product="" data_source=127.70.1.14 target=SELF
    mapping local=* remote=app password=wrong
  link MAPPING provider=MSDASQL product="" provider_string="DRIVER={SQL Server};SERVER=127.70.1.2"
    mapping local=* remote=app password=app
    message number=7416 state=2 text="Access to the remote server is denied because no login-mapping exists."
  link MISSING provider=SQLNCLI10 product="" data_source=127.70.1.2 test=provider-missing
    mapping local=* remote=missing password=x
  link BLOCKED provider=MSOLEDBSQL product="" data_source=127.70.1.2
    mapping local=* remote=blocked password=x
    message number=7430 text="Out-of-process use of OLE DB provider \"MSOLEDBSQL\" with SQL Server is not supported."
  link DISABLED provider=MSOLEDBSQL product="" data_source=127.70.1.2 data_access=no rpc_out=no target=TARGET
    mapping local=* remote=app password=app
  link INSTANCE_ONLY provider=MSOLEDBSQL product="" data_source="tcp:127.70.1.2" test=timeout
    mapping local=* remote=only password=x
  link AUDIT_HOST_ONLY provider=MSOLEDBSQL product="" data_source=127.70.1.15
    mapping local=* remote=app password=app
  link FILE provider=Microsoft.ACE.OLEDB.16.0 product=ACE data_source="D:\\Budget.xlsx"
    mapping local=* self=yes
  link UNTESTED provider=MSOLEDBSQL product="" data_source=127.70.1.2
    mapping local=* self=yes
  link UNEXPLAINED provider=MSOLEDBSQL product="" data_source=127.70.1.2
    mapping local=* remote=unexplained password=x
    message number=50000 text="Something that is in no list."

instance SLOW address=${network}.1.20
  login audit password=pw grant="ALTER ANY LINKED SERVER"
  link HANGS provider=MSOLEDBSQL product="" data_source=127.70.1.2 test=hang
    mapping local=* remote=slow password=x
  link HANGS_AND_DEAD provider=MSOLEDBSQL product="" data_source=127.70.1.3 test=hang
    mapping local=* remote=slow password=x

instance TARGET address=${network}.1.2 certificate=self
  login app password=app
instance FULL address=${network}.1.3 behaviour=full
instance "HOST5\\OTHER" address=${network}.1.5 port=51500
instance "HOST6\\PIPES" address=${network}.1.6 port=51600
instance SILENT address=${network}.1.7 behaviour=silent
instance CLOSED address=${network}.1.8 behaviour=close-on-prelogin
instance HTTP address=${network}.1.9 port=8080 behaviour=http
instance NO_TLS address=${network}.1.10 encrypt=not-supported version=9.0.5000.0
instance OLD_TLS address=${network}.1.11 tls=1.0 version=10.50.4000.0
instance HANDSHAKE address=${network}.1.12 behaviour=hang-in-tls
instance STRICT address=${network}.1.13 strict=only version=16.0.4230.1 certificate=self
instance SELF address=${network}.1.14 certificate=self
  login app password=app
E2
secret "$work/password" pw
mkdir "$work/out"
cat >"$work/causes.ini" <<'E2'
[audit]
output_dir = out
link_test = all
connect_timeout = 3s
tls_timeout = 3s
[login audit]
uid = audit
password_file = password
[instance SRC]
server = 127.70.1.1
login = audit
[instance SLOW]
server = 127.70.1.20
login = audit
query_timeout = 4s
E2
start_estate "$work/causes.scenario" || exit 1
"$linkaudit" run -q -c "$work/causes.ini"
equals "the run is complete and has findings" 1 $?
report=$work/out/latest.xml
valid_report "the report" "$report"

cause OK ok nobody - -
cause NAME name-not-found directory name Resolve-DnsName
cause REFUSED port-refused dba-target port 'LocalPort 1499'
cause TIMEOUT port-timeout network port Test-NetConnection
cause BROWSER browser-silent dba-target instance 'Get-Service SQLBrowser'
cause INSTANCE instance-not-found dba-target instance 'Get-Service'
cause WITHOUT_TCP instance-without-tcp dba-target instance 'Configuration Manager'
cause SILENT accepts-but-silent dba-target service 'sqlcmd -A'
cause CLOSED closed-on-prelogin dba-target service sp_readerrorlog
cause HTTP not-the-expected-service dba-source service 'LocalPort 8080'
cause NO_TLS tls-not-supported dba-target tls encrypt_option
cause OLD_TLS tls-too-old dba-target tls KB3135244
cause HANDSHAKE tls-handshake-failed dba-target tls Schannel
cause STRICT strict-only dba-source tls Encrypt=Strict
cause CERTIFICATE certificate-rejected dba-target tls 'Cert:'
cause LOGIN login-failed dba-source login sp_readerrorlog
cause MAPPING no-login-mapping dba-source login sp_helplinkedsrvlogin
cause MISSING provider-missing dba-source - xp_enum_oledb_providers
cause BLOCKED provider-blocked dba-source - AllowInProcess
cause DISABLED link-disabled dba-source - 'data access'
cause INSTANCE_ONLY fails-only-from-instance network port 'on the machine of SRC'
cause AUDIT_HOST_ONLY fails-only-from-audit-host network - 'from the audit host'
cause HANGS test-timeout dba-source - sp_testlinkedserver
cause HANGS_AND_DEAD port-timeout network port Test-NetConnection
cause FILE not-a-network-target nobody - sp_testlinkedserver
cause UNTESTED not-tested nobody - sp_testlinkedserver
cause UNEXPLAINED unexplained dba-source - sp_testlinkedserver

xpath_is "where the instance passed and the audit host failed, the step says both" "$report" \
    "count(//r:linked-server[@name='AUDIT_HOST_ONLY']/r:diagnosis/r:step[@name='port' and @from='instance' and @result='pass' and contains(.,'from the audit host: 127.70.1.15:1433 refused')])" 1
# Where the instance failed and the audit host did not, both are told, and not confused.
xpath_is "the audit host's view stands beside the instance's" "$report" \
    "string(//r:endpoint[@id=//r:linked-server[@name='INSTANCE_ONLY']/@endpoint]/r:diagnosis/@cause)" ok
all="ok name-not-found port-refused port-timeout browser-silent instance-not-found instance-without-tcp accepts-but-silent
closed-on-prelogin not-the-expected-service tls-not-supported tls-too-old tls-handshake-failed strict-only certificate-rejected
login-failed no-login-mapping provider-missing provider-blocked link-disabled fails-only-from-instance
fails-only-from-audit-host test-timeout not-a-network-target not-tested unexplained"
equals "the report has every cause" "$(printf '%s\n' $all | sort -u)" "$(xpath "$report" '//r:linked-server/r:diagnosis/@cause' | sort -u)"
stop_estate

if [ "$(id -u)" -ne 0 ]; then
    echo "skipped: name-service-failed, no-route and prohibited need root, for a network of their own"
elif ! command -v nft >/dev/null || ! unshare -n -m nft add table ip own 2>/dev/null; then
    echo "skipped: name-service-failed, no-route and prohibited need nft and network namespaces"
else
    check "name-service-failed, no-route and prohibited" unshare -n -m bash "${BASH_SOURCE[0]}" inside
fi
finish
