#include "audit/model/link_state.h"

static const char *const names[] = {NULL,         "works", "broken",     "login-refused",
                                    "not-tested", "off",   "not-network"};
const struct name_table link_state_names = {names, sizeof(names) / sizeof(names[0])};

/* Causes that say something else than "broken", whether the link was tested or not. */
static const struct {
    enum cause cause;
    enum link_state tested, untested;
} states[] = {
    {CAUSE_LOGIN_FAILED, LINK_REFUSED_LOGIN, LINK_REFUSED_LOGIN},
    {CAUSE_NO_LOGIN_MAPPING, LINK_REFUSED_LOGIN, LINK_REFUSED_LOGIN},
    {CAUSE_LINK_DISABLED, LINK_OFF, LINK_OFF},
    {CAUSE_NOT_A_NETWORK_TARGET, LINK_BROKEN, LINK_NOT_NETWORK},
    {CAUSE_OK, LINK_WORKS, LINK_NOT_TESTED},
    {CAUSE_NOT_TESTED, LINK_BROKEN, LINK_NOT_TESTED},
    /* A name service that did not answer says nothing about the target. */
    {CAUSE_NAME_SERVICE_FAILED, LINK_BROKEN, LINK_NOT_TESTED},
    {CAUSE_FAILS_ONLY_FROM_AUDIT_HOST, LINK_BROKEN, LINK_NOT_TESTED},
};

/* The source cannot decrypt the passwords of its mappings: what looks like a mapping of the auditor's breaks
 * every caller's that has one. */
static bool passwords_are_lost(const struct link_test *test)
{
    list_each (struct message, message, &test->messages)
        if (message->number.known && message->number.value == MESSAGE_DECRYPTION_FAILED)
            return true;
    return false;
}

bool link_was_tested(const struct linked_server *link)
{
    return link->test && link->test->outcome && link->test->outcome != TEST_SKIPPED;
}

enum link_state link_state(const struct linked_server *link)
{
    bool tested = link_was_tested(link);
    if (tested && link->test->outcome == TEST_OK)
        return LINK_WORKS;
    if (!link->diagnosis)
        return tested ? LINK_BROKEN : LINK_NOT_TESTED;
    if (tested && link->diagnosis->cause == CAUSE_NO_LOGIN_MAPPING && passwords_are_lost(link->test))
        return LINK_BROKEN;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        if (states[i].cause == link->diagnosis->cause)
            return tested ? states[i].tested : states[i].untested;
    return LINK_BROKEN;
}
