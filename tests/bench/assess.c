/* How long the rules take over the privilege graph of a large estate: assess INSTANCES LINKS REPETITIONS
 *
 * Each instance is audited and has its share of the links, to instances further on, some mapped to sa, some
 * to a login of the target, some to the caller; so there are long paths, cycles and many ends. Prints the
 * milliseconds of each repetition, and the findings of the last. */
#include "audit/diagnosis/diagnosis.h"
#include "audit/rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The model owns its texts and could change them; nobody does here. */
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"

#define NEW(arena, type) ((type *)arena_alloc(arena, sizeof(type)))

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct endpoint *make_endpoint(struct arena *arena, int number)
{
    struct endpoint *endpoint = NEW(arena, struct endpoint);
    struct prelogin *prelogin = NEW(arena, struct prelogin);
    *prelogin = (struct prelogin){
        .outcome = PRELOGIN_OK, .server_version = "15.0.4312", .encryption = ENCRYPTION_OFF};
    *endpoint = (struct endpoint){.id = arena_format(arena, "e%d", number),
                                  .kind = ENDPOINT_SQLSERVER,
                                  .host = arena_format(arena, "sql%d.bench", number),
                                  .port = number_of(1433),
                                  .reachable = TERNARY_TRUE,
                                  .audited_as = arena_format(arena, "SQL%d", number),
                                  .prelogin = prelogin};
    endpoint->key = arena_format(arena, "sqlserver://%s:1433", endpoint->host);
    return endpoint;
}

static void add_mapping(struct arena *arena, struct linked_server *link, int number)
{
    static char *const remotes[] = {"sa", "app", NULL};
    struct login_mapping *mapping = NEW(arena, struct login_mapping);
    mapping->local = "*";
    mapping->remote = remotes[number % 3];
    mapping->self = mapping->remote ? TERNARY_FALSE : TERNARY_TRUE;
    list_append(&link->logins, mapping);
}

static struct linked_server *make_link(struct arena *arena, int number, int target)
{
    struct linked_server *link = NEW(arena, struct linked_server);
    *link = (struct linked_server){.name = arena_format(arena, "LINK%d", number),
                                   .product = "",
                                   .provider = "MSOLEDBSQL",
                                   .data_source = arena_format(arena, "sql%d.bench", target),
                                   .endpoint = arena_format(arena, "e%d", target),
                                   .rpc_out = TERNARY_TRUE,
                                   .data_access = TERNARY_TRUE};
    add_mapping(arena, link, number);
    return link;
}

/* The logins that links are mapped to are known at their targets: sa with everything. */
static void add_principal(struct arena *arena, struct instance *instance, char *name, char *role)
{
    struct principal *principal = NEW(arena, struct principal);
    principal->name = name;
    principal->type = "S";
    principal->role = role;
    list_append(&instance->principals, principal);
}

static struct instance *make_instance(struct arena *arena, int number, int instances, int links)
{
    struct instance *instance = NEW(arena, struct instance);
    *instance = (struct instance){.name = arena_format(arena, "SQL%d", number),
                                  .server = arena_format(arena, "sql%d.bench", number),
                                  .server_name = arena_format(arena, "SQL%d", number),
                                  .status = INSTANCE_AUDITED,
                                  .server_version = "15.0.4312.2",
                                  .endpoint = arena_format(arena, "e%d", number)};
    add_principal(arena, instance, "sa", "sysadmin");
    add_principal(arena, instance, "app", NULL);
    for (int i = 0; i < links; i++) {
        int target = (number * 7 + i * i * 13 + i + 1) % instances;
        struct linked_server *link = make_link(arena, i, target);
        list_append(&instance->linked_servers, link);
    }
    return instance;
}

static void make_estate(struct arena *arena, struct audit *audit, int instances, int links)
{
    audit->version = "1";
    audit->started = audit->finished = number_of(time(NULL));
    for (int i = 0; i < instances; i++) {
        struct instance *instance = make_instance(arena, i, instances, links / instances);
        struct endpoint *endpoint = make_endpoint(arena, i);
        list_append(&audit->instances, instance);
        list_append(&audit->endpoints, endpoint);
    }
}

int main(int argc, char **argv)
{
    int instances = argc == 4 ? atoi(argv[1]) : 0, links = argc == 4 ? atoi(argv[2]) : 0,
        repetitions = argc == 4 ? atoi(argv[3]) : 0;
    size_t findings = 0;
    if (instances <= 0 || links < instances || repetitions <= 0) {
        fprintf(stderr, "usage: assess INSTANCES LINKS REPETITIONS\n");
        return 3;
    }
    for (int i = 0; i < repetitions; i++) {
        struct arena *arena = arena_new();
        struct audit *audit = NEW(arena, struct audit);
        make_estate(arena, audit, instances, links);
        double began = now_ms();
        diagnose_audit(arena, audit);
        assess(arena, audit, NULL);
        summarize(arena, audit);
        printf("%.1f\n", now_ms() - began);
        findings = audit->findings.count;
        arena_free(arena);
    }
    fprintf(stderr, "%zu findings\n", findings);
    return 0;
}
