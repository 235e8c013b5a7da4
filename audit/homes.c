#include "audit/homes.h"
#include "audit/model/hash.h"
#include "audit/model/memory.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct home {
    char *ip;
    int prober;
    unsigned endpoints; /* that are being probed there */
};

struct homes {
    int probers;
    void *by_ip; /* tsearch tree of those that are anybody's */
};

static int compare(const void *one, const void *other)
{
    return strcmp(((const struct home *)one)->ip, ((const struct home *)other)->ip);
}

struct homes *homes_new(int probers)
{
    struct homes *homes = memory_new(1, sizeof(*homes));
    homes->probers = probers;
    return homes;
}

static void home_free(void *item)
{
    struct home *home = item;
    free(home->ip);
    free(home);
}

void homes_free(struct homes *homes)
{
    tdestroy(homes->by_ip, home_free);
    free(homes);
}

static struct home *find(const struct homes *homes, const char *ip)
{
    const struct home sought = {.ip = (char *)ip};
    void *found = tfind(&sought, &homes->by_ip, compare);
    return found ? *(struct home **)found : NULL;
}

static struct home *find_or_add(struct homes *homes, const char *ip)
{
    struct home *home = find(homes, ip);
    if (home)
        return home;
    home = memory_new(1, sizeof(*home));
    home->ip = memory_text(ip);
    if (!tsearch(home, &homes->by_ip, compare))
        memory_exhausted();
    return home;
}

int homes_enter(struct homes *homes, const struct resolve *resolve)
{
    int prober = -1, first = -1;
    list_each (struct address, address, &resolve->addresses) {
        if (address->allowed != TERNARY_TRUE)
            continue;
        const struct home *home = find(homes, address->ip);
        if (home && prober >= 0 && home->prober != prober)
            return -1;
        if (home)
            prober = home->prober;
        if (first < 0)
            first = (int)(hash_text(address->ip) % (unsigned)homes->probers);
    }
    if (prober < 0)
        prober = first;
    list_each (struct address, address, &resolve->addresses) {
        if (address->allowed != TERNARY_TRUE)
            continue;
        struct home *home = find_or_add(homes, address->ip);
        home->prober = prober;
        home->endpoints++;
    }
    return prober;
}

void homes_leave(struct homes *homes, const struct resolve *resolve)
{
    list_each (struct address, address, &resolve->addresses) {
        struct home *home = address->allowed == TERNARY_TRUE ? find(homes, address->ip) : NULL;
        if (!home || --home->endpoints > 0)
            continue;
        tdelete(home, &homes->by_ip, compare);
        home_free(home);
    }
}
