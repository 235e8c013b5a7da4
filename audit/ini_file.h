/* INI files: the configuration and the policy file. libini_config reads the lines; this reads files of any
 * number of sections and keys in a time that grows as they do, and knows the line of each.
 *
 * Names are plain ASCII, without !, of up to 1,023 bytes, and case does not tell two of them apart. A value
 * is UTF-8, of any length, within its line. */
#pragma once

#include "audit/model/model.h"

struct ini_key {
    struct ini_key *next;
    char *name, *value; /* without the blanks around them; a value may be empty */
    unsigned line;
};

struct ini_section {
    struct ini_section *next;
    char *name;
    unsigned line; /* of its header */
    LIST_OF(struct ini_key) keys;
};

struct ini_mistake {
    struct ini_mistake *next;
    unsigned line; /* 0: it is the whole file's */
    char *text;    /* what is wrong and what was expected; not the place */
};

/* Both lists are in the file's order. */
struct ini_file {
    LIST_OF(struct ini_section) sections; /* all of the file where there is no mistake */
    LIST_OF(struct ini_mistake) mistakes;
};

/* Reads a file of up to 64 MiB, or what a pipe gives until its end: UTF-8, or UTF-16 or UTF-32 with a byte
 * order mark. Never NULL; all of it is the arena's. */
struct ini_file *ini_file_read(struct arena *arena, const char *path);

/* Where to point to for what a section lacks: its first key, or its header where it has none. */
unsigned ini_section_place(const struct ini_section *section);
