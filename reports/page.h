/* What the stylesheet gets to see of a report: trees small enough for any estate.
 *
 * Namespace urn:linkaudit:page:1, prefix p below; elements of the report keep theirs. The page's frame:
 *   <p:page days="…"> the <audit> element without its instances, endpoints, findings and answers; the counts
 *   and the short lists of the first screen.
 * and the pieces that fill the frame's slots, one after the other:
 *
 *   <p:piece kind="links">
 *     PAGE_GROUP links, fewer at the end, with p:instance, p:state, p:verdict, p:target, p:reachable,
 *     <p:finding rule="…" severity="…"> and, where they do not work, a checklist
 *   <p:piece kind="instances">
 *     one <instance>, or some brief ones, with p:links and p:broken, how many it has, and a <p:link name="…"
 *     state="…"> for each that has more to show than its row
 *   <p:piece kind="endpoints">
 *     PAGE_GROUP endpoints with p:target, p:days until their certificate ends, a checklist where something is
 *     wrong, and a <p:tls protocol="…" outcome="…" old="…"> for each version of the row
 *   <p:piece kind="findings">
 *     findings of one rule and severity with p:target and p:row: those from @from to @to of @count
 *   <p:piece kind="compliance">
 *     answers to one rule: those from @from to @to of @count, and how many there are of each result
 *
 * A <p:checklist> has a <p:step label="…"> for each of the ten, which holds what was seen of it from the two
 * vantage points, <p:host result="…"> and <p:instance result="…">. The <diagnosis> beside it has no steps.
 */
#pragma once

#include "audit/model/model.h"

#include <libxml/tree.h>
#include <stdbool.h>

/* In reports of more links than that, links that work, endpoints without fault and audited instances have
 * p:brief: they are shown as rows without details, and only what the row shows is there. Links that work
 * until SQL Server 2025 have p:short, and what will happen then. The frame has brief="true". */
enum { PAGE_BRIEF = 2000 };

/* A group of rows, of which a browser lays out only those in sight; report.css has its height. */
enum { PAGE_GROUP = 100 };

#define PAGE_NAMESPACE "urn:linkaudit:page:1"

/* The frame's document; the caller frees. */
xmlDocPtr page_frame(const struct audit *audit);

/* Gets a piece's document, which is freed afterwards. */
typedef bool page_piece(xmlDocPtr document, void *context);

/* Call back with one piece after the other, in two halves that take about as long: most of the links; the
 * rest of them, and all else. They stop when that returns false. */
bool page_first_half(const struct audit *audit, page_piece *piece, void *context);
bool page_second_half(const struct audit *audit, page_piece *piece, void *context);
