#include "audit/model/deceiving.h"

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
