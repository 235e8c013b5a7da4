/* What the stylesheet gets to see of a report: trees small enough for any estate.
 *
 * Namespace urn:linkaudit:page:1, prefix p below; elements of the report keep theirs. The page's frame:
 *   <p:page days="…"> the <audit> element without its instances, endpoints, findings and answers; the counts
 *   and the short lists of the first screen.
 * and the pieces that fill the frame's slots, one after the other:
 *   <p:piece kind="instance">   one <instance>, its links with p:state, p:target, p:host, p:id; below it the
 *                               endpoints of the links that do not simply work, and its findings
 *   <p:piece kind="endpoint">   one <endpoint> with p:target
 *   <p:piece kind="findings">   findings of one rule and severity
 *   <p:piece kind="compliance"> some answers
 */
#pragma once

#include "audit/model/model.h"

#include <libxml/tree.h>
#include <stdbool.h>

#define PAGE_NAMESPACE "urn:linkaudit:page:1"

/* The frame's document; the caller frees. */
xmlDocPtr page_frame(const struct audit *audit);

/* Calls back with each piece's document, which is freed afterwards; stops when that returns false. */
bool page_pieces(const struct audit *audit, bool (*piece)(xmlDocPtr document, void *context), void *context);
