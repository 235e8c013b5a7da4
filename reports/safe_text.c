#include "reports/safe_text.h"

unsigned deceiving_character(const char *text, size_t *length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned code = 0;
    if (bytes[0] < 0xC2) /* most of any text */
        return 0;
    *length = bytes[0] >= 0xE0 ? 3 : 2;
    if (bytes[0] == 0xD8 && bytes[1] == 0x9C)
        return 0x061C; /* Arabic letter mark */
    if (bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF)
        return 0xFEFF; /* zero width no-break space */
    if (bytes[0] == 0xE2 && (bytes[1] == 0x80 || bytes[1] == 0x81))
        code = 0x2000 | (unsigned)(bytes[1] & 1) << 6 | (bytes[2] & 0x3Fu);
    return (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
                   (code >= 0x2060 && code <= 0x206F)
               ? code
               : 0;
}

void print_safe(FILE *stream, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        size_t length;
        /* U+0080 to U+009F are C2 80 to C2 9F in UTF-8. */
        if (at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0) {
            putc('?', stream);
            at++;
        } else if (deceiving_character((const char *)at, &length)) {
            putc('?', stream);
            at += length - 1;
        } else {
            putc(*at < 0x20 || *at == 0x7F ? '?' : *at, stream);
        }
    }
}
