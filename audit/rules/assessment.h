/* What the rules share: the estate made searchable, and the way to report. Internal to audit/rules/. */
#pragma once

#include "audit/diagnosis/prose.h"
#include "audit/model/instance_index.h"
#include "audit/rules/finding_index.h"
#include "audit/rules/rules.h"
#include "audit/target/provider_string.h"

/* A link with its place in the estate. */
struct link_place {
    const struct instance *instance;
    struct linked_server *link;
    struct endpoint_place *endpoint; /* NULL: none */
    const struct instance *target;   /* the audited instance that it leads to, or NULL */
    struct link_place *next_of_endpoint;
    bool replication;                   /* of replication or the engine: inventory and readiness only */
    bool sqlserver;                     /* its provider speaks to SQL Server */
    bool maps_everyone;                 /* S01 holds */
    bool maps_sysadmin;                 /* S02 holds */
    bool reached;                       /* the instance's own test spoke with the target's service */
    bool named;                         /* the instance's own test shows that the name has an address there */
    bool options_known;                 /* the provider string is visible, or known to be none */
    const struct link_place *chain_end; /* S08, not waived: a chain that begins here ends over that link */
};

/* An instance and its links, which stand together. */
struct instance_place {
    const struct instance *instance;
    struct link_place *places;
    size_t count;
};

struct endpoint_place {
    const struct endpoint *endpoint;
    const struct instance *target;
    struct link_place *links;
    size_t link_count;
    const struct certificate *certificate; /* the server's own, or NULL */
    size_t sharing, sharing_links;         /* endpoints with that certificate, and the links to them all */
    bool reached_by_link;                  /* some link's `reached` */
    bool named_by_link;                    /* some link's `named` */
};

struct assessment {
    struct arena *arena;
    struct audit *audit;
    const struct policy *policy;
    const struct rule *rule; /* the one being checked */
    moment now;
    struct link_place *places;
    size_t place_count;
    struct instance_place *instances; /* as many as the audit has, sorted by the instance's address */
    struct instance_index *instances_by_name;
    struct endpoint_place *endpoints;
    size_t endpoint_count;
    bool *waiver_matched;        /* in the policy's order */
    struct finding_index *index; /* of the finished findings: for compliance */
};

/* What a finding is about; what is NULL does not matter to it. */
struct subject {
    const struct instance *instance;
    const struct linked_server *link;
    const struct endpoint *endpoint;
};

static inline struct subject subject_of_place(const struct link_place *place)
{
    return (struct subject){place->instance, place->link, place->endpoint ? place->endpoint->endpoint : NULL};
}

/* Adds a finding of the current rule with its own severity. */
struct finding *report(struct assessment *assessment, struct subject subject, char *evidence);
/* The same with another severity, unless the policy sets one. */
struct finding *report_as(struct assessment *assessment, enum severity severity, struct subject subject,
                          char *evidence);

/* A remedy with its placeholders (diagnosis/template.h) filled for the subject; NULL for NULL. */
char *remedy_from(struct assessment *assessment, struct subject subject, const char *text);

/* "3 links of 2 instances: A/L1, A/L2, B/L3" of links that are given one by one; `instances` is counted by
 * whoever adds. Begins as {.names = prose_new(arena)}. */
struct counted_links {
    struct prose names; /* of the first LINKS_NAMED */
    size_t count, instances;
};
#define LINKS_NAMED 10
void counted_links_add(struct counted_links *links, const struct link_place *place);
char *counted_links_text(struct counted_links *links);

/* The same of the links to an endpoint. `which` NULL: all. */
char *links_behind(struct assessment *assessment, const struct endpoint_place *endpoint,
                   bool (*which)(const struct link_place *place));

/* An instance of the audit with its links. */
const struct instance_place *instance_place_of(const struct assessment *assessment,
                                               const struct instance *instance);

/* The endpoint of that id with its links, or NULL. */
struct endpoint_place *endpoint_place_of(const struct assessment *assessment, const char *id);

/* "host\instance", "host,port" with the address that answered, for evidence. */
char *endpoint_label(struct assessment *assessment, const struct endpoint *endpoint);

/* The instance's own test failed or timed out, and not because of the login, the auditor's mapping or an
 * option. */
bool link_is_broken(const struct linked_server *link);

/* Whether a login of that name is a member of sysadmin on the instance, as far as its inventory shows. */
bool is_sysadmin(const struct instance *instance, const char *login);

/* Whether a permission is held: unknown where the version has none of that name or it was not asked. */
enum ternary permission_held(const struct instance *instance, const char *permission);

/* Whether the audit login lacks every right that would show it something of this kind: a word of <visibility
 * hides>. */
bool may_hide(const struct instance *instance, const char *what);

/* Whether a tag is among an instance's tags, or among the policy's environments; case does not matter. */
#define TAG_SEPARATORS " ,;\t"
bool tags_hold(const char *tags, const char *tag, size_t length);

/* A password stands in the link's provider string, as far as that is visible. */
bool holds_password(const struct link_place *place);

/* The link fails by its own instance's test, or nobody tested it and its target is dead. */
bool link_is_dead(const struct link_place *place);

/* It leads to the instance that it belongs to. */
bool leads_to_itself(const struct link_place *place);

/* Whether the code of the instance was searched for uses: at least of one database of its users, unless it
 * has none; what the audit login cannot read proves nothing. */
bool uses_were_searched(const struct instance *instance);

/* "searched: 2 databases; left out: Archive (not online: OFFLINE), the job steps of msdb (no permission)". */
char *search_text(struct assessment *assessment, const struct instance *instance);

#define each_place(assessment, place)                                                                        \
    for (struct link_place *place = (assessment)->places;                                                    \
         place < (assessment)->places + (assessment)->place_count; place++)
#define each_endpoint(assessment, place)                                                                     \
    for (struct endpoint_place *place = (assessment)->endpoints;                                             \
         place < (assessment)->endpoints + (assessment)->endpoint_count; place++)

/* The checks, one file per group. */
void check_r01(struct assessment *), check_r02(struct assessment *), check_r03(struct assessment *),
    check_r04(struct assessment *), check_r05(struct assessment *), check_r06(struct assessment *),
    check_r07(struct assessment *), check_r08(struct assessment *);
void check_t01(struct assessment *), check_t02(struct assessment *), check_t03(struct assessment *),
    check_t04(struct assessment *), check_t05(struct assessment *), check_t06(struct assessment *),
    check_t07(struct assessment *), check_t08(struct assessment *), check_t09(struct assessment *),
    check_t10(struct assessment *), check_t11(struct assessment *), check_t12(struct assessment *),
    check_t13(struct assessment *);
void check_s01(struct assessment *), check_s02(struct assessment *), check_s03(struct assessment *),
    check_s04(struct assessment *), check_s05(struct assessment *), check_s06(struct assessment *),
    check_s07(struct assessment *), check_s08(struct assessment *), check_s09(struct assessment *),
    check_s10(struct assessment *), check_s11(struct assessment *), check_s12(struct assessment *),
    check_s13(struct assessment *), check_s14(struct assessment *), check_s15(struct assessment *),
    check_s16(struct assessment *);
void check_v01(struct assessment *), check_v02(struct assessment *), check_v03(struct assessment *),
    check_v04(struct assessment *), check_v05(struct assessment *), check_v06(struct assessment *),
    check_v07(struct assessment *), check_v08(struct assessment *), check_v09(struct assessment *),
    check_v10(struct assessment *), check_v11(struct assessment *);
void check_h01(struct assessment *), check_h02(struct assessment *), check_h03(struct assessment *),
    check_h04(struct assessment *), check_h05(struct assessment *);
void check_a01(struct assessment *), check_a02(struct assessment *), check_a03(struct assessment *);

/* Whether the policy waives the finding in this run. */
bool is_waived(const struct assessment *assessment, const struct finding *finding);

/* Marks the findings that the policy waives, and notes which waivers matched any; before A03. */
void apply_waivers(struct assessment *assessment);

/* compliance.c: replaces audit->compliance. */
void answer_compliance(struct assessment *assessment);
