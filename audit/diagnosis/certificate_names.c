#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/link_encryption.h"
#include "audit/diagnosis/name_match.h"
#include "audit/diagnosis/version.h"

void check_certificate_names(struct arena *arena, const struct instance *instance, struct linked_server *link,
                             const struct endpoint *endpoint)
{
    struct view view = view_of(arena, instance, NULL, endpoint);
    link->certificate_checks.first = link->certificate_checks.last = NULL;
    link->certificate_checks.count = 0;
    if (!view.certificate || !link_is_sqlserver(link))
        return;
    unsigned major = version_of(instance->server_version).part[0];
    struct link_encryption encryption = link_encryption_of(arena, instance, link, endpoint, major);
    if (!encryption.name)
        return;
    struct certificate_check *check = arena_alloc(arena, sizeof(*check));
    check->name = encryption.name;
    check->match = certificate_matches_host(view.certificate, encryption.name);
    check->trusted = view.certificate->trusted;
    check->validated = link_validates(&encryption);
    list_append(&link->certificate_checks, check);
}
