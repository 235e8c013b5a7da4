#include "reports/safe_text.h"

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
