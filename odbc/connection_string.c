#include "odbc/connection_string.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const encrypt_names[] = {NULL, "off", "optional", "require", "verify", "strict"};
const struct name_table encrypt_choice_names = {encrypt_names,
                                                sizeof(encrypt_names) / sizeof(encrypt_names[0])};

#define APPLICATION "linkaudit"

/* What is being built: the text grows in one buffer of the greatest size allowed, so that no copy of the
 * password is left behind by a reallocation. */
struct builder {
    char *text;
    size_t used;
    enum driver_family family;
    const char *error;
};

static void refuse(struct builder *builder, const char *reason)
{
    if (!builder->error)
        builder->error = reason;
}

static void put(struct builder *builder, const char *text, size_t length)
{
    if (builder->used + length > CONNECTION_STRING_MAXIMUM) {
        refuse(builder,
               "the connection string is longer than the 2047 bytes that the driver manager can carry; "
               "put what it holds into a DSN of odbc.ini and give dsn =");
        return;
    }
    memcpy(builder->text + builder->used, text, length);
    builder->used += length;
    builder->text[builder->used] = '\0';
}

static void put_text(struct builder *builder, const char *text)
{
    put(builder, text, strlen(text));
}

static bool has_control(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c < 0x20 || *c == 0x7F)
            return true;
    return false;
}

static bool needs_braces(const char *value)
{
    size_t length = strlen(value);
    return length == 0 || strpbrk(value, ";{}[]()?*=!@,'\"") || isspace((unsigned char)value[0]) ||
           isspace((unsigned char)value[length - 1]);
}

/* FreeTDS takes a plain value up to the next semicolon, braces and blanks included, and one that begins with
 * a brace up to "}" before a semicolon or the end, doubled braces as they are. A value that needs both cannot
 * be written for it, and a wrong guess would be a failed login. */
static void put_freetds_value(struct builder *builder, const char *value)
{
    bool plain = !strchr(value, ';') && value[0] != '{';
    if (!plain && strchr(value, '}'))
        refuse(builder,
               "FreeTDS cannot carry a value with both } and one of: a semicolon, a { at its start. Choose "
               "another password or name, or another driver");
    put_text(builder, plain ? "" : "{");
    put_text(builder, value);
    put_text(builder, plain ? "" : "}");
}

/* ODBC's own rule: braces around, a closing brace doubled. */
static void put_odbc_value(struct builder *builder, const char *value)
{
    if (!needs_braces(value)) {
        put_text(builder, value);
        return;
    }
    put_text(builder, "{");
    for (const char *c = value; *c; c++)
        put(builder, *c == '}' ? "}}" : c, *c == '}' ? 2 : 1);
    put_text(builder, "}");
}

static void put_pair(struct builder *builder, const char *keyword, const char *value)
{
    if (has_control(value))
        refuse(builder,
               "a control character in a server, login, password or host name: no driver carries it");
    if (builder->used > 0 && builder->text[builder->used - 1] != ';')
        put_text(builder, ";");
    put_text(builder, keyword);
    put_text(builder, "=");
    if (builder->family == DRIVER_FREETDS)
        put_freetds_value(builder, value);
    else
        put_odbc_value(builder, value);
}

/* DRIVER= is the driver manager's, not the driver's: always in braces. */
static void put_driver(struct builder *builder, const char *driver)
{
    if (has_control(driver) || strpbrk(driver, "{}"))
        refuse(builder, "driver = must be a name of odbcinst.ini or a library's path, without braces");
    put_text(builder, "DRIVER={");
    put_text(builder, driver);
    put_text(builder, "}");
}

enum driver_family driver_family(const char *driver)
{
    if (!driver)
        return DRIVER_OTHER;
    if (strcasestr(driver, "freetds") || strcasestr(driver, "libtdsodbc"))
        return DRIVER_FREETDS;
    if (strcasestr(driver, "ODBC Driver 17 for SQL Server") ||
        strcasestr(driver, "ODBC Driver 18 for SQL Server") || strcasestr(driver, "msodbcsql"))
        return DRIVER_MICROSOFT;
    return DRIVER_OTHER;
}

/* ---- a given connection string ------------------------------------------------------------------------ */

struct pair {
    const char *keyword, *value; /* value with its braces */
    size_t keyword_length, value_length;
};

/* The next keyword=value at *at, which moves behind it. False at the end; *broken when a brace is never
 * closed or a keyword has no value. */
static bool next_pair(const char **at, struct pair *pair, bool *broken)
{
    const char *c = *at;
    while (*c == ';' || isspace((unsigned char)*c))
        c++;
    pair->keyword = c;
    c += strcspn(c, "=;");
    pair->keyword_length = (size_t)(c - pair->keyword);
    while (pair->keyword_length > 0 && isspace((unsigned char)pair->keyword[pair->keyword_length - 1]))
        pair->keyword_length--;
    *broken = *pair->keyword && *c != '=';
    if (*c != '=')
        return false;
    c++;
    while (isspace((unsigned char)*c))
        c++;
    pair->value = c;
    if (*c == '{') {
        for (c++; *c && (*c != '}' || c[1] == '}'); c++)
            c += *c == '}';
        *broken = *c != '}';
        if (*broken)
            return false;
        c++;
    }
    c += strcspn(c, ";");
    pair->value_length = (size_t)(c - pair->value);
    *at = c;
    return true;
}

static bool is_keyword(const struct pair *pair, const char *name)
{
    return strlen(name) == pair->keyword_length &&
           strncasecmp(pair->keyword, name, pair->keyword_length) == 0;
}

static bool has_keyword(const char *string, const char *name, const char *synonym)
{
    struct pair pair;
    bool broken;
    while (next_pair(&string, &pair, &broken))
        if (is_keyword(&pair, name) || (synonym && is_keyword(&pair, synonym)))
            return true;
    return false;
}

const char *connection_string_exposes(const char *given)
{
    return has_keyword(given, "PWD", "Password") ? "connection = holds a password for whoever reads this "
                                                   "file: give login = a [login] with uid and "
                                                   "password_file, which are added to the string"
                                                 : NULL;
}

static bool is_well_formed(const char *string)
{
    struct pair pair;
    bool broken = false;
    while (next_pair(&string, &pair, &broken)) {
    }
    return !broken;
}

char *connection_string_driver(struct arena *arena, const struct collector_job *job)
{
    const char *string = job->connection;
    struct pair pair;
    bool broken;
    while (string && next_pair(&string, &pair, &broken))
        if (is_keyword(&pair, "DRIVER")) {
            size_t braces = *pair.value == '{' && pair.value[pair.value_length - 1] == '}';
            return arena_text_n(arena, pair.value + braces, pair.value_length - 2 * braces);
        }
    return job->dsn || string ? NULL : arena_text(arena, job->driver);
}

static enum driver_family family_of(const struct collector_job *job)
{
    struct arena *arena = arena_new();
    const char *driver = connection_string_driver(arena, job);
    enum driver_family family = driver_family(driver ? driver : job->driver);
    arena_free(arena);
    return family;
}

/* ---- per driver --------------------------------------------------------------------------------------- */

/* A login's default database may be one that should not be opened, or cannot be. */
#define FIRST_DATABASE "master"

static void put_login(struct builder *builder, const struct collector_job *job, const char *password)
{
    if (job->trusted == TERNARY_TRUE) {
        put_pair(builder, "Trusted_Connection", "Yes");
        if (job->spn && builder->family != DRIVER_OTHER)
            put_pair(builder, "ServerSPN", job->spn);
        return;
    }
    if (!job->uid || !*job->uid) {
        refuse(builder, "no login: give uid and a password, or trusted = yes");
        return;
    }
    put_pair(builder, "UID", job->uid);
    put_pair(builder, "PWD", password ? password : "");
}

static enum encrypt_choice encrypt_choice(struct builder *builder, const struct collector_job *job)
{
    if (!job->encrypt || !*job->encrypt)
        return ENCRYPT_OPTIONAL;
    enum encrypt_choice choice = (enum encrypt_choice)value_of(&encrypt_choice_names, job->encrypt);
    if (!choice)
        refuse(builder, "encrypt = must be off, optional, require, verify or strict");
    return choice ? choice : ENCRYPT_OPTIONAL;
}

/* FreeTDS 1.3 reads a prefix as part of the host's name, takes "host\instance,port" for an instance called
 * "instance,port", ignores Encrypt= without a word, and without a TDS version falls back, on a silent server,
 * to a login of TDS 5.0 that waits for ever. */
static void build_freetds(struct builder *builder, const struct collector_job *job, const char *password)
{
    static const char *const encryption[] = {
        [ENCRYPT_OFF] = "off", [ENCRYPT_OPTIONAL] = "request", [ENCRYPT_REQUIRE] = "require"};
    enum encrypt_choice choice = encrypt_choice(builder, job);
    if (choice == ENCRYPT_STRICT)
        refuse(builder,
               "FreeTDS before 1.5 has no strict encryption (TDS 8.0) and would connect in the clear: use "
               "Microsoft's ODBC Driver 18, or another value of encrypt");
    if (choice == ENCRYPT_VERIFY)
        refuse(builder,
               "FreeTDS checks certificates only where `ca file` is set in freetds.conf: give dsn = with a "
               "Servername of that file, or another value of encrypt");
    put_pair(builder, "Server", job->server);
    if (job->port.known) {
        char port[24];
        snprintf(port, sizeof(port), "%lld", (long long)job->port.value);
        put_pair(builder, "Port", port);
    }
    put_pair(builder, "TDS_Version", "7.4");
    put_pair(builder, "Encryption", encryption[choice <= ENCRYPT_REQUIRE ? choice : ENCRYPT_REQUIRE]);
    put_pair(builder, "Database", FIRST_DATABASE);
    put_login(builder, job, password);
}

/* Microsoft's driver has no Port keyword; tcp: keeps it from asking SQL Browser; a connection that breaks is
 * not to be made again behind our back: it would be another login. */
static void build_microsoft(struct builder *builder, const struct collector_job *job, const char *password)
{
    static const struct {
        const char *encrypt, *trust;
    } keywords[] = {[ENCRYPT_OFF] = {"no", "yes"},
                    [ENCRYPT_OPTIONAL] = {"no", "yes"},
                    [ENCRYPT_REQUIRE] = {"yes", "yes"},
                    [ENCRYPT_VERIFY] = {"yes", "no"},
                    [ENCRYPT_STRICT] = {"strict", NULL}};
    enum encrypt_choice choice = encrypt_choice(builder, job);
    if (choice == ENCRYPT_STRICT && strstr(job->driver, "17"))
        refuse(builder, "encrypt = strict needs ODBC Driver 18 for SQL Server; Driver 17 does not know it");
    char server[512];
    int length = job->port.known ? snprintf(server, sizeof(server), "tcp:%s,%lld", job->server,
                                            (long long)job->port.value)
                                 : snprintf(server, sizeof(server), "tcp:%s", job->server);
    if (length < 0 || (size_t)length >= sizeof(server))
        refuse(builder, "the server's name is longer than any host name");
    /* The comma and the colon are the driver's own syntax: not to be hidden in braces. */
    put_text(builder, ";Server=");
    put_text(builder, server);
    put_pair(builder, "Encrypt", keywords[choice].encrypt);
    if (keywords[choice].trust)
        put_pair(builder, "TrustServerCertificate", keywords[choice].trust);
    put_pair(builder, "ConnectRetryCount", "0");
    put_pair(builder, "Database", FIRST_DATABASE);
    put_login(builder, job, password);
}

static void build_other(struct builder *builder, const struct collector_job *job, const char *password)
{
    put_pair(builder, "Server", job->server);
    if (job->port.known) {
        char port[24];
        snprintf(port, sizeof(port), "%lld", (long long)job->port.value);
        put_pair(builder, "Port", port);
    }
    put_login(builder, job, password);
}

static void check_server(struct builder *builder, const struct collector_job *job)
{
    if (!*job->server || strpbrk(job->server, "\\,;{}= \t/") || strncasecmp(job->server, "tcp:", 4) == 0 ||
        strncasecmp(job->server, "np:", 3) == 0 || strncasecmp(job->server, "lpc:", 4) == 0 ||
        strncasecmp(job->server, "admin:", 6) == 0)
        refuse(builder,
               "the server must be a plain host name or address by now: no prefix, instance or port in it");
    if (job->port.known && (job->port.value < 1 || job->port.value > 65535))
        refuse(builder, "the port must be from 1 to 65535");
}

static void build_server(struct builder *builder, const struct collector_job *job, const char *password,
                         const char *host)
{
    if (!job->driver || !*job->driver) {
        refuse(builder, "no driver: give driver = a name of odbcinst.ini (odbcinst -q -d lists them)");
        return;
    }
    check_server(builder, job);
    put_driver(builder, job->driver);
    if (builder->family == DRIVER_FREETDS)
        build_freetds(builder, job, password);
    else if (builder->family == DRIVER_MICROSOFT)
        build_microsoft(builder, job, password);
    else
        build_other(builder, job, password);
    if (builder->family != DRIVER_OTHER) {
        put_pair(builder, "APP", APPLICATION);
        if (host && *host)
            put_pair(builder, "WSID", host);
    }
}

static bool is_of_history(const struct collector_job *job)
{
    return job->task == TASK_HISTORY_READ || job->task == TASK_HISTORY_STORE;
}

static bool value_begins(const char *string, const char *keyword, const char *beginning)
{
    struct pair pair;
    bool broken;
    size_t length = strlen(beginning);
    while (next_pair(&string, &pair, &broken)) {
        const char *value = pair.value + (*pair.value == '{');
        if (is_keyword(&pair, keyword) && strncasecmp(value, beginning, length) == 0)
            return true;
    }
    return false;
}

/* What the driver would pass over or misread without a word, so that the session is not the one that was
 * asked for: in the clear, to another port, or not at all. */
static void check_keywords(struct builder *builder, const char *given)
{
    static const struct {
        enum driver_family family;
        const char *keyword, *beginning, *reason; /* beginning: of the value; "": whatever it is */
    } traps[] = {
        {DRIVER_FREETDS, "Encrypt", "",
         "FreeTDS before 1.5 ignores Encrypt= and connects in the clear: write Encryption=require"},
        {DRIVER_FREETDS, "HostNameInCertificate", "",
         "FreeTDS before 1.5 ignores HostNameInCertificate=: it checks certificates only where `ca file` is "
         "set in freetds.conf"},
        {DRIVER_FREETDS, "TDS_Version", "8",
         "FreeTDS before 1.5 has no TDS 8.0 and would take 7.x: write TDS_Version=7.4, or use Microsoft's "
         "ODBC Driver 18"},
        {DRIVER_FREETDS, "Server",
         "tcp:", "FreeTDS takes tcp: for a part of the host's name: write Server=host;Port=1433"},
        {DRIVER_FREETDS, "Server", "np:", "FreeTDS has no named pipes: write Server=host;Port=1433"},
        {DRIVER_MICROSOFT, "Port", "", "Microsoft's driver has no keyword Port=: write Server=tcp:host,1433"},
        {DRIVER_MICROSOFT, "Encryption", "",
         "Microsoft's driver has no keyword Encryption=: write Encrypt=yes"},
        {DRIVER_MICROSOFT, "Server",
         "np:", "Microsoft's driver has no named pipes on Linux: write Server=tcp:host,1433"},
    };
    for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++)
        if (builder->family == traps[i].family && value_begins(given, traps[i].keyword, traps[i].beginning))
            refuse(builder, traps[i].reason);
}

/* A DSN or a string that somebody wrote: only what it lacks is added. */
static void build_given(struct builder *builder, const struct collector_job *job, const char *password)
{
    const char *given = job->dsn ? "" : job->connection;
    if (job->dsn) {
        put_pair(builder, "DSN", job->dsn);
    } else {
        if (has_control(given) || !is_well_formed(given))
            refuse(builder,
                   "connection = must be keyword=value;… with every { closed and no control characters");
        if (builder->family == DRIVER_FREETDS && strstr(given, "}}"))
            refuse(builder,
                   "FreeTDS takes }} in connection = as it is and not as one }: write the value without "
                   "braces, if it has no semicolon");
        put_text(builder, given);
    }
    check_keywords(builder, given);
    if (job->uid && *job->uid && !has_keyword(given, "UID", "User ID"))
        put_pair(builder, "UID", job->uid);
    if (password && !has_keyword(given, "PWD", "Password"))
        put_pair(builder, "PWD", password);
    if (builder->family == DRIVER_FREETDS && !has_keyword(given, "TDS_Version", NULL))
        put_pair(builder, "TDS_Version", "7.4");
    bool is_named = job->driver || has_keyword(given, "DRIVER", NULL);
    if (builder->family == DRIVER_OTHER && is_named)
        return;
    if (!is_of_history(job) && !has_keyword(given, "Database", "Initial Catalog"))
        put_pair(builder, "Database", FIRST_DATABASE);
    if (!has_keyword(given, "APP", NULL))
        put_pair(builder, "APP", APPLICATION);
}

struct connection_string connection_string_build(const struct collector_job *job, const char *password,
                                                 const char *host)
{
    struct connection_string string = {NULL, NULL};
    struct builder builder = {.text = malloc(CONNECTION_STRING_MAXIMUM + 1), .family = family_of(job)};
    if (!builder.text) {
        string.error = "out of memory";
        return string;
    }
    builder.text[0] = '\0';
    int ways = (job->server != NULL) + (job->dsn != NULL) + (job->connection != NULL);
    if (ways != 1)
        refuse(&builder, "exactly one of server, dsn and connection must be given");
    else if (job->server)
        build_server(&builder, job, password, host);
    else
        build_given(&builder, job, password);
    string.text = builder.text;
    if (builder.error) {
        connection_string_clear(&string);
        string.error = builder.error;
    }
    return string;
}

static bool is_secret(const struct pair *pair)
{
    static const char *const words[] = {"pwd", "pass", "secret", "token"};
    char keyword[64] = "";
    size_t length = pair->keyword_length < sizeof(keyword) ? pair->keyword_length : sizeof(keyword) - 1;
    memcpy(keyword, pair->keyword, length);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasestr(keyword, words[i]))
            return true;
    return false;
}

char *connection_string_redacted(struct arena *arena, const struct collector_job *job, bool has_password,
                                 const char *host)
{
    struct connection_string string = connection_string_build(job, has_password ? "***" : NULL, host);
    if (!string.text)
        return arena_text(arena, string.error);
    char *redacted = arena_text(arena, "");
    const char *at = string.text;
    struct pair pair;
    bool broken;
    while (next_pair(&at, &pair, &broken)) {
        bool secret = is_secret(&pair);
        redacted =
            arena_format(arena, "%s%s%.*s=%.*s", redacted, *redacted ? ";" : "", (int)pair.keyword_length,
                         pair.keyword, secret ? 3 : (int)pair.value_length, secret ? "***" : pair.value);
    }
    connection_string_clear(&string);
    return redacted;
}

void connection_string_clear(struct connection_string *string)
{
    if (string->text)
        explicit_bzero(string->text, CONNECTION_STRING_MAXIMUM + 1);
    free(string->text);
    *string = (struct connection_string){NULL, NULL};
}
