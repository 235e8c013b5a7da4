#include "reports/xml_reader.h"
#include "audit/model/memory.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NOENT: without it, an ampersand of an attribute comes as "&#38;"; there are no entities that it could
 * replace but XML's own, as a document type ends the reading. */
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOENT)
#define ENCODING "UTF-8" /* whatever the document says of itself */
#define CHUNK 32768      /* bytes of a file that are parsed at a time */

struct attribute {
    const char *name; /* the parser's dictionary's */
    size_t value;     /* where it begins in `text` */
};

struct node {
    enum xml_node kind;
    int line;
    const char *name, *namespace; /* the parser's dictionary's */
    size_t first, count;          /* its attributes, or where its text begins and how long it is */
};

/* The parser reports everything of a chunk at once; it waits here for whom it is read by. */
struct xml_reader {
    xmlParserCtxtPtr parser;
    int fd;     /* -1: bytes */
    bool ended; /* the parser has had the whole document */
    struct node *nodes;
    size_t node_count, node_room, taken;
    struct attribute *attributes;
    size_t attribute_count, attribute_room;
    char *text;
    size_t text_size, text_room;
    char *joined; /* parts of one text */
    size_t joined_room;
    struct node now;          /* the one that was taken last */
    const xmlChar **left_out; /* names, of the parser's dictionary; ended by NULL */
    size_t left_out_depth;    /* open elements since the one that is being left out; 0: none is */
};

/* ---- what the parser reports --------------------------------------------------------------------------- */

/* The list with room for `more` items. */
static void *with_room(void *list, size_t *room, size_t count, size_t more, size_t size)
{
    enum { AT_FIRST = 64 };
    if (list && count + more <= *room)
        return list;
    *room = *room < AT_FIRST ? AT_FIRST : *room * 2;
    if (*room < count + more)
        *room = count + more;
    return memory_resize(list, *room, size);
}

static struct node node_here(const struct xml_reader *reader, enum xml_node kind, const xmlChar *name)
{
    const xmlParserInput *input = reader->parser->input;
    return (struct node){.kind = kind, .line = input ? input->line : 0, .name = (const char *)name};
}

static struct node *add_node(struct xml_reader *reader, enum xml_node kind, const xmlChar *name)
{
    reader->nodes = with_room(reader->nodes, &reader->node_room, reader->node_count, 1, sizeof(struct node));
    reader->nodes[reader->node_count] = node_here(reader, kind, name);
    return &reader->nodes[reader->node_count++];
}

static void add_bytes(struct xml_reader *reader, const xmlChar *bytes, size_t length)
{
    reader->text = with_room(reader->text, &reader->text_room, reader->text_size, length, 1);
    memcpy(reader->text + reader->text_size, bytes, length);
    reader->text_size += length;
}

static void add_attribute(struct xml_reader *reader, const xmlChar *name, const xmlChar *value, size_t length)
{
    reader->attributes = with_room(reader->attributes, &reader->attribute_room, reader->attribute_count, 1,
                                   sizeof(struct attribute));
    reader->attributes[reader->attribute_count++] = (struct attribute){(const char *)name, reader->text_size};
    add_bytes(reader, value, length);
    add_bytes(reader, BAD_CAST "", 1);
}

static const xmlChar *full_name(struct xml_reader *reader, const xmlChar *prefix, const xmlChar *name)
{
    const xmlChar *full = prefix ? xmlDictQLookup(reader->parser->dict, prefix, name) : name;
    return full ? full : name;
}

static bool is_left_out(const struct xml_reader *reader, const xmlChar *name, const xmlChar *prefix)
{
    const xmlChar **left_out = reader->left_out;
    while (left_out && *left_out && *left_out != name)
        left_out++;
    return left_out && *left_out && !prefix;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *namespace,
                     int namespaces, const xmlChar **declared, int attributes, int defaulted,
                     const xmlChar **attribute)
{
    enum { NAME, PREFIX, NAMESPACE, VALUE, END, FIELDS };
    struct xml_reader *reader = context;
    (void)defaulted;
    if (reader->left_out_depth > 0 || is_left_out(reader, name, prefix)) {
        reader->left_out_depth++;
        return;
    }
    struct node *node = add_node(reader, NODE_ELEMENT, full_name(reader, prefix, name));
    node->namespace = (const char *)namespace;
    node->first = reader->attribute_count;
    node->count = (size_t)namespaces + (size_t)attributes;
    for (int i = 0; i < namespaces; i++, declared += 2) {
        const xmlChar *xmlns = BAD_CAST "xmlns", *uri = declared[1] ? declared[1] : BAD_CAST "";
        add_attribute(reader, declared[0] ? full_name(reader, xmlns, declared[0]) : xmlns, uri,
                      strlen((const char *)uri));
    }
    for (int i = 0; i < attributes; i++, attribute += FIELDS)
        add_attribute(reader, full_name(reader, attribute[PREFIX], attribute[NAME]), attribute[VALUE],
                      (size_t)(attribute[END] - attribute[VALUE]));
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *namespace)
{
    struct xml_reader *reader = context;
    (void)prefix, (void)namespace;
    if (reader->left_out_depth > 0)
        reader->left_out_depth--;
    else
        add_node(reader, NODE_END, name);
}

/* Texts that follow each other become one, as far as they come at once. */
static void add_text(struct xml_reader *reader, enum xml_node kind, const char *name, const xmlChar *text,
                     int length)
{
    struct node *last = reader->node_count ? &reader->nodes[reader->node_count - 1] : NULL;
    if (reader->left_out_depth > 0)
        return;
    if (!last || last->kind != kind) {
        last = add_node(reader, kind, BAD_CAST name);
        last->first = reader->text_size;
    }
    add_bytes(reader, text, (size_t)length);
    last->count += (size_t)length;
}

static void on_characters(void *context, const xmlChar *text, int length)
{
    add_text(context, NODE_TEXT, "#text", text, length);
}

static void on_cdata(void *context, const xmlChar *text, int length)
{
    add_text(context, NODE_CDATA, "#cdata-section", text, length);
}

static void on_instruction(void *context, const xmlChar *target, const xmlChar *data)
{
    struct xml_reader *reader = context;
    (void)data;
    if (reader->left_out_depth == 0)
        add_node(reader, NODE_INSTRUCTION, xmlDictLookup(reader->parser->dict, target, -1));
}

/* Before anything in it is looked at: entities can be made to take forever. */
static void on_document_type(void *context, const xmlChar *name, const xmlChar *public, const xmlChar *system)
{
    struct xml_reader *reader = context;
    (void)name, (void)public, (void)system;
    add_node(reader, NODE_TYPE, BAD_CAST "<!DOCTYPE>");
    xmlStopParser(reader->parser);
    reader->parser->wellFormed = 0;
}

static xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .internalSubset = on_document_type,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_characters,
    .ignorableWhitespace = on_characters,
    .cdataBlock = on_cdata,
    .processingInstruction = on_instruction,
};

/* ---- reading ------------------------------------------------------------------------------------------- */

static struct xml_reader *reader_new(int fd)
{
    struct xml_reader *reader = memory_new(1, sizeof(*reader));
    reader->fd = fd;
    reader->parser = xmlCreatePushParserCtxt(&handler, reader, NULL, 0, NULL);
    if (!reader->parser)
        memory_exhausted();
    return reader;
}

struct xml_reader *xml_reader_of_file(int fd)
{
    struct xml_reader *reader = reader_new(fd);
    xmlCtxtUseOptions(reader->parser, OPTIONS);
    xmlSwitchToEncoding(reader->parser, xmlFindCharEncodingHandler(ENCODING));
    return reader;
}

/* What waits has been read. */
static void forget(struct xml_reader *reader)
{
    reader->node_count = reader->attribute_count = reader->text_size = reader->taken = 0;
}

struct xml_reader *xml_reader_of_bytes(struct xml_reader *reader, const char *bytes, size_t length)
{
    if (!reader)
        reader = reader_new(-1);
    forget(reader);
    reader->ended = true;
    if (length > INT_MAX || xmlCtxtResetPush(reader->parser, bytes, (int)length, NULL, ENCODING) != 0) {
        reader->parser->wellFormed = 0;
        return reader;
    }
    xmlCtxtUseOptions(reader->parser, OPTIONS);
    xmlParseChunk(reader->parser, NULL, 0, 1);
    return reader;
}

void xml_reader_leave_out(struct xml_reader *reader, const char *const *names)
{
    size_t count = 0;
    while (names[count])
        count++;
    reader->left_out = memory_new(count + 1, sizeof(*reader->left_out));
    for (size_t i = 0; i < count; i++)
        if (!(reader->left_out[i] = xmlDictLookup(reader->parser->dict, BAD_CAST names[i], -1)))
            memory_exhausted();
}

void xml_reader_free(struct xml_reader *reader)
{
    if (!reader)
        return;
    xmlFreeParserCtxt(reader->parser);
    free(reader->nodes);
    free(reader->attributes);
    free(reader->text);
    free(reader->joined);
    free(reader->left_out);
    free(reader);
}

static void parse_chunk(struct xml_reader *reader)
{
    char bytes[CHUNK];
    ssize_t count;
    while ((count = read(reader->fd, bytes, sizeof(bytes))) < 0 && errno == EINTR)
        ;
    xmlParseChunk(reader->parser, bytes, count > 0 ? (int)count : 0, count <= 0);
    reader->ended = count <= 0 || !reader->parser->wellFormed;
}

enum xml_node xml_reader_next(struct xml_reader *reader)
{
    while (reader->taken == reader->node_count && !reader->ended) {
        forget(reader);
        parse_chunk(reader);
    }
    if (reader->taken < reader->node_count)
        reader->now = reader->nodes[reader->taken++];
    else
        reader->now = node_here(reader, reader->parser->wellFormed ? NODE_NONE : NODE_BROKEN, BAD_CAST "");
    return reader->now.kind;
}

static bool is_white_space(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != ' ' && text[i] != '\n' && text[i] != '\t' && text[i] != '\r')
            return false;
    return true;
}

enum xml_node xml_reader_next_tag(struct xml_reader *reader)
{
    enum xml_node kind;
    do
        kind = xml_reader_next(reader);
    while (kind == NODE_TEXT && is_white_space(reader->text + reader->now.first, reader->now.count));
    return kind;
}

int xml_reader_line(const struct xml_reader *reader)
{
    return reader->now.line;
}

const char *xml_reader_name(const struct xml_reader *reader)
{
    return reader->now.name;
}

const char *xml_reader_namespace(const struct xml_reader *reader)
{
    return reader->now.namespace;
}

enum xml_node xml_reader_characters(struct xml_reader *reader, const char **text, size_t *length)
{
    enum xml_node kind;
    *length = 0;
    while ((kind = xml_reader_next(reader)) == NODE_TEXT || kind == NODE_CDATA) {
        size_t count = reader->now.count;
        reader->joined = with_room(reader->joined, &reader->joined_room, *length, count, 1);
        memcpy(reader->joined + *length, reader->text + reader->now.first, count);
        *length += count;
    }
    *text = *length > 0 ? reader->joined : "";
    return kind;
}

bool xml_reader_attribute(const struct xml_reader *reader, size_t index, const char **name,
                          const char **value)
{
    if (reader->now.kind != NODE_ELEMENT || index >= reader->now.count)
        return false;
    const struct attribute *attribute = &reader->attributes[reader->now.first + index];
    *name = attribute->name;
    *value = reader->text + attribute->value;
    return true;
}

bool xml_reader_has_attributes(const struct xml_reader *reader)
{
    return reader->now.kind == NODE_ELEMENT && reader->now.count > 0;
}
