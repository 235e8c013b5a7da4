/* sp_testlinkedserver: the messages of each outcome in the order in which real servers send them (the texts
 * of the OLE DB provider as informational 7412 messages, then the deciding error), and what the target gets
 * to see. */
#include "procedure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { INFORMATION, ERROR };

struct outcome_message {
    int kind, number, severity, state;
    const char *text; /* {provider} {link} {user} {target} */
};

#define RETURNED "OLE DB provider \"{provider}\" for linked server \"{link}\" returned message "
#define LOGIN_TIMEOUT                                                                                        \
    {                                                                                                        \
        INFORMATION, 7412, 0, 2, RETURNED "\"Login timeout expired\"."                                       \
    }
#define NETWORK_RELATED                                                                                      \
    {                                                                                                        \
        INFORMATION, 7412, 0, 2,                                                                             \
            RETURNED                                                                                         \
            "\"A network-related or instance-specific error has occurred while establishing a connection "   \
            "to "                                                                                            \
            "SQL Server. Server is not found or not accessible. Check if instance name is correct and if "   \
            "SQL "                                                                                           \
            "Server is configured to allow remote connections. For more information see SQL Server Books "   \
            "Online.\"."                                                                                     \
    }
#define UNABLE_TO_COMPLETE                                                                                   \
    {                                                                                                        \
        INFORMATION, 7412, 0, 2,                                                                             \
            RETURNED "\"Unable to complete login process due to delay in "                                   \
                     "opening server connection\"."                                                          \
    }
#define CLIENT_UNABLE                                                                                        \
    {                                                                                                        \
        INFORMATION, 7412, 0, 2, RETURNED "\"Client unable to establish connection\"."                       \
    }
#define INVALID_AUTHORIZATION                                                                                \
    {                                                                                                        \
        INFORMATION, 7412, 0, 2, RETURNED "\"Invalid authorization specification\"."                         \
    }
#define CANNOT_INITIALIZE                                                                                    \
    {                                                                                                        \
        ERROR, 7303, 16, 1,                                                                                  \
            "Cannot initialize the data source object of OLE DB provider \"{provider}\" for linked server "  \
            "\"{link}\"."                                                                                    \
    }

enum { MOST_MESSAGES = 4 };

static const struct outcome {
    const char *name;
    bool reaches_login; /* the target sees the credential */
    struct outcome_message messages[MOST_MESSAGES];
} outcomes[] = {
    {"ok", true, {{0}}},
    {"refused",
     false,
     {LOGIN_TIMEOUT,
      NETWORK_RELATED,
      {ERROR, 10061, 16, 1,
       "TCP Provider: No connection could be made because the target machine actively refused it."}}},
    {"timeout",
     false,
     {LOGIN_TIMEOUT,
      NETWORK_RELATED,
      {ERROR, 10060, 16, 1,
       "TCP Provider: A connection attempt failed because the connected party did not properly respond after "
       "a "
       "period of time, or established connection failed because connected host has failed to respond."}}},
    {"unknown-host",
     false,
     {LOGIN_TIMEOUT, NETWORK_RELATED, {ERROR, 11001, 16, 1, "TCP Provider: No such host is known."}}},
    {"no-route",
     false,
     {LOGIN_TIMEOUT,
      NETWORK_RELATED,
      {ERROR, 10065, 16, 1, "TCP Provider: A socket operation was attempted to an unreachable host."}}},
    {"instance",
     false,
     {LOGIN_TIMEOUT,
      NETWORK_RELATED,
      {ERROR, -1, 16, 1,
       "SQL Server Network Interfaces: Error Locating Server/Instance Specified [xFFFFFFFF]. "}}},
    {"pipe",
     false,
     {LOGIN_TIMEOUT,
      NETWORK_RELATED,
      {ERROR, 2, 16, 1, "Named Pipes Provider: Could not open a connection to SQL Server [2]. "}}},
    {"closed",
     false,
     {CLIENT_UNABLE,
      {ERROR, 10054, 16, 1, "TCP Provider: An existing connection was forcibly closed by the remote host."}}},
    {"silent",
     false,
     {LOGIN_TIMEOUT, UNABLE_TO_COMPLETE, {ERROR, 258, 16, 1, "TCP Provider: Timeout error [258]. "}}},
    {"untrusted",
     false,
     {CLIENT_UNABLE,
      {ERROR, -2146893019, 16, 1,
       "SSL Provider: The certificate chain was issued by an authority that is not trusted."}}},
    {"wrong-name",
     false,
     {CLIENT_UNABLE, {ERROR, -2146893022, 16, 1, "SSL Provider: The target principal name is incorrect."}}},
    {"expired",
     false,
     {CLIENT_UNABLE, {ERROR, -2146893016, 16, 1, "SSL Provider: The received certificate has expired."}}},
    {"no-algorithm",
     false,
     {CLIENT_UNABLE,
      {ERROR, -2146893007, 16, 1,
       "SSL Provider: The client and server cannot communicate, because they do not possess a common "
       "algorithm."}}},
    {"strict-only",
     false,
     {CLIENT_UNABLE,
      {ERROR, 10054, 16, 1, "TCP Provider: An existing connection was forcibly closed by the remote host."}}},
    {"login-failed", true, {INVALID_AUTHORIZATION, {ERROR, 18456, 14, 1, "Login failed for user '{user}'."}}},
    {"login-disabled",
     true,
     {INVALID_AUTHORIZATION,
      {ERROR, 18470, 14, 1, "Login failed for user '{user}'. Reason: The account is disabled."}}},
    {"login-locked",
     true,
     {INVALID_AUTHORIZATION,
      {ERROR, 18486, 14, 1,
       "Login failed for user '{user}' because the account is currently locked out. The system administrator "
       "can "
       "unlock it."}}},
    {"login-expired",
     true,
     {INVALID_AUTHORIZATION,
      {ERROR, 18487, 14, 1,
       "Login failed for user '{user}'.  Reason: The password of the account has expired."}}},
    {"login-must-change",
     true,
     {INVALID_AUTHORIZATION,
      {ERROR, 18488, 14, 1,
       "Login failed for user '{user}'.  Reason: The password of the account must be changed."}}},
    {"anonymous",
     true,
     {INVALID_AUTHORIZATION,
      {ERROR, 18456, 14, 1, "Login failed for user 'NT AUTHORITY\\ANONYMOUS LOGON'."}}},
    {"no-mapping",
     false,
     {{ERROR, 7416, 16, 2, "Access to the remote server is denied because no login-mapping exists."}}},
    {"provider-missing",
     false,
     {{ERROR, 7403, 16, 1, "The OLE DB provider \"{provider}\" has not been registered."}}},
    {"provider-blocked",
     false,
     {{ERROR, 7302, 16, 1,
       "Cannot create an instance of OLE DB provider \"{provider}\" for linked server \"{link}\"."}}},
    {"oracle-login",
     true,
     {{INFORMATION, 7412, 0, 2, RETURNED "\"ORA-01017: invalid username/password; logon denied\"."},
      CANNOT_INITIALIZE}},
    {"oracle-no-listener",
     false,
     {{INFORMATION, 7412, 0, 2, RETURNED "\"ORA-12541: TNS:no listener\"."}, CANNOT_INITIALIZE}},
    {"file-missing",
     false,
     {{INFORMATION, 7412, 0, 2, RETURNED "\"Could not find file '{target}'.\"."}, CANNOT_INITIALIZE}},
    {"hang", false, {{0}}},
    {"session-killed", false, {{0}}}, /* the tester's own, in the middle of the test */
};

/* Who tests which link, and as whom. */
struct attempt {
    struct session *session;
    const struct entry *link;
    char *name;
    const char *user, *password;
};

static const struct outcome *outcome_of(const char *name)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (strcmp(outcomes[i].name, name) == 0)
            return &outcomes[i];
    return &outcomes[0];
}

static char *fill_in(const struct attempt *attempt, const char *text)
{
    const struct {
        const char *place, *value;
    } values[] = {{"{provider}", entry_value(attempt->link, "provider", "SQLNCLI11")},
                  {"{link}", attempt->name},
                  {"{user}", attempt->user},
                  {"{target}", entry_value(attempt->link, "data_source", "")}};
    struct buffer result = {0};
    while (*text) {
        size_t skip = 0;
        for (size_t i = 0; i < sizeof values / sizeof *values && !skip; i++)
            if (strncmp(text, values[i].place, strlen(values[i].place)) == 0) {
                buffer_text(&result, values[i].value);
                skip = strlen(values[i].place);
            }
        if (!skip)
            buffer_u8(&result, (uint8_t)*text);
        text += skip ? skip : 1;
    }
    buffer_u8(&result, 0);
    return (char *)result.data;
}

static void send_message(const struct attempt *attempt, const struct outcome_message *message, int line)
{
    char *text = fill_in(attempt, message->text);
    reply_message(&attempt->session->reply, message->kind == ERROR, message->number, message->state,
                  message->severity, text, line);
    free(text);
}

static bool send_outcome(const struct attempt *attempt, const struct outcome *outcome)
{
    bool succeeded = true;
    for (size_t i = 0; i < MOST_MESSAGES && outcome->messages[i].text; i++) {
        send_message(attempt, &outcome->messages[i], 0);
        succeeded &= outcome->messages[i].kind != ERROR;
    }
    return succeeded;
}

/* The scenario's own `message` lines, in their order. */
static bool send_written_messages(const struct attempt *attempt)
{
    bool succeeded = true;
    const struct entry *entry;
    for (size_t position = 0; (entry = entry_next(attempt->link, "message", &position));) {
        bool is_information = entry_flag(entry, "info", false);
        struct outcome_message message = {
            is_information ? INFORMATION : ERROR, (int)entry_number(entry, "number", 7412),
            (int)entry_number(entry, "class", is_information ? 0 : 16), (int)entry_number(entry, "state", 1),
            entry_value(entry, "text", "")};
        send_message(attempt, &message, (int)entry_number(entry, "line", 0));
        succeeded &= is_information;
    }
    return succeeded;
}

/* The link's row of its own, else the one for everybody, as sp_addlinkedsrvlogin has it. */
static bool find_mapping(struct attempt *attempt)
{
    const struct session *session = attempt->session;
    const struct entry *mapping, *general = NULL, *own = NULL;
    size_t count = 0;
    for (size_t position = 0; (mapping = entry_next(attempt->link, "mapping", &position)); count++) {
        const char *local = entry_value(mapping, "local", "*");
        if (strcmp(local, "*") == 0)
            general = mapping;
        else if (same_text(local, session->login->name))
            own = mapping;
    }
    mapping = own ? own : general;
    bool is_self = !count || (mapping && entry_flag(mapping, "self", false));
    attempt->user = is_self ? session->user : mapping ? entry_value(mapping, "remote", "") : "";
    attempt->password = is_self ? session->password : mapping ? entry_value(mapping, "password", "") : "";
    return !count || mapping;
}

static const struct outcome *offer_credential(const struct attempt *attempt, const struct outcome *outcome)
{
    static const struct {
        int number;
        const char *outcome;
    } refusals[] = {{18456, "login-failed"},
                    {18470, "login-disabled"},
                    {18486, "login-locked"},
                    {18487, "login-expired"},
                    {18488, "login-must-change"}};
    const struct instance *source = attempt->session->instance;
    char *target_name = entry_expand(entry_value(attempt->link, "target", ""), source->number, 0);
    struct instance *target = scenario_instance(attempt->session->estate->scenario, target_name);
    free(target_name);
    if (!target)
        return outcome;
    int number;
    char *by = format_text("link %s/%s", source->name, attempt->name);
    bool refused = login_offered(target, attempt->user, attempt->password, by, &number);
    free(by);
    for (size_t i = 0; refused && i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].number == number)
            return outcome_of(refusals[i].outcome);
    return outcome;
}

static bool run_test(struct attempt *attempt)
{
    const struct entry *link = attempt->link;
    const struct outcome *outcome = outcome_of(entry_value(link, "test", "ok"));
    size_t position = 0;
    bool has_messages = entry_next(link, "message", &position);
    if (!find_mapping(attempt))
        return send_outcome(attempt, outcome_of("no-mapping"));
    bool hangs = strcmp(outcome->name, "hang") == 0;
    if (strcmp(outcome->name, "session-killed") == 0) {
        shutdown(attempt->session->transport.fd, SHUT_RDWR);
        return false;
    }
    if (!session_delay(attempt->session, hangs ? -1 : (int)entry_number(link, "delay", 0)))
        return false;
    if (outcome->reaches_login && !has_messages)
        outcome = offer_credential(attempt, outcome);
    return has_messages ? send_written_messages(attempt) : send_outcome(attempt, outcome);
}

static const struct entry *find_link(const struct session *session, const char *name)
{
    const struct entry *link;
    for (size_t position = 0; (link = entry_next(session->instance->entry, "link", &position));)
        for (int copy = 0; copy < entry_number(link, "count", 1); copy++) {
            char *expanded = entry_expand(link->name, session->instance->number, copy);
            bool is_wanted = same_text(expanded, name);
            free(expanded);
            if (is_wanted)
                return link;
        }
    return NULL;
}

bool link_test(struct session *session, const char *name)
{
    struct attempt attempt = {.session = session, .link = find_link(session, name)};
    statistics_link_test(session->instance->statistics, name);
    if (!attempt.link) {
        reply_error(
            &session->reply, 7202, 2, 11,
            "Could not find server '%s' in sys.servers. Verify that the correct server name was specified. "
            "If "
            "necessary, execute the stored procedure sp_addlinkedserver to add the server to sys.servers.",
            name);
        return false;
    }
    attempt.name = duplicate(name);
    statistics_begin(session->instance->statistics, GAUGE_LINK_TESTS);
    bool succeeded = run_test(&attempt);
    statistics_end(session->instance->statistics, GAUGE_LINK_TESTS);
    free(attempt.name);
    return succeeded;
}
