#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"

#include <string.h>

#define STIG_APPROVED "DISA STIG V-271299, V-213960 (SQL6-D0-007500)"
#define STIG_REMOTE_ACCESS "DISA STIG V-271298, V-214037"
#define STIG_TLS "DISA STIG V-271310, V-213967"
#define STIG_TRANSIT "DISA STIG V-271309, V-213966"
#define STIG_SUPPORTED "DISA STIG V-271365, V-265870"
#define DOC_DRIVER_19 "Microsoft: OLE DB Driver, major version differences; linked servers"
#define DOC_LINKED_LOGIN "Microsoft: sp_addlinkedsrvlogin"
#define DOC_ADD_LINK "Microsoft: sp_addlinkedserver"

#define TEST_LINK "EXEC sys.sp_testlinkedserver @servername = {link'};"
#define SQL_PROVIDERS "links of SQL Server providers"

/* clang-format off */
const struct rule rules[] = {
    {"R01", SEVERITY_HIGH, "Link fails from its own instance",
     "Links whose own test failed or timed out; not where the login or the mapping was refused, nor links that are switched off.",
     "Whatever uses the link fails now.", TEST_LINK "   on {source}; the link's diagnosis says who acts", {NULL}, check_r01},
    {"R02", SEVERITY_LOW, "Target is unreachable from the audit host only",
     "Targets that the instances' own tests reach.", "The audit cannot see the target's encryption and certificate; a firewall may be meant to do this.",
     "Test-NetConnection -ComputerName {host} -Port {port}   from the audit host; or list the network under deny", {NULL}, check_r02},
    {"R03", SEVERITY_MEDIUM, "Target's name does not resolve",
     "Targets with links, none of which reached it; the domain suffixes tried are in the evidence.", "The link cannot work where the name does not resolve either, and whoever registers the name receives its connections.",
     "Resolve-DnsName {host}   on the instances of the links", {NULL}, check_r03},
    {"R04", SEVERITY_INFO, "Named instance depends on SQL Browser",
     "Named instances without a port in the data source.", "Each connection asks UDP 1434 first; a firewall or a stopped service breaks the link although the instance runs.",
     "EXEC sys.sp_setnetname @server = N'<link>', @netname = N'<host>,<port>';   after giving the instance a fixed port", {NULL}, check_r04},
    {"R05", SEVERITY_MEDIUM, "Target answers, but under pressure",
     "Targets that answer slowly or after lost packets, refuse for want of connections, or, where audited, run out of workers or connections. One sample.", "Links time out now and then, and nobody finds them broken in the morning.",
     "sqlcmd -S {server} -Q \"SELECT wait_type, COUNT(*) FROM sys.dm_os_waiting_tasks GROUP BY wait_type ORDER BY 2 DESC\"", {NULL}, check_r05},
    {"R06", SEVERITY_INFO, "Dead link without any visible use",
     "Links that fail, in instances whose code was searched; not replication's.", "It may be left over. Code outside the database and callers at other times of the month are not visible to a search.",
     "Find its owner and watch it for a full business period before anything is changed.", {NULL}, check_r06},
    {"R07", SEVERITY_MEDIUM, "Multi-subnet listener without MultiSubnetFailover",
     SQL_PROVIDERS " to names with several addresses of which some do not answer, with a visible provider string.", "The driver tries the addresses one after the other; with the dead one first, the connection times out about every other time.",
     "EXEC sys.sp_serveroption @server = {link'}, @optname = 'provider string', @optvalue = N'<the present one>;MultiSubnetFailover=Yes';", {NULL}, check_r07},

    {"T01", SEVERITY_HIGH, "Target does not support encryption",
     "SQL Server targets by their answer to PRELOGIN, PostgreSQL, MySQL and LDAP by theirs.", "Not even logins and passwords are encrypted.",
     "Give the target a certificate that its service can use, and restart it.", {STIG_TRANSIT, NULL}, check_t01},
    {"T02", SEVERITY_HIGH, "Target has no TLS 1.2 or newer",
     "Targets that accepted an older version and refused TLS 1.2.", "Current systems switch TLS 1.0 and 1.1 off and can then not connect.",
     "The update of KB3135244 for the target's branch, and TLS 1.2 in Schannel of {host}", {STIG_TLS, NULL}, check_t02},
    {"T03", SEVERITY_MEDIUM, "Target still accepts TLS 1.1 or older",
     "Targets whose versions were tried, now or within versions_every.", "Old versions can be attacked, and rules on TLS forbid them.",
     "Switch TLS 1.0 and 1.1 off in Schannel of {host}, after the sources were updated", {STIG_TLS, NULL}, check_t03},
    {"T04", SEVERITY_LOW, "Certificate has expired",
     "The target's own certificate. High where a link validates it.", "Every client that validates refuses it.",
     "Renew the certificate on {host} and restart SQL Server", {STIG_TRANSIT, NULL}, check_t04},
    {"T05", SEVERITY_LOW, "Certificate expires soon",
     "The target's own certificate, within certificate_days. Medium where a link validates it.", "Every client that validates will refuse it from that day on.",
     "Renew the certificate on {host} and restart SQL Server before that day", {NULL}, check_t05},
    {"T06", SEVERITY_MEDIUM, "Self-signed or generated certificate",
     "The target's own certificate, where the audit host does not trust it.", "A client cannot tell the target from an impostor, and Driver 19 refuses it.",
     "A certificate of an authority that the sources trust, for the names that the links use, on {host}", {DOC_DRIVER_19, NULL}, check_t06},
    {"T07", SEVERITY_MEDIUM, "Certificate chain is not trusted",
     "Certificates of an issuer that the audit host does not trust; the sources may differ.", "Every client that validates and does not trust the issuer refuses it.",
     "Put the issuer's root into the sources' trusted roots (and into ca_file), or use a certificate of a trusted authority on {host}", {DOC_DRIVER_19, NULL}, check_t07},
    {"T08", SEVERITY_LOW, "Certificate is not for the name that the links use",
     "The names that each link's provider compares. High where such a link validates.", "Every client that validates refuses it; with Driver 19 that is the default.",
     "A certificate with these names on {host}, or HostNameInCertificate in the links", {DOC_DRIVER_19, NULL}, check_t08},
    {"T09", SEVERITY_MEDIUM, "Weak key or signature",
     "The target's certificate and its issuers: RSA under 2048 bits, DSA, elliptic curves under 224 bits, SHA-1, MD5.", "Weak keys and signatures can be forged, and systems begin to refuse them.",
     "A certificate with RSA 2048 or more, or P-256, and SHA-256, on {host}", {STIG_TRANSIT, NULL}, check_t09},
    {"T10", SEVERITY_LOW, "Traffic of links is not encrypted",
     SQL_PROVIDERS " whose definition does not encrypt, to targets that do not force it. Medium where SQL logins travel.", "Queries and results can be read and changed on the way.",
     "Encrypt=Mandatory in the links, or Force Encryption on {host}", {STIG_TRANSIT, NULL}, check_t10},
    {"T11", SEVERITY_LOW, "TrustServerCertificate is on",
     SQL_PROVIDERS " with a visible provider string; the evidence says whether it has any effect. Medium where it has.", "The link encrypts to whoever answers.",
     "Remove TrustServerCertificate from the provider string once the certificate holds", {DOC_DRIVER_19, NULL}, check_t11},
    {"T12", SEVERITY_HIGH, "Build cannot speak TLS 1.2",
     "Targets by PRELOGIN and sources by ProductVersion, within their servicing branch; not Azure's 12.0.2000.", "No setting helps: only an update does.",
     "The update of KB3135244 for its branch", {"Microsoft KB3135244", STIG_TLS, NULL}, check_t12},
    {"T13", SEVERITY_INFO, "No TDS 8.0",
     "SQL Server targets older than 2022, or where it was tried and failed.", "Encrypt=Strict, which encrypts from the first byte, cannot be used.",
     NULL, {NULL}, check_t13},

    {"S01", SEVERITY_MEDIUM, "Every local login is mapped to one remote login",
     "Mappings for all logins (local_principal_id 0) to a fixed remote login.", "Whoever can log in to the instance acts as that login on the target.",
     "EXEC sys.sp_droplinkedsrvlogin @rmtsrvname = {link'}, @locallogin = NULL;   and mappings for the logins that need it", {STIG_APPROVED, DOC_LINKED_LOGIN, NULL}, check_s01},
    {"S02", SEVERITY_HIGH, "Mapped to sa or a member of sysadmin",
     SQL_PROVIDERS "; membership is known where the target is audited, otherwise only the name sa is judged. Critical for a mapping of every login.", "Whoever may use the link controls the target.",
     "Map a login that may do only what the link is for", {STIG_APPROVED, NULL}, check_s02},
    {"S03", SEVERITY_HIGH, "Password inside the provider string",
     "Links whose provider string is visible; the report has *** in its place.", "Everyone with ALTER ANY LINKED SERVER reads it, and it stands in backups of master.",
     "EXEC sys.sp_addlinkedsrvlogin   with the password, then the provider string without it", {DOC_ADD_LINK, NULL}, check_s03},
    {"S04", SEVERITY_INFO, "RPC OUT is enabled",
     "All links but replication's. Medium where every login or a sysadmin is mapped.", "Procedures, and with AT any batch, can be run on the target.",
     "EXEC sys.sp_serveroption @server = {link'}, @optname = 'rpc out', @optvalue = 'false';   where nothing uses it", {NULL}, check_s04},
    {"S05", SEVERITY_LOW, "Option 'remote access' is on",
     "Instances but Azure's.", "It allows old remote procedure calls between servers and is deprecated.",
     "EXEC sys.sp_configure 'remote access', 0; RECONFIGURE;   and a restart; old-style remote calls then fail with 7201", {STIG_REMOTE_ACCESS, NULL}, check_s05},
    {"S06", SEVERITY_MEDIUM, "Ad Hoc Distributed Queries are on",
     "Instances but Azure's.", "Any login can reach any server by OPENROWSET and OPENDATASOURCE, past all linked servers.",
     "EXEC sys.sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sys.sp_configure 'Ad Hoc Distributed Queries', 0; RECONFIGURE;", {STIG_APPROVED, NULL}, check_s06},
    {"S07", SEVERITY_MEDIUM, "Link is not on the approved list",
     "All links but replication's, where the policy has an approved list.", "Linked servers must be approved one by one.",
     "Approve it in the policy with an owner, or drop it", {STIG_APPROVED, NULL}, check_s07},
    {"S08", SEVERITY_HIGH, "A chain of links ends in sysadmin",
     SQL_PROVIDERS " between audited instances; the shortest path of two or more links, with the login at each.", "A login without rights becomes sysadmin on another instance.",
     "Break the chain at its widest mapping", {STIG_APPROVED, NULL}, check_s08},
    {"S09", SEVERITY_MEDIUM, "Link crosses environments",
     "Links between audited instances with different environment tags.", "Test reaches production, or the reverse.",
     "Point the link to the same environment, or waive it with its reason", {NULL}, check_s09},
    {"S10", SEVERITY_MEDIUM, "Others than administrators may change links",
     "Enabled principals with ALTER ANY LINKED SERVER or in setupadmin, without sysadmin or CONTROL SERVER; not the audit login (S15). Only where role members and permissions are visible.", "Its holder can point a link with a stored password elsewhere and receive it.",
     "REVOKE ALTER ANY LINKED SERVER FROM <login>;   or   ALTER SERVER ROLE setupadmin DROP MEMBER <login>;", {STIG_APPROVED, NULL}, check_s10},
    {"S11", SEVERITY_LOW, "Mapping of a login that no longer exists",
     "Only where the audit login sees other logins.", "A new login may get the same id, and the mapping shows that nobody looks after the link.",
     "Recreate the link's mappings without it", {NULL}, check_s11},
    {"S12", SEVERITY_LOW, "Link or mapping changed since the last run",
     "Links and mappings that appeared, disappeared or changed, compared with the former report.", "A repointed link receives credentials and gives data.",
     NULL, {STIG_APPROVED, NULL}, check_s12},
    {"S13", SEVERITY_HIGH, "Dangling target with a credential",
     "Links with a stored or self credential to a name that is gone, or where another service answers; not where an instance's test still reaches it.", "Whoever takes over the name or the address is offered the credential.",
     "EXEC sys.sp_dropserver @server = {link'}, @droplogins = 'droplogins';   or correct the data source", {NULL}, check_s13},
    {"S14", SEVERITY_HIGH, "Default self mapping on a provider that is not SQL Server's",
     "Links of other providers with a self mapping for every login; not replication's.", "SQL logins may act with the rights of the SQL Server service account.",
     "EXEC sys.sp_droplinkedsrvlogin @rmtsrvname = {link'}, @locallogin = NULL;   and explicit mappings", {DOC_ADD_LINK, NULL}, check_s14},
    {"S15", SEVERITY_LOW, "The audit login itself may change links",
     "All instances.", "An audit should read. Without the right, provider strings can be shown by a signed procedure.",
     "REVOKE ALTER ANY LINKED SERVER FROM the audit login, and use the signed procedure of its script", {NULL}, check_s15},
    {"S16", SEVERITY_HIGH, "Mapped remote login is locked, disabled or expiring",
     SQL_PROVIDERS " to audited instances that show their SQL logins. Medium for a password that expires within password_days.", "Whatever uses the mapping fails, now or on that day.",
     "The login on {server}, then the mapping's password on {source}", {NULL}, check_s16},

    {"V01", SEVERITY_HIGH, "Instance is out of support",
     "Instances but Azure's; Extended Security Updates are not counted.", "It gets no security updates any more.",
     "Upgrade, or install the supported level", {STIG_SUPPORTED, NULL}, check_v01},
    {"V02", SEVERITY_MEDIUM, "Target is out of support",
     "SQL Server targets that are not audited themselves, by PRELOGIN; never for 12.0.2000, which Azure reports too.", "It gets no security updates any more, and links depend on it.",
     "Tell its owner", {STIG_SUPPORTED, NULL}, check_v02},
    {"V03", SEVERITY_LOW, "Removed or deprecated provider",
     "Links by their stored provider and the release of their instance.", "The link breaks when the instance moves to a release or machine without that provider.",
     "Recreate the link with MSOLEDBSQL (for SQL Server); its mappings' passwords must be entered again", {DOC_ADD_LINK, NULL}, check_v03},
    {"V04", SEVERITY_MEDIUM, "@@SERVERNAME is not the server's name",
     "Not on Azure, Managed Instance, RDS or Linux, where the platform gives the name.", "Replication, log shipping, four-part names and tools that ask @@SERVERNAME go astray.",
     "EXEC sys.sp_dropserver N'<old name>'; EXEC sys.sp_addserver N'<new name>', 'local';   and a restart; not while replication names the server", {NULL}, check_v04},
    {"V05", SEVERITY_MEDIUM, "Build with the MSDASQL regression (7416)",
     "MSDASQL links with a visible provider string without both UID and User ID, on affected builds and Managed Instance.", "Callers that are not sysadmin fail with 7416; a sysadmin's test does not show it.",
     "Give both UID and User ID in the provider string, and test as a login without sysadmin", {"Microsoft support: MSDASQL query fails with error 7416", NULL}, check_v05},
    {"V06", SEVERITY_MEDIUM, "Link breaks on SQL Server 2025",
     SQL_PROVIDERS " whose readiness is 'breaks'. High where the instance is SQL Server 2025 already.", "Driver 19 encrypts and validates by default.",
     NULL, {DOC_DRIVER_19, "Microsoft: breaking changes in SQL Server 2025", NULL}, check_v06},
    {"V07", SEVERITY_MEDIUM, "Code names a link that does not exist",
     "Modules, synonyms and job steps in the databases that could be searched.", "That code fails with 7202.",
     "Correct the code, or create the link", {NULL}, check_v07},
    {"V08", SEVERITY_INFO, "Passwords to enter again after a migration",
     "Mappings with a remote login.", "Passwords cannot be scripted: whoever moves the links must know them.",
     "Have them at hand before the move", {NULL}, check_v08},
    {"V09", SEVERITY_MEDIUM, "Links differ between replicas of an availability group",
     "Audited replicas of one group; only what is visible on both is compared.", "After a failover the links are missing or lead elsewhere.",
     "Create the same links on every replica", {NULL}, check_v09},
    {"V10", SEVERITY_MEDIUM, "Link's provider is not registered",
     "Links of instances whose registered providers could be read.", "The link fails with 7403.",
     "Install the provider (64 bit) on the machine of {source}, or recreate the link with one that is there", {NULL}, check_v10},
    {"V11", SEVERITY_INFO, "SQL Server 2025: what happens to the links",
     "Each instance and each target with a link that breaks, counted.", "One certificate may break many links; mending it mends them all.",
     NULL, {NULL}, check_v11},

    {"H01", SEVERITY_LOW, "Several links of one instance lead to one target",
     "All links but replication's.", "Each has its own mappings and options to keep right.",
     "Keep one, and let synonyms name it", {NULL}, check_h01},
    {"H02", SEVERITY_INFO, "Link is not used anywhere visible",
     "All links but replication's, in instances whose code was searched.", "Applications, reports and other servers' jobs are not visible to a search.",
     "Ask its owner", {NULL}, check_h02},
    {"H03", SEVERITY_LOW, "Old-style remote server",
     "Rows with is_linked = 0, but the local one.", "Remote servers are deprecated and depend on 'remote access'.",
     "Replace it by a linked server", {NULL}, check_h03},
    {"H04", SEVERITY_INFO, "Loopback link",
     "Links that lead to their own instance.", "It costs a connection and a login for what a three-part name does, and cannot take part in transactions.",
     "Use three-part names", {NULL}, check_h04},
    {"H05", SEVERITY_LOW, "Time-out is infinite or long",
     "The effective connection time-out, infinite or over timeout_seconds, and an infinite query time-out; not replication's.", "A dead target holds its caller and a worker for that long.",
     "EXEC sys.sp_serveroption @server = {link'}, @optname = 'connect timeout', @optvalue = '15';", {NULL}, check_h05},

    {"A01", SEVERITY_LOW, "The audit login cannot see everything",
     "All instances.", "What is hidden is reported as unknown; counts of links are lower bounds.",
     "The script of the audit login (sql/) says what each grant shows", {NULL}, check_a01},
    {"A02", SEVERITY_HIGH, "Instance could not be audited",
     "Instances that failed or were not run; medium for those audited in part.", "Nothing is known of its links.",
     "The failure's message and the diagnosis of the instance's endpoint say why", {NULL}, check_a02},
    {"A03", SEVERITY_LOW, "Waiver has expired or matches nothing",
     "The policy's waivers; those that match nothing only in a run of everything.", "A waiver that does nothing hides that its reason is gone.",
     "Renew or remove it in the policy", {NULL}, check_a03},
};
/* clang-format on */
const size_t rule_count = sizeof(rules) / sizeof(rules[0]);

const struct rule *rule_find(const char *id)
{
    for (size_t i = 0; id && i < rule_count; i++)
        if (strcmp(rules[i].id, id) == 0)
            return &rules[i];
    return NULL;
}

char *rules_markdown(struct arena *arena)
{
    struct prose prose = prose_new(arena);
    prose_put(&prose, "| rule | severity | title | applies to | why it matters |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < rule_count; i++)
        prose_add(&prose, "| %s | %s | %s | %s | %s |\n", rules[i].id,
                  name_of(&severity_names, (int)rules[i].severity), rules[i].title, rules[i].applies,
                  rules[i].why);
    return prose_text(&prose);
}
