/* What the stylesheet gets to see of a report: trees small enough for any estate.
 *
 * Namespace urn:linkaudit:page:1, prefix p below; elements of the report keep theirs. The page's frame:
 *   <p:page days="…"> the <audit> element without its instances, endpoints, findings and answers; the counts
 *   and the short lists of the first screen.
 * and the pieces that fill the frame's slots, one after the other:
 *   <p:piece kind="instance">   one <instance>, its links with p:state, p:verdict, p:target, p:reachable,
 *                               and, where they do not work, the endpoint's own steps in <p:seen>; beside it
 * its findings, without their texts <p:piece kind="endpoints">  some endpoints with p:target and p:days until
 * their certificate ends <p:piece kind="findings">   findings of one rule and severity with p:target and
 * p:row: those from @from to @to of @count <p:piece kind="compliance"> answers to one rule: those
 *   from @from to @to of @count, and how many there are of each result
 */
#pragma once

#include "audit/model/model.h"

#include <libxml/tree.h>
#include <stdbool.h>

/* In reports of more links than that, links that work, endpoints without fault and audited instances have
 * p:brief: they are shown as rows without details. The frame then has brief="true". */
enum { PAGE_BRIEF = 2000 };

#define PAGE_NAMESPACE "urn:linkaudit:page:1"

/* The frame's document; the caller frees. */
xmlDocPtr page_frame(const struct audit *audit);

/* Calls back with each piece's document, which is freed afterwards; stops when that returns false. */
bool page_pieces(const struct audit *audit, bool (*piece)(xmlDocPtr document, void *context), void *context);
