#include "sql_type.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TOKEN_COLMETADATA = 0x81, TOKEN_ROW = 0xD1, TOKEN_RETURN_VALUE = 0xAC, NULLABLE = 1, LONGEST = 4000 };

/* LCID 1033, case-insensitive, accent-sensitive, sort order 52: SQL_Latin1_General_CP1_CI_AS. */
static const unsigned char collation[5] = {0x09, 0x04, 0xD0, 0x00, 0x34};

static const struct type_name {
    const char *name;
    enum type_kind kind;
    bool with_length;
    int length;
} type_names[] = {
    {"bit", TYPE_BIT, false, 1},
    {"tinyint", TYPE_TINYINT, false, 1},
    {"smallint", TYPE_SMALLINT, false, 2},
    {"int", TYPE_INT, false, 4},
    {"bigint", TYPE_BIGINT, false, 8},
    {"char", TYPE_CHAR, true, 30},
    {"varchar", TYPE_VARCHAR, true, 30},
    {"nchar", TYPE_NCHAR, true, 30},
    {"nvarchar", TYPE_NVARCHAR, true, 30},
    {"sysname", TYPE_NVARCHAR, false, 128},
    {"varbinary", TYPE_VARBINARY, true, 30},
    {"uniqueidentifier", TYPE_GUID, false, 16},
    {"datetime", TYPE_DATETIME, false, 8},
    {"sql_variant", TYPE_VARIANT, false, 0},
};

bool sql_type_parse(const char *text, struct sql_type *type)
{
    size_t word = strcspn(text, "( ");
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++) {
        const struct type_name *known = &type_names[i];
        if (strlen(known->name) != word || strncasecmp(known->name, text, word) != 0)
            continue;
        const char *bracket = strchr(text, '(');
        if (bracket && !known->with_length)
            return false;
        int length = !bracket                                                             ? known->length
                     : strncasecmp(bracket + 1 + strspn(bracket + 1, " "), "max", 3) == 0 ? -1
                                                                                          : atoi(bracket + 1);
        *type = (struct sql_type){known->kind, length};
        return length == -1 ? type->kind == TYPE_NVARCHAR : length >= 0 && length <= 8000;
    }
    return false;
}

static bool is_text(enum type_kind kind)
{
    return kind >= TYPE_CHAR && kind <= TYPE_NVARCHAR;
}

struct sql_type sql_type_combine(struct sql_type a, struct sql_type b)
{
    if (is_text(a.kind) && is_text(b.kind)) {
        bool is_max = a.length < 0 || b.length < 0;
        int length = a.length > b.length ? a.length : b.length;
        bool is_national = a.kind >= TYPE_NCHAR || b.kind >= TYPE_NCHAR;
        return (struct sql_type){is_national ? TYPE_NVARCHAR : TYPE_VARCHAR, is_max ? -1 : length};
    }
    /* Numbers win over text and text over NULL, [T-SQL data type precedence]; the enum has text above
     * numbers. */
    static const unsigned char precedence[] = {
        [TYPE_NULL] = 0,      [TYPE_VARBINARY] = 1, [TYPE_CHAR] = 2, [TYPE_VARCHAR] = 3,
        [TYPE_NCHAR] = 4,     [TYPE_NVARCHAR] = 5,  [TYPE_GUID] = 6, [TYPE_BIT] = 7,
        [TYPE_TINYINT] = 8,   [TYPE_SMALLINT] = 9,  [TYPE_INT] = 10, [TYPE_BIGINT] = 11,
        [TYPE_DATETIME] = 12, [TYPE_VARIANT] = 13};
    return precedence[a.kind] >= precedence[b.kind] ? a : b;
}

const char *sql_type_storage(struct sql_type type)
{
    switch (type.kind) {
    case TYPE_BIT:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        return "INTEGER";
    case TYPE_VARBINARY:
    case TYPE_VARIANT:
        return "BLOB";
    default:
        return "TEXT";
    }
}

/* TDS 7.1 clients know no PLP: max types reach them in their longest ordinary form. */
static int wire_length(const struct reply *reply, struct sql_type type)
{
    if (type.length < 0)
        return reply->before_72 ? LONGEST : -1;
    return type.length > LONGEST && type.kind >= TYPE_NCHAR && type.kind <= TYPE_NVARCHAR ? LONGEST
                                                                                          : type.length;
}

static int integer_width(enum type_kind kind)
{
    return kind == TYPE_BIGINT ? 8 : kind == TYPE_SMALLINT ? 2 : kind == TYPE_TINYINT ? 1 : 4;
}

static void write_text_type(struct reply *reply, int token, struct sql_type type, int bytes_per_character)
{
    int length = wire_length(reply, type);
    buffer_u8(&reply->pending, (uint8_t)token);
    buffer_u16(&reply->pending,
               length < 0 ? 0xFFFF : (uint16_t)((length ? length : 1) * bytes_per_character));
    if (token != 0xA5)
        buffer_bytes(&reply->pending, collation, sizeof collation);
}

static void write_type(struct reply *reply, struct sql_type type)
{
    struct buffer *buffer = &reply->pending;
    switch (type.kind) {
    case TYPE_BIT:
        buffer_bytes(buffer, "\x68\x01", 2);
        break;
    case TYPE_NULL:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        buffer_u8(buffer, 0x26);
        buffer_u8(buffer, (uint8_t)integer_width(type.kind));
        break;
    case TYPE_CHAR:
        write_text_type(reply, 0xAF, type, 1);
        break;
    case TYPE_VARCHAR:
        write_text_type(reply, 0xA7, type, 1);
        break;
    case TYPE_NCHAR:
        write_text_type(reply, 0xEF, type, 2);
        break;
    case TYPE_NVARCHAR:
        write_text_type(reply, 0xE7, type, 2);
        break;
    case TYPE_VARBINARY:
        write_text_type(reply, 0xA5, type, 1);
        break;
    case TYPE_GUID:
        buffer_bytes(buffer, "\x24\x10", 2);
        break;
    case TYPE_DATETIME:
        buffer_bytes(buffer, "\x6F\x08", 2);
        break;
    case TYPE_VARIANT:
        buffer_u8(buffer, 0x62);
        buffer_u32(buffer, 8009);
        break;
    }
}

static void write_user_type(struct reply *reply)
{
    if (reply->before_72)
        buffer_u16(&reply->pending, 0);
    else
        buffer_u32(&reply->pending, 0);
    buffer_u16(&reply->pending, NULLABLE);
}

void reply_columns(struct reply *reply, const struct sql_column *columns, size_t count)
{
    buffer_u8(&reply->pending, TOKEN_COLMETADATA);
    buffer_u16(&reply->pending, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        write_user_type(reply);
        write_type(reply, columns[i].type);
        buffer_b_varchar(&reply->pending, columns[i].name);
    }
}

/* --- values --- */

struct value {
    int kind; /* SQLITE_NULL, SQLITE_INTEGER, SQLITE_TEXT … */
    int64_t number;
    const char *text;
    size_t bytes;
};

static struct value value_of(sqlite3_stmt *statement, int column)
{
    struct value value = {.kind = sqlite3_column_type(statement, column)};
    value.number = sqlite3_column_int64(statement, column);
    if (value.kind == SQLITE_TEXT || value.kind == SQLITE_BLOB) {
        value.text = sqlite3_column_blob(statement, column);
        value.bytes = (size_t)sqlite3_column_bytes(statement, column);
    }
    return value;
}

/* A number asked for as text is printed, as an implicit conversion would. */
static void as_text(struct value *value, char printed[24])
{
    if (value->kind == SQLITE_INTEGER) {
        snprintf(printed, 24, "%lld", (long long)value->number);
        value->text = printed;
        value->bytes = strlen(printed);
    }
}

static bool as_number(struct value *value)
{
    if (value->kind != SQLITE_TEXT)
        return value->kind == SQLITE_INTEGER;
    char *copy = duplicate_n(value->text ? value->text : "", value->bytes), *end;
    value->number = strtoll(copy, &end, 10);
    bool whole = !*(end + strspn(end, " "));
    free(copy);
    return whole;
}

static void write_plp(struct buffer *buffer, const struct value *value)
{
    struct buffer units = {0};
    buffer_utf16(&units, value->text, value->bytes, SIZE_MAX);
    buffer_u64(buffer, units.length);
    for (size_t at = 0; at < units.length;) {
        size_t part = units.length - at < 8000 ? units.length - at : 8000;
        buffer_u32(buffer, (uint32_t)part);
        buffer_bytes(buffer, units.data + at, part);
        at += part;
    }
    buffer_u32(buffer, 0);
    buffer_free(&units);
}

static void set_u16(struct buffer *buffer, size_t place, size_t value)
{
    buffer->data[place] = (unsigned char)value;
    buffer->data[place + 1] = (unsigned char)(value >> 8);
}

static void write_national(struct reply *reply, struct sql_type type, const struct value *value)
{
    struct buffer *buffer = &reply->pending;
    int length = wire_length(reply, type);
    if (length < 0) {
        write_plp(buffer, value);
        return;
    }
    size_t place = buffer->length;
    buffer_u16(buffer, 0);
    size_t units = buffer_utf16(buffer, value->text, value->bytes, (size_t)(length ? length : 1));
    for (; type.kind == TYPE_NCHAR && units < (size_t)length; units++)
        buffer_u16(buffer, ' ');
    set_u16(buffer, place, units * 2);
}

/* Code page 1252 as far as Latin-1 goes; what does not fit is a question mark, as on a real server. */
static void write_narrow(struct buffer *buffer, struct sql_type type, const struct value *value)
{
    struct buffer units = {0};
    size_t length = type.length < 0 ? 8000 : (size_t)(type.length ? type.length : 1);
    size_t count = buffer_utf16(&units, value->text, value->bytes, length);
    buffer_u16(buffer, (uint16_t)(type.kind == TYPE_CHAR ? length : count));
    for (size_t i = 0; i < count; i++)
        buffer_u8(buffer, units.data[2 * i + 1] ? '?' : units.data[2 * i]);
    for (; type.kind == TYPE_CHAR && count < length; count++)
        buffer_u8(buffer, ' ');
    buffer_free(&units);
}

/* Days from 1900-01-01 to a date of the Gregorian calendar. */
static int32_t days_since_1900(int year, int month, int day)
{
    int shifted = year - (month < 3);
    int era = shifted / 400, of_era = shifted - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 693901;
}

static bool write_datetime(struct buffer *buffer, const struct value *value)
{
    int year, month, day, hour = 0, minute = 0;
    double second = 0;
    char *copy = duplicate_n(value->text ? value->text : "", value->bytes);
    int read = sscanf(copy, "%d-%d-%d%*1[ T]%d:%d:%lf", &year, &month, &day, &hour, &minute, &second);
    free(copy);
    if (read < 3)
        return false;
    buffer_u8(buffer, 8);
    buffer_u32(buffer, (uint32_t)days_since_1900(year, month, day));
    buffer_u32(buffer, (uint32_t)(((hour * 60 + minute) * 60 + second) * 300 + 0.5));
    return true;
}

/* Text form to bytes: the first three groups are little-endian numbers. */
static bool write_guid(struct buffer *buffer, const struct value *value)
{
    static const unsigned char order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    unsigned char bytes[16] = {0};
    size_t digits = 0;
    for (size_t i = 0; i < value->bytes && digits < 32; i++) {
        static const char hexadecimal[] = "0123456789abcdef";
        const char *digit = value->text[i] ? strchr(hexadecimal, value->text[i] | 0x20) : NULL;
        if (digit) {
            bytes[digits / 2] = (unsigned char)(bytes[digits / 2] << 4 | (digit - hexadecimal));
            digits++;
        }
    }
    buffer_u8(buffer, 16);
    for (size_t i = 0; i < 16; i++)
        buffer_u8(buffer, bytes[order[i]]);
    return digits == 32;
}

/* int or nvarchar inside a sql_variant. */
static void write_variant(struct buffer *buffer, const struct value *value)
{
    if (value->kind == SQLITE_INTEGER) {
        bool is_wide = value->number > INT32_MAX || value->number < INT32_MIN;
        buffer_u32(buffer, is_wide ? 10 : 6);
        buffer_u8(buffer, is_wide ? 0x7F : 0x38);
        buffer_u8(buffer, 0);
        if (is_wide)
            buffer_u64(buffer, (uint64_t)value->number);
        else
            buffer_u32(buffer, (uint32_t)value->number);
        return;
    }
    struct buffer units = {0};
    buffer_utf16(&units, value->text, value->bytes, LONGEST);
    buffer_u32(buffer, (uint32_t)units.length + 9);
    buffer_bytes(buffer, "\xE7\x07", 2);
    buffer_bytes(buffer, collation, sizeof collation);
    buffer_u16(buffer, LONGEST * 2);
    buffer_bytes(buffer, units.data, units.length);
    buffer_free(&units);
}

static void write_null(struct reply *reply, struct sql_type type)
{
    struct buffer *buffer = &reply->pending;
    bool is_long = (type.kind >= TYPE_CHAR && type.kind <= TYPE_NVARCHAR) || type.kind == TYPE_VARBINARY;
    if (is_long && wire_length(reply, type) < 0)
        buffer_u64(buffer, UINT64_MAX);
    else if (is_long)
        buffer_u16(buffer, 0xFFFF);
    else if (type.kind == TYPE_VARIANT)
        buffer_u32(buffer, 0);
    else
        buffer_u8(buffer, 0);
}

static void write_integer(struct buffer *buffer, enum type_kind kind, int64_t number)
{
    int width = kind == TYPE_BIT ? 1 : integer_width(kind);
    buffer_u8(buffer, (uint8_t)width);
    for (int i = 0; i < width; i++)
        buffer_u8(buffer, (uint8_t)((uint64_t)(kind == TYPE_BIT ? number != 0 : number) >> (8 * i)));
}

static bool write_value(struct reply *reply, struct sql_type type, struct value value)
{
    struct buffer *buffer = &reply->pending;
    char printed[24];
    if (value.kind == SQLITE_NULL) {
        write_null(reply, type);
        return true;
    }
    switch (type.kind) {
    case TYPE_NULL:
    case TYPE_BIT:
    case TYPE_TINYINT:
    case TYPE_SMALLINT:
    case TYPE_INT:
    case TYPE_BIGINT:
        if (!as_number(&value))
            return false;
        write_integer(buffer, type.kind, value.number);
        return true;
    case TYPE_CHAR:
    case TYPE_VARCHAR:
        as_text(&value, printed);
        write_narrow(buffer, type, &value);
        return true;
    case TYPE_NCHAR:
    case TYPE_NVARCHAR:
        as_text(&value, printed);
        write_national(reply, type, &value);
        return true;
    case TYPE_VARBINARY:
        buffer_u16(buffer, (uint16_t)value.bytes);
        buffer_bytes(buffer, value.text, value.bytes);
        return true;
    case TYPE_GUID:
        return write_guid(buffer, &value);
    case TYPE_DATETIME:
        return write_datetime(buffer, &value);
    case TYPE_VARIANT:
        write_variant(buffer, &value);
        return true;
    }
    return false;
}

bool reply_row(struct reply *reply, const struct sql_column *columns, size_t count, sqlite3_stmt *statement)
{
    size_t start = reply->pending.length;
    buffer_u8(&reply->pending, TOKEN_ROW);
    for (size_t i = 0; i < count; i++) {
        struct value value = value_of(statement, (int)i);
        if (write_value(reply, columns[i].type, value))
            continue;
        reply->pending.length = start;
        reply_error(reply, 245, 1, 16,
                    "Conversion failed when converting the nvarchar value '%.*s' to data type %s.",
                    (int)(value.bytes < 200 ? value.bytes : 200), value.text ? value.text : "",
                    columns[i].type.kind == TYPE_DATETIME ? "datetime" : "int");
        return false;
    }
    return true;
}

void reply_return_int(struct reply *reply, int ordinal, const char *name, int32_t value)
{
    buffer_u8(&reply->pending, TOKEN_RETURN_VALUE);
    buffer_u16(&reply->pending, (uint16_t)ordinal);
    buffer_b_varchar(&reply->pending, name);
    buffer_u8(&reply->pending, 1);
    write_user_type(reply);
    write_type(reply, (struct sql_type){TYPE_INT, 4});
    write_integer(&reply->pending, TYPE_INT, value);
}
