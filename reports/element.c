#include "reports/element.h"

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
        size_t length = character_length(at);
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

static bool write_moment(xmlTextWriterPtr writer, const char *name, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm parts;
    char text[64];
    if (!gmtime_r(&when, &parts) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts))
        return true; /* a year that no calendar has is not known */
    return write_attribute(writer, name, text);
}

static const void *at_offset(const void *item, size_t offset)
{
    return (const char *)item + offset;
}

static const char *text_at(const void *item, size_t offset)
{
    const char *text;
    memcpy(&text, at_offset(item, offset), sizeof(text));
    return text;
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

static bool write_value(xmlTextWriterPtr writer, const struct member *member, const void *item)
{
    switch (member->kind) {
    case MEMBER_TEXT: {
        const char *text = text_at(item, member->offset);
        return !text || write_attribute(writer, member->name, text);
    }
    case MEMBER_NUMBER:
    case MEMBER_MOMENT: {
        struct number number;
        memcpy(&number, at_offset(item, member->offset), sizeof(number));
        if (!number.known)
            return true;
        if (member->kind == MEMBER_MOMENT)
            return write_moment(writer, member->name, number.value);
        return xmlTextWriterWriteFormatAttribute(writer, BAD_CAST member->name, "%lld",
                                                 (long long)number.value) >= 0;
    }
    case MEMBER_TERNARY: {
        enum ternary ternary;
        memcpy(&ternary, at_offset(item, member->offset), sizeof(ternary));
        return ternary == TERNARY_UNKNOWN ||
               write_attribute(writer, member->name, ternary == TERNARY_TRUE ? "true" : "false");
    }
    case MEMBER_NAME: {
        int value;
        memcpy(&value, at_offset(item, member->offset), sizeof(value));
        const char *name = name_of(member->names, value);
        return !name || write_attribute(writer, member->name, name);
    }
    default:
        return true;
    }
}

static bool write_list(xmlTextWriterPtr writer, const struct member *member, const void *item)
{
    void *child = first_item(item, member->offset);
    if (!child)
        return true;
    bool good = !member->wrapper || xmlTextWriterStartElement(writer, BAD_CAST member->wrapper) >= 0;
    for (; good && child; child = next_item(child))
        good = element_write(writer, member->element, child, false);
    return good && (!member->wrapper || xmlTextWriterEndElement(writer) >= 0);
}

static bool write_below(xmlTextWriterPtr writer, const struct member *member, const void *item)
{
    switch (member->kind) {
    case MEMBER_CONTENT: {
        const char *text = text_at(item, member->offset);
        return !text || write_text(writer, text);
    }
    case MEMBER_TEXT_ELEMENT: {
        const char *text = text_at(item, member->offset);
        return !text || (xmlTextWriterStartElement(writer, BAD_CAST member->name) >= 0 &&
                         write_text(writer, text) && xmlTextWriterEndElement(writer) >= 0);
    }
    case MEMBER_ONE: {
        const void *child = text_at(item, member->offset);
        return !child || element_write(writer, member->element, child, false);
    }
    case MEMBER_MANY:
        return write_list(writer, member, item);
    default:
        return true;
    }
}

bool element_write_start(xmlTextWriterPtr writer, const struct element *element, const void *item,
                         bool namespace, size_t stop)
{
    if (xmlTextWriterStartElement(writer, BAD_CAST element->name) < 0)
        return false;
    if (namespace && xmlTextWriterWriteAttribute(writer, BAD_CAST "xmlns", BAD_CAST REPORT_NAMESPACE) < 0)
        return false;
    for (size_t i = 0; i < element->count; i++)
        if (!write_value(writer, &element->members[i], item))
            return false;
    for (size_t i = 0; i < element->count && i < stop; i++)
        if (!write_below(writer, &element->members[i], item))
            return false;
    return true;
}

bool element_write(xmlTextWriterPtr writer, const struct element *element, const void *item, bool namespace)
{
    return element_write_start(writer, element, item, namespace, element->count) &&
           xmlTextWriterEndElement(writer) >= 0;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

struct reading {
    xmlTextReaderPtr reader;
    struct arena *arena;
    const char *error;
};

static bool refuse(struct reading *reading, const char *what, const char *name, const struct element *element)
{
    if (!reading->error)
        reading->error = arena_format(reading->arena, "line %d: %s %s in <%s>",
                                      xmlTextReaderGetParserLineNumber(reading->reader), what,
                                      name ? name : "", element->name);
    return false;
}

static bool parse_number(const char *text, struct number *number)
{
    char *end;
    if (!(*text == '-' || (*text >= '0' && *text <= '9')) || strlen(text) > 20)
        return false;
    number->value = strtoll(text, &end, 10);
    number->known = true;
    return *end == '\0' && end != text;
}

/* Exactly YYYY-MM-DDThh:mm:ssZ, which is all that the writer writes; years beyond 9999 have more digits. */
static bool parse_moment(const char *text, moment *result)
{
    struct tm parts = {0};
    const char *end = strlen(text) <= 32 ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts) : NULL;
    if (!end || *end)
        return false;
    *result = number_of(timegm(&parts));
    return true;
}

static bool parse_value(struct arena *arena, const struct member *member, const char *text, void *item)
{
    void *place = (char *)item + member->offset;
    struct number number = {0, false};
    switch (member->kind) {
    case MEMBER_TEXT: {
        char *copy = arena_text(arena, text);
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

static bool is_attribute(const struct member *member)
{
    return member->kind <= MEMBER_NAME;
}

static bool read_attributes(struct reading *reading, const struct element *element, void *item)
{
    bool seen[64] = {false};
    while (xmlTextReaderMoveToNextAttribute(reading->reader) == 1) {
        if (xmlTextReaderIsNamespaceDecl(reading->reader) == 1)
            continue;
        const char *name = (const char *)xmlTextReaderConstName(reading->reader);
        size_t i = 0;
        while (i < element->count &&
               !(is_attribute(&element->members[i]) && strcmp(element->members[i].name, name) == 0))
            i++;
        if (i == element->count)
            return refuse(reading, "unknown attribute", name, element);
        xmlChar *value = xmlTextReaderValue(reading->reader);
        bool good = value && parse_value(reading->arena, &element->members[i], (const char *)value, item);
        xmlFree(value);
        if (!good)
            return refuse(reading, "bad value of attribute", name, element);
        seen[i] = true;
    }
    xmlTextReaderMoveToElement(reading->reader);
    for (size_t i = 0; i < element->count; i++)
        if (element->members[i].required && !seen[i])
            return refuse(reading, "missing attribute", element->members[i].name, element);
    return true;
}

static bool read_item(struct reading *reading, const struct element *element, void *item);

static void append_item(void *item, const struct member *member, void *child)
{
    struct any_list list;
    memcpy(&list, (char *)item + member->offset, sizeof(list));
    if (list.last)
        memcpy(list.last, &child, sizeof(child));
    else
        list.first = child;
    list.last = child;
    list.count++;
    memcpy((char *)item + member->offset, &list, sizeof(list));
}

static bool is_text_node(int type)
{
    return type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA ||
           type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE || type == XML_READER_TYPE_WHITESPACE;
}

/* Text up to the end of the element that the reader stands on. */
static bool read_text(struct reading *reading, const struct element *element, char **text)
{
    *text = arena_text(reading->arena, "");
    if (xmlTextReaderIsEmptyElement(reading->reader))
        return true;
    while (xmlTextReaderRead(reading->reader) == 1) {
        int type = xmlTextReaderNodeType(reading->reader);
        if (type == XML_READER_TYPE_END_ELEMENT)
            return true;
        if (!is_text_node(type))
            return refuse(reading, "text expected, not",
                          (const char *)xmlTextReaderConstName(reading->reader), element);
        const char *part = (const char *)xmlTextReaderConstValue(reading->reader);
        *text = **text ? arena_format(reading->arena, "%s%s", *text, part ? part : "")
                       : arena_text(reading->arena, part ? part : "");
    }
    return refuse(reading, "cut off text", NULL, element);
}

static bool read_child(struct reading *reading, const struct element *element, const struct member *member,
                       void *item)
{
    void *place = (char *)item + member->offset;
    if (member->kind == MEMBER_TEXT_ELEMENT) {
        char *text;
        if (!read_text(reading, element, &text))
            return false;
        memcpy(place, &text, sizeof(text));
        return true;
    }
    void *child = arena_alloc(reading->arena, member->element->size);
    if (!read_item(reading, member->element, child))
        return false;
    if (member->kind == MEMBER_ONE)
        memcpy(place, &child, sizeof(child));
    else
        append_item(item, member, child);
    return true;
}

/* All items of a list that has an element around it; the reader stands on that element. */
static bool read_wrapped(struct reading *reading, const struct element *element, const struct member *member,
                         void *item)
{
    if (xmlTextReaderIsEmptyElement(reading->reader))
        return true;
    while (xmlTextReaderRead(reading->reader) == 1) {
        int type = xmlTextReaderNodeType(reading->reader);
        const char *name = (const char *)xmlTextReaderConstName(reading->reader);
        if (type == XML_READER_TYPE_END_ELEMENT)
            return true;
        if (type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE || type == XML_READER_TYPE_WHITESPACE)
            continue;
        if (type != XML_READER_TYPE_ELEMENT || strcmp(name, member->element->name) != 0)
            return refuse(reading, "unexpected", name, element);
        if (!read_child(reading, element, member, item))
            return false;
    }
    return refuse(reading, "cut off list", member->wrapper, element);
}

static const char *child_name(const struct member *member)
{
    if (is_attribute(member) || member->kind == MEMBER_CONTENT)
        return NULL;
    if (member->kind == MEMBER_TEXT_ELEMENT)
        return member->name;
    return member->wrapper ? member->wrapper : member->element->name;
}

/* The member that a child of that name belongs to, at or after `from`: children come in the table's order,
 * each once but for the lists. */
static const struct member *find_child(const struct element *element, size_t *from, const char *name)
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
    while (xmlTextReaderRead(reading->reader) == 1) {
        int type = xmlTextReaderNodeType(reading->reader);
        const char *name = (const char *)xmlTextReaderConstName(reading->reader);
        if (type == XML_READER_TYPE_END_ELEMENT)
            return true;
        if (type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE || type == XML_READER_TYPE_WHITESPACE ||
            type == XML_READER_TYPE_COMMENT)
            continue;
        const struct member *member =
            type == XML_READER_TYPE_ELEMENT ? find_child(element, &from, name) : NULL;
        if (!member)
            return refuse(reading, "unexpected", name, element);
        if (!(member->wrapper ? read_wrapped(reading, element, member, item)
                              : read_child(reading, element, member, item)))
            return false;
    }
    return refuse(reading, "cut off", NULL, element);
}

static bool read_item(struct reading *reading, const struct element *element, void *item)
{
    bool empty = xmlTextReaderIsEmptyElement(reading->reader);
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
    return empty || read_children(reading, element, item);
}

void *element_read(xmlTextReaderPtr reader, const struct element *element, struct arena *arena,
                   const char **error)
{
    struct reading reading = {reader, arena, NULL};
    void *item = arena_alloc(arena, element->size);
    bool good = read_item(&reading, element, item);
    *error = reading.error;
    return good ? item : NULL;
}
