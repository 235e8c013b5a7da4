#include "reports/report_reader.h"
#include "reports/element.h"
#include "reports/endpoint_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct report_reader {
    struct xml_reader *xml;
    char *path;
    int fd;
    size_t next_member;          /* the first member of <audit> that may still come */
    const struct member *inside; /* the list whose wrapper the reader is in */
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

static enum report_result bad(struct report_reader *reader, struct arena *arena, const char *what,
                              const char **error)
{
    *error = arena_format(arena, "%s: line %d: %s", reader->path, xml_reader_line(reader->xml), what);
    return REPORT_BAD;
}

/* element_read's message has the line already. */
static enum report_result bad_element(struct report_reader *reader, struct arena *arena, const char **error)
{
    *error = arena_format(arena, "%s: %s", reader->path, *error);
    return REPORT_BAD;
}

static bool is_name(struct report_reader *reader, const char *name)
{
    return strcmp(xml_reader_name(reader->xml), name) == 0;
}

static struct audit *read_root(struct report_reader *reader, struct arena *arena, const char **error)
{
    enum xml_node node;
    do
        node = xml_reader_next_tag(reader->xml);
    while (node == NODE_INSTRUCTION);
    const char *namespace = xml_reader_namespace(reader->xml);
    const char *wrong = NULL;
    if (node == NODE_TYPE)
        wrong = "a document type is not allowed in a report";
    else if (node != NODE_ELEMENT)
        wrong = "not well-formed XML";
    else if (!is_name(reader, audit_element.name) || !namespace || strcmp(namespace, REPORT_NAMESPACE) != 0)
        wrong = "not a report: its root must be <audit xmlns=\"" REPORT_NAMESPACE "\">";
    if (wrong) {
        bad(reader, arena, wrong, error);
        return NULL;
    }
    struct audit *audit = element_read_attributes(reader->xml, &audit_element, arena, error);
    if (!audit) {
        bad_element(reader, arena, error);
    } else if (strcmp(audit->version, REPORT_VERSION) != 0) {
        bad(reader, arena, "a version of the report that is not " REPORT_VERSION, error);
        return NULL;
    }
    return audit;
}

struct report_reader *report_reader_open(const char *path, struct arena *arena, struct audit **audit,
                                         const char **error)
{
    return report_reader_open_without(path, NULL, arena, audit, error);
}

struct report_reader *report_reader_open_without(const char *path, const char *const *names,
                                                 struct arena *arena, struct audit **audit,
                                                 const char **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *error = arena_format(arena, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct report_reader *reader = allocate(sizeof(*reader));
    reader->fd = fd;
    reader->path = strdup(path);
    reader->xml = xml_reader_of_file(fd);
    if (!reader->path)
        abort();
    if (names)
        xml_reader_leave_out(reader->xml, names);
    *audit = read_root(reader, arena, error);
    if (*audit)
        return reader;
    report_reader_close(reader);
    return NULL;
}

void report_reader_close(struct report_reader *reader)
{
    if (!reader)
        return;
    xml_reader_free(reader->xml);
    close(reader->fd);
    free(reader->path);
    free(reader);
}

/* After the root's end tag: nothing, or the document is not good after all. */
static enum report_result at_end(struct report_reader *reader, struct arena *arena, const char **error)
{
    if (xml_reader_next_tag(reader->xml) == NODE_NONE)
        return REPORT_END;
    return bad(reader, arena, "something follows the report's end", error);
}

static enum report_result read_part(struct report_reader *reader, struct arena *arena,
                                    const struct member *member, struct report_part *part, const char **error)
{
    part->member = member;
    part->item = element_read(reader->xml, member->element, arena, error);
    return part->item ? REPORT_PART : bad_element(reader, arena, error);
}

/* A wrapper may be empty, and has no attributes. */
static bool enter_list(struct report_reader *reader, const struct member *member)
{
    if (xml_reader_has_attributes(reader->xml))
        return false;
    reader->inside = member;
    return true;
}

enum report_result report_reader_next(struct report_reader *reader, struct arena *arena,
                                      struct report_part *part, const char **error)
{
    *error = NULL;
    for (;;) {
        enum xml_node node = xml_reader_next_tag(reader->xml);
        if (node == NODE_END && reader->inside) {
            reader->inside = NULL;
            continue;
        }
        if (node == NODE_END)
            return at_end(reader, arena, error);
        if (node != NODE_ELEMENT)
            return bad(reader, arena, "not well-formed XML, or cut off", error);
        const struct member *member = reader->inside;
        if (member) {
            if (!is_name(reader, member->element->name))
                return bad(reader, arena, "an unexpected element in a list", error);
            return read_part(reader, arena, member, part, error);
        }
        member = element_find_child(&audit_element, &reader->next_member, xml_reader_name(reader->xml));
        if (!member)
            return bad(reader, arena, "an unexpected element in <audit>", error);
        if (!member->wrapper)
            return read_part(reader, arena, member, part, error);
        if (!enter_list(reader, member))
            return bad(reader, arena, "an unexpected attribute of a list", error);
    }
}

/* ---- what only the whole document shows ------------------------------------------------------------ */

static const char *twice(const struct audit *audit, struct arena *arena)
{
    const struct endpoint_index *index = endpoint_index_new(arena, audit);
    list_each (struct endpoint, endpoint, &audit->endpoints)
        if (endpoint_find(index, endpoint->id) != endpoint)
            return endpoint->id;
    return NULL;
}

static const char *missing(const struct audit *audit, struct arena *arena)
{
    const struct endpoint_index *index = endpoint_index_new(arena, audit);
    list_each (struct instance, instance, &audit->instances) {
        if (instance->endpoint && !endpoint_find(index, instance->endpoint))
            return instance->endpoint;
        list_each (struct linked_server, link, &instance->linked_servers) {
            if (link->endpoint && !endpoint_find(index, link->endpoint))
                return link->endpoint;
            if (link->failover_endpoint && !endpoint_find(index, link->failover_endpoint))
                return link->failover_endpoint;
        }
    }
    list_each (struct finding, finding, &audit->findings)
        if (finding->endpoint && !endpoint_find(index, finding->endpoint))
            return finding->endpoint;
    return NULL;
}

/* Each endpoint once, and each that is referred to. */
static bool good_references(const struct audit *audit, const char *path, struct arena *arena,
                            const char **error)
{
    const char *id = twice(audit, arena);
    if (id)
        *error = arena_format(arena, "%s: two endpoints have the id %.200s", path, id);
    else if ((id = missing(audit, arena)))
        *error = arena_format(arena, "%s: there is no endpoint %.200s, which something refers to", path, id);
    return !id;
}

struct audit *report_read_all(struct arena *arena, const char *path, const char **error)
{
    return report_read_without(arena, path, NULL, error);
}

struct audit *report_read_without(struct arena *arena, const char *path, const char *const *names,
                                  const char **error)
{
    struct audit *audit;
    struct report_reader *reader = report_reader_open_without(path, names, arena, &audit, error);
    if (!reader)
        return NULL;
    struct report_part part;
    enum report_result result;
    while ((result = report_reader_next(reader, arena, &part, error)) == REPORT_PART)
        element_add(audit, part.member, part.item);
    report_reader_close(reader);
    return result == REPORT_END && good_references(audit, path, arena, error) ? audit : NULL;
}
