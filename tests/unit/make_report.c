/* Writes a report of a large estate, for measuring: make_report LINKS FILE
 * Twenty links an instance, an endpoint for every four links, one link of ten broken. */
#include "audit/model/model.h"
#include "reports/report_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The model owns its texts and could change them; nobody does here. */
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"

enum { LINKS_OF_INSTANCE = 20, LINKS_OF_ENDPOINT = 4, DAY = 86400, STARTED = 1795313700 };

#define NEW(arena, type) ((type *)arena_alloc(arena, sizeof(type)))

static void add_step(struct arena *arena, struct diagnosis *diagnosis, enum step_name name,
                     enum step_result result, char *from, char *evidence)
{
    struct step *step = NEW(arena, struct step);
    *step = (struct step){.name = name, .result = result, .from = from, .evidence = evidence};
    list_append(&diagnosis->steps, step);
}

static struct diagnosis *make_diagnosis(struct arena *arena, bool broken, char *host)
{
    struct diagnosis *diagnosis = NEW(arena, struct diagnosis);
    diagnosis->cause = broken ? CAUSE_PORT_REFUSED : CAUSE_OK;
    diagnosis->actor = broken ? ACTOR_DBA_TARGET : ACTOR_NOBODY;
    for (int step = STEP_NAME; step <= STEP_LOGIN; step++)
        add_step(arena, diagnosis, (enum step_name)step,
                 !broken             ? RESULT_PASS
                 : step < STEP_PORT  ? RESULT_PASS
                 : step == STEP_PORT ? RESULT_FAIL
                                     : RESULT_UNKNOWN,
                 "audit-host",
                 arena_format(arena, "%s: what was seen at this step, in a sentence or two", host));
    if (broken)
        add_step(arena, diagnosis, STEP_PORT, RESULT_FAIL, "instance",
                 "10061: actively refused after 2043 ms");
    diagnosis->text =
        arena_format(arena, "Nothing listens on TCP 1433 of %s: the host answers and refuses.", host);
    diagnosis->action = "Get-Service MSSQLSERVER; Get-NetTCPConnection -LocalPort 1433 -State Listen";
    return diagnosis;
}

static struct link_test *make_test(struct arena *arena, bool broken)
{
    struct link_test *test = NEW(arena, struct link_test);
    test->outcome = broken ? TEST_FAILED : TEST_OK;
    test->ms = number_of(broken ? 2043 : 37);
    test->at = number_of(STARTED + 60);
    for (int i = 0; broken && i < 3; i++) {
        struct message *message = NEW(arena, struct message);
        message->number = number_of(10061);
        message->sqlstate = "42000";
        message->text =
            "TCP Provider: No connection could be made because the target machine actively refused it.";
        list_append(&test->messages, message);
    }
    return test;
}

static struct readiness *make_readiness(struct arena *arena, int number, const char *name)
{
    struct readiness *readiness = NEW(arena, struct readiness);
    readiness->target = number_of(2025);
    readiness->verdict = number % 3 ? VERDICT_READY : VERDICT_BREAKS;
    readiness->reason =
        "OLE DB Driver 19 encrypts by default and validates the certificate; this one is not trusted.";
    if (readiness->verdict == VERDICT_BREAKS)
        readiness->fix = arena_format(
            arena, "EXEC master.dbo.sp_serveroption N'%s', 'provider string', N'Encrypt=Optional';", name);
    return readiness;
}

/* Every fourth link leads where only its instance goes, the others where several go: to a neighbour's. */
static int endpoint_of(int number, int links)
{
    int endpoints = (links + LINKS_OF_ENDPOINT - 1) / LINKS_OF_ENDPOINT;
    return number % 4 ? (int)((long)number * number / 7 % endpoints) : number / LINKS_OF_ENDPOINT;
}

static char *host_of(struct arena *arena, int endpoint)
{
    static const char *const domains[] = {"corp", "corp", "dmz", "corp", "cloud", "plant", "partner"};
    return arena_format(arena, "sql%05d.%s.example", endpoint, domains[endpoint % 7]);
}

static struct linked_server *make_link(struct arena *arena, int number, int links)
{
    struct linked_server *link = NEW(arena, struct linked_server);
    int endpoint = endpoint_of(number, links);
    bool broken = number % 10 == 3;
    link->name = arena_format(arena, "LINK_%05d", number);
    link->server_id = number_of(number % LINKS_OF_INSTANCE + 1);
    link->product = "";
    link->provider = number % 4 ? "MSOLEDBSQL" : "SQLNCLI11";
    link->data_source = host_of(arena, endpoint);
    link->endpoint = arena_format(arena, "e%d", endpoint + 1);
    link->linked = link->data_access = TERNARY_TRUE;
    link->rpc_out = number % 2 ? TERNARY_TRUE : TERNARY_FALSE;
    link->modified = number_of(STARTED - number * DAY % (3000 * (long)DAY));
    struct login_mapping *mapping = NEW(arena, struct login_mapping);
    mapping->local = "*";
    mapping->self = TERNARY_TRUE;
    mapping->modified = link->modified;
    list_append(&link->logins, mapping);
    for (int i = 0; i < 3; i++) {
        struct use *use = NEW(arena, struct use);
        *use = (struct use){.how = "four-part-name",
                            .database = "Sales",
                            .object = arena_format(arena, "dbo.usp_Procedure_%d_%d", number, i),
                            .type = USE_PROCEDURE,
                            .count = number_of(2)};
        list_append(&link->uses, use);
    }
    link->test = make_test(arena, broken);
    link->diagnosis = make_diagnosis(arena, broken, link->data_source);
    link->readiness = make_readiness(arena, number, link->name);
    return link;
}

static struct instance *make_instance(struct arena *arena, int number, int links, int all)
{
    static char *const tags[] = {"prod erp", "prod bi", "prod", "test", "dev", "dr", "plant", "archive"};
    struct instance *instance = NEW(arena, struct instance);
    instance->name = arena_format(arena, "INSTANCE%04d", number);
    instance->server = arena_format(arena, "instance%04d.corp.example", number);
    instance->status = INSTANCE_AUDITED;
    instance->tags = tags[number * 5 % 8];
    instance->server_version = "15.0.4430.1";
    instance->product = "SQL Server 2019";
    for (int i = 0; i < 40; i++) {
        struct property *property = NEW(arena, struct property);
        property->name = arena_format(arena, "option number %d", i);
        property->value = "1";
        list_append(&instance->properties, property);
    }
    for (int i = 0; i < links; i++) {
        struct linked_server *link = make_link(arena, number * LINKS_OF_INSTANCE + i, all);
        list_append(&instance->linked_servers, link);
    }
    return instance;
}

static struct certificate *make_certificate(struct arena *arena, int position, char *host)
{
    struct certificate *certificate = NEW(arena, struct certificate);
    certificate->position = number_of(position);
    certificate->subject = position ? "CN=Issuing CA" : arena_format(arena, "CN=%s", host);
    certificate->issuer = position ? "CN=Root CA" : "CN=Issuing CA";
    certificate->not_before = number_of(STARTED - 300 * DAY);
    certificate->not_after = number_of(STARTED + (position ? 3000 : 65) * DAY);
    certificate->key = "RSA 2048";
    certificate->signature = "sha256WithRSAEncryption";
    certificate->sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    certificate->sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    certificate->trusted = TERNARY_TRUE;
    struct certificate_name *name = NEW(arena, struct certificate_name);
    *name = (struct certificate_name){.type = "dns", .value = host};
    list_append(&certificate->names, name);
    return certificate;
}

static struct endpoint *make_endpoint(struct arena *arena, int number)
{
    struct endpoint *endpoint = NEW(arena, struct endpoint);
    endpoint->id = arena_format(arena, "e%d", number + 1);
    endpoint->host = host_of(arena, number);
    endpoint->key = arena_format(arena, "sqlserver:%s,1433", endpoint->host);
    endpoint->kind = ENDPOINT_SQLSERVER;
    endpoint->port = number_of(1433);
    endpoint->links = number_of(LINKS_OF_ENDPOINT);
    endpoint->reachable = TERNARY_TRUE;
    struct connection *connection = NEW(arena, struct connection);
    *connection = (struct connection){
        .ip = "10.0.0.1", .port = number_of(1433), .outcome = CONNECT_OK, .ms = number_of(2)};
    list_append(&endpoint->connects, connection);
    endpoint->prelogin = NEW(arena, struct prelogin);
    endpoint->prelogin->outcome = PRELOGIN_OK;
    endpoint->prelogin->server_version = "15.0.4430.1";
    endpoint->prelogin->encryption = ENCRYPTION_OFF;
    for (int version = TLS_SSL3; version <= TLS_1_3; version++) {
        struct tls *tls = NEW(arena, struct tls);
        tls->protocol = (enum tls_version)version;
        tls->outcome = version == TLS_1_2 ? TLS_ACCEPTED : TLS_REJECTED;
        tls->cipher = version == TLS_1_2 ? "ECDHE-RSA-AES256-GCM-SHA384" : NULL;
        tls->ms = number_of(7);
        list_append(&endpoint->tls, tls);
    }
    for (int position = 0; position < 2; position++) {
        struct certificate *certificate = make_certificate(arena, position, endpoint->host);
        list_append(&endpoint->certificates, certificate);
    }
    return endpoint;
}

static void add_finding(struct arena *arena, struct audit *audit, const struct instance *instance,
                        const struct linked_server *link)
{
    struct finding *finding = NEW(arena, struct finding);
    finding->rule = link->diagnosis->cause == CAUSE_OK ? "V06" : "R01";
    finding->severity = SEVERITY_HIGH;
    finding->waived = TERNARY_FALSE;
    finding->instance = instance->name;
    finding->link = link->name;
    finding->endpoint = link->endpoint;
    finding->since = number_of(STARTED - DAY);
    finding->title = "A link that somebody should look at";
    finding->evidence = link->diagnosis->text;
    finding->remedy = link->readiness->fix;
    list_append(&audit->findings, finding);
}

int main(int argc, char **argv)
{
    int links = argc == 3 ? atoi(argv[1]) : 0;
    if (links <= 0) {
        fprintf(stderr, "usage: make_report LINKS FILE\n");
        return 3;
    }
    struct arena *arena = arena_new();
    struct audit *audit = NEW(arena, struct audit);
    *audit = (struct audit){.version = "1",
                            .run_id = "0123456789ab",
                            .host = "audit1",
                            .program = "linkaudit",
                            .title = "A large estate",
                            .started = number_of(STARTED),
                            .finished = number_of(STARTED + 1800),
                            .complete = TERNARY_TRUE};
    for (int first = 0; first < links; first += LINKS_OF_INSTANCE) {
        int count = links - first < LINKS_OF_INSTANCE ? links - first : LINKS_OF_INSTANCE;
        struct instance *instance = make_instance(arena, first / LINKS_OF_INSTANCE, count, links);
        list_append(&audit->instances, instance);
        list_each (struct linked_server, link, &instance->linked_servers) {
            if (link->diagnosis->cause != CAUSE_OK || link->readiness->verdict == VERDICT_BREAKS)
                add_finding(arena, audit, instance, link);
        }
    }
    for (int i = 0; i * LINKS_OF_ENDPOINT < links; i++) {
        struct endpoint *endpoint = make_endpoint(arena, i);
        list_append(&audit->endpoints, endpoint);
    }
    const char *error = NULL;
    bool good = report_write(arena, argv[2], audit, &error);
    if (!good)
        fprintf(stderr, "%s\n", error);
    arena_free(arena);
    return good ? 0 : 1;
}
