/* XML, node by node, as libxml2's parser reports it: no tree is made of it. No network, no entity but XML's
 * own, nothing printed; without XML_PARSE_HUGE libxml2 refuses texts over 10 MB and depths over 256. Memory
 * is that of what one read of the file holds, and of its largest tag. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum xml_node {
    NODE_NONE,        /* the document's end: it was well-formed */
    NODE_ELEMENT,     /* a start tag; an empty element has an end, too */
    NODE_END,         /* an end tag */
    NODE_TEXT,        /* characters; several such nodes may follow each other */
    NODE_CDATA,       /* those of a CDATA section */
    NODE_INSTRUCTION, /* a processing instruction */
    NODE_TYPE,        /* a document type: what follows it is not read, and is NODE_BROKEN */
    NODE_BROKEN       /* not well-formed, or cut off */
};

struct xml_reader;

/* Reads the file from its beginning. The caller keeps the descriptor, and closes it after the reader. */
struct xml_reader *xml_reader_of_file(int fd);

/* Reads the bytes as a whole document, which need not last. `reader` is one that was made so before and has
 * come to its document's end, or NULL for a new one: to begin anew costs less than a reader. */
struct xml_reader *xml_reader_of_bytes(struct xml_reader *reader, const char *bytes, size_t length);

/* Elements of these names (ended by NULL; without prefix) and all that is in them are passed over:
 * they must be well-formed, and cost no more than that. Before the first node is read. */
void xml_reader_leave_out(struct xml_reader *reader, const char *const *names);

/* NULL is allowed. */
void xml_reader_free(struct xml_reader *reader);

/* Goes to the next node; comments are none. What the functions below give is good until then. */
enum xml_node xml_reader_next(struct xml_reader *reader);

/* The same, passing over text that is white space. */
enum xml_node xml_reader_next_tag(struct xml_reader *reader);

/* The line where the node ends. */
int xml_reader_line(const struct xml_reader *reader);

/* The element's name as it is written, the target of an instruction; "#text" and the like. Never NULL. */
const char *xml_reader_name(const struct xml_reader *reader);

/* The namespace that an element is in, or NULL. */
const char *xml_reader_namespace(const struct xml_reader *reader);

/* Goes over characters to the next node that is none, and gives them, however many parts they come in; they
 * do not end with a NUL, and are good until the next call. */
enum xml_node xml_reader_characters(struct xml_reader *reader, const char **text, size_t *length);

/* An element's attributes; declarations of namespaces are among them, as xmlns or xmlns:PREFIX. False: there
 * is none of that index. */
bool xml_reader_attribute(const struct xml_reader *reader, size_t index, const char **name,
                          const char **value);

/* Whether the element has any. */
bool xml_reader_has_attributes(const struct xml_reader *reader);
