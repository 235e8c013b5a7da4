/* What is known of a link in one word: the one definition behind the summary, the page and the metrics. */
#pragma once

#include "audit/model/model.h"

/* "An error occurred during decryption": the instance's service master key cannot open what it once stored.
 */
#define MESSAGE_DECRYPTION_FAILED 15466

enum link_state {
    LINK_WORKS = 1, /* its own instance says so */
    LINK_BROKEN,    /* its instance's test failed on the way, or nobody tested it and its target is dead */
    LINK_REFUSED_LOGIN, /* the audit login's own way in is refused, by the target or for want of a mapping */
    LINK_NOT_TESTED,
    LINK_OFF,        /* data access is switched off */
    LINK_NOT_NETWORK /* a file, an alias, the instance itself */
};
extern const struct name_table link_state_names;

enum link_state link_state(const struct linked_server *link);

/* By its own instance, in this run; false also where its test was skipped. */
bool link_was_tested(const struct linked_server *link);
