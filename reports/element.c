#include "reports/element.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- writing ---------------------------------------------------------------------------------------- */

/* Bytes of the UTF-8 character at text that XML 1.0 can carry (its production Char), or 0. */
static size_t character_length(const unsigned char *text)
{
    uint32_t code;
    size_t length;
    if (text[0] < 0x80)
        return text[0] >= 0x20 || text[0] == '\t' || text[0] == '\n' || text[0] == '\r';
    if (text[0] >= 0xC2 && text[0] < 0xE0)
        length = 2, code = text[0] & 0x1F;
    else if (text[0] >= 0xE0 && text[0] < 0xF0)
        length = 3, code = text[0] & 0x0F;
    else if (text[0] >= 0xF0 && text[0] < 0xF5)
        length = 4, code = text[0] & 0x07;
    else
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3F);
    }
    if ((length == 3 && code < 0x800) || (length == 4 && code < 0x10000))
        return 0;
    if ((code >= 0xD800 && code <= 0xDFFF) || code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF)
        return 0;
    return length;
}

char *xml_text_clean(const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    size_t bad = 0;
    for (const unsigned char *at = from; *at;) {
        size_t length = *at >= 0x20 && *at < 0x80 ? 1 : character_length(at); /* nearly all there is */
        bad += length == 0;
        at += length ? length : 1;
    }
    if (!bad)
        return NULL;
    char *clean = malloc(strlen(text) + 2 * bad + 1), *to = clean;
    if (!clean)
        abort();
    while (*from) {
        size_t length = character_length(from);
        if (length) {
            memcpy(to, from, length);
            to += length;
            from += length;
        } else {
            memcpy(to, "\xEF\xBF\xBD", 3);
            to += 3;
            from++;
        }
    }
    *to = '\0';
    return clean;
}

static bool write_attribute(xmlTextWriterPtr writer, const char *name, const char *value)
{
    char *clean = xml_text_clean(value);
    int rc = xmlTextWriterWriteAttribute(writer, BAD_CAST name, BAD_CAST(clean ? clean : value));
    free(clean);
    return rc >= 0;
}

static bool write_text(xmlTextWriterPtr writer, const char *value)
{
    char *clean = xml_text_clean(value);
    int rc = xmlTextWriterWriteString(writer, BAD_CAST(clean ? clean : value));
    free(clean);
    return rc >= 0;
}

static const void *at_offset(const void *item, size_t offset)
{
    return (const char *)item + offset;
}

static void *pointer_at(const void *item, size_t offset)
{
    void *pointer;
    memcpy(&pointer, at_offset(item, offset), sizeof(pointer));
    return pointer;
}

/* The list types differ in their pointers' types only (model.h), and each item begins with its `next`. */
struct any_list {
    void *first, *last;
    size_t count;
};

static void *first_item(const void *item, size_t offset)
{
    struct any_list list;
    memcpy(&list, at_offset(item, offset), sizeof(list));
    return list.first;
}

static void *next_item(const void *item)
{
    void *next;
    memcpy(&next, item, sizeof(next));
    return next;
}

/* Exactly what parse_moment reads; a year that has not four digits is not known. */
static const char *moment_text(int64_t seconds, char buffer[MEMBER_TEXT_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm parts;
    if (!gmtime_r(&when, &parts) || parts.tm_year < 1 - 1900 || parts.tm_year > 9999 - 1900)
        return NULL;
    snprintf(buffer, MEMBER_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
             parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return buffer;
}

const char *member_text(const struct member *member, const void *item, char buffer[MEMBER_TEXT_SIZE])
{
    struct number number;
    enum ternary ternary;
    int value;
    switch (member->kind) {
    case MEMBER_TEXT:
    case MEMBER_CONTENT:
    case MEMBER_TEXT_ELEMENT:
        return pointer_at(item, member->offset);
    case MEMBER_NUMBER:
    case MEMBER_MOMENT:
        memcpy(&number, at_offset(item, member->offset), sizeof(number));
        if (!number.known)
            return NULL;
        if (member->kind == MEMBER_MOMENT)
            return moment_text(number.value, buffer);
        snprintf(buffer, MEMBER_TEXT_SIZE, "%lld", (long long)number.value);
        return buffer;
    case MEMBER_TERNARY:
        memcpy(&ternary, at_offset(item, member->offset), sizeof(ternary));
        return ternary == TERNARY_UNKNOWN ? NULL : ternary == TERNARY_TRUE ? "true" : "false";
    case MEMBER_NAME:
        memcpy(&value, at_offset(item, member->offset), sizeof(value));
        return name_of(member->names, value);
    default:
        return NULL;
    }
}

void *member_first(const struct member *member, const void *item)
{
    if (member->kind == MEMBER_ONE)
        return pointer_at(item, member->offset);
    return member->kind == MEMBER_MANY ? first_item(item, member->offset) : NULL;
}

void *member_next(const struct member *member, const void *child)
{
    return member->kind == MEMBER_MANY ? next_item(child) : NULL;
}

bool member_is_attribute(const struct member *member)
{
    return member->kind <= MEMBER_NAME;
}

static bool write_below(xmlTextWriterPtr writer, const struct member *member, const void *item)
{
    char buffer[MEMBER_TEXT_SIZE];
    const char *text = member_text(member, item, buffer);
    if (member->kind == MEMBER_CONTENT)
        return !text || write_text(writer, text);
    if (member->kind == MEMBER_TEXT_ELEMENT)
        return !text || (xmlTextWriterStartElement(writer, BAD_CAST member->name) >= 0 &&
                         write_text(writer, text) && xmlTextWriterEndElement(writer) >= 0);
    void *child = member_first(member, item);
    if (!child)
        return true;
    bool good = !member->wrapper || xmlTextWriterStartElement(writer, BAD_CAST member->wrapper) >= 0;
    for (; good && child; child = member_next(member, child))
        good = element_write(writer, member->element, child, false);
    return good && (!member->wrapper || xmlTextWriterEndElement(writer) >= 0);
}

bool element_write(xmlTextWriterPtr writer, const struct element *element, const void *item, bool namespace)
{
    if (xmlTextWriterStartElement(writer, BAD_CAST element->name) < 0)
        return false;
    if (namespace && xmlTextWriterWriteAttribute(writer, BAD_CAST "xmlns", BAD_CAST REPORT_NAMESPACE) < 0)
        return false;
    for (size_t i = 0; i < element->count; i++) {
        char buffer[MEMBER_TEXT_SIZE];
        const struct member *member = &element->members[i];
        const char *text = member_is_attribute(member) ? member_text(member, item, buffer) : NULL;
        if (text && !write_attribute(writer, member->name, text))
            return false;
    }
    for (size_t i = 0; i < element->count; i++)
        if (!member_is_attribute(&element->members[i]) && !write_below(writer, &element->members[i], item))
            return false;
    return xmlTextWriterEndElement(writer) >= 0;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

struct reading {
    struct xml_reader *reader;
    struct arena *arena;
    const char **error;
};

static bool refuse(struct reading *reading, const char *what, const char *name, const struct element *element)
{
    if (!*reading->error)
        *reading->error =
            arena_format(reading->arena, "line %d: %s%s%.200s in <%s>", xml_reader_line(reading->reader),
                         what, name ? " " : "", name ? name : "", element->name);
    return false;
}

static bool parse_number(const char *text, struct number *number)
{
    char *end;
    const char *digits = *text == '-' ? text + 1 : text;
    if (*digits < '0' || *digits > '9')
        return false;
    errno = 0;
    *number = number_of(strtoll(text, &end, 10));
    return *end == '\0' && errno == 0 && end - digits <= 19;
}

/* Exactly YYYY-MM-DDThh:mm:ssZ, which is all that the writer writes. */
static bool parse_moment(const char *text, moment *result)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    if (strlen(text) != sizeof(form) - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    struct tm parts = {.tm_year = atoi(text) - 1900,
                       .tm_mon = atoi(text + 5) - 1,
                       .tm_mday = atoi(text + 8),
                       .tm_hour = atoi(text + 11),
                       .tm_min = atoi(text + 14),
                       .tm_sec = atoi(text + 17)};
    struct tm given = parts;
    *result = number_of(timegm(&parts)); /* makes the 31st of February one in March */
    return parts.tm_year >= 1 - 1900 && parts.tm_year == given.tm_year && parts.tm_mon == given.tm_mon &&
           parts.tm_mday == given.tm_mday && parts.tm_hour == given.tm_hour && parts.tm_min == given.tm_min &&
           parts.tm_sec == given.tm_sec;
}

static bool parse_value(struct arena *arena, const struct member *member, const char *text, void *item)
{
    void *place = (char *)item + member->offset;
    struct number number = {0, false};
    switch (member->kind) {
    case MEMBER_TEXT: {
        char *copy = arena_shared(arena, text);
        memcpy(place, &copy, sizeof(copy));
        return true;
    }
    case MEMBER_NUMBER:
    case MEMBER_MOMENT:
        if (!(member->kind == MEMBER_NUMBER ? parse_number(text, &number) : parse_moment(text, &number)))
            return false;
        memcpy(place, &number, sizeof(number));
        return true;
    case MEMBER_TERNARY: {
        enum ternary ternary = strcmp(text, "true") == 0    ? TERNARY_TRUE
                               : strcmp(text, "false") == 0 ? TERNARY_FALSE
                                                            : TERNARY_UNKNOWN;
        memcpy(place, &ternary, sizeof(ternary));
        return ternary != TERNARY_UNKNOWN;
    }
    case MEMBER_NAME: {
        int value = value_of(member->names, text);
        memcpy(place, &value, sizeof(value));
        return value != 0;
    }
    default:
        return false;
    }
}

/* Only the report's own namespace, as the default one, may be declared. */
static bool good_namespace(const char *name, const char *value)
{
    return strcmp(name, "xmlns") == 0 && strcmp(value, REPORT_NAMESPACE) == 0;
}

static bool is_namespace(const char *name)
{
    return strncmp(name, "xmlns", 5) == 0 && (name[5] == '\0' || name[5] == ':');
}

/* The search begins after the one that was found last: the writer writes them in the table's order. */
static const struct member *find_attribute(const struct element *element, size_t *from, const char *name)
{
    for (size_t i = 0; i < element->count; i++) {
        const struct member *member = &element->members[(*from + i) % element->count];
        if (member_is_attribute(member) && strcmp(member->name, name) == 0) {
            *from = (size_t)(member - element->members) + 1;
            return member;
        }
    }
    return NULL;
}

static bool read_attributes(struct reading *reading, const struct element *element, void *item)
{
    bool seen[ELEMENT_MEMBERS] = {false};
    const char *name, *value;
    size_t from = 0;
    for (size_t i = 0; xml_reader_attribute(reading->reader, i, &name, &value); i++) {
        const struct member *member = find_attribute(element, &from, name);
        if (!member && is_namespace(name)) {
            if (!good_namespace(name, value))
                return refuse(reading, "unknown namespace", name, element);
            continue;
        }
        if (!member)
            return refuse(reading, "unknown attribute", name, element);
        if (!parse_value(reading->arena, member, value, item))
            return refuse(reading, "bad value of attribute", name, element);
        seen[member - element->members] = true;
    }
    for (size_t i = 0; i < element->count; i++)
        if (element->members[i].required && !seen[i])
            return refuse(reading, "missing attribute", element->members[i].name, element);
    return true;
}

void element_add(void *item, const struct member *member, void *child)
{
    char *place = (char *)item + member->offset;
    if (member->kind == MEMBER_ONE) {
        memcpy(place, &child, sizeof(child));
        return;
    }
    struct any_list list;
    memcpy(&list, place, sizeof(list));
    if (list.last)
        memcpy(list.last, &child, sizeof(child));
    else
        list.first = child;
    list.last = child;
    list.count++;
    memcpy(place, &list, sizeof(list));
}

/* Text up to the end of the element that the reader stands on. */
static bool read_text(struct reading *reading, const struct element *element, char **text)
{
    const char *characters;
    size_t length;
    enum xml_node node = xml_reader_characters(reading->reader, &characters, &length);
    *text = arena_text_n(reading->arena, characters, length);
    if (node == NODE_END)
        return true;
    return node == NODE_BROKEN
               ? refuse(reading, "cut off or broken", NULL, element)
               : refuse(reading, "text expected, not", xml_reader_name(reading->reader), element);
}

static bool read_item(struct reading *reading, const struct element *element, void *item);

static bool read_child(struct reading *reading, const struct element *element, const struct member *member,
                       void *item)
{
    if (member->kind == MEMBER_TEXT_ELEMENT) {
        char *text;
        if (xml_reader_has_attributes(reading->reader))
            return refuse(reading, "no attributes are known of", member->name, element);
        if (!read_text(reading, element, &text))
            return false;
        memcpy((char *)item + member->offset, &text, sizeof(text));
        return true;
    }
    void *child = arena_alloc(reading->arena, member->element->size);
    if (!read_item(reading, member->element, child))
        return false;
    element_add(item, member, child);
    return true;
}

/* All items of a list that has an element around it; the reader stands on that element. */
static bool read_wrapped(struct reading *reading, const struct element *element, const struct member *member,
                         void *item)
{
    if (xml_reader_has_attributes(reading->reader))
        return refuse(reading, "no attributes are known of", member->wrapper, element);
    enum xml_node node;
    while ((node = xml_reader_next_tag(reading->reader)) == NODE_ELEMENT) {
        const char *name = xml_reader_name(reading->reader);
        if (strcmp(name, member->element->name) != 0)
            return refuse(reading, "unexpected", name, element);
        if (!read_child(reading, element, member, item))
            return false;
    }
    return node == NODE_END || refuse(reading, "cut off or broken list", member->wrapper, element);
}

static const char *child_name(const struct member *member)
{
    if (member_is_attribute(member) || member->kind == MEMBER_CONTENT)
        return NULL;
    if (member->kind == MEMBER_TEXT_ELEMENT)
        return member->name;
    return member->wrapper ? member->wrapper : member->element->name;
}

const struct member *element_find_child(const struct element *element, size_t *from, const char *name)
{
    for (size_t i = *from; i < element->count; i++) {
        const char *candidate = child_name(&element->members[i]);
        if (candidate && strcmp(candidate, name) == 0) {
            bool repeats = element->members[i].kind == MEMBER_MANY && !element->members[i].wrapper;
            *from = repeats ? i : i + 1;
            return &element->members[i];
        }
    }
    return NULL;
}

static const struct member *find_content(const struct element *element)
{
    for (size_t i = 0; i < element->count; i++)
        if (element->members[i].kind == MEMBER_CONTENT)
            return &element->members[i];
    return NULL;
}

static bool read_children(struct reading *reading, const struct element *element, void *item)
{
    size_t from = 0;
    enum xml_node node;
    while ((node = xml_reader_next_tag(reading->reader)) == NODE_ELEMENT) {
        const char *name = xml_reader_name(reading->reader);
        const struct member *member = element_find_child(element, &from, name);
        if (!member)
            return refuse(reading, "unexpected", name, element);
        if (!(member->wrapper ? read_wrapped(reading, element, member, item)
                              : read_child(reading, element, member, item)))
            return false;
    }
    if (node != NODE_END && node != NODE_BROKEN)
        return refuse(reading, "unexpected", xml_reader_name(reading->reader), element);
    return node == NODE_END || refuse(reading, "cut off or broken", NULL, element);
}

static bool read_item(struct reading *reading, const struct element *element, void *item)
{
    if (!read_attributes(reading, element, item))
        return false;
    const struct member *content = find_content(element);
    if (content) {
        char *text;
        if (!read_text(reading, element, &text))
            return false;
        memcpy((char *)item + content->offset, &text, sizeof(text));
        return true;
    }
    return read_children(reading, element, item);
}

void *element_read(struct xml_reader *reader, const struct element *element, struct arena *arena,
                   const char **error)
{
    *error = NULL;
    struct reading reading = {reader, arena, error};
    void *item = arena_alloc(arena, element->size);
    return read_item(&reading, element, item) ? item : NULL;
}

void *element_read_attributes(struct xml_reader *reader, const struct element *element, struct arena *arena,
                              const char **error)
{
    *error = NULL;
    struct reading reading = {reader, arena, error};
    void *item = arena_alloc(arena, element->size);
    return read_attributes(&reading, element, item) ? item : NULL;
}
