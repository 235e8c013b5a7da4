/* Who may change linked servers, and the SQL logins that links of others may be mapped to. */
#include "odbc/inventory.h"

#include <string.h>

/* char(1) columns come padded from some drivers. */
static char *first_letter(struct collector *collector, const char *text)
{
    return text && *text ? arena_text_n(collector->scratch, text, 1) : NULL;
}

static enum ternary is_disabled(const struct result_row *row, const char *type)
{
    bool can_be = type && strchr("SUGEX", *type); /* a role's is_disabled says nothing */
    return can_be ? row_flag(row, "is_disabled") : TERNARY_UNKNOWN;
}

bool server_permission_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *state = row_text(row, "state_desc");
    struct principal principal = {.name = (char *)row_text(row, "name"),
                                  .type = first_letter(collector, row_text(row, "type")),
                                  .permission = (char *)row_text(row, "permission_name")};
    principal.disabled = is_disabled(row, principal.type);
    if (principal.name && !(state && strcmp(state, "DENY") == 0))
        send_row(collector, &principal_element, &principal);
    return true;
}

bool server_role_member_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    struct principal principal = {.name = (char *)row_text(row, "member_name"),
                                  .type = first_letter(collector, row_text(row, "member_type")),
                                  .role = (char *)row_text(row, "role_name")};
    principal.disabled = is_disabled(row, principal.type);
    if (principal.name)
        send_row(collector, &principal_element, &principal);
    return true;
}

bool sql_login_row(void *context, const struct result_row *row)
{
    struct sql_login login = {.name = (char *)row_text(row, "name"),
                              .disabled = row_flag(row, "is_disabled"),
                              .locked = row_flag(row, "is_locked"),
                              .expired = row_flag(row, "is_expired"),
                              .sysadmin = row_flag(row, "is_sysadmin"),
                              .days_until_expiration = row_number(row, "days_until_expiration")};
    if (login.name && strncmp(login.name, "##", 2) != 0) /* the engine's own certificate logins */
        send_row(context, &sql_login_element, &login);
    return true;
}
