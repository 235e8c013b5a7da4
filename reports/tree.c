#include "reports/tree.h"
#include "reports/element.h"
#include "reports/safe_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL when the text deceives nobody; otherwise malloc'ed. */
static char *make_visible(const char *text)
{
    size_t found = 0, length;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at >= 0x80) /* of most texts no byte */
            found += deceiving_character(at, &length) != 0;
    if (!found)
        return NULL;
    char *visible = malloc(strlen(text) + found * 8 + 1), *to = visible;
    if (!visible)
        abort();
    while (*text) {
        unsigned code = deceiving_character(text, &length);
        if (code) {
            to += sprintf(to, "[U+%04X]", code);
            text += length;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
    return visible;
}

static char *make_good(const char *text)
{
    char *clean = xml_text_clean(text), *visible = make_visible(clean ? clean : text);
    if (!visible)
        return clean;
    free(clean);
    return visible;
}

/* A text node set by hand: the functions that take a value parse it for entities. */
void tree_add_text(xmlNodePtr node, const char *text)
{
    if (!text)
        return;
    char *good = make_good(text);
    xmlAddChild(node, xmlNewDocText(node->doc, BAD_CAST(good ? good : text)));
    free(good);
}

void tree_set(xmlNodePtr node, xmlNsPtr namespace, const char *name, const char *value)
{
    if (!value)
        return;
    char *good = make_good(value);
    xmlNewNsProp(node, namespace, BAD_CAST name, BAD_CAST(good ? good : value));
    free(good);
}

void tree_set_number(xmlNodePtr node, xmlNsPtr namespace, const char *name, int64_t value)
{
    char text[MEMBER_TEXT_SIZE];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    tree_set(node, namespace, name, text);
}

static void add_below(xmlNodePtr node, xmlNsPtr namespace, const struct member *member, const void *item)
{
    char buffer[MEMBER_TEXT_SIZE];
    const char *text = member_text(member, item, buffer);
    if (text) {
        tree_add_text(
            member->kind == MEMBER_CONTENT ? node : xmlNewChild(node, namespace, BAD_CAST member->name, NULL),
            text);
        return;
    }
    void *child = member_first(member, item);
    if (child && member->wrapper)
        node = xmlNewChild(node, namespace, BAD_CAST member->wrapper, NULL);
    for (; child; child = member_next(member, child))
        tree_add(node, namespace, member->element, child);
}

static void set_attributes(xmlNodePtr node, const struct element *element, const void *item)
{
    for (size_t i = 0; i < element->count; i++) {
        char buffer[MEMBER_TEXT_SIZE];
        const struct member *member = &element->members[i];
        if (member_is_attribute(member))
            tree_set(node, NULL, member->name, member_text(member, item, buffer));
    }
}

xmlNodePtr tree_add_start(xmlNodePtr parent, xmlNsPtr namespace, const struct element *element,
                          const void *item)
{
    xmlNodePtr node = xmlNewChild(parent, namespace, BAD_CAST element->name, NULL);
    set_attributes(node, element, item);
    return node;
}

void tree_add_children(xmlNodePtr node, xmlNsPtr namespace, const struct element *element, const void *item)
{
    for (size_t i = 0; i < element->count; i++)
        if (!member_is_attribute(&element->members[i]))
            add_below(node, namespace, &element->members[i], item);
}

xmlNodePtr tree_add(xmlNodePtr parent, xmlNsPtr namespace, const struct element *element, const void *item)
{
    xmlNodePtr node = tree_add_start(parent, namespace, element, item);
    tree_add_children(node, namespace, element, item);
    return node;
}

xmlDocPtr tree_of_report(const struct audit *audit)
{
    xmlDocPtr document = xmlNewDoc(BAD_CAST "1.0");
    xmlNodePtr root = xmlNewNode(NULL, BAD_CAST audit_element.name);
    xmlNsPtr namespace = xmlNewNs(root, BAD_CAST REPORT_NAMESPACE, NULL);
    xmlDocSetRootElement(document, root);
    xmlSetNs(root, namespace);
    set_attributes(root, &audit_element, audit);
    tree_add_children(root, namespace, &audit_element, audit);
    return document;
}
