#include "audit/ini_file.h"

#include "audit/model/arena.h"
#include "audit/model/memory.h"

#include <errno.h>
#include <iconv.h>
#include <ini_configobj.h>
#include <ini_valueobj.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LARGEST_FILE (64u << 20)

/* For each section libini_config looks at every other, and so it does for each key of a section: it is given
 * the file in pieces, each a section or a part of a long one. As values do not go on in the next line, no
 * line means anything to the next but a section's own, and a piece may begin anywhere. */
#define PIECE_LINES 100
/* What begins a piece that does not begin with a section: libini_config forgets the first key otherwise. */
#define PART_OF_SECTION "[-]\n"

struct reader {
    struct arena *arena;
    struct ini_file *file;
    struct ini_section *section; /* NULL: none has begun */
    void *sections, *keys;       /* tsearch trees by name, of the file and of the section */
    char *piece;                 /* what libini_config is given */
    size_t room;
};

struct lines {
    const char *start;
    size_t length;
    unsigned first, count; /* lines are counted from 1 */
};

static void __attribute__((format(printf, 3, 4)))
mistake(struct reader *reader, unsigned line, const char *format, ...)
{
    struct ini_mistake *mistake = arena_alloc(reader->arena, sizeof(*mistake));
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        memory_exhausted();
    va_end(arguments);
    mistake->line = line;
    mistake->text = arena_text(reader->arena, text);
    free(text);
    list_append(&reader->file->mistakes, mistake);
}

/* ---- sections and keys -------------------------------------------------------------------------------- */

static int compare_sections(const void *one, const void *other)
{
    return strcasecmp(((const struct ini_section *)one)->name, ((const struct ini_section *)other)->name);
}

static int compare_keys(const void *one, const void *other)
{
    return strcasecmp(((const struct ini_key *)one)->name, ((const struct ini_key *)other)->name);
}

/* The item of that name in the tree: the one given, or one that was there before. */
static void *known(void *item, void **tree, int (*compare)(const void *, const void *))
{
    void **found = tsearch(item, tree, compare);
    if (!found)
        memory_exhausted();
    return *found;
}

/* A section without a name is one whose header is wrong: it takes its keys from the one before. */
static void begin_section(struct reader *reader, const char *name, unsigned line)
{
    struct ini_section *section = arena_alloc(reader->arena, sizeof(*section));
    section->name = arena_text(reader->arena, name);
    section->line = line;
    reader->section = section;
    tdestroy(reader->keys, arena_owns);
    reader->keys = NULL;
    if (!name)
        return;
    const struct ini_section *first = known(section, &reader->sections, compare_sections);
    if (first == section)
        list_append(&reader->file->sections, section);
    else
        mistake(reader, line, "Duplicate section [%s]: [%s] stands in line %u already", name, first->name,
                first->line);
}

static void add_key(struct reader *reader, const char *name, const char *value, unsigned line)
{
    if (!reader->section) {
        mistake(reader, line, "'%s' stands before the first section (expected [section] before any key)",
                name);
        begin_section(reader, NULL, line);
    }
    struct ini_key *key = arena_alloc(reader->arena, sizeof(*key));
    key->name = arena_text(reader->arena, name);
    key->value = arena_text(reader->arena, value);
    key->line = line;
    const struct ini_key *first = known(key, &reader->keys, compare_keys);
    if (first == key)
        list_append(&reader->section->keys, key);
    else
        mistake(reader, line, "Duplicate key '%s': '%s' stands in line %u already", name, first->name,
                first->line);
}

/* ---- pieces ------------------------------------------------------------------------------------------- */

static bool begins_section(const struct lines *lines)
{
    return *lines->start == '[';
}

static int parse(struct reader *reader, const struct lines *lines, struct ini_cfgobj *ini)
{
    struct ini_cfgfile *source = NULL;
    size_t before = begins_section(lines) ? 0 : strlen(PART_OF_SECTION), size = before + lines->length;
    if (size + 1 > reader->room) {
        reader->room = size + 1;
        reader->piece = memory_resize(reader->piece, reader->room, 1);
    }
    memcpy(reader->piece, PART_OF_SECTION, before);
    memcpy(reader->piece + before, lines->start, lines->length);
    reader->piece[size] = '\0';
    int problem = ini_config_file_from_mem(reader->piece, (uint32_t)size, &source);
    if (problem == 0)
        problem = ini_config_parse(source, INI_STOP_ON_NONE, INI_MV1S_ERROR,
                                   INI_PARSE_NOWRAP | INI_PARSE_NO_C_COMMENTS, ini);
    ini_config_file_destroy(source);
    if (problem == ENOMEM)
        memory_exhausted();
    return problem;
}

static void take_keys(struct reader *reader, struct ini_cfgobj *ini, const char *section, unsigned before)
{
    int count = 0, error = 0;
    char **names = ini_get_attribute_list(ini, section, &count, &error);
    if (!names)
        memory_exhausted();
    for (int i = 0; i < count; i++) {
        struct value_obj *value = NULL;
        uint32_t line = 0;
        if (ini_get_config_valueobj(section, names[i], ini, INI_GET_FIRST_VALUE, &value) != 0 || !value)
            memory_exhausted();
        const char *text = ini_get_const_string_config_value(value, &error);
        value_get_line(value, &line);
        add_key(reader, names[i], text ? text : "", before + line);
    }
    ini_free_attribute_list(names);
}

static void take(struct reader *reader, const struct lines *lines, struct ini_cfgobj *ini)
{
    int count = 0, error = 0;
    char **sections = ini_get_section_list(ini, &count, &error);
    if (!sections)
        memory_exhausted();
    if (count != 1)
        abort(); /* a piece is one section, or a part of one */
    if (begins_section(lines))
        begin_section(reader, sections[0], lines->first);
    take_keys(reader, ini, sections[0], lines->first - (begins_section(lines) ? 1 : 2));
    ini_free_section_list(sections);
}

/* A line that libini_config refuses; its own words are "Error (5) on line 1: Equal sign is missing." */
static void refuse(struct reader *reader, const struct lines *line, struct ini_cfgobj *ini, int problem)
{
    char **errors = NULL;
    const char *text = NULL;
    if (ini_config_get_errors(ini, &errors) == 0 && errors && errors[0])
        text = strstr(errors[0], ": ");
    if (text)
        mistake(reader, line->first,
                "%s (expected [section], key = value, or a comment that begins with # or ;)", text + 2);
    else if (problem == EINVAL)
        mistake(reader, line->first,
                "expected a name of a section or a key in plain ASCII, without ! and control characters");
    else
        mistake(reader, line->first, "cannot be parsed: %s", strerror(problem));
    ini_config_free_errors(errors);
    if (begins_section(line))
        begin_section(reader, NULL, line->first);
}

static void read_lines(struct reader *reader, const struct lines *lines);

static struct lines first_line(const char *text, size_t length, unsigned number)
{
    const char *end = memchr(text, '\n', length);
    return (struct lines){text, end ? (size_t)(end + 1 - text) : length, number, 1};
}

static void read_each_line(struct reader *reader, const struct lines *lines)
{
    size_t at = 0;
    for (unsigned i = 0; i < lines->count; i++) {
        struct lines line = first_line(lines->start + at, lines->length - at, lines->first + i);
        read_lines(reader, &line);
        at += line.length;
    }
}

/* One wrong line spoils its piece, and so does a key that stands twice, of which libini_config tells one line
 * only: then each line is read by itself. */
static void read_lines(struct reader *reader, const struct lines *lines)
{
    struct ini_cfgobj *ini = NULL;
    if (ini_config_create(&ini) != 0)
        memory_exhausted();
    int problem = parse(reader, lines, ini);
    if (problem == 0)
        take(reader, lines, ini);
    else if (lines->count > 1)
        read_each_line(reader, lines);
    else
        refuse(reader, lines, ini, problem);
    ini_config_destroy(ini);
}

static void read_pieces(struct reader *reader, const char *text, size_t length)
{
    struct lines piece = {text, 0, 1, 0};
    for (size_t at = 0; at < length;) {
        struct lines line = first_line(text + at, length - at, piece.first + piece.count);
        if (piece.count == PIECE_LINES || (piece.count > 0 && begins_section(&line))) {
            read_lines(reader, &piece);
            piece = (struct lines){line.start, 0, line.first, 0};
        }
        piece.length += line.length;
        piece.count++;
        at += line.length;
    }
    if (piece.count > 0)
        read_lines(reader, &piece);
}

/* ---- the file ----------------------------------------------------------------------------------------- */

/* Bytes of the file, one more than it may have at the most; free. NULL: errno says why. */
static char *read_bytes(const char *path, size_t *length)
{
    FILE *stream = fopen(path, "re");
    char *bytes = NULL;
    size_t room = 0, got = 1;
    if (!stream)
        return NULL;
    for (*length = 0; got > 0 && *length <= LARGEST_FILE; *length += got) {
        if (*length == room)
            bytes = memory_resize(bytes, room = room ? 2 * room : 65536, 1);
        got = fread(bytes + *length, 1, room - *length, stream);
    }
    int problem = ferror(stream) ? errno : 0;
    fclose(stream);
    if (problem) {
        free(bytes);
        bytes = NULL;
        errno = problem;
    }
    return bytes;
}

/* The encoding, and the bytes of the mark that tells it. */
static const char *encoding_of(const char *bytes, size_t length, size_t *mark)
{
    static const struct {
        const char *mark;
        size_t length;
        const char *name;
    } encodings[] = {{"\0\0\xFE\xFF", 4, "UTF-32BE"},
                     {"\xFF\xFE\0\0", 4, "UTF-32LE"},
                     {"\xEF\xBB\xBF", 3, "UTF-8"},
                     {"\xFE\xFF", 2, "UTF-16BE"},
                     {"\xFF\xFE", 2, "UTF-16LE"}};
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++)
        if (length >= encodings[i].length && memcmp(bytes, encodings[i].mark, encodings[i].length) == 0) {
            *mark = encodings[i].length;
            return encodings[i].name;
        }
    *mark = 0;
    return "UTF-8";
}

static unsigned line_at(const char *text, const char *end)
{
    unsigned line = 1;
    while ((text = memchr(text, '\n', (size_t)(end - text)))) {
        text++;
        line++;
    }
    return line;
}

/* The text in UTF-8, with no NUL in it; free. NULL: what is wrong is told. */
static char *convert(struct reader *reader, char *bytes, size_t size, size_t *length)
{
    static const char expected[] = "expected text in UTF-8, or in UTF-16 or UTF-32 with a byte order mark";
    size_t mark, room = 2 * size + 1; /* UTF-16 grows most: two bytes to three */
    const char *encoding = encoding_of(bytes, size, &mark), *wrong;
    char *from = bytes + mark, *text = memory_new(room, 1), *to = text;
    size_t left = size - mark;
    iconv_t conversion = iconv_open("UTF-8", encoding);
    if (conversion == (iconv_t)-1)
        mistake(reader, 0, "cannot be read as %s: %s", encoding, strerror(errno));
    else if (iconv(conversion, &from, &left, &to, &room) == (size_t)-1)
        mistake(reader, line_at(text, to), "not %s (%s)", encoding, expected);
    else if ((wrong = memchr(text, '\0', (size_t)(to - text))))
        mistake(reader, line_at(text, wrong), "a NUL byte (%s)", expected);
    if (conversion != (iconv_t)-1)
        iconv_close(conversion);
    *length = (size_t)(to - text);
    if (reader->file->mistakes.count == 0)
        return text;
    free(text);
    return NULL;
}

static void read_file(struct reader *reader, const char *path)
{
    size_t size, length;
    char *bytes = read_bytes(path, &size), *text = NULL;
    if (!bytes)
        mistake(reader, 0, "cannot be read: %s", strerror(errno));
    else if (size > LARGEST_FILE)
        mistake(reader, 0, "cannot be read: expected at most %u MiB", LARGEST_FILE >> 20);
    else
        text = convert(reader, bytes, size, &length);
    free(bytes);
    if (text)
        read_pieces(reader, text, length);
    free(text);
}

struct ini_file *ini_file_read(struct arena *arena, const char *path)
{
    struct ini_file *file = arena_alloc(arena, sizeof(*file));
    struct reader reader = {.arena = arena, .file = file};
    read_file(&reader, path);
    tdestroy(reader.sections, arena_owns);
    tdestroy(reader.keys, arena_owns);
    free(reader.piece);
    return file;
}

unsigned ini_section_place(const struct ini_section *section)
{
    return section->keys.first ? section->keys.first->line : section->line;
}
